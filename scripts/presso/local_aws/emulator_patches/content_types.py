"""What the emulator needs of botocore's models: the content types of answers, and whether there is a service.

It imports botocore and loads the whole model of a service at its first answer: a fifth of what an emulator
does in a demo. For the first request to a service that it lacks it loads all models: seconds of computing,
where their beginnings take a tenth of a second.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ministack.core import responses, router

from presso.local_aws.emulator_patches.internals import Patches

PATCHES = Patches()
PATCHES.uses(responses, "_BOTOCORE_NAME")
_BEGINNING = 8192
_METADATA = re.compile(r'\A\{\s*(?:"\w+":\s*"[^"]*",\s*)?"metadata":\s*')


@dataclass(frozen=True)
class ServiceModel:
    """A service's model, as far as content types need it."""

    metadata: dict[str, Any]


@PATCHES.around(responses)
def _service_model(original: Callable[[str], Any], service: str) -> Any:
    return begun(service) or original(service)


@PATCHES.around(router)
def _is_aws_service_name(_: Callable[[str], bool], scope_name: str) -> bool:
    return scope_name in services() or scope_name in _signed_as()


@functools.cache
def services() -> frozenset[str]:
    """Return botocore's names of services, most of which sign requests under the same one."""
    botocore = find_spec("botocore")
    if botocore is None or botocore.origin is None:
        return frozenset()
    return frozenset(path.name for path in (Path(botocore.origin).parent / "data").iterdir() if path.is_dir())


@functools.cache
def _signed_as() -> frozenset[str]:
    """Return the other names under which requests to those services are signed."""
    models = [model for service in services() if (model := begun(service))]
    names = {model.metadata.get(key, "") for model in models for key in ("endpointPrefix", "signingName")}
    return frozenset(names - {""})


@functools.cache
def begun(service: str) -> ServiceModel | None:
    """Return the model of a service of the emulator; None where it is not found or begins otherwise."""
    botocore = find_spec("botocore")
    if botocore is None or botocore.origin is None:
        return None
    folder = Path(botocore.origin).parent / "data" / responses._BOTOCORE_NAME.get(service, service)
    files = sorted(folder.glob("*/service-2.json.gz"))
    try:
        with gzip.open(files[-1]) as file:
            text = file.read(_BEGINNING).decode("utf-8", "replace")
        metadata = _METADATA.match(text)
        return ServiceModel(json.JSONDecoder().raw_decode(text[metadata.end() :])[0]) if metadata else None
    except (IndexError, OSError, ValueError):
        return None

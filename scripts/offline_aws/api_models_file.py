"""schema/api-models.json: what handlers use of botocore's models.

`python -m offline_aws.api_models_file` writes it; with `--check` it only reports whether it is stale.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator

from offline_aws import registry, schema
from offline_aws.api_models import FILE, Shapes, reached
from offline_aws.derived_shapes import Derived
from offline_aws.enums import Enum


def _used() -> dict[str, set[str]]:
    """The names of the shapes that all handlers use, by service."""
    aws = schema.load("aws")
    for kind, types in ((registry.resource, aws.resources), (registry.data_source, aws.data_sources)):
        for name in types:
            kind(name)
    found: dict[str, set[str]] = {}
    for one in gc.get_objects():
        if isinstance(one, Derived):
            found.setdefault(one.service, set()).add(one.structure)
        elif isinstance(one, Enum):
            found.setdefault(one.service, set()).add(one.shape)
    return found


def _parts(models: dict[str, Shapes]) -> Iterator[str]:
    """The file's text by services, with a line for each shape."""
    for service, shapes in sorted(models.items()):
        inside = ",\n".join(f"{json.dumps(name)}: {json.dumps(shapes[name])}" for name in sorted(shapes))
        yield f"{json.dumps(service)}: {{\n{inside}}}"


def main(arguments: list[str]) -> int:
    """Write the file; with ``--check``, return 1 when it is stale."""
    models = {service: reached(service, sorted(names)) for service, names in _used().items()}
    text = "{" + ",\n".join(_parts(models)) + "}\n"
    if "--check" not in arguments:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != text:
        print(f"{FILE.name} is stale: write it with python -m offline_aws.api_models_file")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

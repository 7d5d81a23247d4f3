"""What `terraform init` would write of local modules: a plan of an extension needs nothing else of it.

Terraform compares each module call with this list, and its plan fails where the list lacks one or has
another source for it; `init` is run then. So what is read here decides nothing.

The format is internal, and the same from Terraform 0.12 on:
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/modsdir/record.go
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from presso.gate.model import ExtensionText
from presso.hcl.modules import local_module, module_source

_MANIFEST = Path(".terraform") / "modules" / "modules.json"
_DEEPEST = 8
Record = dict[str, str]


class _NotLocal(Exception):
    """A module that is not in a folder, or one too deep."""


def write(unit: Path, calls: Mapping[str, str], text: ExtensionText) -> bool:
    """Write the list of a unit's modules; return whether all of them are known.

    Args:
        unit: The unit's folder.
        calls: The names and sources of its own calls; what begins with `extension` is the extension.
        text: What the gate read of the extension.
    """
    records: list[Record] = [{"Key": "", "Source": "", "Dir": "."}]
    try:
        for name, called in calls.items():
            records.append(_record(unit, name, ".", called))
            if name.startswith("extension"):
                records += _inner(unit, text, "", name, posixpath.normpath(called))
    except _NotLocal:
        return False
    manifest = unit / _MANIFEST
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"Modules": records}), encoding="utf-8")
    return True


def _inner(unit: Path, text: ExtensionText, folder: str, key: str, place: str) -> Iterator[Record]:
    if key.count(".") > _DEEPEST:
        raise _NotLocal
    for block in text.blocks.get(folder, ()):
        if block.type != "module":
            continue
        called = module_source(block)
        if called is None or not called.startswith(("./", "../")) or len(block.labels) != 1:
            raise _NotLocal
        record = _record(unit, f"{key}.{block.labels[0]}", place, called)
        yield record
        inner = local_module(text.root, folder, block)
        if inner is not None:
            yield from _inner(unit, text, inner, record["Key"], record["Dir"])


def _record(unit: Path, key: str, place: str, called: str) -> Record:
    source = posixpath.normpath(called)
    found = os.path.realpath(unit / place / called)
    below = os.path.relpath(found, unit)
    return {
        "Key": key,
        "Source": source if source.startswith("../") else f"./{source}",
        "Dir": found if below.startswith("..") else below,
    }

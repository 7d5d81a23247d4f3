"""Which of the types without a handler a configuration mentions: those whose schemas its Terraform gets.

Read are the files of the caller's folder and its tests, the modules that `terraform init` wrote down, and a
local state. Any word that is a type's name counts: one too many costs little.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from offline_aws import other_types
from offline_aws.configuration import Caller

ALL = "TF_AWS_ALL_TYPES"
"""Variable of the caller's environment: with 1, Terraform gets the schemas of all types, as editors want."""

_ENDINGS = (".tf", ".tf.json", ".tftest.hcl", ".tftest.json", ".tfmock.hcl", ".tfmock.json", ".tfstate")
_WORD = re.compile(rb"\baws_[a-z0-9_]+")
_FILES = 4096  # a few dozen bytes each
_LARGEST = 16 * 1024 * 1024


def mentioned(caller: Caller) -> frozenset[str]:
    """The types without a handler, a data source's name with ``data.`` before it."""
    if caller.get(ALL) == "1":
        return other_types.names()
    found: frozenset[str] = frozenset()
    for folder in _folders(caller):
        for entry in _listed(folder):
            status = entry.stat()
            found |= _in_file(entry.path, status.st_mtime_ns, status.st_size)
    return found


def _folders(caller: Caller) -> Iterator[Path]:
    yield from (caller.cwd, caller.cwd / "tests")
    listed = caller.path(caller.get("TF_DATA_DIR") or ".terraform") / "modules" / "modules.json"
    try:
        modules = json.loads(listed.read_text(encoding="utf-8"))["Modules"]
        folders = {str(module["Dir"]) for module in modules} - {"", "."}
    except (OSError, ValueError, KeyError, TypeError):
        return
    yield from (caller.cwd / folder for folder in sorted(folders))


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name.endswith(_ENDINGS) and entry.is_file()]
    except (OSError, ValueError):  # a name with a null character
        return []


@lru_cache(_FILES)
def _in_file(path: str, changed: int, size: int) -> frozenset[str]:
    if size > _LARGEST:
        return frozenset()
    try:
        content = Path(path).read_bytes()
    except OSError:
        return frozenset()
    words = {word.decode() for word in set(_WORD.findall(content))}
    return other_types.names() & (words | {f"data.{word}" for word in words})

"""YAML files read fast: a line is looked for only when there is something wrong to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from presso.errors import UsageError
from presso.nearest import nearest

Location = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A YAML (or JSON) file's content; `shown` is the file's name for people."""

    path: Path
    shown: str
    data: Any

    def check(self, needed: Sequence[str], known: Sequence[str]) -> None:
        """Refuse the file when it is no mapping, lacks a key that is needed or has one that is not known.

        Raises:
            UsageError: So; names file, line and the nearest known key.
        """
        if not isinstance(self.data, dict):
            self.refuse((), f"expected keys and values: {', '.join(needed)}")
        for key in self.data:
            if key not in known:
                near = nearest(str(key), known)
                self.refuse((key,), "unknown key" + (f"; did you mean {near}?" if near else ""))
        for key in needed:
            if key not in self.data:
                self.refuse((), f"{key} is missing")

    def refuse(self, location: Location, fault: str) -> NoReturn:
        """Raise the error for a fault at a place in the file.

        Raises:
            UsageError: Always.
        """
        path = ".".join(str(part) for part in location)
        raise UsageError(f"{self.where(location)}: {f'{path}: ' if path else ''}{fault}.")

    def where(self, location: Location) -> str:
        """`file:line` of the deepest part of a place that there is."""
        from presso.yaml_file import YamlFile

        return YamlFile.read(self.path, self.shown).where(location)


def read(path: Path, shown: str) -> Document:
    """Read a YAML file.

    Raises:
        UsageError: It cannot be read or is no YAML; file and line are named.
    """
    try:
        return Document(path, shown, yaml.load(path.read_bytes(), Loader=_LOADER))  # noqa: S506  it is safe
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        from presso.yaml_file import YamlFile

        YamlFile.read(path, shown)  # says what is wrong, and where
        raise

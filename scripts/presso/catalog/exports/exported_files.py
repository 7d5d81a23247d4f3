"""Folders and files of exports: written completely or not at all, and never over files of other origin."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso import atomic, regular_file
from presso.catalog.exports.export_scope import MADE_BY
from presso.errors import PressoError, UsageError

MARKER = ".presso-export.json"


@dataclass(frozen=True)
class FileChanges:
    """What writing changed: the files' names."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int


def write_file(path: Path, text: str) -> FileChanges:
    """Write a single document.

    Raises:
        UsageError: There is something that no export has made.
        PressoError: It cannot be written.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", hint="Name a file, such as events.yaml in it.")
    before = _text(path) if path.exists() else None
    if before is not None and MADE_BY not in before:
        raise UsageError(
            f"{path} was not created by {MADE_BY}.", hint="Name another file, or move this one away."
        )
    if before == text:
        return FileChanges((), (), 1)
    with _reported(path):
        atomic.write(path, text)
    return FileChanges((path.name,), (), 0)


def write_folder(folder: Path, form: str, files: Mapping[str, str]) -> FileChanges:
    """Make a folder hold exactly these files, by their paths in it.

    The new folder is written beside the old one and takes its place when it is whole.

    Args:
        folder: The folder; made when missing.
        form: The export's; only one of the same is replaced.
        files: What is in it.

    Raises:
        UsageError: There is something that the same export has not made, or that was changed since.
        PressoError: It cannot be written.
    """
    folder = folder.resolve()
    before = _before(folder, form)
    after = {name: _digest(text) for name, text in files.items()}
    changes = FileChanges(
        written=tuple(sorted(name for name, digest in after.items() if before.get(name) != digest)),
        removed=tuple(sorted(before.keys() - after.keys())),
        unchanged=sum(before.get(name) == digest for name, digest in after.items()),
    )
    if folder.exists() and not changes.written and not changes.removed:
        return changes
    marker = {"made-by": MADE_BY, "format": form, "files": dict(sorted(after.items()))}
    with _reported(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as drafts:
            new = Path(drafts) / "new"
            for name, text in {**files, MARKER: json.dumps(marker, indent=2) + "\n"}.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            atomic.replace(folder, new, Path(drafts) / "old")
    return changes


def _before(folder: Path, form: str) -> dict[str, str]:
    """The files that an earlier export has made there, with their digests; none in an empty folder."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file.", hint="Name a folder; presso creates it if needed.")
    if not any(folder.iterdir()):
        return {}
    said = _marker(folder / MARKER)
    if said is None:
        raise UsageError(
            f"{folder} was not created by {MADE_BY}: it has files, but not the export's {MARKER}.",
            hint="Name an empty or a new folder; an export replaces all of its content.",
        )
    if said["format"] != form:
        raise UsageError(
            f"{folder} holds another export: {said['format']}.", hint="Each format has a folder of its own."
        )
    known: dict[str, str] = said["files"]
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }
    del found[MARKER]
    foreign = [name for name, path in found.items() if known.get(name) != _digest_of(path)]
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise UsageError(
            f"{folder} has files that no export created in this form: {', '.join(foreign[:3])}{more}.",
            hint="They would be lost: move them away, or export to another folder and copy from there.",
        )
    return {name: digest for name, digest in known.items() if name in found}


def _marker(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(regular_file.text(path))
        return said if isinstance(said["files"], dict) and isinstance(said["format"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(regular_file.contents(path)).hexdigest()
    except OSError:
        return ""


def _text(path: Path) -> str:
    try:
        return regular_file.text(path, "replace")
    except OSError as error:
        raise PressoError(f"{path} cannot be read: {error.strerror}.") from None


@contextlib.contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PressoError(f"{path} cannot be written: {error.strerror or error}.") from None

"""Lists folders in which other programs create and remove files meanwhile: tests, Terraform, editors."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from glob import glob
from pathlib import Path

from presso import regular_file


def files_below(top: Path, left_out: Collection[str] = ()) -> list[Path]:
    """Return the files below a folder, sorted; none where there is no folder.

    `Path.rglob` fails when a folder is removed while it runs (before Python 3.13).

    Args:
        left_out: Names of folders to skip. Links to folders are always skipped.
    """
    found: list[Path] = []
    for folder, folders, files in os.walk(top):  # skips what is removed in the meantime
        folders[:] = {*folders} - {*left_out}
        found += [Path(folder, name) for name in files]
    return sorted(found)


def files_like(top: Path, pattern: str) -> list[Path]:
    """Return the paths below a folder that match a pattern.

    `Path.glob` fails when a folder is removed while it runs (before Python 3.13).

    Args:
        pattern: As `glob.glob` takes it, relative to the folder.
    """
    return [top / found for found in glob(pattern, root_dir=top)]  # noqa: PTH207


def contents(path: Path) -> bytes | None:
    """Return the content of a file; None when it is gone, or not a file.

    Raises:
        OSError: It is there and cannot be read.
    """
    try:
        return regular_file.contents(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove these folders, up to the first one that is not empty, or is not there."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return

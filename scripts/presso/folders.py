"""What is below a folder in which others make and remove files meanwhile: tests, Terraform, editors."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path


def files_below(top: Path, left_out: Collection[str] = ()) -> list[Path]:
    """Return the files below a folder, sorted; none where there is no folder.

    `Path.rglob` ends with an error when a folder goes while it looks (before Python 3.13).

    Args:
        top: The folder.
        left_out: Names of folders that are not looked into. Links to folders never are.
    """
    found: list[Path] = []
    for folder, folders, files in os.walk(top):  # what goes meanwhile is left out
        folders[:] = {*folders} - {*left_out}
        found += [Path(folder, name) for name in files]
    return sorted(found)


def contents(path: Path) -> bytes | None:
    """Return what is in a file; None where it is gone, or no file.

    Raises:
        OSError: It is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None

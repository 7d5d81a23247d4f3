"""Where a new extension is made before it is put in its place: all of it, or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from presso import file_lock
from presso.errors import PressoError
from presso.workspace import Workspace

_LOCK = ".held"


@contextlib.contextmanager
def workshop(workspace: Workspace) -> Iterator[Path]:
    """Yield an empty folder on the file system of the extensions, removed afterwards.

    It is below `.presso`, which git ignores. Folders that a killed run left are removed first.
    """
    place = workspace.root / ".presso" / "new"
    place.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        with file_lock.on_folder(place):  # a folder that is being made has no lock yet
            for left in place.iterdir():
                _remove_if_left(left)
            folder = Path(tempfile.mkdtemp(dir=place))
            lock = held.enter_context((folder / _LOCK).open("w"))
            file_lock.take(lock.fileno())
        made = folder / "made"
        made.mkdir()
        try:
            yield made
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def put(folder: Path, target: Path, shown: str) -> None:
    """Move a folder to where nothing is yet.

    Raises:
        PressoError: Something is there by now, or it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if target.exists():
            raise FileExistsError(None, "it exists by now")
        os.rename(folder, target)  # noqa: PTH104 - Path.rename is the same, less plainly
    except OSError as error:
        raise PressoError(f"{shown} cannot be written: {error.strerror}.") from error


def _remove_if_left(folder: Path) -> None:
    """Remove a folder that no process holds."""
    with contextlib.suppress(OSError), (folder / _LOCK).open("a") as held:
        if file_lock.take(held.fileno()):
            shutil.rmtree(folder, ignore_errors=True)

"""Files and folders that are there whole, or as they were before, whenever a run ends."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from presso import interruption


def write(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Write a file; its folder is made when missing. Readers see the old text or the new one.

    Args:
        text: What is in it afterwards.
        mode: Who may do what with it, as far as this process's umask lets.

    Raises:
        OSError: It cannot be written; nothing is left behind.
    """
    with draft_of(path) as draft:
        draft.touch(mode)
        draft.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Yield where to write a file, which is put in its place at the end; its folder is made when missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        yield draft
        draft.replace(path)
    finally:
        with interruption.deferred():
            draft.unlink(missing_ok=True)


def replace(folder: Path, by: Path, aside: Path) -> None:
    """Put a folder in the place of another, which may be missing; what was there is at `aside` then.

    All three are on one file system.

    Raises:
        OSError: It cannot be done; the old folder is where it was.
    """
    with interruption.deferred():
        try:
            folder.rename(aside)
            moved = True
        except FileNotFoundError:
            moved = False
        try:
            by.rename(folder)
        except OSError:
            if moved:
                aside.rename(folder)
            raise

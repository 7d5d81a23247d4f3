"""A full disk: how to detect it, and what to do about it."""

import ctypes
import errno
import os
import re
import resource
import sys
from pathlib import Path

# No space, the user's quota, or the largest file that is allowed.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Go's standard library prints the file, then the error: `write /a/b: no space left on device`.
_IN_WORDS = re.compile(
    r"(?<![^\s:])([^\s:]+): (?:no space left on device|disk quota exceeded|file too large)"
)


def full_by(error: BaseException | None) -> OSError | None:
    """Return the error in a chain of causes that means a full disk; None when there is none."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return error
        error = error.__cause__
    return None


def full_at(text: str, folder: Path) -> Path | None:
    """Return the file that a program could not write because the disk is full, from the program's output.

    Args:
        text: The program's output.
        folder: Where it ran.
    """
    found = _IN_WORDS.search(text)
    return Path(os.path.normpath(folder / found[1])) if found else None


def full_disk(place: Path) -> tuple[str, str]:
    """Return the message and the hint for a disk that is full, or almost.

    Args:
        place: A folder or a file on it, which may be missing.
    """
    folder = place
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    hint = f"Free some space there (df -h {folder}), then run the same command again."
    return f"Not enough free space on the disk of {folder}.", hint


def reserve(opened: int, path: Path, size: int) -> None:
    """Reserve space, so that a file can grow even when something else fills the disk.

    Only Linux can reserve space beyond a file's end (fallocate(2), FALLOC_FL_KEEP_SIZE); elsewhere this only
    checks the space that is free now.

    Args:
        opened: The empty file.
        path: Its name, for the error.
        size: How many bytes.

    Raises:
        OSError: There is no room.
    """
    number = _allowed(size) or (_set_aside if sys.platform == "linux" else _free)(opened, size)
    if number in _FULL:
        raise OSError(number, os.strerror(number), str(path))


def _allowed(size: int) -> int:
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return errno.EFBIG if most != resource.RLIM_INFINITY and most < size else 0


def _set_aside(opened: int, size: int) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    allocate = getattr(library, "fallocate64", None) or library.fallocate
    done = allocate(opened, 1, ctypes.c_int64(0), ctypes.c_int64(size)) == 0
    return 0 if done else ctypes.get_errno()


def _free(opened: int, size: int) -> int:
    found = os.fstatvfs(opened)
    return errno.ENOSPC if found.f_bavail * found.f_frsize < size else 0

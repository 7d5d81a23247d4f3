"""Opens and reads regular files alone, and the null device, which is an empty one.

Anything else of that name may have no end, or wait for another program: presso would hang at a pipe that was
put in a file's place.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


class NotRegular(OSError):
    """A pipe, socket or device, where a file is expected."""

    def __init__(self, name: str) -> None:
        super().__init__(errno.EINVAL, "Not a regular file", name)


def opened(path: Path) -> BufferedReader:
    """Open a file to read its bytes.

    Raises:
        NotRegular: It is a pipe, a socket or a device.
        OSError: It is not there, is a folder, or cannot be read.
    """
    return open(path, "rb", opener=_opener)  # pathlib's takes no opener


def contents(path: Path) -> bytes:
    """Return the bytes of a file. Raises as `opened`."""
    with opened(path) as file:
        return file.read()


def text(path: Path, errors: str = "strict") -> str:
    """Return the text of a file in UTF-8, whose lines end in a line feed. Raises as `opened`.

    Args:
        errors: What becomes of bytes that are not UTF-8, as `bytes.decode` takes it.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
    """
    with open(path, encoding="utf-8", errors=errors, opener=_opener) as file:
        return file.read()


def _opener(name: str, flags: int) -> int:
    try:
        handle = os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise NotRegular(name) from None
        raise
    status = os.fstat(handle)
    if stat.S_ISREG(status.st_mode) or _is_null(status):
        return handle
    os.close(handle)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    raise NotRegular(name)


def _is_null(status: os.stat_result) -> bool:
    """Whether it is the device that users name for an empty file, as in `TF_CLI_CONFIG_FILE=/dev/null`."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == Path(os.devnull).stat().st_rdev

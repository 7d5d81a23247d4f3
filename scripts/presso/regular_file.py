"""Opens and reads regular files alone.

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
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return handle
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    raise NotRegular(name)

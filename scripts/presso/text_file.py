"""Reads text files of limited size as UTF-8; errors name the file and its encoding."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from presso import regular_file
from presso.errors import UsageError

STDIN = "-"
MOST_BYTES = 100 * 1024 * 1024
# UTF-32's byte order marks begin with UTF-16's, so they are checked first.
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
# Bytes that are a letter or a sign in both Latin-1 and Windows-1252.
_LATIN = range(0xA0, 0x100)


class NotText(ValueError):
    """Bytes that are not text in UTF-8; `line` is where, from 1, and `hint` what to do."""

    def __init__(self, reason: str, line: int, hint: str) -> None:
        super().__init__(reason)
        self.line = line
        self.hint = hint


def read(path: Path, shown: str, most: int = MOST_BYTES) -> str:
    """Return a file's text, whose lines end in a line feed, without a byte order mark.

    Args:
        shown: Its name in messages.
        most: The maximum size in bytes.

    Raises:
        UsageError: It cannot be read, is too large, or is not UTF-8; the message names a known encoding.
    """
    return _checked(read_bytes(path, shown, most), shown, most)


def read_bytes(path: Path, shown: str, most: int = MOST_BYTES) -> bytes:
    """Return the content of a regular file: all of it, or one byte more than `most`.

    Raises:
        UsageError: It cannot be read.
    """
    return _bytes(lambda: regular_file.opened(path), shown, most)


def _bytes(opened: Callable[[], BinaryIO], shown: str, most: int) -> bytes:
    try:
        with opened() as file:
            return file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        raise UsageError(f"{shown} cannot be read: {reason(error)}.") from None


def read_stdin(most: int = MOST_BYTES) -> str:
    """Return the content of standard input, as `read` does.

    Raises:
        UsageError: It cannot be read, is too large, or is not UTF-8.
    """
    shown = "Standard input"
    try:
        source = getattr(sys.stdin, "buffer", None)
        if source is None:  # a test has put a text there
            return sys.stdin.read()
        return _checked(source.read(most + 1), shown, most)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {reason(error)}.") from None


def read_named(name: str, most: int = MOST_BYTES) -> str:
    """Return the text of a file as the command line names it, which may be a pipe; `-` is standard input.

    Raises:
        UsageError: As `read`.
    """
    if name == STDIN:
        return read_stdin(most)
    return _checked(_bytes(lambda: Path(name).open("rb"), name, most), name, most)


def reason(error: OSError | ValueError) -> str:
    """Return why a file cannot be read, as a part of a sentence."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def decoded(raw: bytes) -> str:
    """Return the text of these bytes.

    Raises:
        NotText: They are not UTF-8, or have a NUL byte.
    """
    if encoding := wide_encoding(raw):
        raise NotText(f"it is {encoding}, not UTF-8", 1, "Save it as UTF-8.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from after the byte order mark.
        raise _not_utf8(raw, error.start + (len(raw) - len(error.object))) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise NotText(f"line {line} has a NUL byte, so it is not a text file", line, "Save it as UTF-8 text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def wide_encoding(raw: bytes) -> str:
    """Return the encoding that a byte order mark names, other than UTF-8; "" where there is none."""
    return next((name for mark, name in _MARKS if raw.startswith(mark)), "")


def _not_utf8(raw: bytes, place: int) -> NotText:
    line = raw.count(b"\n", 0, place) + 1
    value = raw[place]
    likely = ", as in Latin-1 or Windows-1252" if value in _LATIN else ""
    return NotText(
        f"it is not UTF-8: line {line} has the byte 0x{value:02X}{likely}", line, "Save it as UTF-8."
    )


def _checked(raw: bytes, shown: str, most: int) -> str:
    if len(raw) > most:
        raise UsageError(f"{shown} cannot be read: it is larger than {size(most)}.")
    try:
        return decoded(raw)
    except NotText as error:
        raise UsageError(f"{shown} cannot be read: {error}.", hint=error.hint) from None


def size(count: int) -> str:
    """Return a number of bytes in a readable form, such as `256 KB` or `1 MB`."""
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count >> 10} KB"

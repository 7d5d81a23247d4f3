"""The standard streams of this process: what happens when one is closed, full, or has lost its reader.

A result that cannot be written is an error, once; a closed pipe (`presso … | head -1`) ends the program as it
ends other tools; a message that cannot be written is dropped. Characters that a stream's encoding lacks are
written as escapes.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from presso.errors import PressoError

# The exit code that a shell reports for a program ended by SIGPIPE.
NO_READER = 141


class Unwritable(PressoError):
    """The result cannot be written to standard output; has no message when the pipe was closed."""


class _Results(io.TextIOWrapper):
    """Standard output: raises `Unwritable` once, and drops all later output."""

    def write(self, text: str) -> int:
        """Write a text."""
        try:
            return super().write(text)
        except OSError as error:
            raise _unwritable(error) from None

    def flush(self) -> None:
        """Flush the buffer."""
        try:
            super().flush()
        except OSError as error:
            raise _unwritable(error) from None


def _unwritable(error: OSError) -> Unwritable:
    _drop(1)
    if isinstance(error, BrokenPipeError):
        return Unwritable("", exit_code=NO_READER)
    return Unwritable(
        f"The result cannot be written to standard output: {error.strerror}.",
        hint="Free some space, or redirect the output to another disk.",
    )


class _Messages(io.TextIOWrapper):
    """Standard error: drops what cannot be written."""

    def write(self, text: str) -> int:
        """Write a text."""
        try:
            return super().write(text)
        except OSError:
            _drop(2)
            return len(text)

    def flush(self) -> None:
        """Flush the buffer."""
        try:
            super().flush()
        except OSError:
            _drop(2)


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Use the standard streams inside; at the end, everything written has been flushed.

    Raises:
        SystemExit: With 1 when standard output is closed, or the rest of the output cannot be written; with
            141 when its pipe was closed. The error is on standard error.
    """
    closed = _open_closed()
    sys.stdout = _rewrapped(sys.stdout, _Results)
    sys.stderr = _rewrapped(sys.stderr, _Messages)
    try:
        if closed:
            raise Unwritable(
                "Standard output is closed, so presso cannot print the result; nothing was done.",
                hint="Redirect it: > file, or > /dev/null.",
            )
        try:
            yield
        finally:
            sys.stdout.flush()
    except Unwritable as error:
        report(error)
        raise SystemExit(error.exit_code) from None


def report(error: PressoError) -> None:
    """Print an error if it has a message."""
    from presso import terminal

    if error.message:
        terminal.error(error.message, error.hint)


def _open_closed() -> bool:
    """Open the null device for closed streams, so that no file gets their numbers; was stdout closed?"""
    closed = sys.stdout is None
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8"))
    return closed


def _rewrapped(stream: TextIO, kind: type[io.TextIOWrapper]) -> Any:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    encoding, buffered_by_line = stream.encoding, stream.line_buffering
    return kind(stream.detach(), encoding, "backslashreplace", line_buffering=buffered_by_line)


def _drop(number: int) -> None:
    """Discard the rest of a stream's output: Python flushes it once more when it ends."""
    with contextlib.suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        if null != number:  # as it is where the number is free
            os.dup2(null, number)
            os.close(null)

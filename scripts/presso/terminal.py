"""What goes to a person's terminal: results on stdout, everything else on stderr."""

import os
import sys
from collections.abc import Sequence
from typing import TextIO

STYLES = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}


def coloured(stream: TextIO) -> bool:
    """Return whether this stream gets colours: a terminal that knows them, and no `NO_COLOR`."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: str, stream: TextIO) -> str:
    """Return the text in one of `STYLES` where the stream gets colours."""
    return f"\033[{STYLES[style]}m{text}\033[0m" if text and coloured(stream) else text


def result(text: str) -> None:
    """Print a result."""
    _write(sys.stdout, text)


def say(text: str) -> None:
    """Print a line that is no result."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    # In one piece: print() writes the end of the line by itself, and other threads write too.
    stream.write(f"{text}\n")
    stream.flush()


def error(message: str, hint: str = "") -> None:
    """Print an error and the way out."""
    say(f"{styled('Error:', 'red', sys.stderr)} {message}")
    if hint:
        say(f"{styled('Hint:', 'yellow', sys.stderr)} {hint}")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Return aligned columns; those in `right` are aligned to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        pairs = enumerate(zip(cells, widths, strict=True))
        return "  ".join(cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in pairs).rstrip()

    return "\n".join([styled(line(header), "bold", sys.stdout), *(line(row) for row in rows)])

r"""Prints to the user's terminal: results on stdout, everything else on stderr.

Texts come from files that others wrote. Control characters in them, which would move the cursor or hide
text, are printed as `\u001b`, which is the same text in JSON.
"""

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, TextIO

_UNLIMITED, _NARROWEST = 10_000, 14
STYLES = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
# Styles are kept. The last range and the one before it reverse the direction of the text after them.
_CONTROLS = re.compile(
    rf"\033\[(?:0|{'|'.join(STYLES.values())})m|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
# What GitHub's runners take for a command: `##[` anywhere, or a line that begins with `::`.
_COMMANDS = re.compile(r"##\[|^[^\S\n]*::", re.MULTILINE)


def coloured(stream: TextIO) -> bool:
    """Return whether this stream gets colours: a terminal that supports them, and no `NO_COLOR`."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def styled(text: str, style: str, stream: TextIO) -> str:
    """Return the text in one of `STYLES` where the stream gets colours."""
    return f"\033[{STYLES[style]}m{text}\033[0m" if text and coloured(stream) else text


def escaped(text: str) -> str:
    """Return the text with its control characters, save ends of lines, tabs and styles, as escapes.

    So is one sign of what GitHub's runners would take for a command.
    """
    text = _COMMANDS.sub(lambda found: f"{found[0][:-1]}\\u{ord(found[0][-1]):04x}", text)
    return _without_controls(text)


def _without_controls(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0] if found[0][1:] else f"\\u{ord(found[0]):04x}", text)


def result(text: str) -> None:
    """Print a result."""
    _write(sys.stdout, escaped(text))


def command(text: str) -> None:
    """Print a command for GitHub's runners, on one line."""
    _write(sys.stdout, _without_controls(text))


def as_json(value: Any) -> None:
    """Print a result as JSON."""
    result(json.dumps(value, indent=2, ensure_ascii=False))


def bullets(lines: Iterable[object], mark: str = "  ") -> list[str]:
    """Return the lines, each behind a mark."""
    return [f"{mark}{line}" for line in lines]


def say(text: str) -> None:
    """Print a line that is not a result."""
    _write(sys.stderr, escaped(text))


def printable(text: str, keep: str = "") -> str:
    r"""Return text of others so that a terminal shows it and interprets none of it.

    Control characters (escape codes, carriage returns, line breaks), lone surrogates and the characters that
    reorder or hide text (Unicode category Cf) become escapes such as `\x1b`.

    Args:
        text: The text, from a file or a program that is not trusted.
        keep: Characters to leave as they are, such as a line break.
    """
    if text.isprintable():
        return text
    return "".join(
        sign if sign in keep or sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


def _write(stream: TextIO, text: str) -> None:
    # One call: print() writes the end of the line separately, and other threads write too.
    stream.write(f"{text}\n")
    stream.flush()


def error(message: str, hint: str = "") -> None:
    """Print an error and its hint."""
    say(f"{styled('Error:', 'red', sys.stderr)} {message}")
    if hint:
        say(f"{styled('Hint:', 'yellow', sys.stderr)} {hint}")


def width(most: int) -> int:
    """Return how many columns a result may take: `most`, or fewer where stdout is a narrower terminal."""
    return min(most, shutil.get_terminal_size().columns) if sys.stdout.isatty() else most


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    wrapped: Sequence[int] = (),
) -> str:
    """Return aligned columns, a line for each row.

    Args:
        header: The columns' names.
        rows: Their cells.
        right: The columns that are aligned to the right.
        wrapped: The columns whose cells take more lines where a terminal has no room for one.
    """
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    excess = sum(widths) + 2 * (len(widths) - 1) - width(_UNLIMITED)
    while excess > 0 and any(widths[i] > _NARROWEST for i in wrapped):
        widest = max(wrapped, key=lambda i: widths[i])
        widths[widest] -= 1
        excess -= 1

    def lines(cells: Sequence[str]) -> Iterator[str]:
        parts = [
            textwrap.wrap(cell, w) if len(cell) > w else [cell] for cell, w in zip(cells, widths, strict=True)
        ]
        for line in zip_longest(*parts, fillvalue=""):
            pairs = enumerate(zip(line, widths, strict=True))
            aligned = (cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in pairs)
            yield "  ".join(aligned).rstrip()

    head = (styled(line, "bold", sys.stdout) for line in lines(header))
    return "\n".join([*head, *(line for row in rows for line in lines(row))])

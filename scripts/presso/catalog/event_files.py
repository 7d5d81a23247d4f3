"""Events in files, in whatever form they come: one, a list, one a line, a scenario, a PutEvents request."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso.errors import UsageError

# What a replay puts for the markers of a scenario.
_MARKERS = (
    ('"{at}"', "1793527200000"),
    ("{at}", "1793527200000"),
    ("{run}", "3f2504e0-4f89-41d3-9a0c-"),
    ("{tenant}", "nyc"),
)


@dataclass(frozen=True)
class FoundEvent:
    """An event and where it was: a file, or `-`, and the line where that is known."""

    event: Any
    where: str


def _loads(text: str) -> Any:
    """What a text of JSON says; Python would take NaN and Infinity too, which no event can have."""
    return json.loads(text, parse_constant=_no_json)


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is no value of it")


def read(name: str) -> list[FoundEvent]:
    """The events in a file; `-` is standard input.

    Raises:
        UsageError: The file cannot be read, or a part of it is no JSON.
    """
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{name} cannot be read: {reason}.") from None
    return list(parse(text, name))


def parse(text: str, name: str) -> Iterator[FoundEvent]:
    """The events in a text that a file of that name holds.

    Raises:
        UsageError: A part of it is no JSON; the line is named.
    """
    try:
        found = _loads(text)
    except ValueError as error:
        if not _is_lines(text):
            line = getattr(error, "lineno", 1)
            raise UsageError(
                f"{name}:{line}: is no JSON: {getattr(error, 'msg', error)}.",
                hint="An event, a list of them, one a line, a scenario or a PutEvents request.",
            ) from None
        yield from _lines(text, name)
        return
    if isinstance(found, dict) and isinstance(found.get("events"), list):
        for marker, value in _MARKERS:
            text = text.replace(marker, value)
        found = _loads(text)["events"]
        lines = _event_lines(text, len(found))
        yield from (FoundEvent(event, f"{name}:{line}") for event, line in zip(found, lines, strict=True))
        return
    if isinstance(found, dict) and isinstance(found.get("Entries"), list):
        found = found["Entries"]
    if isinstance(found, list):
        yield from (FoundEvent(event, f"{name}[{index}]") for index, event in enumerate(found))
    else:
        yield FoundEvent(found, name)


def _is_lines(text: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return isinstance(_loads(first), dict)
    except ValueError:
        return False


def _lines(text: str, name: str) -> Iterator[FoundEvent]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield FoundEvent(_loads(line), f"{name}:{number}")
        except ValueError as error:
            raise UsageError(f"{name}:{number}: is no JSON: {getattr(error, 'msg', error)}.") from None


def _event_lines(text: str, count: int) -> list[int]:
    """The lines of a scenario's events: one a line, as presso writes them; else that of the list."""
    numbers = [n for n, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith('{"at":')]
    return numbers if len(numbers) == count else [1] * count

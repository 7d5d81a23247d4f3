"""Events in files, in any form: one, a list, one a line, a scenario, a PutEvents request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from presso import text_file
from presso.errors import UsageError
from presso.json_text import NotJson, loads

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


def read(name: str) -> list[FoundEvent]:
    """The events in a file; `-` is standard input.

    Raises:
        UsageError: The file cannot be read, or a part of it is not JSON.
    """
    return list(parse(text_file.read_named(name), name))


def parse(text: str, name: str) -> Iterator[FoundEvent]:
    """The events in a text that a file of that name holds.

    Raises:
        UsageError: A part of it is not JSON; the line is named.
    """
    try:
        found = loads(text)
    except NotJson as error:
        if not _is_lines(text):
            raise UsageError(
                f"{name}:{error.line}: is not JSON: {error}.",
                hint="Give an event, a list of them, one per line, a scenario or a PutEvents request.",
            ) from None
        yield from _lines(text, name)
        return
    if isinstance(found, dict) and isinstance(found.get("events"), list):
        found = _filled(text, name)
        lines = event_lines(text, len(found))
        yield from (FoundEvent(event, f"{name}:{line}") for event, line in zip(found, lines, strict=True))
        return
    if isinstance(found, dict) and isinstance(found.get("Entries"), list):
        found = found["Entries"]
    if isinstance(found, list):
        yield from (FoundEvent(event, f"{name}[{index}]") for index, event in enumerate(found))
    else:
        yield FoundEvent(found, name)


def _filled(text: str, name: str) -> list[Any]:
    """The events of a scenario with values for its markers."""
    for marker, value in _MARKERS:
        text = text.replace(marker, value)
    try:
        found: list[Any] = loads(text)["events"]
    except NotJson as error:
        raise UsageError(
            f"{name}:{error.line}: {{at}} is replaced with a value, so it cannot be a key."
        ) from None
    return found


def _is_lines(text: str) -> bool:
    # Not splitlines(): a text in JSON may have other signs that Python takes for the end of a line.
    first = next((line for line in text.split("\n") if line.strip()), "")
    try:
        return isinstance(loads(first), dict)
    except NotJson:
        return False


def _lines(text: str, name: str) -> Iterator[FoundEvent]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield FoundEvent(loads(line), f"{name}:{number}")
        except NotJson as error:
            raise UsageError(f"{name}:{number}: is not JSON: {error}.") from None


def event_lines(text: str, count: int) -> list[int]:
    """The lines of a scenario's events: one a line, as presso writes them; else that of the list."""
    numbers = [n for n, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith('{"at":')]
    return numbers if len(numbers) == count else [1] * count

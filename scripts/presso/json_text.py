"""Reads JSON within limits; rejects what Python accepts but is not JSON or cannot be written as JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Python's own parser fails at about a thousand levels, and recursive code at a few hundred.
DEEPEST = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\n\r]*")
# A longer integer does not fit a double, and many JSON readers convert integers to doubles.
_MOST_DIGITS = 308


class NotJson(ValueError):
    """A text that is not JSON, or that other readers of JSON cannot take; `line` is where, from 1."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def loads(text: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Return the value of a JSON text.

    Args:
        pairs: Creates an object's value from its keys and values, in place of `dict`.

    Raises:
        NotJson: It is not JSON (RFC 8259), is nested more than `DEEPEST` deep, or has a number or a character
            that cannot be written again.
    """
    try:
        found = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_fraction,
            parse_int=_whole,
            object_pairs_hook=pairs,
        )
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.lineno) from None
    except RecursionError:
        raise NotJson(f"nested more than {DEEPEST} deep") from None
    if text.count("[") + text.count("{") > DEEPEST and is_deep(found):
        raise NotJson(f"nested more than {DEEPEST} deep")
    if _SURROGATE.search(text) and not _is_text(found):
        raise NotJson("half of a surrogate pair, such as \\ud83d alone, is not a character")
    return found


def line_of(text: str, where: Sequence[str | int]) -> int:
    """Return the line, from 1, on which a value begins.

    Args:
        text: The text that `loads` has read.
        where: The keys and indexes that lead to the value. If one does not exist, the line of its parent is
            returned.
    """
    start = _after_space(text, 0)
    for step in where:
        places = [place for name, place in _inside(text, start) if name == step]
        if not places:
            break
        start = places[-1]  # of a key that is there twice, the last counts
    return text.count("\n", 0, start) + 1


def _inside(text: str, start: int) -> Iterator[tuple[str | int, int]]:
    """Yield the entries of the object or list at a position: key or index, and where it begins."""
    if text[start] not in "{[":
        return
    read = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
    place, index = _after_space(text, start + 1), 0
    while text[place] not in "}]":
        name: str | int = index
        if text[start] == "{":
            name, place = read(text, place)
            place = _after_space(text, _after_space(text, place) + 1)
        yield name, place
        place = _after_space(text, read(text, place)[1])
        place, index = _after_space(text, place + (text[place] == ",")), index + 1


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def is_deep(value: Any, deepest: int = DEEPEST) -> bool:
    """Return whether lists and objects are nested more than `deepest` deep."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(deepest):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> None:
    raise NotJson(f"{name} is not a JSON value")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise NotJson(f"a number of {len(digits)} digits is too large")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotJson(f"the number {digits if len(digits) < 30 else 'there'} is too large")
    return number


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True

"""Patterns built from conditions as people type them: `drinkOrder.drink=Americano`, `TS>0`, `Message?`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from event_patterns.schemas import Schema, fields, options_at, types

_WHERE = re.compile(r"(?P<path>[^=!<>^$~?]+)(?P<sign>>=|<=|!=|\^=|\$=|~|=|>|<)(?P<value>.*)", re.DOTALL)
SIGNS = "= != ^= (begins) $= (ends) ~ (wildcard) > >= < <= path? (exists) !path (does not exist)"
_LONGEST_NUMBER = 300  # characters; a longer one is more than a double holds, or a mistake
_AFFIXES = {"^=": "prefix", "$=": "suffix", "~": "wildcard"}


class ConditionError(Exception):
    """A condition that cannot be read, or is about no field.

    Args:
        message: What is wrong.
        hint: What to do.
        unknown: The path of the field that the event does not have.
        known: The paths of those that it has.
    """

    def __init__(self, message: str, hint: str = "", unknown: str = "", known: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message, self.hint, self.unknown, self.known = message, hint, unknown, known


@dataclass(frozen=True)
class EventType:
    """An event to build a pattern for: its name and source, and the schema of its detail."""

    name: str
    source: str
    schema: Schema


def build(event: EventType, conditions: Sequence[str]) -> dict[str, Any]:
    """The pattern for an event under conditions; values are written as the schema types them.

    Raises:
        ConditionError: A condition cannot be read, or names a field that the event does not have.
    """
    pattern: dict[str, Any] = {"source": [event.source], "detail-type": [event.name]}
    for where in conditions:
        path, asked = _condition(event, where)
        _add(pattern, path, asked)
    return pattern


def _condition(event: EventType, where: str) -> tuple[list[str], list[Any]]:
    text = where.strip()
    if re.fullmatch(r"[^=<>~^$]+\?", text):
        return _path(event, text[:-1]), [{"exists": True}]
    if re.fullmatch(r"![^=<>~^$]+", text):
        return _path(event, text[1:]), [{"exists": False}]
    found = _WHERE.fullmatch(text)
    if not found:
        raise ConditionError(
            f"--where {where!r} is not a condition.",
            hint=f"Write a path, an operator and a value, such as drinkOrder.drink=Americano. Operators: "
            f"{SIGNS}.",
        )
    path, sign, value = _path(event, found["path"].strip()), found["sign"], found["value"].strip()
    if sign in _AFFIXES:
        return path, [{_AFFIXES[sign]: value}]
    values = [_typed(event, path, part) for part in _split(value)]
    if sign == "=":
        return path, values
    if sign == "!=" and isinstance(values[0], bool):
        # EventBridge takes no true or false after anything-but.
        return path, [not values[0]]
    if sign == "!=":
        return path, [{"anything-but": values[0] if len(values) == 1 else values}]
    number = _number(value)
    if number is None:
        raise ConditionError(
            f"--where {where!r}: {value!r} is not a number.", hint="Use numbers with > >= < <=."
        )
    return path, [{"numeric": [sign, number]}]


def _path(event: EventType, text: str) -> list[str]:
    names = text.strip().split(".")
    if names[0] in ("account", "region", "resources", "time", "id"):
        return names
    names = names[1:] if names[0] == "detail" else names
    if not options_at(event.schema, names):
        known = sorted({field.path.replace("[]", "") for field in fields(event.schema)})
        unknown = ".".join(names)
        raise ConditionError(f"{event.name} has no field detail.{unknown}.", unknown=unknown, known=known)
    return ["detail", *names]


def _split(value: str) -> list[str]:
    return (
        [part.strip() for part in value.split(",")]
        if value and not value.startswith('"')
        else [value.strip('"')]
    )


def _typed(event: EventType, path: list[str], text: str) -> Any:
    """The value as the schema types the field: the text `17` stays a text where the field is one."""
    options = options_at(event.schema, path[1:]) if path[0] == "detail" else [{"type": "string"}]
    kinds = {kind for option in options for kind in types(option)}
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if "null" in kinds and text == "null":
        return None
    number = _number(text)
    if number is not None and kinds & {"integer", "number"} and "string" not in kinds:
        return number
    return text


def _number(text: str) -> float | None:
    if len(text) > _LONGEST_NUMBER:
        return None
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if not re.fullmatch(r"-?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?", text):
        return None
    return number if math.isfinite(number := float(text)) else None


def _add(pattern: dict[str, Any], path: list[str], asked: list[Any]) -> None:
    """Put a condition into the pattern; two bounds of one field make a range, other doubles are refused."""
    here = pattern
    for name in path[:-1]:
        here = here.setdefault(name, {})
    before = here.get(path[-1])
    if before is None:
        here[path[-1]] = asked
        return
    bounds = [item["numeric"] for item in (*before, *asked) if isinstance(item, dict) and "numeric" in item]
    low = [bound for bound in bounds if bound[0] in (">", ">=")]
    high = [bound for bound in bounds if bound[0] in ("<", "<=")]
    if len(low) != 1 or len(high) != 1:
        raise ConditionError(
            f"Two conditions on {'.'.join(path)}: a pattern can have one.",
            hint="Write alternative values into one condition, separated by commas.",
        )
    here[path[-1]] = [{"numeric": [*low[0], *high[0]]}]

"""An event's fields as patterns see them: paths of names, in which a dot separates two names.

Source: Event Ruler, which joins the names of nested fields with dots, so that the field `service.name` and
the field `name` of the object `service` are one path: https://github.com/aws/event-ruler, "Event.java".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def nested(value: Any) -> Any:
    """The value with each field that has dots in its name as nested objects; itself where there is none.

    Where both forms give values to one path, it has all of them, as the elements of a list.
    """
    return _nested(value) if _has_dots(value) else value


def leaves_of(value: Any) -> list[Any]:
    """What a pattern sees of a value: itself, or every element of a list; an object is nothing."""
    if isinstance(value, list):
        return [leaf for element in value for leaf in leaves_of(element)]
    return [] if isinstance(value, Mapping) else [value]


def objects_of(value: Any) -> list[Mapping[str, Any]]:
    """The objects among a value and the elements of lists in it."""
    if isinstance(value, list):
        return [found for element in value for found in objects_of(element)]
    return [value] if isinstance(value, Mapping) else []


def _has_dots(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any("." in name or _has_dots(below) for name, below in value.items())
    return isinstance(value, list) and any(map(_has_dots, value))


def _nested(value: Any) -> Any:
    if isinstance(value, list):
        return [_nested(element) for element in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for name, below in value.items():
        first, *rest = name.split(".")
        inner = _nested(below)
        for step in reversed(rest):
            inner = {step: inner}
        found[first] = _merged(found[first], inner) if first in found else inner
    return found


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {
            name: _merged(one[name], value) if name in one else value for name, value in other.items()
        }
    return [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]

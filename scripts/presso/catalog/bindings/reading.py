"""Reads events into the classes beside this file, and writes them again. Needs Python 3.11, and nothing else.

Fields that a class does not have are ignored: events may have more fields than the catalog lists. Fields of
the class must exist and have their type; otherwise `WrongEventError` states what is wrong, and where.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

_LONGEST = 80
_WORDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    NoneType: "null",
}

Event = TypeVar("Event")


class WrongEventError(ValueError):
    """What was read is not the event it should be.

    Args:
        path: Where, such as `detail.drinkOrder.drink`; "" for the event itself.
        fault: What is wrong there.
    """

    def __init__(self, path: str, fault: str) -> None:
        super().__init__(f"{path or 'the event'}: {fault}")
        self.path = path
        self.fault = fault


def parse(kind: type[Event], event: str | bytes | Mapping[str, Any]) -> Event:
    """Read an event, or a part of one.

    Args:
        kind: One of the classes beside this file: an event's own for a whole event in EventBridge's envelope,
            its `Detail` for what `detail` holds.
        event: JSON text, or what `json.loads` made of it.

    Raises:
        WrongEventError: It is not JSON, or a field is missing or of the wrong type.
    """
    return cast(Event, _read(kind, _loaded(event), ""))


def parse_one_of(kinds: Sequence[type[Event]], event: str | bytes | Mapping[str, Any]) -> Event:
    """Read an event as one of several, by its detail-type and source; otherwise as `parse`.

    Raises:
        WrongEventError: As `parse`, or it matches none of them.
    """
    found = _loaded(event)
    for field in ("detail-type", "source"):
        if field not in _expected(dict, found, "", dict):
            raise WrongEventError(field, "is missing")
    name, source = found["detail-type"], found["source"]
    names = [_always(kind, "detail_type") for kind in kinds]
    for kind, its_name in zip(kinds, names, strict=True):
        if (name, source) == (its_name, _always(kind, "source")):
            return parse(kind, found)
    if name in names:
        raise _wrong("the source of such an event", source, "source")
    raise _wrong(" or ".join(json.dumps(name) for name in dict.fromkeys(names)), name, "detail-type")


def as_dict(event: object) -> dict[str, Any]:
    """An event, or a part of one, as JSON has it: the catalog's names, and no optional field that is None."""
    return cast(dict[str, Any], _written(event))


def as_json(event: object) -> str:
    """An event, or a part of one, as JSON text: `detail` in this form is what PutEvents takes as `Detail`."""
    return json.dumps(as_dict(event), ensure_ascii=False)


def _always(kind: Any, field: str) -> Any:
    """What a field of a class always holds."""
    return get_args(_hints(kind)[field])[0]


def _loaded(event: Any) -> Any:
    if not isinstance(event, str | bytes):
        return event
    try:
        return json.loads(event)
    except ValueError as error:
        raise WrongEventError("", f"is not JSON: {error}") from error


def _read(kind: Any, value: Any, path: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, UnionType):
        return _one_of(inner, value, path)
    if is_dataclass(kind):
        return _record(kind, _expected(dict, value, path, kind), path)
    if origin is Literal:
        if any(value == option and isinstance(value, bool) == isinstance(option, bool) for option in inner):
            return value
        raise _wrong(_words(kind), value, path)
    if origin is tuple:
        items = _expected(list, value, path, kind)
        return tuple(_read(inner[0], item, f"{path}[{index}]") for index, item in enumerate(items))
    if origin is Mapping:
        found = _expected(dict, value, path, kind)
        return {name: _read(inner[1], item, _below(path, name)) for name, item in found.items()}
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind is float and type(value) is int:
        return value
    return _expected(kind, value, path, kind)


def _expected(of: type, value: Any, path: str, kind: Any) -> Any:
    if isinstance(value, of) and (of is bool or not isinstance(value, bool)):
        return value
    raise _wrong(_words(kind), value, path)


def _record(kind: Any, value: dict[str, Any], path: str) -> Any:
    hints, read = _hints(kind), {}
    for field in fields(kind):
        name = _name(field)
        if name in value:
            read[field.name] = _read(hints[field.name], value[name], _below(path, name))
        elif field.default is MISSING:
            raise WrongEventError(_below(path, name), "is missing")
    return kind(**read)


def _one_of(kinds: tuple[Any, ...], value: Any, path: str) -> Any:
    """The value as the kind that keeps all of it, else as the first that it can be."""
    read, errors = [], []
    for kind in kinds:
        try:
            read.append(_read(kind, value, path))
        except WrongEventError as error:
            errors.append(error)
        else:
            if _written(read[-1]) == value:
                return read[-1]
    if read:
        return read[0]
    # An error further in is about the kind that was meant.
    deeper = [error for error in errors if error.path != path]
    raise deeper[0] if deeper else _wrong(" or ".join(_words(kind) for kind in kinds), value, path)


def _written(value: Any) -> Any:
    if is_dataclass(value):
        written = {_name(field): (field, getattr(value, field.name)) for field in fields(value)}
        return {
            name: _written(item)
            for name, (field, item) in written.items()
            if item is not None or field.default is MISSING
        }
    if isinstance(value, tuple | list):
        return [_written(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _written(item) for name, item in value.items()}
    return value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _name(field: Field[Any]) -> str:
    return str(field.metadata.get("name", field.name))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _wrong(expected: str, value: Any, path: str) -> WrongEventError:
    found = json.dumps(value, ensure_ascii=False, default=str)
    if len(found) > _LONGEST:
        found = f"{found[:_LONGEST]}…"
    return WrongEventError(path, f"expected {expected}, found {found}")


def _words(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(_words(option) for option in inner)
    if origin is Literal:
        return " or ".join(json.dumps(option) for option in inner)
    if origin is tuple:
        return "a list"
    return _WORDS.get(kind, "an object")

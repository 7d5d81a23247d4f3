"""Dataclasses read from plain data, such as a YAML file's: every fault with its place.

A field's annotation is its rule: `str`, `int`, `bool`, `list[…]`, `dict[str, Any]`, `Literal[…]`, another
dataclass, `… | None`, or `Annotated` with functions that return a value or raise ValueError.

Pydantic reads such data too, but importing it takes longer than all the rest of most commands.
"""

import dataclasses
import datetime
import functools
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from event_patterns.nearest import nearest

KeyPath = tuple[str | int, ...]
Record = TypeVar("Record")
_NAMES = {
    str: "string",
    int: "integer",
    bool: "boolean",
    datetime.date: "date",
    dict: "dictionary",
    list: "list",
}


@dataclass(frozen=True)
class Key:
    """The field's key in the data, where it is not the field's name."""

    name: str


@dataclass(frozen=True)
class Before:
    """Changes what is given before it is checked; may raise ValueError."""

    change: Callable[[Any], Any]


@dataclass(frozen=True)
class RecordFault:
    """What is wrong at a place of the data: a sentence without its full stop."""

    place: KeyPath
    text: str


class Faults(ValueError):
    """The data does not fit the dataclass."""

    def __init__(self, faults: list[RecordFault]) -> None:
        super().__init__("\n".join(f"{'.'.join(map(str, fault.place))}: {fault.text}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Limit:
    """A check of a value, and the words of JSON Schema for it."""

    check: Callable[[Any], Any]
    words: dict[str, Any] = dataclasses.field(compare=False)

    def __call__(self, value: Any) -> Any:
        """Return the value.

        Raises:
            ValueError: It is over the limit.
        """
        return self.check(value)


def sized(least: int = 0, most: int | None = None) -> Limit:
    """Return a check of how many characters, or items, a value has."""

    def check(value: Any) -> Any:
        kind, unit, more = (
            ("string", "character", "")
            if isinstance(value, str)
            else ("list", "item", f" after validation, not {len(value)}")
        )
        for limit, word in ((least, "least"), (most, "most")):
            if limit is not None and (len(value) < limit if word == "least" else len(value) > limit):
                raise ValueError(f"{kind} should have at {word} {limit} {unit}{'s'[: limit != 1]}{more}")
        return value

    words = {"minLength": least, "minItems": least}
    return Limit(check, words if most is None else {**words, "maxLength": most, "maxItems": most})


def matching(pattern: str) -> Limit:
    """Return a check that all of a text matches a regular expression."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"string should match pattern '{pattern}'")
        return value

    return Limit(check, {"pattern": f"^(?:{pattern})$"})


def between(least: int, most: int) -> Limit:
    """Return a check that a number is in a range, its ends included."""

    def check(value: int) -> int:
        if value < least:
            raise ValueError(f"input should be greater than or equal to {least}")
        if value > most:
            raise ValueError(f"input should be less than or equal to {most}")
        return value

    return Limit(check, {"minimum": least, "maximum": most})


def keys_of(kind: type) -> dict[str, str]:
    """Return the keys of a dataclass in data, with their fields."""
    return {_key(name, form): name for name, form in _forms(kind).items()}


def read(kind: type[Record], data: Any) -> Record:
    """Return the data as the dataclass.

    Raises:
        Faults: It does not fit: all that is wrong.
    """
    faults: list[RecordFault] = []
    record: Record = _record(kind, data, (), faults)
    if faults:
        raise Faults(faults)
    return record


@functools.cache
def _forms(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _key(name: str, form: Any) -> str:
    extras = get_args(form)[1:] if get_origin(form) is Annotated else ()
    return next((extra.name for extra in extras if isinstance(extra, Key)), name)


def _record(kind: Any, given: Any, place: KeyPath, faults: list[RecordFault]) -> Any:
    """Return the dataclass, after adding to `faults` what is wrong; then the value is of no use."""
    keys = keys_of(kind)
    if not isinstance(given, dict):
        faults.append(_fault(place, f"expected keys and values: {', '.join(keys)}", given))
        return None
    fields = {field.name: field for field in dataclasses.fields(kind)}
    before, values = len(faults), {}
    for key, name in keys.items():
        if key in given:
            values[name] = _value(_forms(kind)[name], given[key], (*place, key), faults)
        elif fields[name].default is fields[name].default_factory is dataclasses.MISSING:
            faults.append(RecordFault((*place, key), "missing; this key is required"))
    for key in given:
        if key not in keys:
            near = nearest(str(key), list(keys))
            question = f" Did you mean {near}?" if near else ""
            faults.append(RecordFault((*place, key), f"unknown key.{question} Known keys: {', '.join(keys)}"))
    return kind(**values) if len(faults) == before else None


def _value(form: Any, given: Any, place: KeyPath, faults: list[RecordFault]) -> Any:
    form, *extras = get_args(form) if get_origin(form) is Annotated else (form,)
    before, value = len(faults), given
    try:
        for extra in extras:
            if isinstance(extra, Before):
                value = extra.change(value)
        value = _plain(form, value, place, faults)
        for extra in extras:
            if len(faults) == before and not isinstance(extra, Before | Key):
                value = extra(value)
    except ValueError as error:
        faults.append(_fault(place, str(error), given))
    return value


def _plain(form: Any, given: Any, place: KeyPath, faults: list[RecordFault]) -> Any:
    """Return a value of a type without checks."""
    origin, arguments = get_origin(form), get_args(form)
    if form is Any:
        return given
    if origin in (Union, types.UnionType):
        return _one_of(arguments, given, place, faults)
    if origin is Literal:
        if given not in arguments:
            raise ValueError(f"input should be {_either([repr(each) for each in arguments])}")
        return given
    if dataclasses.is_dataclass(form):
        return _record(form, given, place, faults)
    kind = origin or form
    if not isinstance(given, kind) or (kind is int and isinstance(given, bool)):
        raise ValueError(_expected(kind, given))
    if kind is list:
        return [_value(arguments[0], item, (*place, index), faults) for index, item in enumerate(given)]
    return given


def _one_of(forms: tuple[Any, ...], given: Any, place: KeyPath, faults: list[RecordFault]) -> Any:
    if given is None and types.NoneType in forms:
        return None
    others = [form for form in forms if form is not types.NoneType]
    if len(others) == 1:
        return _value(others[0], given, place, faults)
    for form in others:
        tried: list[RecordFault] = []
        value = _value(form, given, place, tried)
        if not tried:
            return value
    raise ValueError(
        f"input should be a valid {_either([_NAMES[get_origin(form) or form] for form in others])}"
    )


def _expected(kind: type, given: Any) -> str:
    if kind is str and isinstance(given, bool | int | float):
        return "must be a text; YAML reads this as a number, or as yes or no: write it in quotes"
    return f"input should be a valid {_NAMES[kind]}"


def _either(words: list[str]) -> str:
    return " or ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]])


def _fault(place: KeyPath, text: str, given: Any) -> RecordFault:
    shown = "" if isinstance(given, dict | list) else f" (given: {given!r})"
    first = text[0] if text[1:2].isupper() else text[0].lower()  # AWS stays AWS
    return RecordFault(place, f"{first}{text[1:].removesuffix('.')}{shown}")

"""Whether a pattern can ever match an event; if not, because of which field, and what its schema allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from event_patterns import languages
from event_patterns.matchers import (
    Affix,
    AnyCase,
    AnythingBut,
    Cidr,
    Equals,
    Exists,
    Matcher,
    Numeric,
    Wildcard,
)
from event_patterns.nearest import nearest
from event_patterns.pattern import Condition, Pattern
from event_patterns.schemas import Schema, options_at, resolved, schema_words, type_of, types

_LEAVES = {"string", "integer", "number", "boolean", "null"}
# So much of what is drawn for each event is never drawn again.
_MOST_DRAWN = 10


@dataclass(frozen=True)
class Impossible:
    """A condition that no event of one kind can meet.

    Args:
        condition: What the pattern asks.
        allowed: The field's schema in words, such as `text, a UUID`; "" when there is no such field.
        hint: The field or value that was probably meant.
    """

    condition: Condition
    allowed: str
    hint: str = ""

    def __str__(self) -> str:
        """The reason as a sentence."""
        allowed = f"it is {self.allowed}" if self.allowed else "there is no such field"
        return f"{self.condition}: {allowed}.{f' {self.hint}' if self.hint else ''}"

    def as_json(self) -> dict[str, str]:
        """The reason for `--json`."""
        wanted = self.condition.words
        return {"path": self.condition.where, "wanted": wanted, "allowed": self.allowed, "hint": self.hint}


def impossible(pattern: Pattern, schema: Schema) -> list[Impossible]:
    """Why no event of a schema, which is that of the whole event, can ever match; empty when one can.

    A field that is not in the schema counts as absent: patterns are checked against what is promised.
    With `$or`, the reasons of the alternative that comes nearest. A schema of a time may have
    `x-not-before`, the earliest one in the same format; a schema of what is drawn for each event, such as an
    id, `x-drawn`.

    Raises:
        ValueError: A part of the schema is invalid.
    """
    reasons = [
        [found for condition in group if (found := _impossible(condition, schema))]
        for group in pattern.conditions
    ]
    return min(reasons, key=len)


def _impossible(condition: Condition, schema: Schema) -> Impossible | None:
    options = options_at(schema, condition.path)
    if any(_possible(matcher, condition, options, schema) for matcher in condition.alternatives):
        return None
    if not options:
        return Impossible(condition, "", _meant_field(schema, condition.path))
    allowed = " or ".join(dict.fromkeys(schema_words(option) for option in options))
    if any(isinstance(matcher, Exists) and not matcher.wanted for matcher in condition.alternatives):
        return Impossible(condition, f"always there: {allowed}")
    return Impossible(condition, allowed, _meant_value(condition, options))


def _possible(matcher: Matcher, condition: Condition, options: list[Schema], schema: Schema) -> bool:
    """Whether some event allowed by the schema has at this field what the matcher asks."""
    leaves = [option for option in options if types(option) & _LEAVES]
    if isinstance(matcher, Exists):
        if matcher.wanted:
            return bool(leaves)
        return not leaves or not _always(schema, condition.path)
    return any(_allows(option, matcher) for option in leaves)


def _allows(schema: Schema, matcher: Matcher) -> bool:
    """Whether a leaf of this schema can be what a matcher asks."""
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
    if values is not None:
        return any(matcher.matches(value) for value in values)
    if isinstance(matcher, Equals):
        is_drawn = bool(schema.get("x-drawn")) and isinstance(matcher.value, str)
        return not is_drawn and _valid(schema, matcher.value) and not _is_past(schema, str(matcher.value))
    if isinstance(matcher, AnythingBut):
        kinds = types(schema) & _LEAVES - {"null"}
        return bool(kinds - {"string"}) or ("string" in kinds and _avoidable(schema, matcher))
    if isinstance(matcher, Numeric):
        return bool(types(schema) & {"integer", "number"}) and _within(schema, matcher)
    if "string" not in types(schema):
        return False
    text = _TEXTS.get(type(matcher))
    return text is None or text(schema, matcher)


# Keywords that constrain only the type of a value.
_WORDS = {"type", "description", "title", "examples", "x-unit", "$comment", "default"}


def _valid(schema: Schema, value: Any) -> bool:
    if set(schema) <= _WORDS:
        return type_of(value) in types(schema) or (type_of(value) == "integer" and "number" in types(schema))
    rest = {key: part for key, part in schema.items() if key not in ("$ref", "anyOf", "oneOf", "allOf")}
    from jsonschema_rs import Draft202012Validator

    validator = Draft202012Validator({"type": sorted(types(schema)), **rest}, validate_formats=True)
    return validator.is_valid(value)


def _within(schema: Schema, matcher: Numeric) -> bool:
    low, high = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
    low, high = max(low, schema.get("exclusiveMinimum", low)), min(high, schema.get("exclusiveMaximum", high))
    for sign, number in matcher.bounds:
        if sign == "=" and not low <= number <= high:
            return False
        if sign.startswith(">") and (high < number or (sign == ">" and high == number)):
            return False
        if sign.startswith("<") and (low > number or (sign == "<" and low == number)):
            return False
    return True


def _is_past(schema: Schema, text: str) -> bool:
    """Whether a moment, or all that begin with a text, are over by the schema's `x-not-before`."""
    earliest = str(schema.get("x-not-before", ""))
    return text < earliest[: len(text)]


def _form(schema: Schema) -> str:
    """The form that texts of a schema have."""
    return languages.UUID if schema.get("format") == "uuid" else str(schema.get("pattern", languages.ANY))


def _avoidable(schema: Schema, matcher: AnythingBut) -> bool:
    texts = (each for each in matcher.unwanted if not isinstance(each, Equals) or isinstance(each.value, str))
    return languages.avoidable(_form(schema), tuple(texts))


def _affix(schema: Schema, matcher: Affix) -> bool:
    if matcher.operator == "prefix" and _is_past(schema, matcher.text):
        return False
    return _text(schema, matcher, matcher.text)


def _wildcard(schema: Schema, matcher: Wildcard) -> bool:
    return _text(schema, matcher, "".join(matcher.pieces))


def _text(schema: Schema, matcher: Affix | Wildcard, known: str) -> bool:
    """Whether a text of a schema can match; `known` is what the matcher knows of it."""
    if len(known) > schema.get("maxLength", len(known)):
        return False
    if schema.get("x-drawn") and len(known) > _MOST_DRAWN:
        return False
    return languages.possible(_form(schema), matcher)


def _any_case(schema: Schema, matcher: AnyCase) -> bool:
    texts = (matcher.text, matcher.text.lower(), matcher.text.upper())
    return not schema.get("x-drawn") and any(_valid(schema, text) for text in texts)


_TEXTS: dict[type, Callable[[Schema, Any], bool]] = {
    Affix: _affix,
    AnyCase: _any_case,
    # A field of addresses has such a format.
    Cidr: lambda schema, matcher: schema.get("format") in ("ipv4", "ipv6"),
    Wildcard: _wildcard,
}


def _always(schema: Schema, path: tuple[str, ...]) -> bool:
    """Whether every event has the field: it is required, and so is all that it is in."""
    here = [resolved(schema, schema)]
    for name in path:
        if not here or any(name not in option.get("required", ()) for option in here):
            return False
        here = [resolved(schema, option["properties"][name]) for option in here if "properties" in option]
    # An empty list is as good as none.
    return not any("array" in types(option) and not option.get("minItems") for option in here)


def _meant_field(schema: Schema, path: tuple[str, ...]) -> str:
    """The name that was meant by the first name in a path that leads nowhere."""
    for length in range(len(path)):
        if not options_at(schema, path[: length + 1]):
            known = _names(schema, path[:length])
            if (near := nearest(path[length], known)) or not known:
                return f"Did you mean {near}?" if near else ""
            return f"There are: {', '.join(known)}."
    return ""


def _names(schema: Schema, path: tuple[str, ...]) -> list[str]:
    return list(
        dict.fromkeys(name for option in options_at(schema, path) for name in option.get("properties", {}))
    )


def _meant_value(condition: Condition, options: list[Schema]) -> str:
    """The allowed value that comes nearest to what a pattern asks for."""
    known = list(_texts(options))
    for matcher in condition.alternatives:
        asked = matcher.value if isinstance(matcher, Equals) else getattr(matcher, "text", None)
        if isinstance(asked, str) and (near := nearest(asked, known)):
            return f"Did you mean {near}?"
        kinds = {kind for option in options for kind in types(option)}
        if asked in ("true", "false") and "boolean" in kinds:
            return f"Write it without quotes: {asked}."
        if isinstance(asked, int | float) and "string" in kinds:
            return f'Write it as a text: "{asked}".'
    return ""


def _texts(options: list[Schema]) -> Iterator[str]:
    for option in options:
        for value in (*option.get("enum", ()), option.get("const")):
            if isinstance(value, str):
                yield value

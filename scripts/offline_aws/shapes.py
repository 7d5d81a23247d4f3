"""Terraform's attributes and blocks to and from an API's objects, by a table.

A shape maps attribute names to keys of the API: a text, with dots for a key inside another, a ``Nested``
block or a ``ConvertedMember`` value. Terraform and AWS name most things alike, so shapes are derived from
what both publish: see ``derived_shapes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from offline_aws.handler_values import Values


@dataclass(frozen=True)
class Nested:
    """A nested block: an object of the API, or a list of objects where it may be repeated."""

    key: str
    shape: Shape
    repeated: bool


@dataclass(frozen=True)
class ConvertedMember:
    """An attribute that the API has in another form: its key, and the functions to that form and back."""

    key: str
    to_api: Callable[[Any], Any]
    from_api: Callable[[Any], Any]


Member = str | Nested | ConvertedMember
Shape = Mapping[str, Member]


def key_of(member: Member) -> str:
    """The key that a shape gives for an attribute or block."""
    return member if isinstance(member, str) else member.key


def to_api(values: Values, shape: Shape) -> dict[str, Any]:
    """The API's object; what is null, empty text or an empty list is left out, 0 and False stay."""
    found: dict[str, Any] = {}
    for name, member in shape.items():
        value = values.get(name)
        if value in (None, "", [], {}):
            continue
        if isinstance(member, Nested):
            items = [to_api(item, member.shape) for item in value]
            value = items if member.repeated else items[0]
        elif isinstance(member, ConvertedMember):
            value = member.to_api(value)
        *outer, last = key_of(member).split(".")
        inner = found
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return found


def from_api(answer: Mapping[str, Any], shape: Shape) -> Values:
    """The attributes and blocks; a key that the API leaves out is null, a block [].

    An object without any content counts as absent, as AWS gives some instead of none.
    """
    found: Values = {}
    for name, member in shape.items():
        value: Any = answer
        for step in key_of(member).split("."):
            value = value.get(step) if value else None
        if isinstance(member, Nested):
            items = (value or ()) if member.repeated else [value] if value else ()
            value = [from_api(item, member.shape) for item in items]
        elif isinstance(member, ConvertedMember):
            value = None if value is None else member.from_api(value)
        found[name] = in_utc(value) if isinstance(value, datetime) else value
    return found


def in_utc(moment: datetime | None) -> str:
    """A time as the published provider writes it; empty when there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def with_texts(values: Values) -> Values:
    """A data source's attributes with empty texts for what is null, as the published provider has them."""
    return {name: "" if value is None else value for name, value in values.items()}

"""Terraform's attributes and blocks to and from an API's objects, by a table.

A shape maps attribute names to keys of the API. A block that occurs at most once is ``one(key, shape)``, one
that may be repeated ``many(key, shape)``::

    {"arn": "Arn", "retry_policy": one("RetryPolicy", {"maximum_retry_attempts": "MaximumRetryAttempts"})}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from offline_aws.handler_values import Values


@dataclass(frozen=True)
class Nested:
    """A nested block: see ``one`` and ``many``."""

    key: str
    shape: Shape
    repeated: bool


Shape = Mapping[str, "str | Nested"]


def one(key: str, shape: Shape) -> Nested:
    """A block that occurs at most once: an object of the API."""
    return Nested(key, shape, repeated=False)


def many(key: str, shape: Shape) -> Nested:
    """A block that may be repeated: a list of objects of the API."""
    return Nested(key, shape, repeated=True)


def to_api(values: Values, shape: Shape) -> dict[str, Any]:
    """The API's object; what is null, empty text or an empty list is left out, 0 and False stay."""
    found: dict[str, Any] = {}
    for name, member in shape.items():
        value = values.get(name)
        if isinstance(member, Nested):
            items = [to_api(item, member.shape) for item in value or ()]
            if items:
                found[member.key] = items if member.repeated else items[0]
        elif value not in (None, "", [], {}):
            found[member] = value
    return found


def from_api(answer: Mapping[str, Any], shape: Shape) -> Values:
    """The attributes and blocks; a key that the API leaves out is null, a block [].

    An object without any content counts as absent, as AWS gives some instead of none.
    """
    found: Values = {}
    for name, member in shape.items():
        if isinstance(member, Nested):
            inner = answer.get(member.key) or ()
            items = inner if member.repeated else [inner] if inner else []
            found[name] = [from_api(item, member.shape) for item in items]
        else:
            found[name] = answer.get(member)
    return found

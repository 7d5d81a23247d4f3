"""Whose a thing is that an extension names: its own, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from presso.catalog.hcl_values import Unknown
from presso.gate.kinds import KINDS
from presso.gate.model import Facts, Model, Resource
from presso.gate.reach import covered, within
from presso.json_text import NotJson, loads

_IDENTITIES = ("arn", "id", "key_id", "url", "qualified_arn", "layer_arn", "stream_arn", "invoke_arn")
ARN = re.compile(r"arn:(?:aws[a-z-]*|\*):[^\s\"'|<>{}]*")
QUEUE_URL = re.compile(r"https?://(?:sqs\.[^/\s]+|queue\.amazonaws\.com|[^/\s]+\.queue\.amazonaws\.com)/\S+")


@dataclass(frozen=True)
class Ownership:
    """What is an extension's own: all that its prefix covers, and all that its plan makes."""

    facts: Facts
    identities: frozenset[str]

    @classmethod
    def of(cls, model: Model) -> Ownership:
        """The ownership in a model; the same one every time."""
        found = model.__dict__.get("_ownership")
        if not isinstance(found, Ownership):
            found = cls(model.facts, frozenset(_identities(model)))
            model.__dict__["_ownership"] = found
        return found

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """The ARN patterns that are its own."""
        drawn = [arn for arn in self.identities if arn.startswith("arn:")]
        return (*covered(self.facts), *drawn, *(f"{arn}{sign}*" for arn in drawn for sign in "/:"))

    def owns(self, value: str) -> bool:
        """Whether an ARN, a queue's URL, an id or a name is the extension's own."""
        if value in self.identities:
            return True
        if value.startswith("arn:"):
            return within(value, self.patterns)
        if QUEUE_URL.match(value):
            return value.partition("//")[2].startswith(
                f"sqs.{self.facts.region}.{self.facts.dns_suffix}/{self.facts.account}/{self.facts.prefix}"
            )
        own_names = (self.facts.prefix, f"/{self.facts.prefix}", f"alias/{self.facts.prefix}")
        groups = (f"/aws/lambda/{self.facts.prefix}", f"/aws/vendedlogs/states/{self.facts.prefix}")
        return value.startswith((*own_names, *groups))


def _identities(model: Model) -> Iterator[str]:
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        if kind is None or not (kind.drawn or kind.name):
            continue
        # Also of what is called wrongly: that is said once, not of all that refers to it.
        for name in (kind.name, *_IDENTITIES):
            value = resource.values.get(name)
            if isinstance(value, str) and value:
                yield value


def pointed(resource: Resource, paths: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The paths and what stands there, one at a time: a text, or `Unknown`."""
    for path in paths:
        attribute, _, inside = path.partition("|")
        for value in resource.all(attribute):
            for item in _in_json(value, inside) if inside else [value]:
                if isinstance(item, Unknown) or (isinstance(item, str) and item):
                    yield attribute, item


def _in_json(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, str):
        try:
            value = loads(value)
        except NotJson:
            return
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        found = value.get(key)
        yield from found if isinstance(found, list) else [found]

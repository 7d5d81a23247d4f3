"""Random valid configurations of a type, from its schema, its validators and hints.

A hint is data in hints.yaml, by type:

    values:  path to the values that it may have; ``$name`` is something of the world of the test (an ARN …)
    never:   paths that stay unset (``skip_destroy`` and such would leave things behind, or AWS would refuse)
    always:  optional paths that are always set
    apart:   groups of which at most one may be set, beyond the type's own
    stay:    paths that AWS or the local AWS keeps when they are taken away: the types page has why
    refused: optional paths without which AWS refuses the rest, at apply only

Whole configurations with what random ones do not have are in whole.yaml, by type too.
Of a type ``*``, ``never`` are names that stay unset in every type but where ``values`` has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st

from offline_aws import registry, schema, untried
from offline_aws.enums import Enum
from offline_aws.handler_values import Check, Values
from offline_aws.resource import ResourceHandler
from offline_aws.validators import Between, Each, Length, Matches, OneOf

HINTS = untried.hints()
# What else a pattern lets through is not what this is about.
_PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)
_WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)
_TAGS = st.dictionaries(_WORD, _WORD, max_size=2)
_NOTHING: st.SearchStrategy[Any] = st.nothing()


@dataclass
class Shape:
    """What to make configurations of.

    Args:
        handler: The type's tables.
        hints: Its hints.
        world: What ``$name`` in a hint means.
    """

    handler: ResourceHandler
    hints: Mapping[str, Any]
    world: Mapping[str, str]

    def left_out(self, path: str) -> bool:
        """Whether a path stays unset."""
        return untried.left_out(path, self.hints, HINTS["*"])

    def attribute(self, path: str, spec: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        """Values of an attribute; nothing when none can be made up."""
        values = self.hints.get("values", {}).get(path)
        if values is not None:
            return st.sampled_from([meant(value, self.world) for value in values])
        if path == "tags":
            return _TAGS
        checks = self.handler.validators.get(path, ())
        sequence: Sequence[Check] = [checks] if callable(checks) else checks
        found = _of_type(spec["type"], list(sequence), bool(spec.get("required")), path)
        return found.filter(lambda value: not any(check(value) for check in sequence))


def meant(value: Any, world: Mapping[str, str]) -> Any:
    """A hint's value, with what ``$name`` means in it."""
    if isinstance(value, str):
        return re.sub(r"\$(\w+)", lambda match: world.get(match[1], match[0]), value)
    if isinstance(value, list):
        return [meant(item, world) for item in value]
    if isinstance(value, dict):
        return {meant(key, world): meant(item, world) for key, item in value.items()}
    return value


def _of_type(kind: Any, checks: list[Check], required: bool, path: str) -> st.SearchStrategy[Any]:
    if kind == "bool":
        return st.booleans()
    if kind == "number":
        limits = next((check for check in checks if isinstance(check, Between)), None)
        if limits is None:
            return _NOTHING
        return st.integers(int(limits.least), int(limits.most or limits.least + 1000))
    if kind == "string":
        return _text(checks, required or path.rpartition(".")[2] == "description")
    if isinstance(kind, list) and kind[0] in ("set", "list") and kind[1] == "string":
        inner = next((check for check in checks if isinstance(check, Each)), None)
        sizes = next((check for check in checks if isinstance(check, Length)), Length(0, 3))
        if inner is None:
            return _NOTHING
        one = _text(list(inner.checks), False)
        return st.lists(one, min_size=max(1, sizes.least), max_size=min(3, sizes.most), unique=True)
    return _NOTHING


def _text(checks: list[Check], free: bool) -> st.SearchStrategy[Any]:
    for check in checks:
        if isinstance(check, OneOf | Enum):
            return st.sampled_from(check.allowed)
    for check in checks:
        if isinstance(check, Matches):
            return st.from_regex(check.pattern, alphabet=_PRINTABLE)
    sizes = next((check for check in checks if isinstance(check, Length)), None)
    if len(checks) > (sizes is not None) or not (free or sizes):
        return _NOTHING  # a check that cannot be asked what it allows
    return _WORD


def configurations(block: Mapping[str, Any], shape: Shape) -> st.SearchStrategy[Values]:
    """Configurations of a whole resource."""
    return _block(block, shape, "").map(lambda values: _apart(values, shape))


def _apart(values: Values, shape: Shape) -> Values:
    """At most one of each group; the first in its order."""
    groups = [*shape.handler.conflicts, *shape.handler.exactly_one_of, *shape.hints.get("apart", ())]
    for group in groups:
        present = [name for name in group if values.get(name) not in (None, [])]
        for name in present[1:]:
            values[name] = [] if isinstance(values[name], list) else None
    return values


@st.composite
def _block(draw: st.DrawFn, block: Mapping[str, Any], shape: Shape, before: str) -> Values:
    found: Values = {}
    always = shape.hints.get("always", ())
    for name, spec in block.get("attributes", {}).items():
        path = f"{before}{name}"
        if not (spec.get("required") or spec.get("optional")) or shape.left_out(path):
            continue
        if spec.get("required") or path in always:
            found[name] = draw(shape.attribute(path, spec))
        elif draw(st.booleans()) and not (strategy := shape.attribute(path, spec)).is_empty:
            found[name] = draw(strategy)
    for name, spec in block.get("block_types", {}).items():
        path = f"{before}{name}"
        least = spec.get("min_items", 0)
        if shape.left_out(path) or spec["nesting_mode"] == "single":
            continue
        if least or path in always or (path in shape.hints.get("blocks", ()) and draw(st.booleans())):
            found[name] = [draw(_block(spec["block"], shape, f"{path}.")) for _ in range(max(1, least))]
    return found


@pytest.fixture
def configurations_of() -> Callable[[str, Mapping[str, str]], st.SearchStrategy[Values]]:
    """Gives the strategy for a type, in a world."""

    def make(kind: str, world: Mapping[str, str]) -> st.SearchStrategy[Values]:
        handler = registry.resource(kind)
        assert handler is not None
        return configurations(
            schema.load("aws").resources[kind]["block"], Shape(handler, HINTS.get(kind, {}), world)
        )

    return make

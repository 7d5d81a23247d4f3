"""Terraform's values: to and from the wire, compared by type, and walked along a schema's block.

On the wire they are msgpack as Terraform's type system writes it: numbers that are not exact doubles are
texts, unknown values are extension type 0 (12 with refinements, which are ignored here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, Final

import msgpack

from offline_aws.handler_values import UNKNOWN, Values
from offline_aws.schema import Block

Path = tuple[str | int, ...]
Leaf = Callable[..., Any]

_UNKNOWN_ON_WIRE = msgpack.ExtType(0, b"\0")


class _Absent:
    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()
"""In a walk: the other tree has no such attribute at all, as distinct from null."""


def decode(data: bytes, block: Block) -> Values | None:
    """The object that Terraform sent, every attribute present; None when it is null.

    Raises:
        msgpack.UnpackException: The bytes are not msgpack.
    """
    found = msgpack.unpackb(data, ext_hook=lambda code, content: UNKNOWN, strict_map_key=False)
    return None if found is None else conform(found, block)


def encode(values: Values | None, block: Block) -> bytes:
    """The bytes of an object, every attribute of the block present and of its type."""
    found = None if values is None else conform(values, block)
    return bytes(msgpack.packb(_on_wire(found)))


def _on_wire(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _on_wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_on_wire(item) for item in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**63):
        return repr(value)  # as a double a fraction would not equal the number in the configuration
    return _UNKNOWN_ON_WIRE if value is UNKNOWN else value


def conform(values: Any, block: Block) -> Any:
    """A copy with all attributes and blocks of the schema, values being of the schema's types.

    Raises:
        TypeError: A handler returned an attribute that the schema has not, or a value that cannot be one.
    """
    if values is UNKNOWN:
        return UNKNOWN
    attributes, nested = block.get("attributes", {}), block.get("block_types", {})
    if excess := values.keys() - attributes.keys() - nested.keys():
        raise TypeError(f"not in the schema: {sorted(excess)}")
    found = {name: typed(values.get(name), spec["type"], name) for name, spec in attributes.items()}
    for name, spec in nested.items():
        found[name] = _conform_nested(values.get(name), spec)
    return found


def _conform_nested(value: Any, spec: Block) -> Any:
    mode, inner = spec["nesting_mode"], spec["block"]
    if value is UNKNOWN:
        return UNKNOWN
    if mode in ("single", "group"):
        return None if value is None else conform(value, inner)
    if mode == "map":
        return {key: conform(item, inner) for key, item in (value or {}).items()}
    return [conform(item, inner) for item in value or ()]


def typed(value: Any, kind: Any, name: str = "") -> Any:
    """A value as one of Terraform type ``kind`` (as in the schema), converting as Terraform does."""
    if value is None or value is UNKNOWN:
        return value
    if isinstance(kind, list):
        return _typed_collection(value, kind, name)
    if kind == "string":
        return (
            value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        )
    if kind == "number":
        return _number(value)
    if kind == "bool":
        return value if isinstance(value, bool) else str(value) == "true"
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, str):
        value = int(value) if value.lstrip("-").isdigit() else float(value)
    if isinstance(value, int):
        return value  # it may be too large for a float
    # An infinite number is what Terraform makes of a division by zero.
    return int(value) if isfinite(value) and value == int(value) else value


def _typed_collection(value: Any, kind: list[Any], name: str) -> Any:
    outer, inner = kind
    if outer == "object":
        return {key: typed(value.get(key), item, f"{name}.{key}") for key, item in inner.items()}
    if outer == "map":
        return {key: typed(item, inner, name) for key, item in value.items()}
    if isinstance(value, (str, dict)):
        raise TypeError(f"{name} is a {outer}, not {value!r}")
    if outer == "tuple":
        return [typed(item, each, name) for item, each in zip(value, inner, strict=True)]
    items = [typed(item, inner, name) for item in value]
    return items if outer == "list" else _distinct(items)


def _distinct(items: list[Any]) -> list[Any]:
    return [item for index, item in enumerate(items) if item is UNKNOWN or item not in items[:index]]


def same(one: Any, other: Any, kind: Any) -> bool:
    """Whether two values of a type are equal, sets in any order. An unknown equals nothing known."""
    if one is UNKNOWN or other is UNKNOWN or one is None or other is None:
        return one is other
    if not isinstance(kind, list) or kind[0] == "tuple":
        return bool(one == other)
    if kind[0] == "object":
        return all(same(one.get(key), other.get(key), inner) for key, inner in kind[1].items())
    if len(one) != len(other):
        return False
    if kind[0] == "map":
        return all(key in other and same(item, other[key], kind[1]) for key, item in one.items())
    if kind[0] == "list":
        return all(same(item, each, kind[1]) for item, each in zip(one, other, strict=True))
    left = list(other)
    return all(_take(item, left, kind[1]) for item in one)


def _take(item: Any, left: list[Any], kind: Any) -> bool:
    for index, candidate in enumerate(left):
        if same(item, candidate, kind):
            del left[index]
            return True
    return False


def empty(value: Any) -> bool:
    """Whether it is null or its type's zero value, which the published provider takes for the same."""
    return value is None or (value is not UNKNOWN and value in ("", 0, False, [], {}))


def known(value: Any) -> bool:
    """Whether nothing in it is unknown."""
    if isinstance(value, dict):
        return all(known(item) for item in value.values())
    if isinstance(value, list):
        return all(known(item) for item in value)
    return value is not UNKNOWN


def without_unknown(value: Any) -> Any:
    """A copy in which what is unknown is null (unknown elements of lists and maps are left out)."""
    if isinstance(value, dict):
        return {key: without_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_unknown(item) for item in value if item is not UNKNOWN]
    return None if value is UNKNOWN else value


def block_type(block: Block) -> list[Any]:
    """The Terraform type of a block's value, for ``same``."""
    members: dict[str, Any] = {name: spec["type"] for name, spec in block.get("attributes", {}).items()}
    for name, spec in block.get("block_types", {}).items():
        members[name] = nested_type(spec)
    return ["object", members]


def nested_type(spec: Block) -> list[Any]:
    """The Terraform type of a nested block's value."""
    inner = block_type(spec["block"])
    return inner if spec["nesting_mode"] in ("single", "group") else [spec["nesting_mode"], inner]


def walk(
    block: Block,
    leaf: Leaf,
    main: Any,
    *others: Any,
    choose: Callable[..., Any] | None = None,
    path: tuple[str, ...] = (),
) -> Any:
    """A copy of ``main`` in which each attribute's value is ``leaf(path, spec, value, *values of others)``.

    Blocks keep ``main``'s shape; ``choose(path, spec, value, *others)`` may first give another value for a
    whole nested block. An element is paired with the others' element of the same index (list), key (map)
    or greatest likeness (set). Where an other tree has no counterpart, the leaf gets ABSENT for it.
    """
    if main is None or main is UNKNOWN:
        return main
    found = {}
    for name, spec in block.get("attributes", {}).items():
        values = [_member(tree, name) for tree in (main, *others)]
        found[name] = leaf((*path, name), spec, *values)
    for name, spec in block.get("block_types", {}).items():
        here = (*path, name)
        values = [_member(tree, name) for tree in (main, *others)]
        if choose:
            values[0] = choose(here, spec, *values)
        found[name] = _walk_nested(spec, leaf, choose, here, *values)
    return found


def _walk_nested(spec: Block, leaf: Leaf, choose: Any, path: tuple[str, ...], main: Any, *others: Any) -> Any:
    mode, inner = spec["nesting_mode"], spec["block"]
    if main is UNKNOWN or main is ABSENT or main is None:
        return main if main is not ABSENT else None
    if mode in ("single", "group"):
        return walk(inner, leaf, main, *others, choose=choose, path=path)
    if mode == "map":
        return {
            key: walk(inner, leaf, item, *[_member(o, key) for o in others], choose=choose, path=path)
            for key, item in main.items()
        }
    pairs = [_partners(main, other, mode == "set", inner) for other in others]
    return [
        walk(inner, leaf, item, *[pair[index] for pair in pairs], choose=choose, path=path)
        for index, item in enumerate(main)
    ]


def _member(tree: Any, name: str) -> Any:
    return tree.get(name, ABSENT) if isinstance(tree, dict) else ABSENT


def _partners(main: list[Any], other: Any, unordered: bool, block: Block) -> list[Any]:
    """For each element of ``main`` its counterpart in ``other``, or ABSENT."""
    if not isinstance(other, list):
        return [ABSENT] * len(main)
    if not unordered:
        return [other[index] if index < len(other) else ABSENT for index in range(len(main))]
    left, found = list(other), []
    for item in main:
        best = max(left, key=lambda candidate: _likeness(item, candidate, block), default=ABSENT)
        if best is not ABSENT:
            left.remove(best)
        found.append(best)
    return found


def _likeness(one: Any, other: Any, block: Block) -> int:
    kinds = block_type(block)[1]
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0
    return sum(same(one.get(key), other.get(key), kind) for key, kind in kinds.items())


def leaves(block: Block, values: Any, path: Path = ()) -> Iterator[tuple[str, Path, Block, Any]]:
    """Every attribute and nested block in the values: dotted name, path with indexes, its schema, its value.

    Elements of set blocks have the path of their block (Terraform cannot point into a set).
    """
    if not isinstance(values, dict):
        return
    dotted = ".".join(str(step) for step in path if isinstance(step, str))
    dotted = f"{dotted}." if dotted else ""
    for name, spec in block.get("attributes", {}).items():
        yield f"{dotted}{name}", (*path, name), spec, values.get(name)
    for name, spec in block.get("block_types", {}).items():
        value = values.get(name)
        yield f"{dotted}{name}", (*path, name), spec, value
        if spec["nesting_mode"] in ("single", "group"):
            yield from leaves(spec["block"], value, (*path, name))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                step: Path = (index,) if spec["nesting_mode"] == "list" else ()
                yield from leaves(spec["block"], item, (*path, name, *step))


def at(values: Any, path: tuple[str, ...]) -> list[Any]:
    """All values found along a path without indexes."""
    if not path:
        return [values]
    if isinstance(values, list):
        return [found for item in values for found in at(item, path)]
    return at(values.get(path[0]), path[1:]) if isinstance(values, dict) else []

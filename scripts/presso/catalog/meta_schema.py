"""Whether a JSON Schema (draft 2020-12) is one. Every schema that is read is asked: no validator is loaded.

The metaschema for the keywords used here; references must point to a place within the schema:
https://json-schema.org/draft/2020-12/schema
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from event_patterns.schemas import TYPES, resolved

Path = tuple[str | int, ...]
_ONE = (
    *("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _are_names(value: Any) -> bool:
    """Whether it is a list of texts, each once."""
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return texts and len(set(value)) == len(value)


def _is_type(value: Any) -> bool:
    if isinstance(value, str):
        return value in TYPES
    return bool(value) and _are_names(value) and set(value) <= {*TYPES}


_VALUES: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (("type",), _is_type, f"one of {', '.join(TYPES)}, or a list of them"),
    (("required",), _are_names, "a list of names"),
    (("enum", "examples"), lambda value: isinstance(value, list), "a list"),
    (("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"), _is_number, "a number"),
    (("multipleOf",), lambda value: _is_number(value) and value > 0, "a number above 0"),
    (
        ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"),
        _is_count,
        "a whole number, 0 or more",
    ),
    (("uniqueItems", "deprecated"), lambda value: isinstance(value, bool), "true or false"),
    (
        ("$comment", "$id", "$ref", "$schema", "description", "format", "pattern", "title"),
        lambda value: isinstance(value, str),
        "a text",
    ),
)


def malformed(schema: Any) -> tuple[Path, str] | None:
    """The places where a schema is invalid, and what would be valid there; None when it is valid."""
    return next(_faults(schema, schema, ()), None)


def _faults(root: Any, schema: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield path, "must be a schema: keys and values, or true or false"
        return
    for keys, fits, expected in _VALUES:
        for key in keys:
            if key in schema and not fits(schema[key]):
                yield (*path, key), f"must be {expected}"
    target = schema.get("$ref")
    if isinstance(target, str) and not (target == "#" or _leads(root, target)):
        yield (*path, "$ref"), f"there is no {target} in the schema; a reference begins with #/$defs/"
    yield from _below(root, schema, path)


def _leads(root: Any, target: str) -> bool:
    """Whether a reference leads to a schema within its own."""
    if not target.startswith("#/"):
        return False
    found = root
    for step in target.split("/")[1:]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    if not isinstance(found, dict) or "$ref" not in found:
        return isinstance(found, bool | dict)
    return bool(resolved(root, found))  # one that leads only to itself leads nowhere


def _below(root: Any, schema: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    for key in _ONE:
        if key in schema:
            yield from _faults(root, schema[key], (*path, key))
    for key in _SEVERAL:
        options = schema.get(key, [True])
        if not isinstance(options, list) or not options:
            yield (*path, key), "must be a list of schemas, at least one"
            continue
        for index, option in enumerate(options):
            yield from _faults(root, option, (*path, key, index))
    for key in _NAMED:
        named = schema.get(key, {})
        if not isinstance(named, dict) or not all(isinstance(name, str) for name in named):
            yield (*path, key), "must be schemas by names, which are texts"
            continue
        for name, option in named.items():
            yield from _faults(root, option, (*path, key, name))
    needed = schema.get("dependentRequired", {})
    if not isinstance(needed, dict) or not all(_are_names(names) for names in needed.values()):
        yield (*path, "dependentRequired"), "must be lists of names by a name"

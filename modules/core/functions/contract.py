"""The bar's API as openapi.json describes it: who may send a request, and what it may contain.

Requests are checked by that document itself, with the keywords of JSON Schema (draft 2020-12) that it uses;
a test compares the verdicts with a validator's. Source of the groups: OpenAPI 3.1, "Security Requirement
Object".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_TYPES = {"array": list, "boolean": bool, "integer": int, "object": dict, "string": str}
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "enum": lambda allowed, value: value in allowed,
    "maxItems": lambda most, value: len(value) <= most,
    "maxLength": lambda most, value: len(value) <= most,
    "maximum": lambda most, value: value <= most,
    "minItems": lambda least, value: len(value) >= least,
    "minLength": lambda least, value: len(value) >= least,
    "minProperties": lambda least, value: len(value) >= least,
    "minimum": lambda least, value: value >= least,
    "pattern": lambda pattern, value: re.fullmatch(pattern, value) is not None,
    "uniqueItems": lambda _, value: len({json.dumps(item, sort_keys=True) for item in value}) == len(value),
}
# What a value is called, how the keywords of its size end, and what they count.
_WORDS = {
    "array": ("a list of", "Items", " items"),
    "boolean": ("true or false", "", ""),
    "integer": ("a whole number from", "imum", ""),
    "object": ("an object of", "Properties", " members"),
    "string": ("a text of", "Length", " characters"),
}


class Fault(Exception):
    """A value is not as its schema describes it; the message has its place and what is expected."""


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("openapi.json").read_text("utf-8"))
    return found


@cache
def operation(route: str) -> dict[str, Any]:
    """Return the description of a route such as `GET /orders/{id}`."""
    method, path = route.split(" ")
    found: dict[str, Any] = document()["paths"][path][method.lower()]
    return found


def groups_of(route: str) -> list[str]:
    """Return the groups one of which a user needs for a request; none where each user may send it."""
    return [group for requirement in operation(route)["security"] for group in requirement["user"]]


def parameters(route: str, sent: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return the parameters of a request that the document names, checked, with its defaults.

    Args:
        route: The request's.
        sent: Its parameters by their place: `path`, `query`, and `header` with names in lower case.

    Raises:
        Fault: One is missing or not as described.
    """
    found = {}
    for each in map(_resolved, operation(route)["parameters"]):
        name, schema = each["name"], _resolved(each["schema"])
        text = sent[each["in"]].get(name.lower() if each["in"] == "header" else name)
        if text is not None:
            found[name] = int(text) if schema["type"] == "integer" and _is_number(text) else text
            check(schema, found[name], name)
        elif each.get("required"):
            raise Fault(f"{name}: missing.")
        elif "default" in schema:
            found[name] = schema["default"]
    return found


def _is_number(text: str) -> bool:
    return re.fullmatch("-?[0-9]{1,9}", text) is not None


def checked_body(route: str, body: Any) -> Any:
    """Return a body that is as the document describes it for a route.

    Raises:
        Fault: It is not.
    """
    check(operation(route)["requestBody"]["content"]["application/json"]["schema"], body)
    return body


def check(schema: Mapping[str, Any], value: Any, where: str = "") -> None:
    """Check a value by a schema, and what is in it by those of its items or properties.

    Raises:
        Fault: The value, or a part of it, is not as described.
    """
    schema = _resolved(schema)
    kind = schema["type"]
    # Python takes true for a number.
    typed = isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not typed or not all(test(schema[name], value) for name, test in _HOLDS.items() if name in schema):
        raise Fault(f"{where or 'The body'}: {_expected(schema)}.")
    if kind == "array":
        for number, item in enumerate(value):
            check(schema["items"], item, f"{where}.{number}".lstrip("."))
    elif kind == "object":
        _check_properties(schema, value, where)


def _check_properties(schema: Mapping[str, Any], value: Mapping[str, Any], where: str) -> None:
    known = schema["properties"]
    for name in schema["required"]:
        if name not in value:
            raise Fault(f"{where}.{name}: missing.".lstrip("."))
    if unknown := value.keys() - known.keys():
        # Names that are not words, such as markup, are not repeated.
        names = ", ".join(sorted(filter(str.isidentifier, unknown)))[:100]
        raise Fault(f"{where or 'The body'}: unknown: {names or 'a name that is not a word'}.")
    for name, item in value.items():
        check(known[name], item, f"{where}.{name}".lstrip("."))


def _expected(schema: Mapping[str, Any]) -> str:
    """What a schema describes, in words."""
    if "enum" in schema:
        return f"one of {', '.join(filter(None, schema['enum']))}"
    kind, size, unit = _WORDS[schema["type"]]
    least, most = schema.get(f"min{size}"), schema.get(f"max{size}")
    if least is not None and most is not None:
        words = f"{kind} {least} to {most}{unit}"
    elif least is not None or most is not None:
        words = f"{kind} at {f'most {most}' if least is None else f'least {least}'}{unit}"
    else:
        words = kind.removesuffix(" of")
    words += ", none of them twice" if "uniqueItems" in schema else ""
    return words + (f", such as {schema['examples'][0]}" if "examples" in schema else "")


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of the document, or what it refers to."""
    while "$ref" in schema:
        found: Any = document()
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        schema = found
    return schema

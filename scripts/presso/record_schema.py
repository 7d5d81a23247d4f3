"""JSON Schemas of dataclasses that `records` reads: for editors, which then complete and check a YAML file.

What a function checks that is no `records.Limit` is not in them: presso itself reports it.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from presso import records

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {str: "string", int: "integer", bool: "boolean", float: "number"}


def document(kind: type, title: str) -> dict[str, Any]:
    """Return the schema of a file that has a dataclass's fields."""
    return {"$schema": DIALECT, "title": title, **_record(kind)}


def _record(kind: type) -> dict[str, Any]:
    forms, said = get_type_hints(kind, include_extras=True), _descriptions(kind)
    keys = {name: key for key, name in records.keys_of(kind).items()}
    fields = dataclasses.fields(kind)
    found = {keys[each.name]: {**said.get(each.name, {}), **_of(forms[each.name])} for each in fields}
    missing = dataclasses.MISSING
    needed = [keys[each.name] for each in fields if each.default is each.default_factory is missing]
    return {"type": "object", "properties": found, "required": needed, "additionalProperties": False}


def _descriptions(kind: type) -> dict[str, dict[str, str]]:
    """The texts of the fields, from `Args:` of the docstring."""
    arguments = inspect.cleandoc(kind.__doc__ or "").partition("Args:\n")[2]
    found = re.findall(r"^    (\w+): ((?:.+(?:\n {8,}.+)*))", arguments, re.MULTILINE)
    return {name: {"description": " ".join(text.split())} for name, text in found}


def _of(form: Any) -> dict[str, Any]:
    extras: list[Any] = []
    while get_origin(form) is Annotated:
        form, *more = get_args(form)
        extras += more
    if any(isinstance(extra, records.Before) for extra in extras):
        return {}  # a shorter form is allowed, too
    found = _plain(form)
    for extra in extras:
        if isinstance(extra, records.Limit):
            found |= {key: value for key, value in extra.words.items() if _concerns(key, found)}
    return found


def _concerns(word: str, found: dict[str, Any]) -> bool:
    kinds = {"minLength": "string", "maxLength": "string", "minItems": "array", "maxItems": "array"}
    return kinds.get(word, found.get("type")) == found.get("type")


def _plain(form: Any) -> dict[str, Any]:
    origin, arguments = get_origin(form), get_args(form)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(each) for each in arguments]}
    if origin is Literal:
        return {"enum": [*arguments]}
    if isinstance(form, type) and dataclasses.is_dataclass(form):
        return _record(form)
    if origin is list:
        return {"type": "array", "items": _of(arguments[0])}
    if origin is dict or form is dict:
        return {"type": "object"}
    if form is types.NoneType:
        return {"type": "null"}
    return {"type": _TYPES[form]} if form in _TYPES else {}

"""A JSON Schema (draft 2020-12) as draft 7, which is what AsyncAPI's own schemas are.

Most words are the same. What draft 7 has no word for is left out: a converted schema allows all that the
schema allows, or more. AsyncAPI: https://www.asyncapi.com/docs/reference/specification/v3.0.0#schemaObject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from event_patterns.schemas import Schema, resolved
from presso.catalog.schema_conversion import ConvertedSchema

_ONE = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_SEVERAL = ("allOf", "anyOf", "oneOf")
_NAMED = ("patternProperties", "properties")
# Handled below, or only about the document that contains the schema.
_HANDLED = frozenset(
    (
        *("$anchor", "$comment", "$defs", "$id", "$ref", "$schema", "definitions"),
        *("dependentRequired", "dependentSchemas", "prefixItems"),
    )
)
_LOST = frozenset(
    (
        *("$dynamicAnchor", "$dynamicRef", "contentSchema", "maxContains", "minContains"),
        *("unevaluatedItems", "unevaluatedProperties"),
    )
)


def draft_7(schema: Schema, name: str, at: str) -> ConvertedSchema:
    """A schema as draft 7, and what it refers to by name.

    Args:
        schema: JSON Schema, draft 2020-12.
        name: What it is called: a reference to its root leads there, and what it defines is named after it.
        at: Where such names are found in the document, such as `#/components/schemas/`.
    """
    work = _Conversion(schema, name, at, loses=_has_lost(schema))
    return ConvertedSchema(work.convert(schema), work.definitions)


def _has_lost(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(_LOST & value.keys()) or any(_has_lost(item) for item in value.values())
    return isinstance(value, list) and any(_has_lost(item) for item in value)


@dataclass
class _Conversion:
    """The conversion of one schema; `loses` when it has a word for which draft 7 has none."""

    root: Schema
    name: str
    at: str
    loses: bool
    definitions: dict[str, Schema] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def convert(self, schema: Any) -> Any:
        """The schema in draft 7."""
        if not isinstance(schema, dict):
            return schema
        made = {key: value for key, value in schema.items() if key not in _HANDLED and key not in _LOST}
        self._below(made)
        self._lists(schema, made)
        self._dependencies(schema, made)
        if "$ref" not in schema:
            return made
        reference = {"$ref": f"{self.at}{self._defined(schema['$ref'])}"}
        # Draft 7 ignores keywords beside a reference.
        return {**made, "allOf": [*made.get("allOf", ()), reference]} if made else reference

    def _below(self, made: Schema) -> None:
        # A looser condition would be a stricter schema.
        for key in ("not", "if", "then", "else") if self.loses else ():
            made.pop(key, None)
        if self.loses and "oneOf" in made:
            made["allOf"] = [*made.get("allOf", ()), {"anyOf": made.pop("oneOf")}]
        kinds: tuple[tuple[tuple[str, ...], Callable[[Any], Any]], ...] = (
            (_ONE, self.convert),
            (_SEVERAL, lambda options: [self.convert(option) for option in options]),
            (_NAMED, lambda fields: {name: self.convert(below) for name, below in fields.items()}),
        )
        for keys, change in kinds:
            made.update({key: change(made[key]) for key in keys if key in made})

    def _lists(self, schema: Schema, made: Schema) -> None:
        if schema.get("minContains") == 0:
            made.pop("contains", None)
        if "prefixItems" in schema:
            if "items" in made:
                made["additionalItems"] = made["items"]
            made["items"] = [self.convert(item) for item in schema["prefixItems"]]

    def _dependencies(self, schema: Schema, made: Schema) -> None:
        needed = dict(schema.get("dependentRequired", {}))
        for name, below in schema.get("dependentSchemas", {}).items():
            also = {"required": needed[name]} if name in needed else {}
            needed[name] = {"allOf": [also, self.convert(below)]} if also else self.convert(below)
        if needed:
            made["dependencies"] = needed

    def _defined(self, target: str) -> str:
        """The name that a reference's target has in the document."""
        if target == "#":
            return self.name
        if target not in self.names:
            name = f"{self.name}.{target.rsplit('/', 1)[-1]}"
            while name in self.definitions:
                name += "_"
            self.names[target] = name
            self.definitions[name] = {}  # so that one that refers to itself finds its name taken
            self.definitions[name] = self.convert(resolved(self.root, {"$ref": target}))
        return self.names[target]

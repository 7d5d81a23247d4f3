"""A JSON Schema (draft 2020-12) in the older words of OpenAPI 3.0 and of JSON Schema draft 4.

What the older language expresses differently is rewritten: `const` as an `enum` of one, `if` as `anyOf` and
`not`. What it cannot express is left out: a converted schema allows all that the schema allows, or more.

OpenAPI: https://spec.openapis.org/oas/v3.0.3#schema-object. Draft 4: https://json-schema.org/draft-04.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from event_patterns.schemas import Schema, resolved, type_of

DRAFT_4 = "http://json-schema.org/draft-04/schema#"

_SAME = (
    *("title", "description", "default", "format", "enum", "multipleOf", "maximum", "minimum", "maxLength"),
    *("minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties"),
)
_LISTS = ("allOf", "anyOf")
_MEANT_FOR_PEOPLE = (
    *("$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "examples", "deprecated", "readOnly"),
    *("writeOnly", "contentEncoding", "contentMediaType", "contentSchema"),
)


@dataclass(frozen=True)
class ConvertedSchema:
    """A converted schema, and what it refers to by name."""

    schema: Schema
    definitions: dict[str, Schema]


def openapi(schema: Schema, name: str, at: str = "#/components/schemas/") -> ConvertedSchema:
    """A schema as OpenAPI 3.0's schema object.

    Args:
        schema: JSON Schema, draft 2020-12.
        name: What it is called among the components: a reference to its root leads there, and what it defines
            itself (`$defs`) is named after it.
        at: Where the components are in the document.
    """
    work = _Conversion(schema, name, at, open_api=True)
    return ConvertedSchema(work.convert(schema), work.definitions)


def draft_4(schema: Schema) -> Schema:
    """A schema as JSON Schema draft 4, its definitions within it."""
    work = _Conversion(schema, "", "#/definitions/", open_api=False)
    made = {"$schema": DRAFT_4, **work.convert(schema)}
    return {**made, "definitions": work.definitions} if work.definitions else made


@dataclass
class _Conversion:
    """The conversion of one schema; `losses` counts what could not be expressed."""

    root: Schema
    name: str
    at: str
    open_api: bool
    definitions: dict[str, Schema] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    losses: int = 0

    def convert(self, schema: Any) -> Schema:
        """The schema in the older language."""
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if "$ref" in schema:
            return self._reference(schema)
        made = {key: schema[key] for key in _SAME if key in schema}
        made |= {key: value for key, value in schema.items() if key.startswith("x-")}
        also: list[Schema] = []
        for part in (_constant, _types, _limits, _object, _list, _alternatives, _conditions, _words):
            part(self, schema, made, also)
        self.losses += sum(key not in _KNOWN and not key.startswith("x-") for key in schema)
        return _joined(made, also)

    def lossless(self, convert: Callable[[], Schema]) -> Schema | None:
        """What `convert` makes; None when it would lose anything, as must not happen below a `not`."""
        before = self.losses
        made = convert()
        return made if self.losses == before else None

    def _reference(self, schema: Schema) -> Schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        target = str(schema["$ref"])
        name = self._defined(target)
        if not name and target != "#":
            return self.convert(rest)
        reference = {"$ref": f"{self.at}{name}" if name else "#"}
        # Both languages ignore keywords beside a reference.
        return _joined(self.convert(rest), [reference]) if rest else reference

    def _defined(self, target: str) -> str:
        """The name that a reference's target has in the older document; "" for none."""
        if target == "#":
            return self.name
        if target not in self.names:
            found = resolved(self.root, {"$ref": target})
            if not found:
                self.losses += 1
                return ""
            last = target.rsplit("/", 1)[-1]
            name = f"{self.name}.{last}" if self.name else last
            while name in self.definitions:
                name += "_"
            self.names[target] = name
            self.definitions[name] = {}  # so that one that refers to itself finds its name taken
            self.definitions[name] = self.convert(found)
        return self.names[target]


def _joined(made: Schema, also: list[Schema]) -> Schema:
    """A schema and further conditions, all of which must hold."""
    if len(also) == 1 and "$ref" not in also[0] and not also[0].keys() & made.keys():
        return {**made, **also[0]}
    return {**made, "allOf": [*made.get("allOf", ()), *also]} if also else made


def _constant(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    if "const" in schema:
        made["enum"] = [schema["const"]]


def _types(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    said = schema.get("type")
    if not work.open_api:
        made.update({"type": said} if said else {})
        return
    kinds = [said] if isinstance(said, str) else list(said or ())
    if not said and None in made.get("enum", ()):
        kinds = sorted({type_of(value) for value in made["enum"]})
    if not kinds:
        return
    real = [kind for kind in kinds if kind != "null"]
    options: list[Schema] = [{"type": kind} for kind in real]
    if "null" in kinds:
        # There is no type of null alone: it is a text that may be null, and nothing else.
        options = [{**option, "nullable": True} for option in options]
        if not real:
            options = [{"type": "string", "nullable": True}]
            made["enum"] = [None]
    for option in options:
        # A list needs the type of its items, here as well when it is one alternative of several.
        if option["type"] == "array" and (len(options) > 1 or "items" not in schema):
            option["items"] = {}
    also.extend([{"anyOf": options}] if len(options) > 1 else [])
    made.update(options[0] if len(options) == 1 else {})


def _limits(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    for key, exclusive, stricter in (
        ("minimum", "exclusiveMinimum", max),
        ("maximum", "exclusiveMaximum", min),
    ):
        bound = schema.get(exclusive)
        if bound is not None and stricter(bound, made.get(key, bound)) == bound:
            made |= {key: bound, exclusive: True}


def _object(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    if "properties" in schema:
        made["properties"] = {name: work.convert(below) for name, below in schema["properties"].items()}
    if schema.get("required"):  # both languages refuse an empty list
        made["required"] = list(schema["required"])
    patterns = schema.get("patternProperties")
    if patterns and not work.open_api:
        made["patternProperties"] = {name: work.convert(below) for name, below in patterns.items()}
    if "additionalProperties" in schema:
        others = schema["additionalProperties"]
        if not patterns or not work.open_api:
            made["additionalProperties"] = others if isinstance(others, bool) else work.convert(others)
    work.losses += bool(patterns and work.open_api)
    for name, needed in schema.get("dependentRequired", {}).items():
        if needed:
            also.append({"anyOf": [{"not": {"required": [name]}}, {"required": list(needed)}]})
    for name, below in schema.get("dependentSchemas", {}).items():
        also.append({"anyOf": [{"not": {"required": [name]}}, work.convert(below)]})


def _list(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    items, first = schema.get("items"), schema.get("prefixItems")
    if first and not work.open_api:
        made["items"] = [work.convert(item) for item in first]
        made["additionalItems"] = items if isinstance(items, bool) else work.convert(items or {})
    elif first:
        work.losses += 1
        made["items"] = {"anyOf": [work.convert(item) for item in (*first, items or {})]}
        if items is False:
            made["items"]["anyOf"].pop()
            made["maxItems"] = min(len(first), made.get("maxItems", len(first)))
    elif items is not None:
        made["items"] = work.convert(items)
    if "contains" in schema:
        _contains(work, schema, also)


def _contains(work: _Conversion, schema: Schema, also: list[Schema]) -> None:
    """`contains`, rewritten as: not every element fails to match."""
    work.losses += "maxContains" in schema or schema.get("minContains", 1) > 1
    if schema.get("minContains") == 0:
        return
    found = work.lossless(lambda: work.convert(schema["contains"]))
    if found is None:
        return
    no_list = {"not": {"type": "array", **({"items": {}} if work.open_api else {})}}
    also.append({"anyOf": [no_list, {"not": {"type": "array", "items": {"not": found}}}]})


def _alternatives(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    for key in _LISTS:
        if key in schema:
            made[key] = [work.convert(option) for option in schema[key]]
    if "oneOf" in schema:
        before = work.losses
        options = [work.convert(option) for option in schema["oneOf"]]
        # Looser alternatives may both match where only one did.
        if work.losses == before:
            made["oneOf"] = options
        else:
            also.append({"anyOf": options})
    if "not" in schema:
        refused = work.lossless(lambda: work.convert(schema["not"]))
        made.update({"not": refused} if refused is not None else {})


def _conditions(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    if "if" not in schema:
        return
    condition = work.lossless(lambda: work.convert(schema["if"]))
    if condition is None:
        return
    if "then" in schema:
        also.append({"anyOf": [{"not": condition}, work.convert(schema["then"])]})
    if "else" in schema:
        also.append({"anyOf": [condition, work.convert(schema["else"])]})


def _words(work: _Conversion, schema: Schema, made: Schema, also: list[Schema]) -> None:
    if not work.open_api:
        return
    made.update({key: schema[key] for key in ("deprecated", "readOnly", "writeOnly") if key in schema})
    if schema.get("examples"):
        made["example"] = schema["examples"][0]


_KNOWN = frozenset(
    (
        *_SAME,
        *_LISTS,
        *_MEANT_FOR_PEOPLE,
        *("const", "type", "exclusiveMinimum", "exclusiveMaximum", "properties", "required"),
        *("patternProperties", "additionalProperties", "dependentRequired", "dependentSchemas", "items"),
        *("prefixItems", "contains", "minContains", "maxContains", "oneOf", "not", "if", "then", "else"),
    )
)

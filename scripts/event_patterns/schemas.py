"""The fields of a JSON Schema (draft 2020-12), walked by path such as `drinkOrder.modifiers[]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from event_patterns.words import shown

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEEPEST = 20
Schema = dict[str, Any]
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")


@dataclass(frozen=True)
class Field:
    """A field of an event.

    Args:
        path: Its place below `detail`, such as `drinkOrder.modifiers[]`; `[]` is every element.
        schema: What the field may be, references resolved.
        required: Whether the object that it is in always has it.
        always: Whether every event has it: it is required, and so is all that it is in.
    """

    path: str
    schema: Schema
    required: bool
    always: bool

    @property
    def name(self) -> str:
        """The field's own name; that of the list for an element of it."""
        return self.path.removesuffix("[]").split(".")[-1].removesuffix("[]")

    @property
    def depth(self) -> int:
        """How many names and `[]` lead to it."""
        return self.path.count(".") + self.path.count("[]")

    @property
    def description(self) -> str:
        """What the field is, for people."""
        return str(self.schema.get("description", ""))


def fields(schema: Schema) -> Iterator[Field]:
    """Every field of a schema, depth first, in the schema's order."""
    yield from _fields(schema, resolved(schema, schema), "", always=True, trail=("#",))


def _fields(
    root: Schema, schema: Schema, path: str, *, always: bool, trail: tuple[str, ...]
) -> Iterator[Field]:
    """The fields below a path; `trail` are the references that led here, none of which is followed again."""
    if len(trail) > DEEPEST:
        return
    for part in parts(root, schema):
        required = set(part.get("required", ())) if part is schema else set()
        for name, found in part.get("properties", {}).items():
            field = resolved(root, found)
            here = f"{path}.{name}" if path else name
            inside = always and name in required
            yield Field(here, field, name in required, inside)
            if (target := _target(found)) not in trail:
                yield from _fields(root, field, here, always=inside, trail=(*trail, target))
        items = part.get("items")
        if isinstance(items, dict):
            element = resolved(root, items)
            here = f"{path}[]"
            yield Field(here, element, required=False, always=False)
            if (target := _target(items)) not in trail:
                yield from _fields(root, element, here, always=False, trail=(*trail, target))


def _target(schema: Any) -> str:
    """What a schema refers to; a name of its own where it does not."""
    return str(schema.get("$ref", id(schema))) if isinstance(schema, dict) else ""


def parts(root: Schema, schema: Schema, trail: tuple[str, ...] = ()) -> list[Schema]:
    """A schema and the alternatives in it (`anyOf`, `oneOf`, `allOf`), references resolved.

    `trail` are the references that led here: an alternative that leads back to one adds nothing.
    """
    found = [schema]
    for key in ("allOf", "anyOf", "oneOf"):
        for option in schema.get(key, ()):
            if (target := _target(option)) not in trail:
                found += parts(root, resolved(root, option), (*trail, target))
    return found


def resolved(root: Schema, schema: Any) -> Schema:
    """The schema that a reference within `root` (`#/$defs/…`) leads to; `{}` for one that leads nowhere."""
    seen: set[str] = set()
    while isinstance(schema, dict) and isinstance(target := schema.get("$ref"), str):
        if target in seen or not target.startswith("#"):
            return {}
        seen.add(target)
        found: Any = root
        for step in target.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        schema = (
            {**found, **{k: v for k, v in schema.items() if k != "$ref"}} if isinstance(found, dict) else {}
        )
    return schema if isinstance(schema, dict) else {}


def schema_at(schema: Schema, path: Sequence[str]) -> Schema | None:
    """The schema of the field that names lead to, through lists; None when there is no such field."""
    found = options_at(schema, path)
    return found[0] if found else None


def options_at(schema: Schema, path: Sequence[str]) -> list[Schema]:
    """Every schema that a field may have: more than one where a schema has alternatives."""
    here = _below(schema, _through_lists(schema, resolved(schema, schema)), tuple(path))
    return [option for option in here if set(option) & _MEANINGFUL or len(here) == 1]


def _below(root: Schema, here: list[Schema], path: tuple[str, ...]) -> list[Schema]:
    """The schemas at a path below these; a property with dots in its name is several steps of it."""
    if not path:
        return here
    found = []
    for part in here:
        properties = part.get("properties", {})
        for length in range(1, len(path) + 1):
            if (name := ".".join(path[:length])) in properties:
                below = _through_lists(root, resolved(root, properties[name]))
                found += _below(root, below, path[length:])
    return found


_MEANINGFUL = {"type", "enum", "const", "properties", "items", "format", "pattern", "description"}


def _through_lists(root: Schema, schema: Schema, depth: int = 0) -> list[Schema]:
    """What a pattern sees at a field: the field itself, and the elements where it is a list."""
    found: list[Schema] = []
    for part in parts(root, schema):
        items = part.get("items")
        if isinstance(items, dict) and depth < DEEPEST:
            found += _through_lists(root, resolved(root, items), depth + 1)
        if "array" not in types(part) or types(part) - {"array"}:
            found.append(part)
    return found


def types(schema: Schema) -> set[str]:
    """The JSON types that a schema itself allows; all of them when it has no type."""
    said = schema.get("type")
    if isinstance(said, str):
        return {said}
    if isinstance(said, list):
        return set(said)
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
    if values is not None:
        return {type_of(value) for value in values}
    if "properties" in schema:
        return {"object"}
    return {"array"} if "items" in schema else set(TYPES)


def type_of(value: Any) -> str:
    """The JSON type of a value; a whole number is an `integer`, as JSON Schema sees it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def schema_words(schema: Schema) -> str:
    """What a schema allows, in a few words: `text, a UUID`, `one of make, complete, cancel`."""
    if "const" in schema:
        return f"always {shown(schema['const'])}"
    if "enum" in schema:
        return f"one of {', '.join(shown(value) for value in schema['enum'])}"
    said = schema.get("type")
    kinds = [said] if isinstance(said, str) else list(said or sorted(types(schema) - set(TYPES)))
    if not kinds and (alternatives := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]):
        return " or ".join(dict.fromkeys(schema_words(option) for option in alternatives))
    if not kinds:
        kinds = sorted(types(schema)) if types(schema) != set(TYPES) else []
    text = " or ".join(_KINDS.get(kind, kind) for kind in kinds) or "anything"
    return ", ".join([text, *_limits(schema)])


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}


def _limits(schema: Schema) -> Iterator[str]:
    formats = {"uuid": "a UUID", "date-time": "a date and time", "date": "a date", "uri": "a URL"}
    if said := schema.get("format"):
        yield formats.get(said, str(said))
    if said := schema.get("pattern"):
        yield f"like {said}"
    if schema.get("type") == "string" and schema.get("minLength") == 1:
        yield "not empty"
    if unit := schema.get("x-unit"):
        yield {"ms": "milliseconds", "epoch-ms": "epoch milliseconds"}.get(unit, str(unit))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        yield f"{low} to {high}"
    elif low is not None:
        yield f"at least {low}"
    elif high is not None:
        yield f"at most {high}"
    if (most := schema.get("maxLength")) is not None:
        yield f"at most {most} characters"

"""Schemas in draft 7 allow what the schemas allow: the same where draft 7 has the words, else more."""

from typing import Any

import jsonschema_rs
import pytest

from presso.catalog.events import Catalog
from presso.catalog.exports.draft_7 import draft_7
from presso.catalog.generation import generated

TREE = {
    "$ref": "#/$defs/tree",
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
        }
    },
}
SAME: list[Any] = [
    ({"const": {"a": [1]}}, [{"a": [1]}, {"a": [2]}]),
    ({"exclusiveMinimum": 1, "maximum": 3}, [1, 2, 3, 4]),
    (
        {"prefixItems": [{"type": "string"}, {"type": "number"}], "items": False},
        [["a", 1], ["a"], [1], ["a", 1, 2]],
    ),
    ({"prefixItems": [{"type": "string"}], "items": {"type": "null"}}, [["a", None], ["a", 1], [None]]),
    ({"prefixItems": [{"type": "string"}]}, [["a", 1], [1]]),
    ({"dependentRequired": {"a": ["b"]}}, [{"a": 1}, {"a": 1, "b": 1}, {"b": 1}]),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, [{"a": 1}, {"a": 1, "b": 1}, {"b": 1}]),
    (
        {
            "dependentRequired": {"a": ["b"]},
            "dependentSchemas": {"a": {"properties": {"b": {"type": "null"}}}},
        },
        [{"a": 1}, {"a": 1, "b": 1}, {"a": 1, "b": None}],
    ),
    (
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
        [{"a": 1}, {"c": 1}, {}],
    ),
    ({"not": {"type": "string"}, "type": ["string", "null"]}, ["a", None]),
    ({"contains": {"const": 1}}, [[1], [2], []]),
    ({"contains": {"const": 1}, "minContains": 0}, [[1], [2], []]),
    (
        {"propertyNames": {"maxLength": 1}, "patternProperties": {"^a": {"type": "null"}}},
        [{"a": None}, {"a": 1}, {"bb": 1}],
    ),
    ({"properties": {"a": True, "b": False}, "additionalProperties": False}, [{"a": 1}, {"b": 1}, {"c": 1}]),
    ({"oneOf": [{"type": "number"}, {"minimum": 5}], "allOf": [{"maximum": 9}]}, [1, 6, 10, "a"]),
    (TREE, [{"below": [{"below": []}]}, {"below": [{"below": 5}]}, {"below": [5]}]),
    ({"$ref": "#/$defs/a", "maximum": 3, "$defs": {"a": {"minimum": 1}}}, [0, 2, 4]),
    (
        {"type": "object", "properties": {"again": {"$ref": "#"}}},
        [{"again": {"again": {}}}, {"again": {"again": 5}}],
    ),
]
LOOSER: list[Any] = [
    ({"properties": {"a": True}, "unevaluatedProperties": False}, {"a": 1}, {"b": 1}),
    ({"contains": {"const": 1}, "minContains": 2}, [1, 1], [1]),
    ({"not": {"contains": {"const": 1}, "minContains": 2}}, [1], [1, 1]),
    ({"oneOf": [{"contains": {"const": 1}, "minContains": 2}, {"maxItems": 1}]}, [1], [2, 2]),
    ({"if": {"contains": {"const": 1}, "maxContains": 1}, "then": {"maxItems": 1}}, [1, 1], [1, 2]),
]


def validators(schema: dict[str, Any]) -> tuple[Any, Any]:
    """A schema as it is, and as draft 7."""
    made = draft_7(schema, "root", "#/definitions/")
    root = {"$ref": "#/definitions/root", "definitions": {"root": made.schema, **made.definitions}}
    jsonschema_rs.meta.validate({"$schema": "http://json-schema.org/draft-07/schema#", **root})
    return jsonschema_rs.Draft202012Validator(schema), jsonschema_rs.Draft7Validator(root)


@pytest.mark.parametrize(("schema", "values"), SAME, ids=[",".join(schema)[:60] for schema, _ in SAME])
def test_what_draft_7_can_express_means_the_same(schema: dict[str, Any], values: list[Any]) -> None:
    new, old = validators(schema)
    assert [old.is_valid(value) for value in values] == [new.is_valid(value) for value in values]


@pytest.mark.parametrize(("schema", "good", "bad"), LOOSER, ids=[",".join(schema) for schema, _, _ in LOOSER])
def test_what_it_cannot_express_allows_more_and_never_less(
    schema: dict[str, Any], good: Any, bad: Any
) -> None:
    new, old = validators(schema)
    assert (new.is_valid(good), new.is_valid(bad)) == (True, False)
    assert old.is_valid(good)


def test_the_catalog_means_the_same(catalog: Catalog) -> None:
    for event in catalog.events:
        new, old = validators(event.schema)
        for whole in generated(event, 20, 3):
            detail = whole["detail"]
            assert old.is_valid(detail)
            for name in detail:
                for wrong in (
                    {**detail, name: {"no": 1}},
                    {key: detail[key] for key in detail if key != name},
                ):
                    assert old.is_valid(wrong) == new.is_valid(wrong)

"""Schemas in older words allow what the schema allows, and no more wherever the language has words for it."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import jsonschema_rs
import pytest
from tests.openapi import complaints

from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.generation import generated
from presso.catalog.openapi import WHOLE_EVENT, document
from presso.catalog.schema_conversion import DRAFT_4, draft_4, openapi

INSTANCES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        5,
        5.5,
        10,
        11,
        "",
        "a",
        "ab",
        "abc",
        "x1",
        [],
        {},
        [1],
        [1, "a"],
        ["a", 1],
    ),
    *(["a"], ["a", "b"], [1, 2], [1, 2, 3], [[1]], {"a": 1}, {"a": "x"}, {"b": 1}, {"a": 1, "b": 2}),
    *(
        {"a": None},
        {"x1": 1},
        {"x1": "x"},
        {"a": {"a": {"a": 1}}},
        {"a": [{"b": 1}]},
        {"kind": "n", "value": 1},
    ),
    *({"kind": "n", "value": "x"}, {"kind": "s", "value": "x"}, {"kind": "s"}, {"value": 1}),
]
EXACT: dict[str, Any] = {
    "a constant": {"const": "a"},
    "a constant of null": {"const": None},
    "an enum with null": {"enum": ["a", 1, None]},
    "a text or null": {"type": ["string", "null"]},
    "null alone": {"type": "null"},
    "a text or null, one of some": {"type": ["string", "null"], "enum": ["a", None]},
    "several types": {"type": ["string", "integer", "array"], "minLength": 2},
    "several types or null": {"type": ["string", "boolean", "null"]},
    "a list or a text, of texts": {"type": ["array", "string"], "items": {"type": "string"}},
    "more than": {"type": "number", "exclusiveMinimum": 5},
    "at least, and more than": {"type": "number", "minimum": 2, "exclusiveMinimum": 5},
    "at least, and more than less": {"type": "number", "minimum": 5, "exclusiveMinimum": 2},
    "less than": {"exclusiveMaximum": 5, "maximum": 10},
    "nothing required": {"type": "object", "required": []},
    "a list of anything": {"type": "array"},
    "a list with a text in it": {"contains": {"type": "string"}},
    "a list that may have a text in it": {"type": "array", "contains": {"type": "string"}, "minContains": 0},
    "a field that needs another": {"dependentRequired": {"a": ["b"]}},
    "a field that means another": {"dependentSchemas": {"a": {"properties": {"b": {"type": "string"}}}}},
    "if and then": {
        "if": {"properties": {"kind": {"const": "n"}}, "required": ["kind"]},
        "then": {"properties": {"value": {"type": "integer"}}},
        "else": {"required": ["value"]},
    },
    "if, and anyOf already": {
        "anyOf": [{"type": "string"}, {"type": "object"}],
        "if": {"type": "object"},
        "then": {"required": ["a"]},
    },
    "never": {"properties": {"a": False}},
    "always": {"properties": {"a": True}, "additionalProperties": False},
    "not": {"not": {"type": ["string", "integer"]}},
    "one of two": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]},
    "all of two": {"allOf": [{"type": "object"}, {"required": ["a"]}]},
    "a reference": {
        "properties": {"a": {"$ref": "#/$defs/small", "minimum": 1, "description": "Small."}},
        "$defs": {"small": {"type": "integer", "maximum": 5}},
    },
    "a reference to itself": {"type": ["object", "integer"], "properties": {"a": {"$ref": "#"}}},
    "a definition of itself": {
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"type": ["object", "integer"], "properties": {"a": {"$ref": "#/$defs/tree"}}}},
    },
    "a reference to a field": {"properties": {"a": {"type": "integer"}, "b": {"$ref": "#/properties/a"}}},
}
# What OpenAPI has no word for; draft 4 has one for the first four.
LOOSER: dict[str, Any] = {
    "names like a pattern": {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
    "first this, then that": {"prefixItems": [{"type": "string"}, {"type": "integer"}]},
    "this, and no more": {"prefixItems": [{"type": "string"}], "items": False},
    "not like a pattern": {"not": {"patternProperties": {"^x": {"type": "string"}}, "required": ["a"]}},
    "names that are short": {"propertyNames": {"maxLength": 1}},
    "nothing else at all": {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False},
    "exactly one of two": {
        "oneOf": [{"type": "object", "propertyNames": {"enum": ["a"]}}, {"required": ["b"]}]
    },
    "if what it has no word for": {"if": {"propertyNames": {"enum": ["a"]}}, "then": {"required": ["b"]}},
    "two of a kind": {"contains": {"type": "integer"}, "minContains": 2},
}
_DRAFT_4_HAS_A_WORD = list(LOOSER)[:4]


def _by_openapi(schema: Any) -> Callable[[Any], bool]:
    from openapi_schema_validator import OAS30StrictValidator, oas30_format_checker

    made = openapi(schema, "Tried")
    parts = {"Tried": made.schema, **made.definitions}
    whole = {
        "openapi": "3.0.0",
        "info": {"title": "t", "version": "1"},
        "paths": {},
        "components": {"schemas": parts},
    }
    assert complaints(whole) == []
    validator = OAS30StrictValidator(
        {**whole, "$ref": "#/components/schemas/Tried"}, format_checker=oas30_format_checker
    )
    return lambda value: bool(validator.is_valid(value))


def _by_draft_4(schema: Any) -> Callable[[Any], bool]:
    made = draft_4(schema)
    assert made["$schema"] == DRAFT_4
    jsonschema_rs.meta.validate(made)
    return jsonschema_rs.Draft4Validator(made).is_valid


BY = {"OpenAPI 3.0": _by_openapi, "draft 4": _by_draft_4}


@pytest.mark.parametrize("language", BY)
@pytest.mark.parametrize("said", EXACT)
def test_what_can_be_expressed_otherwise_means_the_same(language: str, said: str) -> None:
    before, after = jsonschema_rs.Draft202012Validator(EXACT[said]), BY[language](EXACT[said])
    reported = {str(value): before.is_valid(value) for value in INSTANCES}
    assert {str(value): after(value) for value in INSTANCES} == reported
    assert set(reported.values()) == {True, False}, "the instances show nothing about this schema"


@pytest.mark.parametrize("language", BY)
@pytest.mark.parametrize("said", LOOSER)
def test_what_cannot_be_expressed_refuses_nothing_that_was_valid(language: str, said: str) -> None:
    before, after = jsonschema_rs.Draft202012Validator(LOOSER[said]), BY[language](LOOSER[said])
    valid = [value for value in INSTANCES if before.is_valid(value)]
    assert [value for value in valid if not after(value)] == []
    if language == "draft 4" and said in _DRAFT_4_HAS_A_WORD:
        assert [value for value in INSTANCES if after(value)] == valid


def test_words_for_people_come_along() -> None:
    schema = {
        "type": "string",
        "description": "d",
        "examples": ["e", "f"],
        "deprecated": True,
        "x-unit": "ms",
    }
    assert openapi(schema, "T").schema == {
        "type": "string",
        "description": "d",
        "example": "e",
        "deprecated": True,
        "x-unit": "ms",
    }
    assert draft_4(schema) == {"$schema": DRAFT_4, "type": "string", "description": "d", "x-unit": "ms"}


def _whole(event: CatalogEvent, catalog: Catalog) -> Any:
    from openapi_schema_validator import OAS30StrictValidator

    made = document(event, catalog.envelope)
    assert complaints(made) == []
    return OAS30StrictValidator({**made, "$ref": f"#/components/schemas/{WHOLE_EVENT}"})


def test_every_event_of_the_catalog_is_a_document_that_its_own_events_obey(catalog: Catalog) -> None:
    for event in catalog.events:
        validator = _whole(event, catalog)
        for sample in chain(event.samples(), generated(event, 20, seed=5)):
            assert [error.message for error in validator.iter_errors(sample)] == []


def test_the_document_refuses_what_the_catalog_refuses(catalog: Catalog) -> None:
    event = catalog.find("OrderManager.WaitingCompletion")
    validator = _whole(event, catalog)
    detail = event.examples[0].detail
    wrong = [
        event.sample({key: value for key, value in detail.items() if key != "orderId"}),
        event.sample({**detail, "TS": "soon"}),
        event.sample({**detail, "drinkOrder": {**detail["drinkOrder"], "drink": ""}}),
        event.sample(detail, source="another.source"),
        event.sample(detail, **{"detail-type": "OrderManager.MakeOrder"}),
        {key: value for key, value in event.sample(detail).items() if key != "time"},
    ]
    assert [validator.is_valid(event) for event in wrong] == [False] * len(wrong)

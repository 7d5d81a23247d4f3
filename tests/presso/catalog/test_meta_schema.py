"""Invalid schemas are found, as the official metaschema does, with the place."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presso.catalog.meta_schema import malformed

WORDS = (
    *("$comment", "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "contains", "dependentRequired"),
    *(
        "dependentSchemas",
        "description",
        "else",
        "enum",
        "examples",
        "exclusiveMaximum",
        "format",
        "if",
        "items",
    ),
    *("maxItems", "maxLength", "maximum", "minLength", "minimum", "multipleOf", "not", "oneOf", "pattern"),
    *("patternProperties", "prefixItems", "properties", "propertyNames", "required", "then", "title", "type"),
    *("unevaluatedProperties", "uniqueItems", "x-unit"),
)
VALUES = st.recursive(
    st.sampled_from(
        [None, True, False, -1, 0, 2, 0.5, 3.0, "string", "object", "a", "#", [], {}, ["a"], ["a", "a"]]
    ),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b"]), below, max_size=2)
        | st.dictionaries(st.sampled_from(WORDS), below, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=4))
def test_it_agrees_with_the_metaschema(schema: dict[str, Any]) -> None:
    fault = malformed(schema)
    if fault is None:
        assert jsonschema_rs.meta.is_valid(schema)
    elif "there is no" not in fault[1]:
        assert not jsonschema_rs.meta.is_valid(schema), fault


@pytest.mark.parametrize(
    ("schema", "place", "reported"),
    [
        ({"properties": {"a": {"type": "txt"}}}, ("properties", "a", "type"), "must be one of string"),
        ({"allOf": [{}, {"items": 5}]}, ("allOf", 1, "items"), "must be a schema"),
        ({"properties": {5: {}}}, ("properties",), "which are texts"),
        ({"$ref": "#/$defs/no"}, ("$ref",), "there is no #/$defs/no in the schema"),
        ({"$ref": "https://example.com/a.json"}, ("$ref",), "begins with #/$defs/"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, ("$ref",), "there is no"),
    ],
)
def test_the_place_is_named(schema: dict[str, Any], place: tuple[str | int, ...], reported: str) -> None:
    fault = malformed(schema)
    assert fault is not None
    assert fault[0] == place
    assert reported in fault[1]


def test_references_within_a_schema_may_go_round() -> None:
    tree = {"properties": {"below": {"$ref": "#/$defs/tree"}, "all": {"$ref": "#"}}}
    assert malformed({**tree, "$defs": {"tree": tree, "alias": {"$ref": "#/$defs/tree"}}}) is None

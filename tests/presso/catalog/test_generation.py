"""Events made up from schemas: valid, set by their seed, and consistent."""

from typing import TYPE_CHECKING, Any

import pytest

from presso.catalog.events import Catalog
from presso.catalog.generation import generated
from presso.catalog.validation import Checker
from presso.errors import PressoError

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

from tests.presso.conftest import ORDERED


def test_events_made_up_are_valid(catalog: Catalog) -> None:
    checker = Checker(catalog)
    for event in catalog.events:
        for made in generated(event, 50, seed=3):
            assert [str(fault) for fault in checker.check(made)] == []


def test_the_same_seed_gives_the_same_events_and_another_seed_others(catalog: Catalog) -> None:
    event = catalog.find("OrderManager.WaitingCompletion")
    first, again, other = (list(generated(event, 5, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert [made["detail"]["orderId"] for made in first] != [made["detail"]["orderId"] for made in other]


def test_ids_within_an_event_agree_and_each_event_is_about_another_order(catalog: Catalog) -> None:
    made = list(generated(catalog.find("OrderManager.WaitingCompletion"), 20, seed=1))
    for event in made:
        detail = event["detail"]
        assert detail["userId"] == detail["drinkOrder"]["userId"]
        assert detail["state"] == f"{detail['eventId']}-CREATED"
    assert len({event["detail"]["orderId"] for event in made}) == 20
    assert len({event["id"] for event in made}) == 20


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "uri"},
        {"type": "string", "format": "ipv4"},
        {"type": "string", "minLength": 30, "maxLength": 40},
        {"type": "string", "maxLength": 2},
        {"type": "integer", "minimum": 5, "maximum": 7},
        {"type": "integer", "multipleOf": 5},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 2},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        {"oneOf": [{"const": "a"}, {"const": "b"}]},
        {"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"type": "object"}]},
        {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        {"type": "array", "examples": [["x", "y"]]},
        {"type": "array", "items": {"const": 1}, "minItems": 3},
        {"type": "string", "examples": []},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "number", "minimum": 0.25, "maximum": 0.75},
        {"type": "integer", "minimum": 1, "multipleOf": 5},
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3},
        {"type": "integer", "maximum": -5},
        {"properties": {name: {"$ref": "#"} for name in "abc"} | {"d": False}},
        {"$ref": "#/$defs/thing"},
    ],
)
def test_what_schemas_ask_for_is_made_up(bench: "Bench", schema: dict[str, Any]) -> None:
    detail = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": schema},
        "$defs": {"thing": {"type": "object", "required": ["b"], "properties": {"b": {"type": "boolean"}}}},
    }
    bench.event({**ORDERED, "detail": detail})
    catalog = bench.catalog
    for made in generated(catalog.find("Bar.Ordered"), 10, seed=1):
        assert [str(f) for f in Checker(catalog).check(made) if f.grade == "error"] == []


@pytest.mark.parametrize(
    ("schema", "reported"),
    [
        ({"$ref": "#"}, "a refers to itself without end"),
        ({"type": "integer", "minimum": 10, "maximum": 5}, r"detail\.a: 7\.5 is not"),
    ],
)
def test_what_asks_for_the_impossible_is_reported(
    bench: "Bench", schema: dict[str, Any], reported: str
) -> None:
    bench.event({**ORDERED, "detail": {"type": "object", "required": ["a"], "properties": {"a": schema}}})
    with pytest.raises(PressoError, match=reported):
        list(generated(bench.catalog.find("Bar.Ordered"), 1, seed=1))


@pytest.mark.parametrize(
    "schema", [{"type": "string", "pattern": "^x+$"}, {"not": {}, "type": "string"}], ids=["like", "nothing"]
)
def test_what_cannot_be_generated_is_reported_with_what_to_do(bench: "Bench", schema: dict[str, Any]) -> None:
    bench.event({**ORDERED, "detail": {"type": "object", "required": ["a"], "properties": {"a": schema}}})
    with pytest.raises(PressoError, match=r"Cannot generate Bar\.Ordered: .*a") as error:
        list(generated(bench.catalog.find("Bar.Ordered"), 1, seed=1))
    assert "examples for that field in modules/event-catalog/events/Bar.Ordered.yaml" in error.value.hint

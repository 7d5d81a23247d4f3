"""The events that an extension is played make its rules fire, and are true to its tenant."""

import json
from typing import Any

import pytest

from event_patterns.pattern import Pattern
from presso.catalog.events import Catalog
from presso.catalog.schema_validator import compiled
from presso.gate.model import Facts
from presso.gate.sandbox import sample_events
from presso.workspace import Workspace

FACTS = Facts("drinks", "nyc", "111111111111", "eu-north-1")
ORDER = "OrderManager.WaitingCompletion"


@pytest.fixture(scope="module")
def catalog(workspace: Workspace) -> Catalog:
    """The checkout's."""
    return Catalog.load(workspace)


def taken(workspace: Workspace, catalog: Catalog, pattern: dict[str, Any]) -> int:
    """How many of the events that are played for a pattern it takes."""
    wanted = Pattern(pattern)
    played = sample_events.events(workspace, catalog, FACTS, [], [wanted])
    here = {"account": FACTS.account, "region": FACTS.region}
    return sum(
        wanted.matches(event.sample(sample_events.of_tenant(detail, FACTS.tenant), **here))
        for event, detail in played
    )


@pytest.mark.parametrize(
    "detail",
    [
        {"drinkOrder": {"drink": ["An unknown drink"]}, "robot": [True]},
        {"orderNumber": [{"prefix": "99"}]},
        {"drinkOrder": {"drink": [{"anything-but": ["Americano", "Espresso"]}]}},
        {"TS": [{"numeric": [">", 5, "<", 7]}]},
        {"drinkOrder": {"modifiers": ["Yak"]}},
        {"Message": [{"exists": False}]},
        {"eventId": ["nyc"]},
        {"$or": [{"drinkOrder": {"drink": [{"wildcard": "Mo*ka"}]}}, {"userId": [{"suffix": "!"}]}]},
    ],
    ids=lambda detail: next(iter(detail)),
)
def test_an_event_is_shaped_for_every_pattern_that_some_event_meets(
    workspace: Workspace, catalog: Catalog, detail: dict[str, Any]
) -> None:
    assert taken(workspace, catalog, {"detail-type": [ORDER], "detail": detail}) > 0


def test_no_event_of_another_tenant_is_played(workspace: Workspace, catalog: Catalog) -> None:
    assert taken(workspace, catalog, {"detail-type": [ORDER], "detail": {"eventId": ["sfo"]}}) == 0


def test_what_is_played_is_valid_and_of_the_tenant(workspace: Workspace, catalog: Catalog) -> None:
    names = [event.name for event in catalog.events if not event.extension]
    played = sample_events.events(workspace, catalog, FACTS, names, [])
    assert {event.name for event, _ in played} == set(names)
    for event, detail in played:
        found = sample_events.of_tenant(detail, FACTS.tenant)
        assert compiled(event.schema).is_valid(found), (event.name, found)
        assert found.get("eventId", "nyc") == "nyc"


def test_nothing_is_played_that_no_rule_asks_for(workspace: Workspace, catalog: Catalog) -> None:
    assert sample_events.events(workspace, catalog, FACTS, [], []) == []


def test_an_order_has_one_content_so_that_it_counts_the_same_in_any_order_of_events(
    workspace: Workspace, catalog: Catalog
) -> None:
    of_drinks = ({"drinkOrder": {"drink": [name]}} for name in ("Latte", "Mocha", "Tea"))
    drinks = [Pattern({"detail-type": [ORDER], "detail": detail}) for detail in of_drinks]
    contents: dict[str, set[str]] = {}
    for _, detail in sample_events.events(workspace, catalog, FACTS, [ORDER], drinks):
        contents.setdefault(detail["orderId"], set()).add(json.dumps(detail["drinkOrder"]))
    assert len(contents) > len(drinks)
    assert [found for found in contents.values() if len(found) > 1] == []

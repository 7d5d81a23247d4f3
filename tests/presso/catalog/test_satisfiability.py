"""Whether a pattern can ever match an event; if not, which field it is and what the schema allows."""

from typing import Any

import pytest

from event_patterns.pattern import Pattern
from presso.catalog.events import Catalog
from presso.catalog.patterns import impossible

PLACED, ROBOT = "OrderManager.WaitingCompletion", "OrderRobot.FulfillOrder"
CONFIG = "ConfigService.ConfigChanged"


def reasons(catalog: Catalog, name: str, pattern: dict[str, Any]) -> list[str]:
    return [str(found) for found in impossible(Pattern(pattern), catalog.find(name), catalog.envelope)]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        pytest.param(PLACED, {"detail-type": [PLACED]}, id="its name"),
        pytest.param(
            PLACED, {"detail": {"drinkOrder": {"drink": ["Tea"]}}}, id="a drink that is not on the menu yet"
        ),
        pytest.param(PLACED, {"detail": {"drinkOrder": {"modifiers": ["Oat"]}}}, id="an element of a list"),
        pytest.param(
            PLACED, {"detail": {"drinkOrder": {"modifiers": [{"exists": False}]}}}, id="an empty list"
        ),
        pytest.param(PLACED, {"detail": {"orderId": [{"prefix": "3f25"}]}}, id="the beginning of a UUID"),
        pytest.param(PLACED, {"detail": {"TS": [{"numeric": [">", 5]}]}}, id="a number in its range"),
        pytest.param(
            PLACED, {"detail": {"Message": [{"exists": False}]}}, id="an optional field that is not there"
        ),
        pytest.param(
            PLACED, {"detail": {"drinkOrder": [{"exists": False}]}}, id="an object, which is not a leaf"
        ),
        pytest.param(
            PLACED, {"detail": {"nothing": [{"exists": False}]}}, id="no such field, and asked for so"
        ),
        pytest.param(PLACED, {"$or": [{"source": ["x"]}, {"region": ["y"]}]}, id="one of two"),
        pytest.param(PLACED, {"account": ["123456789012"]}, id="an account"),
        pytest.param(ROBOT, {"detail": {"action": [{"anything-but": "make"}]}}, id="another value of a few"),
        pytest.param(
            ROBOT, {"detail": {"action": [{"prefix": "c"}]}}, id="the beginning of a value of a few"
        ),
        pytest.param(
            CONFIG, {"detail": {"NewImage": {"menu": {"available": [True]}}}}, id="objects in a list"
        ),
    ],
)
def test_a_pattern_can_match(catalog: Catalog, name: str, pattern: dict[str, Any]) -> None:
    assert reasons(catalog, name, pattern) == []


@pytest.mark.parametrize(
    ("name", "pattern", "reason"),
    [
        (
            PLACED,
            {"detail-type": ["OrderManager.WaitingComplete"]},
            f"detail-type is OrderManager.WaitingComplete: it is always {PLACED}. Did you mean {PLACED}?",
        ),
        (
            PLACED,
            {"detail": {"drinkOrder": {"drnk": ["Tea"]}}},
            "detail.drinkOrder.drnk is Tea: there is no such field. Did you mean drink?",
        ),
        (
            PLACED,
            {"detail": {"orderNumber": [17]}},
            'detail.orderNumber is 17: it is text, like ^[0-9]+$. Write it as a text: "17".',
        ),
        (
            PLACED,
            {"detail": {"orderNumber": [{"numeric": [">", 5]}]}},
            "detail.orderNumber is > 5: it is text, like ^[0-9]+$.",
        ),
        (
            PLACED,
            {"detail": {"robot": ["true"]}},
            "detail.robot is true: it is true or false. Write it without quotes: true.",
        ),
        (
            PLACED,
            {"detail": {"orderId": [{"prefix": "order-"}]}},
            "detail.orderId begins with order-: it is text, a UUID.",
        ),
        (
            PLACED,
            {"detail": {"orderId": [{"suffix": "xyz"}]}},
            "detail.orderId ends with xyz: it is text, a UUID.",
        ),
        (
            PLACED,
            {"detail": {"orderId": [{"wildcard": "*order*"}]}},
            "detail.orderId is like *order*: it is text, a UUID.",
        ),
        (
            PLACED,
            {"detail": {"eventId": [{"exists": False}]}},
            "detail.eventId is not there: it is always there: text, not empty.",
        ),
        (PLACED, {"detail": {"drinkOrder": [{"exists": True}]}}, "detail.drinkOrder is there: it is object."),
        (
            PLACED,
            {"detail": {"TS": [{"numeric": ["<", 0]}]}},
            "detail.TS is < 0: it is whole number, epoch milliseconds, at least 0.",
        ),
        (PLACED, {"detail": {"TS": [{"cidr": "10.0.0.0/8"}]}}, None),
        (
            ROBOT,
            {"detail": {"action": ["mkae"]}},
            "detail.action is mkae: it is one of make, complete, cancel. Did you mean make?",
        ),
        (ROBOT, {"detail": {"action": [{"anything-but": ["make", "complete", "cancel"]}]}}, None),
        (
            ROBOT,
            {"detail": {"action": {"kind": ["make"]}}},
            "detail.action.kind is make: there is no such field.",
        ),
        (PLACED, {"detail": {"a": {"b": ["c"]}}}, None),
    ],
)
def test_a_pattern_can_never_match(
    catalog: Catalog, name: str, pattern: dict[str, Any], reason: str | None
) -> None:
    (found,) = reasons(catalog, name, pattern)
    if reason:
        assert found == reason


def test_every_impossible_field_is_named(catalog: Catalog) -> None:
    pattern = {"detail": {"orderNumber": [17], "drnk": ["Tea"], "eventId": ["nyc"]}}
    assert len(reasons(catalog, PLACED, pattern)) == 2


def test_what_a_pattern_can_match_is_found_in_the_catalog(catalog: Catalog) -> None:
    pattern = Pattern({"detail": {"cause": [{"exists": True}]}})
    found = [event.name for event in catalog.events if not impossible(pattern, event, catalog.envelope)]
    assert found == ["OrderProcessor.OrderTimeOut"]


def test_no_example_of_the_catalog_is_called_impossible(catalog: Catalog) -> None:
    """A pattern of exactly an event's values can match it."""

    def asked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: below for key, item in value.items() if (below := asked(item)) not in ({}, [])}
        return [v for v in value if not isinstance(v, dict | list)] if isinstance(value, list) else [value]

    for event in catalog.events:
        for sample in event.samples():
            pattern = Pattern({key: asked(sample[key]) for key in ("source", "detail-type", "detail")})
            assert impossible(pattern, event, catalog.envelope) == []
            assert pattern.matches(sample)


@pytest.mark.parametrize(
    ("condition", "possible"),
    [
        ({"prefix": "2026-12"}, True),
        ({"prefix": "2026-11-27"}, True),
        ({"prefix": "2026-11-26"}, False),
        ({"prefix": "1999"}, False),
        ("2026-11-27T14:00:00Z", True),
        ("2026-11-27T12:00:00Z", False),
        ({"anything-but": {"prefix": "2020"}}, True),
    ],
)
def test_a_moment_that_is_over_never_comes(condition: Any, possible: bool, catalog: Catalog) -> None:
    properties = catalog.envelope["properties"]
    moment = {"type": "string", "format": "date-time", "x-not-before": "2026-11-27T13:00:00Z"}
    envelope = {**catalog.envelope, "properties": {**properties, "time": moment}}
    found = impossible(Pattern({"time": [condition]}), catalog.find(PLACED), envelope)
    assert bool(found) != possible

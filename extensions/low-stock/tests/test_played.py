"""On the local AWS: one alert each time a drink becomes low, also if events come twice, late or at once."""

import random
import uuid
from collections import Counter
from typing import Any

from presso.catalog.events import Catalog
from presso.catalog.validation import Checker
from presso.testing.bar import Played

LOW_AT = 3
PLACED = "OrderManager.WaitingCompletion"
CANCELLED = "OrderManager.OrderCancelled"


def detail_of(examples: list[dict[str, Any]], detail_type: str, order: str) -> dict[str, Any]:
    """The detail of the catalog's example with another order, of an espresso if it is placed."""
    found = next(example for example in examples if example["detail-type"] == detail_type)
    detail = {**found["detail"], "orderId": order}
    if detail_type == PLACED:
        detail["drinkOrder"] = {**detail["drinkOrder"], "drink": "Espresso"}
    return detail


def drink(played: Played, name: str) -> dict[str, str]:
    """A drink's record."""
    found = [item for item in played.items("stock") if item["pk"] == f"drink#{name}"]
    return found[0] if found else {}


def alerts(played: Played) -> Counter[str]:
    """How often each alert was emitted."""
    return Counter(event["detail"]["alertId"] for event in played.emitted())


def test_a_replay_uses_what_was_not_cancelled_and_emits_once_for_each_drink_that_runs_low(
    played: Played,
) -> None:
    played.eventually(played.settled)
    away = {event["detail"]["orderId"] for event in played.events if event["detail-type"] == CANCELLED}
    made = Counter(
        event["detail"]["drinkOrder"]["drink"]
        for event in played.events
        if event["detail-type"] == PLACED and event["detail"]["orderId"] not in away
    )
    for name in ("Americano", "Caffe Latte"):
        record = drink(played, name)
        assert int(record["used"]) == made[name]
        assert "low" in record
        assert "alert" not in record
    assert not drink(played, "Flat White")  # not counted
    details = [event["detail"] for event in played.emitted()]
    assert {detail["drink"] for detail in details} >= {"Americano", "Caffe Latte"}
    assert all(detail["left"] <= LOW_AT == detail["lowAt"] for detail in details)
    assert set(alerts(played).values()) == {1}


def test_a_drink_that_is_restocked_can_run_low_again_and_copies_count_for_nothing(
    played: Played, examples: list[dict[str, Any]]
) -> None:
    """The stock is what the test orders; events come thrice, shuffled, and a third is cancelled."""
    orders = [str(uuid.uuid4()) for _ in range(30)]
    gone = orders[:10]
    played.put(PLACED, detail_of(examples, PLACED, str(uuid.uuid4())))
    played.eventually(lambda: drink(played, "Espresso"))
    played.eventually(played.settled)
    before, known = drink(played, "Espresso"), alerts(played)
    for round_number in (1, 2):
        restock(played, int(before["used"]) + 20 * round_number + LOW_AT - 1)
        events = [(PLACED, order) for order in orders] + [(CANCELLED, order) for order in gone]
        events *= 3
        random.Random(round_number).shuffle(events)
        for detail_type, order in events:
            played.put(detail_type, detail_of(examples, detail_type, order))
        used = int(before["used"]) + 20 * round_number
        played.eventually(lambda: int(drink(played, "Espresso")["used"]) == used)  # noqa: B023
        played.eventually(played.settled)
        assert int(drink(played, "Espresso")["used"]) == used
        orders = [str(uuid.uuid4()) for _ in range(30)]
        gone = orders[:10]
    restock(played, 500)
    assert sorted((alerts(played) - known).values()) == [1, 1]


def restock(played: Played, portions: int) -> None:
    played.bar.aws.client("dynamodb").update_item(
        TableName="nyc--low-stock--stock",
        Key={"pk": {"S": "drink#Espresso"}},
        UpdateExpression="SET delivered = :portions",
        ExpressionAttributeValues={":portions": {"N": str(portions)}},
    )


def test_what_it_emits_is_what_the_catalog_has(played: Played) -> None:
    checker = Checker(Catalog.load(played.bar.workspace))
    played.eventually(played.emitted)
    assert [fault for event in played.emitted() for fault in checker.check(event)] == []

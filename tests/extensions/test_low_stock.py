"""low-stock: one alert each time that a drink becomes low, whatever comes twice, late or at once."""

import random
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.extensions.conftest import eventually

if TYPE_CHECKING:
    from tests.extensions.conftest import Stage

SOURCE = "serverlesspresso.extension.low-stock"
LOW_AT = 3
STOCK = {"Americano": 10, "Caffe Latte": 5, "Espresso": 500}


def placed(order: str, drink: str) -> dict[str, Any]:
    detail = {"orderId": order, "drinkOrder": {"drink": drink}, "TS": 0, "eventId": "nyc"}
    return {"detail-type": "OrderManager.WaitingCompletion", "detail": detail}


def cancelled(order: str) -> dict[str, Any]:
    return {"detail-type": "OrderManager.OrderCancelled", "detail": {"orderId": order, "eventId": "nyc"}}


def drink(stage: "Stage", name: str) -> dict[str, Any]:
    """A drink's record."""
    found = [item for item in stage.items("nyc--low-stock--stock") if item["pk"] == f"drink#{name}"]
    return found[0] if found else {}


def alerts(stage: "Stage") -> Counter[str]:
    """How often each alert was told."""
    return Counter(event["detail"]["alertId"] for event in stage.events("LowStock.RunningLow", SOURCE))


def test_a_replay_uses_what_was_not_cancelled_and_tells_once_of_each_drink_that_runs_low(
    stage: "Stage", played: Sequence[dict[str, Any]]
) -> None:
    away = {e["detail"]["orderId"] for e in played if e["detail-type"] == "OrderManager.OrderCancelled"}
    made = Counter(
        event["detail"]["drinkOrder"]["drink"]
        for event in played
        if event["detail-type"] == "OrderManager.WaitingCompletion" and event["detail"]["orderId"] not in away
    )
    for name in ("Americano", "Caffe Latte"):
        record = drink(stage, name)
        assert int(record["used"]) == made[name]
        assert "low" in record
        assert "alert" not in record
    assert not drink(stage, "Flat White")  # not counted
    told = stage.events("LowStock.RunningLow", SOURCE)
    assert {event["detail"]["drink"] for event in told} >= {"Americano", "Caffe Latte"}
    assert all(event["detail"]["left"] <= LOW_AT == event["detail"]["lowAt"] for event in told)
    assert set(alerts(stage).values()) == {1}


def test_a_drink_that_is_restocked_can_run_low_again_and_copies_count_for_nothing(stage: "Stage") -> None:
    """The stock is what the test orders; events come thrice, shuffled, and a third is cancelled."""
    orders = [str(uuid.uuid4()) for _ in range(30)]
    gone = orders[:10]
    stage.put(placed(str(uuid.uuid4()), "Espresso"))
    eventually(lambda: drink(stage, "Espresso"))
    eventually(lambda: stage.settled("low-stock"))
    before, known = drink(stage, "Espresso"), alerts(stage)
    for round_number in (1, 2):
        restock(stage, int(before["used"]) + 20 * round_number + LOW_AT - 1)
        batch = [placed(order, "Espresso") for order in orders] + [cancelled(order) for order in gone]
        events = batch * 3
        random.Random(round_number).shuffle(events)
        stage.put(*events)
        used = int(before["used"]) + 20 * round_number
        eventually(lambda: int(drink(stage, "Espresso")["used"]) == used)  # noqa: B023
        eventually(lambda: stage.settled("low-stock"))
        assert int(drink(stage, "Espresso")["used"]) == used
        orders = [str(uuid.uuid4()) for _ in range(30)]
        gone = orders[:10]
    restock(stage, 500)
    assert sorted((alerts(stage) - known).values()) == [1, 1]


def restock(stage: "Stage", portions: int) -> None:
    stage.aws.client("dynamodb").update_item(
        TableName="nyc--low-stock--stock",
        Key={"pk": {"S": "drink#Espresso"}},
        UpdateExpression="SET delivered = :portions",
        ExpressionAttributeValues={":portions": {"N": str(portions)}},
    )

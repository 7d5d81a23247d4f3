"""wait-times: the average of a drink's last ten orders, however its events come."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.extensions.conftest import eventually

if TYPE_CHECKING:
    from tests.extensions.conftest import Stage

SOURCE = "serverlesspresso.extension.wait-times"
START = 1_777_627_800_000  # 2026-05-01T09:30:00Z


def placed(order: str, drink: str, at: int) -> dict[str, Any]:
    detail = {"orderId": order, "drinkOrder": {"drink": drink}, "TS": START + at, "eventId": "nyc"}
    return {"detail-type": "OrderManager.WaitingCompletion", "detail": detail}


def completed(order: str, at: int) -> dict[str, Any]:
    moment = datetime.fromtimestamp((START + at) / 1000, UTC)
    detail = {"orderId": order, "eventId": "nyc"}
    return {"detail-type": "OrderManager.OrderCompleted", "detail": detail, "time": moment}


def averages(stage: "Stage", drink: str) -> list[int]:
    """What was told of a drink, in the order of telling."""
    told = stage.events("OrderManager.DrinkAverageTime", SOURCE)
    return [event["detail"]["duration"] for event in told if event["detail"]["drink"] == drink]


def test_after_a_replay_each_order_has_its_time_and_each_drink_its_average(
    stage: "Stage", played: Sequence[dict[str, Any]]
) -> None:
    orders = {event["detail"]["orderId"]: event for event in played if "drinkOrder" in event["detail"]}
    times = defaultdict(list)
    for event in played:
        if event["detail-type"] == "OrderManager.OrderCompleted":
            order = orders[event["detail"]["orderId"]]["detail"]
            ended = round(datetime.fromisoformat(event["time"]).timestamp() * 1000)
            times[order["drinkOrder"]["drink"]].append((ended, order["orderId"], max(0, ended - order["TS"])))
    kept = defaultdict(list)
    for item in stage.items("nyc--wait-times--times"):
        kind, _, drink = item["pk"].partition("#")
        if kind == "drink" and drink in times:
            ended, _, order = item["sk"].partition("#")
            kept[drink].append((int(ended), order, int(item["duration"])))
    assert {drink: sorted(found) for drink, found in kept.items()} == {
        drink: sorted(found) for drink, found in times.items()
    }
    for drink, found in times.items():
        last = [duration for _, _, duration in sorted(found)[-10:]]
        assert len(averages(stage, drink)) == len(found)
        assert round(sum(last) / len(last)) in averages(stage, drink)[-5:]
    assert stage.failed(*orders) == []


def test_the_average_is_of_the_last_ten_and_copies_and_the_order_of_events_change_nothing(
    stage: "Stage",
) -> None:
    drink, orders = "Ristretto", [str(uuid.uuid4()) for _ in range(12)]
    for n, order in enumerate(orders):
        events = [placed(order, drink, n * 60_000), completed(order, n * 60_000 + (n + 1) * 1000)]
        stage.put(*(events[::-1] if n % 2 else events))
        eventually(lambda: len(averages(stage, drink)) == n + 1)  # noqa: B023
        stage.put(*events)
    eventually(stage.settled)
    first_ten = [(n + 2) * 500 for n in range(10)]  # of 1, 2, … seconds
    assert averages(stage, drink) == [*first_ten, 6500, 7500]
    assert stage.failed(*orders) == []


def test_an_order_without_a_drink_fails_alone_and_tells_nothing(stage: "Stage") -> None:
    order = str(uuid.uuid4())
    detail = {"orderId": order, "TS": START, "eventId": "nyc"}
    stage.put({"detail-type": "OrderManager.WaitingCompletion", "detail": detail}, completed(order, 1000))
    eventually(lambda: len(stage.failed(order)) == 1)
    [record] = [item for item in stage.items("nyc--wait-times--times") if item["pk"] == f"order#{order}"]
    assert "placed" not in record

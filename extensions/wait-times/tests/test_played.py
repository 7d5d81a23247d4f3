"""On the local AWS: the average of a drink's last ten orders, however its events come."""

import uuid
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from presso.catalog.events import Catalog
from presso.catalog.validation import Checker
from presso.testing.bar import Played

START = 1_777_627_800_000  # 2026-05-01T09:30:00Z
PLACED = "OrderManager.WaitingCompletion"
COMPLETED = "OrderManager.OrderCompleted"


def detail_of(examples: list[dict[str, Any]], detail_type: str, order: str) -> dict[str, Any]:
    """The detail of the catalog's example with another order."""
    found = next(example for example in examples if example["detail-type"] == detail_type)
    return {**found["detail"], "orderId": order}


def averages(played: Played, drink: str) -> list[int]:
    """What was emitted for a drink, in that order."""
    found = [event["detail"] for event in played.emitted()]
    return [detail["duration"] for detail in found if detail["drink"] == drink]


def test_after_a_replay_each_order_has_its_time_and_each_drink_its_average(played: Played) -> None:
    played.eventually(played.settled)
    orders = {event["detail"]["orderId"]: event for event in played.events if event["detail-type"] == PLACED}
    times = defaultdict(list)
    for event in played.events:
        if event["detail-type"] == COMPLETED:
            order = orders[event["detail"]["orderId"]]["detail"]
            ended = round(datetime.fromisoformat(event["time"]).timestamp() * 1000)
            times[order["drinkOrder"]["drink"]].append((ended, order["orderId"], max(0, ended - order["TS"])))
    assert times
    kept = defaultdict(list)
    for item in played.items("times"):
        kind, _, drink = item["pk"].partition("#")
        if kind == "drink" and drink in times:
            ended, _, order = item["sk"].partition("#")
            kept[drink].append((int(ended), order, int(item["duration"])))
    assert {drink: sorted(found) for drink, found in kept.items()} == {
        drink: sorted(found) for drink, found in times.items()
    }
    for drink, found in times.items():
        last = [duration for _, _, duration in sorted(found)[-10:]]
        assert len(averages(played, drink)) == len(found)
        assert round(sum(last) / len(last)) in averages(played, drink)[-5:]
    assert played.failed(*orders) == []


def test_the_average_is_of_the_last_ten_and_copies_and_the_order_of_events_change_nothing(
    played: Played, examples: list[dict[str, Any]]
) -> None:
    drink, orders = "Ristretto", [str(uuid.uuid4()) for _ in range(12)]

    def put(order: str, detail_type: str, at: int) -> None:
        detail, entry = detail_of(examples, detail_type, order), {}
        if detail_type == PLACED:
            detail |= {"drinkOrder": {**detail["drinkOrder"], "drink": drink}, "TS": START + at}
        else:
            entry["Time"] = datetime.fromtimestamp((START + at) / 1000, UTC)
        played.put(detail_type, detail, **entry)

    for n, order in enumerate(orders):
        events = [(PLACED, n * 60_000), (COMPLETED, n * 60_000 + (n + 1) * 1000)]
        for event in events[::-1] if n % 2 else events:
            put(order, *event)
        played.eventually(lambda: len(averages(played, drink)) == n + 1)  # noqa: B023
        for event in events:
            put(order, *event)
    played.eventually(played.settled)
    first_ten = [(n + 2) * 500 for n in range(10)]  # of 1, 2, … seconds
    assert averages(played, drink) == [*first_ten, 6500, 7500]
    assert played.failed(*orders) == []


def test_what_it_emits_is_what_the_catalog_has(played: Played) -> None:
    checker = Checker(Catalog.load(played.bar.workspace))
    played.eventually(played.emitted)
    assert [fault for event in played.emitted() for fault in checker.check(event)] == []


def test_an_order_without_a_drink_fails_alone_and_emits_nothing(
    played: Played, examples: list[dict[str, Any]]
) -> None:
    order = str(uuid.uuid4())
    placed = detail_of(examples, PLACED, order)
    del placed["drinkOrder"]
    before = len(played.emitted())
    played.put(PLACED, placed)
    played.put(COMPLETED, detail_of(examples, COMPLETED, order))
    played.eventually(lambda: len(played.failed(order)) == 1)
    [record] = [item for item in played.items("times") if item["pk"] == f"order#{order}"]
    assert "placed" not in record
    assert len(played.emitted()) == before

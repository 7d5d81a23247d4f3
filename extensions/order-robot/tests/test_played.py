"""On the local AWS: it makes what robots ordered, orders what its users began, and does each once."""

import uuid
from collections import Counter, defaultdict
from typing import Any

from presso.catalog.events import Catalog
from presso.catalog.validation import Checker
from presso.testing.bar import Played

MENU = {"Americano": 0, "Caffe Latte": 1, "Cappuccino": 0, "Espresso": 0, "Flat White": 0}


def begin(played: Played, examples: list[dict[str, Any]], order: str, user: str = "robot") -> None:
    """Begin an order, as the catalog's example does."""
    found = next(e for e in examples if e["detail-type"] == "OrderProcessor.WorkflowStarted")
    played.put(found["detail-type"], {**found["detail"], "orderId": order, "userId": user})


def emitted(played: Played, detail_type: str) -> list[dict[str, Any]]:
    return [event["detail"] for event in played.emitted() if event["detail-type"] == detail_type]


def test_every_order_of_a_robot_is_claimed_and_then_finished_and_no_other_is_touched(played: Played) -> None:
    played.eventually(played.settled)
    robots = {event["detail"]["orderId"] for event in played.events if event["detail"].get("robot") is True}
    actions = defaultdict(list)
    for detail in emitted(played, "OrderRobot.FulfillOrder"):
        actions[detail["orderId"]].append(detail["action"])
    theirs = {event["detail"].get("orderId") for event in played.bar.heard}
    done = {order: sorted(acted) for order, acted in actions.items() if order in theirs}
    assert robots
    assert set(done) == robots
    assert {acted for found in done.values() for acted in found} <= {"make", "complete", "cancel"}
    assert all(len(found) == 2 and "make" in found for found in done.values())
    assert played.failed(*robots) == []


def test_what_it_emits_is_what_the_catalog_has(played: Played, examples: list[dict[str, Any]]) -> None:
    begin(played, examples, str(uuid.uuid4()))
    played.eventually(lambda: emitted(played, "ProducerRobot.FulfillOrder"))
    checker = Checker(Catalog.load(played.bar.workspace))
    assert [fault for event in played.emitted() for fault in checker.check(event)] == []


def test_a_drink_of_the_menu_is_ordered_once_however_often_the_order_is_begun(
    played: Played, examples: list[dict[str, Any]]
) -> None:
    orders = [str(uuid.uuid4()) for _ in range(12)]
    guest = str(uuid.uuid4())
    for order in (*orders, *orders):
        begin(played, examples, order)
    begin(played, examples, guest, "a-guest")

    def ordered() -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for detail in emitted(played, "ProducerRobot.FulfillOrder"):
            found[detail["orderId"]].append(detail["body"])
        return found

    played.eventually(lambda: set(orders) <= set(ordered()))
    played.eventually(played.settled)
    found = ordered()
    assert guest not in found
    assert [len(found[order]) for order in orders] == [1] * len(orders)
    drinks = Counter(body["drink"] for order in orders for body in found[order])
    assert set(drinks) <= set(MENU)
    assert len(drinks) > 1  # by chance: 1 in 48 million
    for order in orders:
        [body] = found[order]
        assert body["userId"] == "robot"
        assert len(body["modifiers"]) == MENU[body["drink"]]
        assert set(body["modifiers"]) <= {"Regular", "Oat"}

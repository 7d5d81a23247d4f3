"""order-robot: it makes what robots ordered, orders what its users began, and does each once."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.extensions.conftest import BAR, eventually

from presso.catalog.events import Catalog
from presso.catalog.validation import Checker
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.extensions.conftest import Stage

SOURCE = "serverlesspresso.extension.order-robot"
MENU = {"Americano": 0, "Caffe Latte": 1, "Cappuccino": 0, "Espresso": 0, "Flat White": 0}


def begun(order: str, user: str = "robot") -> dict[str, Any]:
    detail = {"TaskToken": "t", "orderId": order, "userId": user, "eventId": "nyc"}
    return {"detail-type": "OrderProcessor.WorkflowStarted", "detail": detail}


def test_every_order_of_a_robot_is_claimed_and_then_finished_and_no_other_is_touched(
    stage: "Stage", played: Sequence[dict[str, Any]]
) -> None:
    robots = {event["detail"]["orderId"] for event in played if event["detail"].get("robot") is True}
    actions = defaultdict(list)
    for event in stage.events("OrderRobot.FulfillOrder", SOURCE):
        actions[event["detail"]["orderId"]].append(event["detail"]["action"])
    theirs = {event["detail"].get("orderId") for event in played}
    done = {order: sorted(acted) for order, acted in actions.items() if order in theirs}
    assert robots
    assert set(done) == robots
    assert {acted for found in done.values() for acted in found} <= {"make", "complete", "cancel"}
    assert all(len(found) == 2 and "make" in found for found in done.values())
    assert stage.failed(*robots) == []


def test_what_the_robots_say_is_what_the_catalog_says(
    stage: "Stage", played: Sequence[dict[str, Any]], checkout: Any
) -> None:
    stage.put(begun(str(uuid.uuid4())))
    eventually(lambda: stage.events("ProducerRobot.FulfillOrder", SOURCE))
    checker = Checker(Catalog.load(Workspace(checkout, checkout / ".presso")))
    said = [event for event in stage.events() if event["source"] != BAR]
    assert {event["source"].rpartition(".")[2] for event in said} >= {
        "order-robot",
        "wait-times",
        "low-stock",
    }
    assert [fault for event in said for fault in checker.check(event)] == []


def test_a_drink_of_the_menu_is_ordered_once_however_often_the_order_is_begun(stage: "Stage") -> None:
    orders = [str(uuid.uuid4()) for _ in range(12)]
    guest = str(uuid.uuid4())
    stage.put(*(begun(order) for order in (*orders, *orders)), begun(guest, "a-guest"))

    def ordered() -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for event in stage.events("ProducerRobot.FulfillOrder", SOURCE):
            found[event["detail"]["orderId"]].append(event["detail"]["body"])
        return found

    eventually(lambda: set(orders) <= set(ordered()))
    eventually(stage.settled)
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

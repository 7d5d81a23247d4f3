"""What changes an order, and what follows from a change; without AWS."""

from collections.abc import Callable
from typing import Any

import pytest

from presso.bar_settings import BarSettings
from presso.simulation import simulator

GUEST, OTHER, BARISTA, COLLEAGUE, ROBOT = "guest", "other", "barista", "colleague", "robot"
MENU = [
    {"drink": "Espresso", "available": True, "icon": "espresso", "modifiers": []},
    {"drink": "Flat White", "available": False, "modifiers": []},
    {
        "drink": "Caffe Latte",
        "available": True,
        "modifiers": [
            {"name": "Milk", "options": ["Regular", "Oat"]},
            {"name": "Size", "options": ["S", "L"]},
        ],
    },
]
DRINK = {"drink": "Espresso", "modifiers": [], "icon": "espresso"}
TEA = {
    "drink": "Tea",
    "available": True,
    "modifiers": [
        {"name": "Milk", "options": ["Regular", "Oat"]},
        {"name": "Size", "options": ["Regular", "Large"]},
    ],
}


def test_the_bar_and_the_simulator_have_the_same_times_and_limits(code: Callable[[str], Any]) -> None:
    settings, validator = BarSettings(), code("validator")
    assert (settings.customer_seconds, settings.barista_seconds) == (
        simulator.CUSTOMER_TIMEOUT,
        simulator.BARISTA_TIMEOUT,
    )
    assert (settings.orders_running, settings.orders_in_queue) == (simulator.MAX_RUNNING, simulator.MAX_QUEUE)
    assert validator.BUCKET == simulator.CODE_SECONDS


@pytest.fixture
def orders(code: Callable[[str], Any]) -> Any:
    return code("orders")


def person(orders: Any, name: str) -> Any:
    return orders.Person(name, barista=name in (BARISTA, COLLEAGUE), robot=name == ROBOT)


def order(state: str, **more: Any) -> dict[str, Any]:
    made = {"baristaUserId": BARISTA} if state in ("MAKING", "COMPLETED") else {}
    return {
        "pk": "o1",
        "userId": GUEST,
        "state": state,
        "number": "17",
        "TS": 1,
        "drinkOrder": DRINK,
        **made,
        **more,
    }


@pytest.mark.parametrize(
    ("state", "action", "who", "to"),
    [
        ("STARTED", "", GUEST, "ORDERED"),
        ("STARTED", "", ROBOT, "ORDERED"),
        ("STARTED", "cancel", GUEST, "CANCELLED"),
        ("CREATED", "make", BARISTA, "MAKING"),
        ("CREATED", "cancel", GUEST, "CANCELLED"),
        ("CREATED", "cancel", BARISTA, "CANCELLED"),
        ("MAKING", "unmake", BARISTA, "CREATED"),
        ("MAKING", "complete", BARISTA, "COMPLETED"),
        ("MAKING", "cancel", COLLEAGUE, "CANCELLED"),
    ],
)
def test_a_move_changes_the_state(orders: Any, state: str, action: str, who: str, to: str) -> None:
    changes = orders.moved(order(state), action, person(orders, who), DRINK)
    assert changes["state"] == to
    if action in ("make", "unmake"):
        assert changes["baristaUserId"] == (BARISTA if action == "make" else "")


@pytest.mark.parametrize(
    ("state", "action", "who", "status"),
    [
        ("STARTED", "", OTHER, 403),
        ("STARTED", "", BARISTA, 403),
        ("CREATED", "cancel", OTHER, 403),
        *(("CREATED", action, GUEST, 403) for action in ("make", "unmake", "complete")),
        ("CREATED", "make", ROBOT, 403),
        ("MAKING", "complete", COLLEAGUE, 409),
        ("MAKING", "unmake", COLLEAGUE, 409),
        ("MAKING", "make", COLLEAGUE, 409),
        ("MAKING", "cancel", GUEST, 409),
        ("ORDERED", "cancel", GUEST, 409),
        ("ORDERED", "make", BARISTA, 409),
        ("STARTED", "make", BARISTA, 409),
        ("CREATED", "complete", BARISTA, 409),
        ("CREATED", "unmake", BARISTA, 409),
        *((state, "", GUEST, 409) for state in ("MAKING", "COMPLETED", "CANCELLED", "TIMEDOUT")),
        *((state, "make", BARISTA, 409) for state in ("COMPLETED", "CANCELLED", "TIMEDOUT")),
        *((state, "cancel", BARISTA, 409) for state in ("COMPLETED", "TIMEDOUT")),
    ],
)
def test_an_illegal_move_is_refused_with_the_reason(
    orders: Any, state: str, action: str, who: str, status: int
) -> None:
    with pytest.raises(orders.Refused) as refused:
        orders.moved(order(state), action, person(orders, who), DRINK)
    assert refused.value.status == status
    if status == 409:
        assert state in str(refused.value) or "barista" in str(refused.value)


@pytest.mark.parametrize(
    ("state", "action", "who"),
    [
        ("ORDERED", "", GUEST),
        ("CREATED", "", GUEST),
        ("MAKING", "make", BARISTA),
        ("COMPLETED", "complete", BARISTA),
        ("CANCELLED", "cancel", GUEST),
    ],
)
def test_a_request_that_comes_twice_changes_nothing(orders: Any, state: str, action: str, who: str) -> None:
    assert orders.moved(order(state), action, person(orders, who), DRINK) == {}


def test_an_order_that_is_put_back_twice_is_put_back_once_by_that_barista_alone(orders: Any) -> None:
    put_back = {**order("MAKING"), **orders.moved(order("MAKING"), "unmake", person(orders, BARISTA))}
    assert orders.moved(put_back, "unmake", person(orders, BARISTA)) == {}
    with pytest.raises(orders.Refused, match="CREATED"):
        orders.moved(put_back, "unmake", person(orders, COLLEAGUE))
    made_again = {**put_back, **orders.moved(put_back, "make", person(orders, COLLEAGUE))}
    with pytest.raises(orders.Refused, match="Another barista"):
        orders.moved(made_again, "unmake", person(orders, BARISTA))


def test_the_robot_makes_robots_orders_only(orders: Any) -> None:
    robot = orders.Person(BARISTA, robot=True)
    assert orders.moved(order("CREATED", robot=True), "make", robot)["state"] == "MAKING"
    assert orders.moved(order("MAKING", robot=True), "complete", robot)["state"] == "COMPLETED"
    with pytest.raises(orders.Refused):
        orders.moved(order("CREATED"), "make", robot)


def test_a_choice_has_the_menus_own_icon(orders: Any) -> None:
    body = {"userId": "someone else", "drink": "Caffe Latte", "modifiers": ["Oat", "L"], "icon": "<b>"}
    found = orders.chosen(MENU, body)
    assert found == {"drink": "Caffe Latte", "modifiers": ["Oat", "L"], "icon": "caffe-latte"}


def test_a_barista_cancels_the_own_order_before_a_drink_is_chosen_and_no_other(orders: Any) -> None:
    barista = person(orders, BARISTA)
    assert orders.moved(order("STARTED", userId=BARISTA), "cancel", barista)["state"] == "CANCELLED"
    with pytest.raises(orders.Refused, match="STARTED"):
        orders.moved(order("STARTED"), "cancel", barista)


@pytest.mark.parametrize(
    "options",
    [
        ["Regular"],
        ["Regular", "Regular"],
        ["Oat", "Regular"],
        ["Regular", "Oat"],  # the regular one has to be the size
        ["Large", "Regular"],
    ],
)
def test_two_modifiers_may_offer_the_same_option(orders: Any, options: list[str]) -> None:
    choice = {"drink": "Tea", "modifiers": options}
    assert orders.chosen([TEA], choice)["modifiers"] == options


@pytest.mark.parametrize(
    "options",
    [["Regular", "Regular", "Regular"], ["Oat", "Large", "Regular"], ["Oat", "Soy"], ["Oat", "Oat"]],
)
def test_of_two_modifiers_each_has_one_option_at_most(orders: Any, options: list[str]) -> None:
    with pytest.raises(orders.Refused) as refused:
        orders.chosen([TEA], {"drink": "Tea", "modifiers": options})
    assert refused.value.status == 422


@pytest.mark.parametrize(
    "body",
    [
        {"drink": "Tea"},
        {"drink": "Flat White"},
        {"drink": "<script>alert(1)</script>"},
        {"drink": "Espresso", "modifiers": ["Oat"]},
        {"drink": "Caffe Latte", "modifiers": ["Oat", "Regular"]},
        {"drink": "Caffe Latte", "modifiers": ["Oat", "Oat"]},
    ],
)
def test_what_is_not_on_the_menu_is_refused(orders: Any, body: Any) -> None:
    with pytest.raises(orders.Refused) as refused:
        orders.chosen(MENU, body)
    assert refused.value.status == 422
    assert "<" not in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "kind", "resumed"),
    [
        ("STARTED", "ORDERED", None, "ORDERED"),
        ("ORDERED", "CREATED", "OrderManager.WaitingCompletion", None),
        ("CREATED", "MAKING", "OrderManager.MakeOrder", None),
        ("MAKING", "CREATED", "OrderManager.MakeOrder", None),
        ("MAKING", "COMPLETED", "OrderManager.OrderCompleted", "COMPLETED"),
        ("CREATED", "CANCELLED", "OrderManager.OrderCancelled", "CANCELLED"),
        ("STARTED", "CANCELLED", "OrderManager.OrderCancelled", "CANCELLED"),
        ("CREATED", "TIMEDOUT", None, None),
        ("CREATED", "CREATED", None, None),
    ],
)
def test_each_change_has_its_event_and_resumes_its_workflow(
    orders: Any, catalog: Any, before: str, after: str, kind: str | None, resumed: str | None
) -> None:
    old, new = order(before, token="t"), order(after, token="t", baristaUserId="")
    new["pk"], new["drinkOrder"] = "3f2504e0-4f89-41d3-9a0c-0305e82c3301", {**DRINK, "userId": GUEST}
    due = orders.event_of(old, new, "nyc")
    assert (due and due[0]) == kind
    assert orders.resumes(old, new) == (resumed and ("t", {"state": resumed}))
    if due:
        assert catalog(*due) == []


def test_an_order_that_begins_or_expires_has_no_event(orders: Any) -> None:
    assert orders.event_of({}, order("STARTED"), "nyc") is None
    assert orders.event_of(order("COMPLETED"), {}, "nyc") is None
    assert orders.resumes({}, order("STARTED", token="t")) is None

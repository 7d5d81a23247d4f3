"""The orders of a bar as the demo shows them, from events in any order."""

from itertools import permutations
from typing import Any

from presso.demo.order_board import OrderBoard
from presso.presenters.qr_code import qr_code
from presso.simulation.event_log import LiveEvent

PLACED = {
    "orderNumber": "7",
    "drinkOrder": {"drink": "Caffe Latte", "modifiers": ["Oat"]},
    "TS": 1_800_000_000_500,
}


def event(kind: str, order: str = "o1", at: str = "00:00", **detail: Any) -> LiveEvent:
    time = f"2027-01-15T08:{at}Z"
    return LiveEvent(
        {"detail-type": kind, "time": time, "source": "s", "detail": {"orderId": order, **detail}}
    )


def story() -> list[LiveEvent]:
    return [
        event("Validator.NewOrder"),
        event("OrderProcessor.WorkflowStarted"),
        event("OrderManager.WaitingCompletion", **PLACED),
        event("OrderManager.MakeOrder", at="00:09", baristaUserId="b"),
        event("OrderManager.OrderCompleted", at="00:20"),
    ]


def test_an_order_is_shown_with_its_drink_state_and_waiting_time() -> None:
    board, states = OrderBoard(), []
    for each in story():
        changed = board.take(each)
        assert changed is not None
        states.append(changed.state)
    assert states == ["scanned", "chooses", "waits", "is made", "ready"]
    assert board.rows(0) == [["7", "Caffe Latte, Oat", "ready", "8 s"]]
    assert board.open() == 0


def test_events_that_come_twice_and_in_any_order_show_the_same_end() -> None:
    for events in permutations(story()):
        board = OrderBoard()
        for each in (*events, events[0]):
            board.take(each)
        assert board.rows(0) == [["7", "Caffe Latte, Oat", "ready", "8 s"]]


def test_orders_are_listed_by_number_and_wait_until_a_barista_takes_them() -> None:
    board = OrderBoard()
    board.take(event("Validator.NewOrder", "late"))
    for order, number in (("b", "12"), ("a", "7")):
        board.take(event("OrderManager.WaitingCompletion", order, **{**PLACED, "orderNumber": number}))
    assert [row[0] for row in board.rows(1_800_000_030)] == ["7", "12", ""]
    assert board.rows(1_800_000_030)[0][2:] == ["waits", "30 s"]
    board.take(event("OrderManager.MakeOrder", "a", at="00:02", baristaUserId="b"))
    board.take(event("OrderManager.MakeOrder", "a", at="00:03", baristaUserId=""))
    assert board.rows(1_800_000_030)[0][2:] == ["waits", "30 s"]
    board.take(event("OrderManager.OrderCancelled", "a"))
    board.take(event("Probe", "a"))
    assert board.rows(0)[0][2:] == ["cancelled", ""]
    assert board.open() == 2


def test_a_link_is_a_qr_code_that_a_terminal_shows() -> None:
    lines = qr_code("http://127.0.0.1:20000/_aws/execute-api/0123abcd/$default/#ABCDEF").splitlines()
    assert 15 < len(lines) < 30
    assert {"▀", "▄", "█"} & {*"".join(lines)}

"""Counting drinks against their stock, and alerting once when one runs low."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = json.loads(Path(__file__).with_name("events.json").read_text(encoding="utf-8"))


def example(detail_type: str, order: str) -> dict[str, Any]:
    """The catalog's example with another order."""
    found = next(example for example in EXAMPLES if example["detail-type"] == detail_type)
    return {**found, "detail": {**found["detail"], "orderId": order}}


def placed(order: str, drink: str = "Espresso") -> dict[str, Any]:
    event = example("OrderManager.WaitingCompletion", order)
    event["detail"]["drinkOrder"] = {**event["detail"]["drinkOrder"], "drink": drink}
    return event


def cancelled(order: str) -> dict[str, Any]:
    return example("OrderManager.OrderCancelled", order)


def without_order(event: dict[str, Any]) -> dict[str, Any]:
    del event["detail"]["orderId"]
    return event


def used(table: Any, drink: str = "Espresso") -> int:
    return int(table.items[f"drink#{drink}"]["used"]["N"])


def test_the_alert_comes_with_the_order_that_makes_the_drink_low(bar: Any, table: Any, events: Any) -> None:
    assert not bar(placed("o-1"), placed("o-2"))
    assert events.alerts == []
    assert not bar(placed("o-3"), placed("o-4"), placed("o-5"), placed("o-6"))
    assert events.alerts == [
        {
            "Message": "Espresso runs low: 2 left.",
            "alertId": "Espresso 1",
            "drink": "Espresso",
            "left": 2,
            "lowAt": 2,
            "eventId": "nyc",
        }
    ]
    assert used(table) == 6
    assert "alert" not in table.items["drink#Espresso"]


def test_drinks_run_low_by_themselves_and_others_are_not_counted(bar: Any, table: Any, events: Any) -> None:
    assert not bar(placed("o-1", "Flat White"), placed("o-2"), placed("o-3", "Tea"), cancelled("o-3"))
    assert [alert["alertId"] for alert in events.alerts] == ["Flat White 1"]
    assert (used(table), used(table, "Flat White")) == (1, 1)
    assert "drink#Tea" not in table.items


def test_copies_change_nothing(bar: Any, table: Any, events: Any) -> None:
    batch = [placed("o-1"), placed("o-2"), placed("o-3"), cancelled("o-1"), placed("o-4")]
    for _ in range(3):
        assert not bar(*batch, *batch[::-1])
    assert used(table) == 3
    assert len(events.alerts) == 1


def test_the_order_of_events_does_not_change_what_is_used(code: Any, bar: Any, table: Any) -> None:
    batch = [placed("o-1"), cancelled("o-1"), placed("o-2"), cancelled("o-3"), placed("o-3")]
    for events_in_some_order in itertools.permutations(batch):
        table.items.clear()
        assert not bar(*events_in_some_order)
        assert used(table) == 1


def test_after_restocking_it_can_run_low_again(bar: Any, table: Any, events: Any) -> None:
    assert not bar(placed("o-1"), placed("o-2"), placed("o-3"))
    table.items["drink#Espresso"]["delivered"] = {"N": "7"}
    assert not bar(placed("o-4"))
    assert len(events.alerts) == 1
    assert not bar(placed("o-5"), placed("o-6"))
    assert [alert["alertId"] for alert in events.alerts] == ["Espresso 1", "Espresso 2"]


def test_a_portion_that_comes_back_is_not_restocking(bar: Any, table: Any, events: Any) -> None:
    assert not bar(placed("o-1"), placed("o-2"), placed("o-3"), cancelled("o-3"), placed("o-4"))
    assert used(table) == 3
    assert [alert["left"] for alert in events.alerts] == [2]


def test_restocking_too_little_is_logged(bar: Any, table: Any, events: Any) -> None:
    assert not bar(*(placed(f"o-{n}") for n in range(5)))
    table.items["drink#Espresso"]["delivered"] = {"N": "6"}
    assert not bar(placed("o-5"), placed("o-6"))
    assert [alert["left"] for alert in events.alerts] == [2, 0]


def test_of_two_functions_that_count_at_once_each_counts_and_one_makes_the_alert(
    bar: Any, table: Any, events: Any
) -> None:
    assert not bar(placed("o-1"))
    others = iter([placed("o-2"), placed("o-3")])

    def another_function_comes_first() -> None:
        table.before = lambda: None
        other = next(others, None)
        if other:
            assert not bar(other)
            table.before = another_function_comes_first

    table.before = another_function_comes_first
    assert not bar(placed("o-4"))
    assert used(table) == 4
    assert len(events.alerts) == 1


def test_restocking_while_it_counts_is_not_overwritten(bar: Any, table: Any) -> None:
    assert not bar(placed("o-1"))

    def restock() -> None:
        table.before = lambda: None
        table.items["drink#Espresso"]["delivered"] = {"N": "100"}

    table.before = restock
    assert not bar(placed("o-2"))
    assert table.items["drink#Espresso"]["delivered"] == {"N": "100"}
    assert used(table) == 2


def test_while_the_alert_is_being_emitted_no_other_function_emits_it(
    bar: Any, table: Any, events: Any
) -> None:
    assert not bar(placed("o-1"), placed("o-2"))
    events.refusals = 1
    assert bar(placed("o-3")) == ["m-0"]
    assert not bar(placed("o-4"))
    assert events.alerts == []
    assert "alert" in table.items["drink#Espresso"]


@pytest.mark.parametrize("next_event", ["o-3", "o-9"], ids=["the same event again", "another event"])
def test_an_alert_that_was_not_emitted_is_emitted_by_the_next_function_a_minute_later(
    bar: Any, code: Any, events: Any, monkeypatch: pytest.MonkeyPatch, next_event: str
) -> None:
    assert not bar(placed("o-1"), placed("o-2"))
    events.refusals = 1
    assert bar(placed("o-3")) == ["m-0"]
    later = code("stock").time.time() + 61
    monkeypatch.setattr(code("stock").time, "time", lambda: later)
    assert not bar(placed(next_event), placed("o-3"))
    assert [alert["alertId"] for alert in events.alerts] == ["Espresso 1"]


def test_a_function_that_dies_after_emitting_has_its_alert_emitted_again_with_the_same_id(
    bar: Any, code: Any, table: Any, events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not bar(placed("o-1"), placed("o-2"))
    stock = code("count").stock()
    with monkeypatch.context() as dying:
        dying.setattr(stock, "mark_sent", lambda alert: 1 / 0)
        assert bar(placed("o-3")) == ["m-0"]
    later = code("stock").time.time() + 61
    monkeypatch.setattr(code("stock").time, "time", lambda: later)
    assert not bar(placed("o-3"))
    assert [alert["alertId"] for alert in events.alerts] == ["Espresso 1", "Espresso 1"]
    assert used(table) == 3


def test_a_table_that_is_always_changed_by_others_fails_the_message_and_counts_nothing(
    bar: Any, table: Any
) -> None:
    assert not bar(placed("o-1"))
    changes = itertools.count()

    def another_change() -> None:
        table.items["drink#Espresso"]["delivered"] = {"N": str(50 + next(changes))}

    table.before = another_change
    assert bar(placed("o-2")) == ["m-0"]
    assert "order#o-2" not in table.items
    assert used(table) == 1


BAD = {
    "no JSON": "not { json",
    "JSON but no object": [1],
    "another event": cancelled("o") | {"detail-type": "OrderManager.MakeOrder"},
    "no order": without_order(cancelled("o")),
    "no drink": placed("o", ""),
    "a drink of a thousand letters": placed("o", "x" * 1000),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_message_fails_alone_and_logs_why(
    bar: Any, table: Any, capsys: pytest.CaptureFixture[str], bad: Any
) -> None:
    assert bar(placed("o-1"), bad, placed("o-2")) == ["m-1"]
    assert used(table) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["messageId"], line["what"]) for line in lines] == [
        ("m-0", "counted"),
        ("m-1", "failed"),
        ("m-2", "counted"),
    ]
    assert lines[1]["why"].startswith("BadEventError: ")
    assert ".py:" in lines[1]["where"]

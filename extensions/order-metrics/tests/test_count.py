"""The function, with a table that lives in memory: no AWS."""

import json
from collections import Counter
from typing import Any

import pytest


class Cancelled(Exception):
    def __init__(self, *codes: str) -> None:
        super().__init__("Transaction cancelled")
        self.response = {"CancellationReasons": [{"Code": code} for code in codes]}


class FakeDynamoDB:
    """Keeps the promise that the counters rest on: all of a transaction, or nothing."""

    def __init__(self) -> None:
        self.exceptions = type("Exceptions", (), {"TransactionCanceledException": Cancelled})
        self.records: dict[str, dict[str, Any]] = {}
        self.counters: Counter[tuple[str, str]] = Counter()
        self.failures: list[Exception] = []

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        if self.failures:
            raise self.failures.pop()
        put, *updates = TransactItems
        item = put["Put"]["Item"]
        assert put["Put"]["ConditionExpression"] == "attribute_not_exists(pk)"
        if item["pk"]["S"] in self.records:
            raise Cancelled("ConditionalCheckFailed", "None", "None")
        self.records[item["pk"]["S"]] = item
        for update in updates:
            assert update["Update"]["UpdateExpression"] == "ADD orders :one"
            assert update["Update"]["ExpressionAttributeValues"] == {":one": {"N": "1"}}
            key = update["Update"]["Key"]
            self.counters[key["pk"]["S"], key["sk"]["S"]] += 1


@pytest.fixture
def table() -> FakeDynamoDB:
    return FakeDynamoDB()


@pytest.fixture
def handle(code: Any, table: FakeDynamoDB, monkeypatch: pytest.MonkeyPatch) -> Any:
    counters = code("counters")
    monkeypatch.setattr(counters.time, "sleep", lambda seconds: None)
    count = code("count")
    monkeypatch.setattr(count, "counters", lambda: counters.Counters(table, "counters", order_days=30))
    return lambda event: [
        failure["itemIdentifier"] for failure in count.handler(event, None)["batchItemFailures"]
    ]


def test_orders_are_counted_per_drink_and_per_minute(
    handle: Any, table: FakeDynamoDB, announced: Any, batch: Any
) -> None:
    minute = 60_000
    start = 1_777_627_800_000  # 2026-05-01T09:30:00Z
    assert not handle(
        batch(
            announced("o-1", "Espresso", start),
            announced("o-2", "Espresso", start + minute - 1),
            announced("o-3", "Flat White", start + minute),
        )
    )
    assert table.counters == {
        ("drink", "Espresso"): 2,
        ("drink", "Flat White"): 1,
        ("minute", "2026-05-01T09:30Z"): 2,
        ("minute", "2026-05-01T09:31Z"): 1,
    }


def test_a_second_delivery_changes_nothing_and_is_not_a_failure(
    handle: Any, table: FakeDynamoDB, announced: Any, batch: Any
) -> None:
    assert not handle(batch(announced("o-1"), announced("o-1")))
    assert not handle(batch(announced("o-1")))
    assert table.counters["drink", "Espresso"] == 1


def test_an_order_is_remembered_for_the_days_that_were_asked_for(
    handle: Any, table: FakeDynamoDB, announced: Any, batch: Any, code: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code("counters").time, "time", lambda: 1_000_000.5)
    handle(batch(announced("o-1")))
    assert table.records["order#o-1"]["expires"] == {"N": str(1_000_000 + 30 * 86_400)}


def _without(event: dict[str, Any], *path: str) -> dict[str, Any]:
    inner = event
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return event


def _with_detail(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    event["detail"].update(fields)
    return event


BAD = {
    "no JSON": lambda event: "not { json",
    "JSON but no object": lambda event: "[1]",
    "empty": lambda event: "",
    "no detail": lambda event: _without(event, "detail"),
    "no order id": lambda event: _without(event, "detail", "orderId"),
    "an order id that is a number": lambda event: _with_detail(event, orderId=7),
    "an empty order id": lambda event: _with_detail(event, orderId=""),
    "no drink": lambda event: _without(event, "detail", "drinkOrder", "drink"),
    "a drink order that is text": lambda event: _with_detail(event, drinkOrder="Espresso"),
    "a drink of a thousand characters": lambda event: _with_detail(
        event, drinkOrder={**event["detail"]["drinkOrder"], "drink": "x" * 1000}
    ),
    "no time": lambda event: _without(event, "detail", "TS"),
    "a time that is text": lambda event: _with_detail(event, TS="2026-05-01"),
    "a time that is true": lambda event: _with_detail(event, TS=True),
    "a time beyond all calendars": lambda event: _with_detail(event, TS=10**30),
}


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD)
def test_a_bad_message_fails_alone_and_logs_why(
    spoil: Any,
    handle: Any,
    table: FakeDynamoDB,
    announced: Any,
    batch: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = handle(batch(announced("o-1"), spoil(announced("o-2")), announced("o-3")))
    assert failed == ["m-1"]
    assert table.counters["drink", "Espresso"] == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["messageId"], line["what"]) for line in lines] == [
        ("m-0", "counted"),
        ("m-1", "failed"),
        ("m-2", "counted"),
    ]
    assert lines[1]["why"].startswith("BadEventError: ")
    assert ".py:" in lines[1]["where"]


def test_a_conflict_at_a_counter_is_tried_again(
    handle: Any, table: FakeDynamoDB, announced: Any, batch: Any
) -> None:
    table.failures = [Cancelled("None", "TransactionConflict", "None")] * 3
    assert not handle(batch(announced("o-1")))
    assert table.counters["drink", "Espresso"] == 1


def test_a_conflict_that_does_not_end_is_a_failure_that_leaves_nothing(
    handle: Any, table: FakeDynamoDB, announced: Any, batch: Any
) -> None:
    table.failures = [Cancelled("None", "TransactionConflict", "None")] * 100
    assert handle(batch(announced("o-1"))) == ["m-0"]
    assert not table.counters
    assert not table.records


def test_a_table_that_cannot_be_reached_fails_the_message(
    handle: Any, table: FakeDynamoDB, announced: Any, batch: Any
) -> None:
    table.failures = [OSError("unreachable")]
    assert handle(batch(announced("o-1"), announced("o-2"))) == ["m-0"]
    assert not handle(batch(announced("o-1")))
    assert table.counters["drink", "Espresso"] == 2

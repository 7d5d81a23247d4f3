"""Collecting a day, and making its digest."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = json.loads(Path(__file__).with_name("events.json").read_text(encoding="utf-8"))
KINDS = {
    "placed": "OrderManager.WaitingCompletion",
    "completed": "OrderManager.OrderCompleted",
    "cancelled": "OrderManager.OrderCancelled",
    "timed out": "OrderProcessor.OrderTimeOut",
}


def event(
    kind: str, order: str, time: str = "2026-05-01T09:30:00Z", drink: str = "Espresso"
) -> dict[str, Any]:
    """The catalog's example with another order, time and drink."""
    example = next(example for example in EXAMPLES if example["detail-type"] == KINDS[kind])
    detail = {**example["detail"], "orderId": order}
    if kind == "placed":
        detail["drinkOrder"] = {**detail["drinkOrder"], "drink": drink}
    return {**example, "time": time, "detail": detail}


DAY = [
    event("placed", "o-1", "2026-05-01T09:59:59Z"),
    event("placed", "o-2", "2026-05-01T10:00:00Z", "Flat White"),
    event("placed", "o-3", "2026-05-01T10:30:00Z", "Flat White"),
    event("completed", "o-1"),
    event("completed", "o-2"),
    event("cancelled", "o-3"),
    event("timed out", "o-4"),
]


def test_a_digest_is_of_the_day_before(collect: Any, digest: Any, events: Any) -> None:
    assert not collect(
        *DAY, event("placed", "o-5", "2026-05-02T00:00:00Z"), event("placed", "o-6", "2026-04-30T23:59:59Z")
    )
    assert digest("2026-05-02T00:15:00Z") == {"day": "2026-05-01", "sent": True}
    assert events.digests == [
        {
            "Message": "3 orders on 2026-05-01, most of them Flat White.",
            "day": "2026-05-01",
            "placed": 3,
            "completed": 2,
            "cancelled": 1,
            "timedOut": 1,
            "drinks": [{"drink": "Flat White", "orders": 2}, {"drink": "Espresso", "orders": 1}],
            "busiestHour": 10,
            "eventId": "nyc",
        }
    ]  # fmt: skip


def test_the_message_names_all_favourites(collect: Any, code: Any) -> None:
    counts = {"placed": 1234, "drink#Espresso": 600, "drink#Flat White": 600, "drink#Lungo": 34}
    made = code("digest").digest(date(2026, 5, 1), counts)
    assert made["Message"] == "1,234 orders on 2026-05-01, most of them Espresso and Flat White."


def test_what_comes_twice_is_counted_once(collect: Any, table: Any) -> None:
    assert not collect(*DAY, *DAY)
    assert not collect(*DAY[::-1])
    assert table.counters["day#2026-05-01", "placed"] == 3
    assert table.counters["day#2026-05-01", "drink#Flat White"] == 2
    assert table.counters["day#2026-05-01", "completed"] == 2


@pytest.mark.parametrize(
    ("begins", "time", "day"),
    [
        ("0", "2026-05-01T00:00:00Z", "2026-05-01"),
        ("8", "2026-05-01T07:59:59Z", "2026-04-30"),
        ("8", "2026-05-01T08:00:00Z", "2026-05-01"),
        ("23", "2026-05-01T22:59:59Z", "2026-04-30"),
        ("0", "2026-05-01T02:00:00+03:00", "2026-04-30"),
    ],
)
def test_a_day_begins_at_the_organisers_hour(
    collect: Any, table: Any, monkeypatch: pytest.MonkeyPatch, begins: str, time: str, day: str
) -> None:
    monkeypatch.setenv("DAY_BEGINS", begins)
    assert not collect(event("completed", "o-1", time))
    assert table.counters == {(f"day#{day}", "completed"): 1}


def test_the_digest_of_a_day_that_begins_at_eight_is_of_the_day_that_ended_at_eight(
    collect: Any, digest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAY_BEGINS", "8")
    assert not collect(event("placed", "o-1", "2026-05-02T07:00:00Z"))
    assert digest("2026-05-02T08:15:00Z") == {"day": "2026-05-01", "sent": True}


def test_a_day_without_orders_has_no_digest(digest: Any, table: Any, events: Any) -> None:
    assert digest("2026-05-02T00:15:00Z") == {"day": "2026-05-01", "sent": False}
    assert not events.digests
    assert not table.records


def test_a_second_start_emits_nothing(collect: Any, digest: Any, events: Any) -> None:
    assert not collect(*DAY)
    digest("2026-05-02T00:15:00Z")
    assert not collect(event("placed", "late"))
    assert digest("2026-05-02T00:15:00Z") == {"day": "2026-05-01", "sent": False}
    assert len(events.digests) == 1


def test_what_was_kept_and_not_emitted_is_emitted_word_for_word_by_the_next_start(
    code: Any, collect: Any, digest: Any, events: Any
) -> None:
    assert not collect(*DAY)
    events.refusals = 1
    with pytest.raises(code("digest").NotEmittedError):
        digest("2026-05-02T00:15:00Z")
    assert not collect(event("placed", "late"))
    assert digest("2026-05-02T00:15:00Z")["sent"]
    assert [each["placed"] for each in events.digests] == [3]


def test_a_conflict_at_a_counter_is_tried_again_and_at_last_fails_the_message(
    collect: Any, table: Any
) -> None:
    conflict = type(table).__init__.__globals__["Cancelled"]
    table.failures = [conflict("None", "TransactionConflict")] * 3
    assert not collect(event("placed", "o-1"))
    table.failures = [conflict("None", "TransactionConflict")] * 100
    assert collect(event("placed", "o-2")) == ["m-0"]
    table.failures = [OSError("unreachable")]
    assert collect(event("placed", "o-3"), event("placed", "o-4")) == ["m-0"]
    assert table.counters["day#2026-05-01", "placed"] == 2


BAD = {
    "no JSON": "not { json",
    "JSON but no object": [1],
    "another event": event("completed", "o") | {"detail-type": "OrderManager.MakeOrder"},
    "no time": event("completed", "o") | {"time": None},
    "a time that is none": event("completed", "o") | {"time": "noon"},
    "no order": event("completed", ""),
    "no drink": event("placed", "o", drink=""),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_message_fails_alone_and_logs_why(
    collect: Any, table: Any, capsys: pytest.CaptureFixture[str], bad: Any
) -> None:
    assert collect(event("completed", "o-1"), bad, event("completed", "o-2")) == ["m-1"]
    assert table.counters["day#2026-05-01", "completed"] == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["messageId"], line["what"]) for line in lines] == [
        ("m-0", "collected"),
        ("m-1", "failed"),
        ("m-2", "collected"),
    ]
    assert lines[1]["why"].startswith("BadEventError: ")
    assert ".py:" in lines[1]["where"]

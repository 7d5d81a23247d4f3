"""daily-digest: each event is counted once in its day, and the day's digest is told once."""

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.extensions.conftest import eventually

if TYPE_CHECKING:
    from tests.extensions.conftest import Stage

SOURCE = "serverlesspresso.extension.daily-digest"
FUNCTION = "nyc--daily-digest--digest"
KINDS = {
    "OrderManager.WaitingCompletion": "placed",
    "OrderManager.OrderCompleted": "completed",
    "OrderManager.OrderCancelled": "cancelled",
    "OrderProcessor.OrderTimeOut": "timed out",
}


def counts(stage: "Stage", day: str) -> dict[str, int]:
    items = stage.items("nyc--daily-digest--days")
    return {item["sk"]: int(item["count"]) for item in items if item["pk"] == f"day#{day}"}


def digests(stage: "Stage", day: str) -> list[dict[str, Any]]:
    told = stage.events("DailyDigest.Ready", SOURCE)
    return [event["detail"] for event in told if event["detail"]["day"] == day]


def order(kind: str, at: datetime, order_id: str, drink: str = "") -> dict[str, Any]:
    [name] = [name for name, known in KINDS.items() if known == kind]
    detail: dict[str, Any] = {"orderId": order_id, "eventId": "nyc"}
    if drink:
        detail["drinkOrder"] = {"drink": drink}
    return {"detail-type": name, "detail": detail, "time": at}


def test_a_replay_is_counted_in_the_days_that_its_events_are_of(
    stage: "Stage", played: Sequence[dict[str, Any]]
) -> None:
    items = stage.items("nyc--daily-digest--days")
    seen = {(item["pk"].removeprefix("order#"), item["sk"]) for item in items if "count" not in item}
    expected = {
        (event["detail"]["orderId"], KINDS[event["detail-type"]])
        for event in played
        if event["detail-type"] in KINDS
    }
    assert expected <= seen
    kinds = Counter(kind for _, kind in expected)
    days = {event["time"][:10] for event in played}
    for kind, count in kinds.items():
        assert sum(counts(stage, day).get(kind, 0) for day in days) >= count


def test_the_schedule_makes_one_digest_of_yesterday_though_it_starts_twice(stage: "Stage") -> None:
    # The day before the schedule is due: whatever the test's own day is, nobody else has events of it.
    now = datetime.now(UTC)
    noon = datetime(now.year, now.month, now.day, 12, tzinfo=UTC) - timedelta(days=1)
    day, orders = str(noon.date()), [str(uuid.uuid4()) for _ in range(5)]
    drinks = ["Espresso", "Espresso", "Espresso", "Mocha", "Flat White"]
    events = [
        order("placed", noon + timedelta(hours=n // 2), one, drink)
        for n, (one, drink) in enumerate(zip(orders, drinks, strict=True))
    ]
    events += [order("completed", noon, one) for one in orders[:3]]
    events += [order("cancelled", noon, orders[3]), order("timed out", noon, orders[4])]
    stage.put(*events, *events[::-1])
    eventually(lambda: counts(stage, day).get("timed out") == 1)
    eventually(lambda: stage.settled("daily-digest"))
    for _ in range(2):
        start(stage)
    [digest] = eventually(lambda: digests(stage, day))
    again = stage.aws.client("lambda").invoke(
        FunctionName=FUNCTION, Payload=json.dumps({"time": now.isoformat()})
    )
    assert json.loads(again["Payload"].read()) == {"day": day, "told": False}
    assert digests(stage, day) == [digest]
    assert digest == {
        "Message": f"5 orders on {day}, most of them Espresso.",
        "day": day,
        "placed": 5,
        "completed": 3,
        "cancelled": 1,
        "timedOut": 1,
        "drinks": [
            {"drink": "Espresso", "orders": 3},
            {"drink": "Flat White", "orders": 1},
            {"drink": "Mocha", "orders": 1},
        ],
        "busiestHour": 12,
        "eventId": "nyc",
    }


def start(stage: "Stage") -> None:
    """Start what the schedule starts, as it does: by a schedule of its group that is due once, now."""
    scheduler = stage.aws.client("scheduler")
    group = {"GroupName": "nyc--daily-digest--nightly"}
    found = scheduler.get_schedule(Name="nyc--daily-digest--nightly", **group)
    before = finished(stage)
    scheduler.create_schedule(
        Name=f"nyc--daily-digest--now-{before}",
        **group,
        ActionAfterCompletion="DELETE",
        FlexibleTimeWindow=found["FlexibleTimeWindow"],
        ScheduleExpression=f"at({datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})",
        Target=found["Target"],
    )
    eventually(lambda: finished(stage) > before)


def finished(stage: "Stage") -> int:
    """How often the function of the digest has run to its end."""
    logs = stage.aws.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{FUNCTION}")
    return sum(event["message"].startswith("REPORT") for page in pages for event in page["events"])

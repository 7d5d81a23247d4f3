"""On the local AWS: each event is counted once in its day, and the day's digest is emitted once."""

import json
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from presso.catalog.events import Catalog
from presso.catalog.validation import Checker
from presso.testing.bar import Played, lines

KINDS = {
    "OrderManager.WaitingCompletion": "placed",
    "OrderManager.OrderCompleted": "completed",
    "OrderManager.OrderCancelled": "cancelled",
    "OrderProcessor.OrderTimeOut": "timed out",
}


def counts(played: Played, day: str) -> dict[str, int]:
    return {item["sk"]: int(item["count"]) for item in played.items("days") if item["pk"] == f"day#{day}"}


def digests(played: Played, day: str) -> list[dict[str, Any]]:
    return [event["detail"] for event in played.emitted() if event["detail"]["day"] == day]


def test_a_replay_is_counted_in_the_days_that_its_events_are_of(played: Played) -> None:
    played.eventually(played.settled)
    items = played.items("days")
    seen = {(item["pk"].removeprefix("order#"), item["sk"]) for item in items if "count" not in item}
    expected = {(event["detail"]["orderId"], KINDS[event["detail-type"]]) for event in played.events}
    assert expected
    assert expected <= seen
    kinds = Counter(kind for _, kind in expected)
    days = {event["time"][:10] for event in played.events}
    for kind, count in kinds.items():
        assert sum(counts(played, day).get(kind, 0) for day in days) >= count


def test_the_schedule_makes_one_digest_of_yesterday_though_it_starts_twice(
    played: Played, examples: list[dict[str, Any]]
) -> None:
    # The day before the schedule is due: on each day of the test, no other test has events of it.
    now = datetime.now(UTC)
    noon = datetime(now.year, now.month, now.day, 12, tzinfo=UTC) - timedelta(days=1)
    day, orders = str(noon.date()), [str(uuid.uuid4()) for _ in range(5)]
    # Drinks that no other test of this tenant orders.
    drinks = ["Lungo", "Lungo", "Lungo", "Mocha", "Cortado"]

    def put(kind: str, order: str, at: datetime, drink: str) -> None:
        found = next(example for example in examples if KINDS[example["detail-type"]] == kind)
        detail = {**found["detail"], "orderId": order}
        if drink:
            detail["drinkOrder"] = {**detail["drinkOrder"], "drink": drink}
        played.put(found["detail-type"], detail, Time=at)

    events = [
        ("placed", one, noon + timedelta(hours=n // 2), drink)
        for n, (one, drink) in enumerate(zip(orders, drinks, strict=True))
    ]
    events += [("completed", one, noon, "") for one in orders[:3]]
    events += [("cancelled", orders[3], noon, ""), ("timed out", orders[4], noon, "")]
    for event in (*events, *events[::-1]):
        put(*event)
    played.eventually(lambda: counts(played, day).get("timed out") == 1)
    played.eventually(played.settled)
    for _ in range(2):
        start(played, now)
    [digest] = played.eventually(lambda: digests(played, day))
    again = played.bar.aws.client("lambda").invoke(
        FunctionName="nyc--daily-digest--digest", Payload=json.dumps({"time": now.isoformat()})
    )
    assert json.loads(again["Payload"].read()) == {"day": day, "sent": False}
    assert digests(played, day) == [digest]
    assert digest == {
        "Message": f"5 orders on {day}, most of them Lungo.",
        "day": day,
        "placed": 5,
        "completed": 3,
        "cancelled": 1,
        "timedOut": 1,
        "drinks": [
            {"drink": "Lungo", "orders": 3},
            {"drink": "Cortado", "orders": 1},
            {"drink": "Mocha", "orders": 1},
        ],
        "busiestHour": 12,
        "eventId": "nyc",
    }
    checker = Checker(Catalog.load(played.bar.workspace))
    assert [fault for event in played.emitted() for fault in checker.check(event)] == []


def start(played: Played, due: datetime) -> None:
    """Start what the schedule starts, as it does: by a schedule of its group that is due once, now.

    The function gets the time `due`: a day may end before it starts.
    """
    scheduler = played.bar.aws.client("scheduler")
    group = {"GroupName": "nyc--daily-digest--nightly"}
    found = scheduler.get_schedule(Name="nyc--daily-digest--nightly", **group)
    target = found["Target"]
    time = "<aws.scheduler.scheduled-time>"
    assert time in target["Input"]
    before = finished(played)
    scheduler.create_schedule(
        Name=f"nyc--daily-digest--now-{before}",
        **group,
        ActionAfterCompletion="DELETE",
        FlexibleTimeWindow=found["FlexibleTimeWindow"],
        ScheduleExpression=f"at({datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})",
        Target={**target, "Input": target["Input"].replace(time, f"{due:%Y-%m-%dT%H:%M:%SZ}")},
    )
    played.eventually(lambda: finished(played) > before)


def finished(played: Played) -> int:
    """How often the function of the digest has run to its end."""
    log = lines(played.bar.aws, "/aws/lambda/nyc--daily-digest--digest")
    return sum(line.startswith("REPORT") for line in log)

"""Metrics: counts orders and measures how long they wait and are made, from the events.

A measurement is a line of the function's log in CloudWatch's embedded metric format. The table remembers
what was counted of an order, so that an event that comes twice counts once; and the sums of each hour, for
an admin's page.

Source: CloudWatch user guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import bar
from bar import Request

_DAYS = 3
# What counts how often each time was measured.
_TIMES = {"WaitingTime": "Waited", "MakingTime": "Made"}
COUNTS = {
    "Validator.NewOrder": "Scanned",
    "OrderManager.WaitingCompletion": "Ordered",
    "OrderManager.OrderCompleted": "Completed",
    "OrderManager.OrderCancelled": "Cancelled",
    "OrderProcessor.OrderTimeOut": "TimedOut",
    "OrderProcessor.ShopUnavailable": "Refused",
}


def events(event: dict[str, Any]) -> None:
    """Count an event and what it completes, once."""
    detail, at = event["detail"], int(datetime.fromisoformat(event["time"]).timestamp())
    name = COUNTS.get(event["detail-type"])
    if name is None and not detail["baristaUserId"]:
        return  # put back: the next claim is what counts
    before = _noted(detail["orderId"], name or "Claimed", at)
    if before is not None and (values := dict(_measured(name or "Claimed", before, at))):
        print(json.dumps(_line(detail["orderId"], at, values)))
        _count(at, values)


def _noted(order: str, name: str, at: int) -> dict[str, Any] | None:
    """Note an event of an order, once; return what was noted before, None when this one was."""
    answer = bar.conditional(
        bar.table().update_item,
        Key={"pk": order},
        UpdateExpression="SET #name = :at, expires = :expires",
        # A claim after another one is a claim again; the time between is not of making.
        ConditionExpression="attribute_not_exists(#name)" + (" OR #name < :at" if name == "Claimed" else ""),
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":at": at, ":expires": int(time.time()) + _DAYS * 86400},
        ReturnValues="ALL_OLD",
    )
    return None if answer is None else dict(answer.get("Attributes", {}))


def _measured(name: str, before: dict[str, Any], at: int) -> Iterator[tuple[str, int]]:
    """What an event completes: of two events that a time is between, the one that comes later."""
    if name != "Claimed":
        yield name, 1
    times = {**before, name: at}
    first = name != "Claimed" or "Claimed" not in before
    for measured, begin, end in (
        ("WaitingTime", "Ordered", "Claimed"),
        ("MakingTime", "Claimed", "Completed"),
    ):
        if first and name in (begin, end) and {begin, end} <= times.keys():
            yield measured, max(0, int(times[end]) - int(times[begin]))


def _line(order: str, at: int, values: dict[str, int]) -> dict[str, Any]:
    units = [{"Name": name, "Unit": "Seconds" if name.endswith("Time") else "Count"} for name in values]
    directive = {"Namespace": f"presso/{bar.tenant()}/core", "Dimensions": [[]], "Metrics": units}
    return {"_aws": {"Timestamp": at * 1000, "CloudWatchMetrics": [directive]}, "orderId": order, **values}


def _count(at: int, values: dict[str, int]) -> None:
    """Add what was measured to the sums of its hour; a time is counted, too, so that it has a mean."""
    sums = values | {_TIMES[name]: 1 for name in values if name in _TIMES}
    adds = ", ".join(f"#{name} :{name}" for name in sums)
    bar.table().update_item(
        Key={"pk": f"hour#{bar.local(at):%Y-%m-%dT%H}"},
        UpdateExpression=f"SET expires = :expires ADD {adds}",
        ExpressionAttributeNames={f"#{name}": name for name in sums},
        ExpressionAttributeValues={
            ":expires": int(time.time()) + _DAYS * 86400,
            **{f":{name}": value for name, value in sums.items()},
        },
    )


def figures(request: Request) -> dict[str, Any]:
    """GET /figures: what was counted today at the bar, hour by hour."""
    day = f"{bar.here():%Y-%m-%d}"
    keys = [{"pk": f"hour#{day}T{hour:02}"} for hour in range(24)]
    name = bar.table().name
    found = bar.table().meta.client.batch_get_item(RequestItems={name: {"Keys": keys}})["Responses"][name]
    kept = (*COUNTS.values(), *_TIMES, *_TIMES.values())
    hours = [
        {"hour": int(item["pk"][-2:]), **{name: item[name] for name in kept if name in item}}
        for item in sorted(found, key=lambda item: str(item["pk"]))
    ]
    return {"eventId": bar.tenant(), "day": day, "hours": hours}


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point."""
    return bar.handle(event, routes={"GET /figures": figures}, events=events)

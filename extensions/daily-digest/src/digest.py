"""Makes the digest of the day that is over, stores it and emits it: started by a schedule."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from functools import cache
from typing import Any

import boto3
from days import Days
from humanize import intcomma, natural_list
from order_events import day_of, moment


class NotEmittedError(Exception):
    """EventBridge took the request and refused the event."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make the digest of the day before the one of `event["time"]`, and emit it once.

    A second start finds the digest of the first one, and emits it if the first did not.

    Raises:
        BadEventError: `time` is not a time.
        NotEmittedError: EventBridge refused the event. Lambda tries again.
    """
    day = day_of(moment(event["time"]), int(os.environ["DAY_BEGINS"])) - timedelta(days=1)
    counts = days().counts(day)
    if not counts:
        return {"day": str(day), "sent": False}
    text = days().keep_digest(day, json.dumps(digest(day, counts)))
    if text:
        send(text)
        days().mark_sent(day)
    return {"day": str(day), "sent": bool(text)}


def digest(day: date, counts: dict[str, int]) -> dict[str, Any]:
    """The digest of a day as an event."""
    drinks = sorted(_named(counts, "drink#").items(), key=lambda pair: (-pair[1], pair[0]))
    hours = _named(counts, "hour#")
    found: dict[str, Any] = {
        "day": str(day),
        "placed": counts.get("placed", 0),
        "completed": counts.get("completed", 0),
        "cancelled": counts.get("cancelled", 0),
        "timedOut": counts.get("timed out", 0),
        "drinks": [{"drink": drink, "orders": orders} for drink, orders in drinks],
        "eventId": os.environ["TENANT"],
    }
    favourites = [drink for drink, orders in drinks if orders == drinks[0][1]]
    most = f", most of them {natural_list(favourites)}" if favourites else ""
    found["Message"] = f"{intcomma(found['placed'])} orders on {day}{most}."
    if hours:
        found["busiestHour"] = int(max(sorted(hours), key=lambda hour: hours[hour]))
    return found


def send(text: str) -> None:
    """Put a digest on the tenant's bus.

    Raises:
        NotEmittedError: EventBridge refused it.
    """
    entry = {
        "EventBusName": os.environ["BUS"],
        "Source": os.environ["SOURCE"],
        "DetailType": "DailyDigest.Ready",
        "Detail": text,
    }
    answer = events().put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise NotEmittedError(str(answer["Entries"][0]))


def _named(counts: dict[str, int], start: str) -> dict[str, int]:
    return {what.removeprefix(start): count for what, count in counts.items() if what.startswith(start)}


@cache
def days() -> Days:
    """The days of this function, connected once."""
    return Days(boto3.client("dynamodb"), os.environ["TABLE"])


@cache
def events() -> Any:
    """EventBridge, connected once."""
    return boto3.client("events")

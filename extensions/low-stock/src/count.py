"""Counts the drinks of the coffee bar against their stock, and emits an alert when one runs low."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import batch
import boto3
import order_events
from bar_event import BarEvent
from stock import Alert, Stock


class NotEmittedError(Exception):
    """EventBridge took the request and refused the event."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count the events of a batch of messages; returns those that failed.

    A message whose alert was not emitted has failed, too.
    """
    return batch.each(event, count)


def count(event: BarEvent) -> str:
    """Count one event, and emit the alert that it makes; return what to log.

    Raises:
        bar_event.BadEventError: It cannot be counted.
        NotEmittedError: EventBridge refused the alert.
    """
    alert = stock().count(order_events.of(event))
    if alert is None:
        return "counted"
    send(alert)
    stock().mark_sent(alert)
    return f"counted; emitted alert {alert.id}"


def send(alert: Alert) -> None:
    """Put the alert on the tenant's bus.

    Raises:
        NotEmittedError: EventBridge refused it.
    """
    detail = {
        "Message": f"{alert.drink} runs low: {alert.left} left.",
        "alertId": alert.id,
        "drink": alert.drink,
        "left": alert.left,
        "lowAt": int(os.environ["LOW_AT"]),
        "eventId": alert.bar,
    }
    entry = {
        "EventBusName": os.environ["BUS"],
        "Source": os.environ["SOURCE"],
        "DetailType": "LowStock.RunningLow",
        "Detail": json.dumps(detail),
    }
    answer = events().put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise NotEmittedError(str(answer["Entries"][0]))


@cache
def stock() -> Stock:
    """The stock of this function, connected once."""
    portions = {drink: int(number) for drink, number in json.loads(os.environ["STOCK"]).items()}
    return Stock(boto3.client("dynamodb"), os.environ["TABLE"], portions, int(os.environ["LOW_AT"]))


@cache
def events() -> Any:
    """EventBridge, connected once."""
    return boto3.client("events")

"""Counts the drinks of the coffee bar against their stock, and emits an alert when one runs low."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import boto3
import order_events
from stock import Alert, Stock


class NotEmittedError(Exception):
    """EventBridge took the request and refused the event."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count the events of a batch of messages.

    Returns the messages that were not counted, or whose alert was not emitted, in the form that makes SQS
    send only these again.
    """
    failed = [message["messageId"] for message in event["Records"] if not done(message)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def done(message: dict[str, Any]) -> bool:
    """Count the event in one message; false, with a line in the log, when that failed."""
    try:
        alert = stock().count(order_events.read(message["body"]))
        if alert:
            tell(alert)
            stock().told(alert)
    # One bad message must not hold up the others of its batch.
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        print(json.dumps({"message": "not counted", "messageId": message["messageId"], "why": why}))
        return False
    return True


def tell(alert: Alert) -> None:
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

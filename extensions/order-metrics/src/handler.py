"""Counts the orders of the coffee bar: takes them from a queue, adds them to the counters."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import boto3
import order
from counters import Counters


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count the orders of a batch of messages.

    Returns the messages that were not counted, in the form that makes SQS hand out only them again.
    """
    failed = [message["messageId"] for message in event["Records"] if not counted(message, counters())]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def counted(message: dict[str, Any], into: Counters) -> bool:
    """Count the order in one message; false, with a line in the log, when that failed."""
    try:
        new = into.count(order.read(message["body"]))
    # One bad message must not hold up the others of its batch.
    except Exception as error:
        say("not counted", message, why=f"{type(error).__name__}: {error}")
        return False
    if not new:
        say("counted before", message)
    return True


def say(what: str, message: dict[str, Any], **more: str) -> None:
    """Write a line to the log, as JSON."""
    print(json.dumps({"message": what, "messageId": message["messageId"], **more}))


@cache
def counters() -> Counters:
    """The counters of this function, connected once."""
    return Counters(
        boto3.client("dynamodb"), table=os.environ["TABLE"], order_days=int(os.environ["ORDER_DAYS"])
    )

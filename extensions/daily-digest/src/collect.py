"""Adds what happens at the coffee bar to its day: takes events from a queue, each of them once."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import boto3
import order_events
from days import Days


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Collect the events of a batch of messages.

    Returns the messages that were not collected, in the form that makes SQS hand out only them again.
    """
    failed = [message["messageId"] for message in event["Records"] if not collected(message)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def collected(message: dict[str, Any]) -> bool:
    """Collect the event in one message; false, with a line in the log, when that failed."""
    try:
        days().add(order_events.read(message["body"], int(os.environ["DAY_BEGINS"])))
    # One bad message must not hold up the others of its batch.
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        print(json.dumps({"message": "not collected", "messageId": message["messageId"], "why": why}))
        return False
    return True


@cache
def days() -> Days:
    """The days of this function, connected once."""
    return Days(boto3.client("dynamodb"), os.environ["TABLE"])

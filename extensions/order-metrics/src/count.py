"""Counts the orders of the coffee bar: takes them from a queue, adds them to the counters."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import batch
import boto3
import order
from bar_event import BarEvent
from counters import Counters


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Count the orders of a batch of messages; returns those that failed."""
    return batch.each(event, count)


def count(event: BarEvent) -> str:
    """Count one order; return what to log.

    Raises:
        bar_event.BadEventError: It cannot be counted.
    """
    return "counted" if counters().count(order.of(event)) else "counted before"


@cache
def counters() -> Counters:
    """The counters of this function, connected once."""
    return Counters(
        boto3.client("dynamodb"), table=os.environ["TABLE"], order_days=int(os.environ["ORDER_DAYS"])
    )

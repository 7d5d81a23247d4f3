"""Adds what happens at the coffee bar to its day: takes events from a queue, each of them once."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import batch
import boto3
import order_events
from bar_event import BarEvent
from days import Days


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Collect the events of a batch of messages; returns those that failed."""
    return batch.each(event, collect)


def collect(event: BarEvent) -> str:
    """Add one event to its day; return what to log.

    Raises:
        bar_event.BadEventError: It cannot be counted.
    """
    new = days().add(order_events.of(event, int(os.environ["DAY_BEGINS"])))
    return "collected" if new else "collected before"


@cache
def days() -> Days:
    """The days of this function, connected once."""
    return Days(boto3.client("dynamodb"), os.environ["TABLE"])

"""The bar's events about orders, as far as a digest is concerned; and the day of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

LONGEST = 200
KINDS = {
    "OrderManager.WaitingCompletion": "placed",
    "OrderManager.OrderCompleted": "completed",
    "OrderManager.OrderCancelled": "cancelled",
    "OrderProcessor.OrderTimeOut": "timed out",
}


class BadEventError(Exception):
    """The message is not an event about an order; the error states why."""


@dataclass(frozen=True)
class OrderEvent:
    """Something that happened to an order.

    Attributes:
        order_id: The order's id, the same in every copy of its events.
        kind: What happened: `placed`, `completed`, `cancelled` or `timed out`.
        day: The day it belongs to.
        hour: The hour it happened in, UTC.
        drink: The drink's name, of an order that was placed; else "".
    """

    order_id: str
    kind: str
    day: date
    hour: int
    drink: str = ""


def read(body: str, day_begins: int) -> OrderEvent:
    """Read a message's body, an event in EventBridge's envelope as JSON text.

    Raises:
        BadEventError: The body is no JSON, is another event, or a field is missing or wrong.
    """
    try:
        event = json.loads(body)
    except ValueError as error:
        raise BadEventError(f"the body is no JSON: {error}") from error
    kind = KINDS.get(_at(event, "detail-type"))
    if kind is None:
        raise BadEventError(f"detail-type is {event['detail-type']}")
    when = moment(_at(event, "time"))
    return OrderEvent(
        order_id=_at(event, "detail", "orderId"),
        kind=kind,
        day=day_of(when, day_begins),
        hour=when.hour,
        drink=_at(event, "detail", "drinkOrder", "drink") if kind == "placed" else "",
    )


def moment(text: str) -> datetime:
    """The moment, in UTC, that a text such as `2026-05-01T09:30:00Z` names.

    Raises:
        BadEventError: It names none.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise BadEventError(f"time is none: {text}") from error


def day_of(when: datetime, day_begins: int) -> date:
    """The day of a moment, where days begin at this hour, UTC."""
    return (when - timedelta(hours=day_begins)).date()


def _at(value: Any, *path: str) -> str:
    """The text at a path."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise BadEventError(
            f"{'.'.join(path)} is no text of 1 to {LONGEST} characters: {str(value)[:LONGEST]}"
        )
    return value

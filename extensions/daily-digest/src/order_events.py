"""The bar's events about orders, as far as a digest is concerned; and the day of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bar_event import BadEventError, BarEvent
from events import OrderManagerWaitingCompletion

LONGEST = 200
KINDS = {
    "OrderManager.WaitingCompletion": "placed",
    "OrderManager.OrderCompleted": "completed",
    "OrderManager.OrderCancelled": "cancelled",
    "OrderProcessor.OrderTimeOut": "timed out",
}


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


def of(event: BarEvent, day_begins: int) -> OrderEvent:
    """Return what happened to an order by an event.

    Raises:
        BadEventError: A text of it cannot be a key in the table, or its time is none.
    """
    typed, when = event.typed, moment(event.time)
    placed = isinstance(typed, OrderManagerWaitingCompletion)
    return OrderEvent(
        order_id=_key("orderId", typed.detail.order_id),
        kind=KINDS[event.name],
        day=day_of(when, day_begins),
        hour=when.hour,
        drink=_key("drink", typed.detail.drink_order.drink) if placed else "",
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


def _key(name: str, text: str) -> str:
    if not 0 < len(text) <= LONGEST:
        raise BadEventError(f"{name} has {len(text)} characters, not 1 to {LONGEST}")
    return text

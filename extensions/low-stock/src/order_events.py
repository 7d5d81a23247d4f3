"""The bar's events about orders, as far as a stock is concerned."""

from __future__ import annotations

from dataclasses import dataclass

from bar_event import BadEventError, BarEvent
from events import OrderManagerWaitingCompletion

LONGEST = 200


@dataclass(frozen=True)
class Placed:
    """An order for a drink: one portion less."""

    order_id: str
    bar: str
    drink: str


@dataclass(frozen=True)
class Cancelled:
    """An order that was not made after all: its portion is still there."""

    order_id: str
    bar: str


def of(event: BarEvent) -> Placed | Cancelled:
    """Return what an event means for the stock.

    Raises:
        BadEventError: A text of it cannot be a key in the table.
    """
    typed = event.typed
    order_id, bar = _key("orderId", typed.detail.order_id), _key("eventId", typed.detail.event_id)
    if isinstance(typed, OrderManagerWaitingCompletion):
        return Placed(order_id, bar, _key("drink", typed.detail.drink_order.drink))
    return Cancelled(order_id, bar)


def _key(name: str, text: str) -> str:
    if not 0 < len(text) <= LONGEST:
        raise BadEventError(f"{name} has {len(text)} characters, not 1 to {LONGEST}")
    return text

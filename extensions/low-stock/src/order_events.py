"""The bar's events about orders, as far as a stock is concerned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONGEST = 200


class BadEventError(Exception):
    """The message is not an event about an order; the error states why."""


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


def read(body: str) -> Placed | Cancelled:
    """Read a message's body, an event in EventBridge's envelope as JSON text.

    Raises:
        BadEventError: The body is no JSON, is another event, or a field is missing or wrong.
    """
    try:
        event = json.loads(body)
    except ValueError as error:
        raise BadEventError(f"the body is no JSON: {error}") from error
    kind = _at(event, "detail-type")
    order_id, bar = _at(event, "detail", "orderId"), _at(event, "detail", "eventId")
    if kind == "OrderManager.WaitingCompletion":
        return Placed(order_id, bar, _at(event, "detail", "drinkOrder", "drink"))
    if kind == "OrderManager.OrderCancelled":
        return Cancelled(order_id, bar)
    raise BadEventError(f"detail-type is {kind}")


def _at(value: Any, *path: str) -> str:
    """The text at a path."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise BadEventError(
            f"{'.'.join(path)} is no text of 1 to {LONGEST} characters: {str(value)[:LONGEST]}"
        )
    return value

"""An order as the bar announces it: what is needed to count it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LONGEST = 200


class BadOrderError(Exception):
    """The message is not an announcement of an order; the error states why."""


@dataclass(frozen=True)
class Order:
    """An order that the barista can begin with.

    Attributes:
        order_id: Its id, the same in every copy of its event.
        drink: The drink's name on the menu, such as `Flat White`.
        minute: The minute it was announced in, UTC, such as `2026-05-01T09:30Z`.
    """

    order_id: str
    drink: str
    minute: str


def read(body: str) -> Order:
    """Read the order from a message's body, an event in EventBridge's envelope as JSON text.

    Raises:
        BadOrderError: The body is no JSON, or lacks a field, or a field is not what it should be.
    """
    try:
        event = json.loads(body)
    except ValueError as error:
        raise BadOrderError(f"the body is no JSON: {error}") from error
    detail = _field(event, "detail", dict)
    return Order(
        order_id=_text(detail, "orderId"),
        drink=_text(_field(detail, "drinkOrder", dict), "drink"),
        minute=_minute(_field(detail, "TS", int)),
    )


def _field(value: Any, name: str, kind: type) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise BadOrderError(f"{name} is missing or no {kind.__name__}: {str(found)[:LONGEST]}")
    return found


def _text(value: Any, name: str) -> str:
    text: str = _field(value, name, str)
    if not 0 < len(text) <= LONGEST:
        raise BadOrderError(f"{name} has {len(text)} characters, not 1 to {LONGEST}")
    return text


def _minute(epoch_ms: int) -> str:
    try:
        return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
    except (OSError, OverflowError, ValueError) as error:
        raise BadOrderError(f"TS is no time in milliseconds: {epoch_ms}") from error

"""An order as the bar announces it: what is needed to count it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bar_event import BadEventError, BarEvent

LONGEST = 200


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


def of(event: BarEvent) -> Order:
    """Return the order that an event announces.

    Raises:
        BadEventError: A text of it cannot be a key in the table, or its time is none.
    """
    detail = event.typed.detail
    return Order(
        order_id=_key("orderId", detail.order_id),
        drink=_key("drink", detail.drink_order.drink),
        minute=_minute(detail.ts),
    )


def _key(name: str, text: str) -> str:
    if not 0 < len(text) <= LONGEST:
        raise BadEventError(f"{name} has {len(text)} characters, not 1 to {LONGEST}")
    return text


def _minute(epoch_ms: int) -> str:
    try:
        return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
    except (OSError, OverflowError, ValueError) as error:
        raise BadEventError(f"TS is not a time in milliseconds: {epoch_ms}") from error

# Made by presso catalog code OrderManager.WaitingCompletion --language python
"""OrderManager.WaitingCompletion: Order placed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class DrinkOrder:
    """What was ordered.

    Args:
        user_id: Who ordered: the customer's id, or `robot`.
        drink: The drink's name on the menu. The menu is the shop's own, so any name is possible.
        modifiers: The options chosen, such as the milk; empty when the drink has none.
        icon: Which picture the screens show for the drink.
    """

    user_id: str = field(metadata={"name": "userId"})
    drink: str
    modifiers: tuple[str, ...]
    icon: str


@dataclass(frozen=True, kw_only=True)
class Detail:
    """An order is placed: its drink and its number are known, and baristas see it.

    Args:
        order_id: The order's id, the same in every event about the order.
        order_number: The number called out at the counter, counted from 1 every day. A text, not a
            number.
        state: The order's state: the coffee bar's eventId, a hyphen and `CREATED`.
        drink_order: What was ordered.
        user_id: Who ordered: the customer's id, or `robot`.
        robot: Whether the order robot placed the order, not a customer.
        event_id: The coffee bar that this happened in: the tenant's name.
        ts: When the order was placed, in milliseconds since 1970.
        message: Why the event happened, in a sentence for people. Optional in every event.
    """

    order_id: str = field(metadata={"name": "orderId"})
    order_number: str = field(metadata={"name": "orderNumber"})
    state: str
    drink_order: DrinkOrder = field(metadata={"name": "drinkOrder"})
    user_id: str = field(metadata={"name": "userId"})
    robot: bool
    event_id: str = field(metadata={"name": "eventId"})
    ts: int = field(metadata={"name": "TS"})
    message: str | None = field(default=None, metadata={"name": "Message"})


@dataclass(frozen=True, kw_only=True)
class OrderManagerWaitingCompletion:
    """After the order manager has checked the drink against the menu and stored the order. This is the event
    to count orders by.

    Args:
        version: The envelope's version; always 0.
        id: EventBridge's id of the event. The same event may be delivered twice, with the same id.
        detail_type: What happened: the event's name in this catalog.
        source: The producer: the coffee bar itself, or an extension.
        account: The AWS account that the event was put in.
        time: When the event was put, in whole seconds, UTC.
        region: The AWS region that the event was put in.
        resources: ARNs of what the event is about, such as the workflow's execution. Mostly empty.
        detail: An order is placed: its drink and its number are known, and baristas see it.
        replay_name: The replay that the event comes from. Only on events replayed from an archive.
    """

    version: Literal["0"]
    id: str
    detail_type: Literal["OrderManager.WaitingCompletion"] = field(metadata={"name": "detail-type"})
    source: Literal["awsserverlessda.serverlesspresso"]
    account: str
    time: str
    region: str
    resources: tuple[str, ...]
    detail: Detail
    replay_name: str | None = field(default=None, metadata={"name": "replay-name"})

# Made by presso catalog code OrderManager.OrderCancelled --language python
"""OrderManager.OrderCancelled: Order cancelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Detail:
    """An order is cancelled.

    Args:
        order_id: The order's id, the same in every event about the order.
        user_id: Who ordered: the customer's id, or `robot`.
        event_id: The coffee bar that this happened in: the tenant's name.
        orderstate: The order's state: the coffee bar's eventId, a hyphen and `CANCELLED`.
        message: Why the event happened, in a sentence for people. Optional in every event.
    """

    order_id: str = field(metadata={"name": "orderId"})
    user_id: str = field(metadata={"name": "userId"})
    event_id: str = field(metadata={"name": "eventId"})
    orderstate: str = field(metadata={"name": "ORDERSTATE"})
    message: str | None = field(default=None, metadata={"name": "Message"})


@dataclass(frozen=True, kw_only=True)
class OrderManagerOrderCancelled:
    """When the barista, or the barista robot, cancels the order. OrderProcessor.orderFinished follows. The
    deployed original spells it OrderManager.Order<eventId>-CANCELLED; its documentation, and presso, as
    here.

    Args:
        version: The envelope's version; always 0.
        id: EventBridge's id of the event. The same event may be delivered twice, with the same id.
        detail_type: What happened: the event's name in this catalog.
        source: The producer: the coffee bar itself, or an extension.
        account: The AWS account that the event was put in.
        time: When the event was put, in whole seconds, UTC.
        region: The AWS region that the event was put in.
        resources: ARNs of what the event is about, such as the workflow's execution. Mostly empty.
        detail: An order is cancelled.
        replay_name: The replay that the event comes from. Only on events replayed from an archive.
    """

    version: Literal["0"]
    id: str
    detail_type: Literal["OrderManager.OrderCancelled"] = field(metadata={"name": "detail-type"})
    source: Literal["awsserverlessda.serverlesspresso"]
    account: str
    time: str
    region: str
    resources: tuple[str, ...]
    detail: Detail
    replay_name: str | None = field(default=None, metadata={"name": "replay-name"})

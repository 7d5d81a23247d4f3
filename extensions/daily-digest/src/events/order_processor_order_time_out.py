# Made by presso catalog code OrderProcessor.OrderTimeOut --language python
"""OrderProcessor.OrderTimeOut: Order timed out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Detail:
    """The step that the order waited for did not happen in time; the order is over.

    Args:
        order_id: The order's id, the same in every event about the order.
        user_id: Who ordered: the customer's id, or `robot`.
        event_id: The coffee bar that this happened in: the tenant's name.
        cause: Who did not act in time.
        message: Why the event happened, in a sentence for people. Optional in every event.
    """

    order_id: str = field(metadata={"name": "orderId"})
    user_id: str = field(metadata={"name": "userId"})
    event_id: str = field(metadata={"name": "eventId"})
    cause: Literal["Customer timedout", "Barista timedout"]
    message: str | None = field(default=None, metadata={"name": "Message"})


@dataclass(frozen=True, kw_only=True)
class OrderProcessorOrderTimeOut:
    """300 seconds after OrderProcessor.WorkflowStarted without a drink chosen, or 900 seconds after
    OrderProcessor.WaitingCompletion without a barista.

    Args:
        version: The envelope's version; always 0.
        id: EventBridge's id of the event. The same event may be delivered twice, with the same id.
        detail_type: What happened: the event's name in this catalog.
        source: The producer: the coffee bar itself, or an extension.
        account: The AWS account that the event was put in.
        time: When the event was put, in whole seconds, UTC.
        region: The AWS region that the event was put in.
        resources: ARNs of what the event is about, such as the workflow's execution. Mostly empty.
        detail: The step that the order waited for did not happen in time; the order is over.
        replay_name: The replay that the event comes from. Only on events replayed from an archive.
    """

    version: Literal["0"]
    id: str
    detail_type: Literal["OrderProcessor.OrderTimeOut"] = field(metadata={"name": "detail-type"})
    source: Literal["awsserverlessda.serverlesspresso"]
    account: str
    time: str
    region: str
    resources: tuple[str, ...]
    detail: Detail
    replay_name: str | None = field(default=None, metadata={"name": "replay-name"})

"""The function's code as Lambda sees it: its folder first on the path, under plain names."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Announce = Callable[..., dict[str, Any]]


@pytest.fixture
def announced() -> Announce:
    """Make an `OrderManager.WaitingCompletion` event, in EventBridge's envelope."""

    def event(order_id: str = "o-1", drink: str = "Espresso", ts: int = 1_777_627_800_000) -> dict[str, Any]:
        return {
            "version": "0",
            "source": "awsserverlessda.serverlesspresso",
            "detail-type": "OrderManager.WaitingCompletion",
            "detail": {
                "orderId": order_id,
                "orderNumber": "1",
                "state": "NYC-CREATED",
                "drinkOrder": {"userId": "u-1", "drink": drink, "modifiers": [], "icon": "espresso"},
                "userId": "u-1",
                "robot": False,
                "eventId": "NYC",
                "TS": ts,
            },
        }

    return event


@pytest.fixture
def batch() -> Callable[..., dict[str, Any]]:
    """Make what Lambda receives from a queue: messages m-0, m-1, … with these bodies."""

    def event(*bodies: Any) -> dict[str, Any]:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        return {"Records": [{"messageId": f"m-{n}", "body": text} for n, text in enumerate(texts)]}

    return event

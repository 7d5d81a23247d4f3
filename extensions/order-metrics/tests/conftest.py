"""Events that announce orders, and batches of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Announce = Callable[..., dict[str, Any]]


@pytest.fixture
def announced(examples: list[dict[str, Any]]) -> Announce:
    """Make an event that announces an order: the catalog's example with another order, drink and time."""

    def event(order_id: str = "o-1", drink: str = "Espresso", ts: int = 1_777_627_800_000) -> dict[str, Any]:
        detail = examples[0]["detail"]
        order = {**detail["drinkOrder"], "drink": drink}
        return {**examples[0], "detail": {**detail, "orderId": order_id, "drinkOrder": order, "TS": ts}}

    return event


@pytest.fixture
def batch() -> Callable[..., dict[str, Any]]:
    """Make what Lambda receives from a queue: messages m-0, m-1, … with these bodies."""

    def event(*bodies: Any) -> dict[str, Any]:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        return {"Records": [{"messageId": f"m-{n}", "body": text} for n, text in enumerate(texts)]}

    return event

# Made by presso catalog code --language python
"""Events of the catalog as classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .order_manager_order_cancelled import OrderManagerOrderCancelled
from .order_manager_waiting_completion import OrderManagerWaitingCompletion
from .reading import WrongEventError, as_dict, as_json, parse, parse_one_of

__all__ = [
    "AnyEvent",
    "OrderManagerOrderCancelled",
    "OrderManagerWaitingCompletion",
    "WrongEventError",
    "as_dict",
    "as_json",
    "parse",
    "parse_any",
    "parse_one_of",
]

AnyEvent: TypeAlias = OrderManagerOrderCancelled | OrderManagerWaitingCompletion
_KINDS: tuple[type[AnyEvent], ...] = (
    OrderManagerOrderCancelled,
    OrderManagerWaitingCompletion,
)


def parse_any(event: str | bytes | Mapping[str, Any]) -> AnyEvent:
    """Read an event as one of these classes, by its detail-type and source.

    Raises:
        WrongEventError: It matches none of them, or is not valid.
    """
    return parse_one_of(_KINDS, event)

"""A log line for each event that the webhook did not accept: the reason, and the whole event."""

from __future__ import annotations

from typing import Any

from bar_event import BarEvent

UNKNOWN = "UNKNOWN"


def line(event: BarEvent, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what to log of a dead letter.

    Args:
        event: The event.
        attributes: The message's attributes, with EventBridge's reason.
    """
    return {
        "what": "not delivered",
        "event": event.name,
        "order": event.order,
        "code": _said(attributes, "ERROR_CODE"),
        "why": _said(attributes, "ERROR_MESSAGE"),
        "detail": event.detail,
    }


def _said(attributes: dict[str, Any], name: str) -> str:
    return str(attributes.get(name, {}).get("stringValue", UNKNOWN))

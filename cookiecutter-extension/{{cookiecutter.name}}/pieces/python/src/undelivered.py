"""What the webhook did not take: a line for each event, with the reason, and all of the event."""

from __future__ import annotations

from typing import Any

from bar_event import BarEvent

UNKNOWN = "UNKNOWN"


def line(event: BarEvent, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what to log of a dead letter.

    Args:
        event: The event.
        attributes: The message's: EventBridge says there why it gave up.
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

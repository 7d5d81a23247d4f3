"""An event of the bar in EventBridge's envelope: what this extension needs of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

{% if cookiecutter._classes %}
from events import AnyEvent, WrongEventError, parse_any
{% else %}
LONGEST = 200
{% endif %}


class BadEventError(Exception):
    """It is not an event of the bar; the message states why."""


@dataclass(frozen=True)
class BarEvent:
    """Something that happened in the bar.

    Attributes:
        id: EventBridge's, the same in every copy of the event.
        name: Its detail-type, such as `OrderManager.WaitingCompletion`.
        time: When it was emitted, UTC, such as `2026-05-01T09:30:00Z`.
        detail: See `presso catalog show` for this event.
{% if cookiecutter._classes %}
        typed: The event with the fields and types of the catalog, such as `event.typed.detail.event_id`.
{% endif %}
    """

    id: str
    name: str
    time: str
    detail: dict[str, Any]
{% if cookiecutter._classes %}
    typed: AnyEvent
{% endif %}

    @property
    def order(self) -> str:
        """The order that it is about, or `-`."""
        return str(self.detail.get("orderId", "-"))

    @property
    def milliseconds(self) -> int:
        """Its time in milliseconds since 1970."""
        return round(datetime.fromisoformat(self.time).timestamp() * 1000)


def read(event: Any) -> BarEvent:
    """Read an event as EventBridge delivers it.

    Raises:
        BadEventError: A field is missing, or is not what it should be.
    """
{% if cookiecutter._classes %}
    try:
        typed = parse_any(event)
    except WrongEventError as error:
        raise BadEventError(f"{error.path or 'the event'} {error.fault}") from error
    found = BarEvent(typed.id, typed.detail_type, typed.time, event["detail"], typed)
{% else %}
    found = BarEvent(
        id=_text(event, "id"),
        name=_text(event, "detail-type"),
        time=_text(event, "time"),
        detail=_field(event, "detail", dict),
    )
{% endif %}
    try:
        datetime.fromisoformat(found.time)
    except ValueError as error:
        raise BadEventError(f"time is not a time: {found.time}") from error
    return found


def read_text(body: str) -> BarEvent:
    """Read an event from a message's body.

    Raises:
        BadEventError: As `read`, or the body is not JSON.
    """
    try:
        event = json.loads(body)
    except ValueError as error:
        raise BadEventError(f"the body is not JSON: {error}") from error
    return read(event)
{% if not cookiecutter._classes %}


def _text(event: Any, name: str) -> str:
    text: str = _field(event, name, str)
    if not 0 < len(text) <= LONGEST:
        raise BadEventError(f"{name} has {len(text)} characters, not 1 to {LONGEST}")
    return text


def _field(event: Any, name: str, kind: type) -> Any:
    found = event.get(name) if isinstance(event, dict) else None
    if not isinstance(found, kind):
        raise BadEventError(f"{name} is missing or no {kind.__name__}: {str(found)[:LONGEST]}")
    return found
{% endif %}

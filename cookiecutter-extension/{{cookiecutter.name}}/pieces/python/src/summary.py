"""What the workflow keeps of an event: its key, and a sentence for people."""

from __future__ import annotations

from bar_event import BarEvent


def make(event: BarEvent) -> dict[str, str]:
    """Return the record of an event."""
    text = event.detail.get("Message") or f"{event.name} of order {event.order}."
    return {"pk": event.name, "sk": f"{event.time}#{event.id}", "text": text}

"""The work on one event: a ticket, as it would be printed for a barista."""

from __future__ import annotations

from bar_event import BarEvent


def write(event: BarEvent) -> str:
    """Return the ticket. Work that fails raises, and its message comes again."""
    about = event.detail.get("Message") or f"order {event.order}"
    return f"{event.time[11:16]} {event.name}: {about}"

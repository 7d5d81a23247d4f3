"""The workflow's first step: sums up the event that started it."""

from __future__ import annotations

from typing import Any

import bar_event
import summary


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Return the record that the workflow's next step keeps.

    Raises:
        bar_event.BadEventError: It is not an event; the execution fails with this error.
    """
    return summary.make(bar_event.read(event))

"""Works through the events in a queue, at its own pace."""

from __future__ import annotations

from typing import Any

import batch
import ticket


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Work on a batch of messages; returns those that failed."""
    return batch.each(event, ticket.write)

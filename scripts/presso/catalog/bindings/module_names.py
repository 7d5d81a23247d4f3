"""What files of generated code are called."""

from __future__ import annotations

import keyword
import re

from presso.catalog.events import CatalogEvent
from presso.catalog.field_usage import snake

READING = "reading"


def module(event: CatalogEvent) -> str:
    """The name of an event's module, such as `order_manager_waiting_completion`."""
    name = "_".join(snake(part) for part in re.findall(r"[A-Za-z0-9]+", event.name))
    if not name.isidentifier():
        return f"event_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name == READING else name

"""The fields of an event as an indented tree, for terminals and exports."""

from __future__ import annotations

import textwrap

from event_patterns.schemas import Field, schema_words
from presso.catalog.events import CatalogEvent

WIDTH = 100
_DESCRIPTION, _BELOW = 30, " " * 8


def tree(event: CatalogEvent, width: int = WIDTH + 10) -> list[str]:
    """The schema as a tree: each field, what it may be, and what it is; the last below where it is narrow."""
    rows = [
        (f"{'  ' * field.depth}{_leaf(field)}", schema_words(field.schema), field.description)
        for field in event.fields
    ]
    first = max((len(name) for name, _, _ in rows), default=0)
    second = min(max((len(kind) for _, kind, _ in rows), default=0), 44)
    narrow = first + second + 6 + _DESCRIPTION > width
    lines = []
    for name, kind, description in rows:
        head = f"  {name.ljust(first)}  {kind.ljust(second)}  "
        if narrow:
            lines += wrapped(kind, width, head[: first + 4]).splitlines()
            lines += textwrap.wrap(description, width, initial_indent=_BELOW, subsequent_indent=_BELOW)
            continue
        lines += textwrap.wrap(
            description,
            width=max(width, len(head) + _DESCRIPTION),
            initial_indent=head,
            subsequent_indent=" " * len(head),
        ) or [head.rstrip()]
    return lines


def _leaf(field: Field) -> str:
    return "each" if field.path.endswith("[]") else f"{field.name}{'' if field.required else '?'}"


def wrapped(text: str, width: int, head: str = "") -> str:
    """Return the text in lines of at most this width, all but the first indented by the head's length."""
    below = " " * len(head)
    return textwrap.fill(text, width, initial_indent=head, subsequent_indent=below, break_on_hyphens=False)

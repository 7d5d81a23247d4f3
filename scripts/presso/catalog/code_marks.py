"""The first line of generated code, with its event and language."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?:#|//) Made by presso catalog code(?: (.+))? --language ([a-z]+)\n")


@dataclass(frozen=True)
class Mark:
    """The content of the line; `event` is "" in a file that belongs to all events of its folder."""

    event: str
    language: str

    def before(self, text: str) -> str:
        """The text with the line before it."""
        comment = "#" if self.language == "python" else "//"
        command = " ".join(filter(None, ("presso catalog code", self.event, "--language", self.language)))
        return f"{comment} Made by {command}\n{text}"


def mark_of(text: str) -> Mark | None:
    """The content of a file's first line; None when it is not generated code."""
    found = _LINE.match(text)
    return Mark(found[1] or "", found[2]) if found else None

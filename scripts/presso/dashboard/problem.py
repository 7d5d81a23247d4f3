"""The text of an error on the page: reading goes on after it."""

from __future__ import annotations

from presso import bug
from presso.errors import PressoError


def words(error: Exception) -> str:
    """Return an error's message, with its hint; of one that is not expected, its type too."""
    if isinstance(error, PressoError):
        return f"{error.message} {error.hint}".strip()
    return bug.summary(error)

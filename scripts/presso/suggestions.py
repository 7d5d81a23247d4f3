"""Suggests the known name that a mistyped one was probably meant to be."""

from collections.abc import Iterable

from event_patterns.nearest import nearest
from presso.terminal import printable


def did_you_mean(word: str, known: Iterable[str], kind: str) -> str:
    """Return a hint: the nearest of `known` as a question, and all of them, called `kind` (a plural)."""
    names = sorted(set(map(printable, known)))
    found = nearest(word, names)
    question = f"Did you mean {found}? " if found else ""
    listing = ", ".join(names) if names else "none yet"
    return f"{question}{kind[0].upper()}{kind[1:]}: {listing}."

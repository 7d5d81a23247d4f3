"""Suggests the known name that a mistyped one was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name most like `word`, or "" when none is like it."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.55)), "")


def did_you_mean(word: str, known: Iterable[str], kind: str) -> str:
    """Return a hint: the nearest of `known` as a question, and all of them, called `kind` (a plural)."""
    names = sorted(set(known))
    found = nearest(word, names)
    question = f"Did you mean {found}? " if found else ""
    listing = ", ".join(names) if names else "none yet"
    return f"{question}{kind[0].upper()}{kind[1:]}: {listing}."

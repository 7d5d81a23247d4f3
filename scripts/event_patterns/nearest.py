"""Finds the known name that a mistyped one was probably meant to be: everywhere in the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_LEAST_LIKENESS = 0.55
_SIGNS = re.compile(r"[-_]")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name that differs in case and hyphens only, else the one most like `word`; or ""."""
    return _nearest(word, tuple(known))


@lru_cache(maxsize=1024)  # every event that a pattern does not match asks again
def _nearest(word: str, names: tuple[str, ...]) -> str:
    plain = _plain(word)
    same = (name for name in names if _plain(name) == plain)
    return next(same, "") or next(iter(get_close_matches(word, names, n=1, cutoff=_LEAST_LIKENESS)), "")


def _plain(name: str) -> str:
    return _SIGNS.sub("", name).lower()

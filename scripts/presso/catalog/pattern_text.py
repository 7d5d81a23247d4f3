"""Event patterns read from text."""

from __future__ import annotations

from event_patterns.operators import PatternError
from event_patterns.pattern import Pattern
from presso.json_text import NotJson, loads


def pattern_in(text: str) -> Pattern:
    """The pattern in a text of JSON.

    Raises:
        PatternError: EventBridge would refuse it; the reason is EventBridge's.
    """
    if not text.strip():
        raise PatternError("Filter is not an object")
    try:
        found = loads(text)
    except NotJson:
        raise PatternError("Invalid JSON") from None
    if not isinstance(found, dict):
        raise PatternError("Filter is not an object")
    return Pattern(found)

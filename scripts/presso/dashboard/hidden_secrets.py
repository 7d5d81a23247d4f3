"""Keeps secrets out of what the page shows: by the names of fields, and by the forms of secrets in texts."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "(hidden)"
_NAMES = re.compile(
    r"(?i).*(token|secret|passw(or)?d|credential|authorization|(api|access|private)_?key)s?|code|pin"
)
# Keys of AWS, JSON web tokens, passwords in URLs, headers, and Step Functions' task tokens.
_TEXTS = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|(?<=://)[^\s/:@]{1,200}:[^\s/@]{1,200}(?=@)"
    r"|(?i:(?<=bearer )\S{8,})"
    r"|\bAQC[A-Za-z0-9+/=]{60,}"
)


def without_secrets(value: Any) -> Any:
    """Return a JSON value with the secrets in it replaced."""
    if isinstance(value, dict):
        return {
            name: HIDDEN if _NAMES.fullmatch(name) and item not in (None, "") else without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return _TEXTS.sub(HIDDEN, value) if isinstance(value, str) else value

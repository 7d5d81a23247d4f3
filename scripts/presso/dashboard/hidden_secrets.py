"""Keeps secrets out of what the page shows: by the names of fields, and by the forms of secrets in texts."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "(hidden)"
_NAMES = re.compile(
    r"(?i).*(token|secret|passw(or)?d|passphrase|credential|authorization"
    r"|(api|access|private|signing)[-_ ]?key)s?"
    r"([-_ ]?(value|string|binary|text|hash|pem))?|.*set-cookie|code|pin|otp|pwd|jwt"
)
# Each takes time in proportion to a text's length: what may repeat is bounded, or begins in one place alone.
_TEXTS = re.compile(
    # AWS's keys and session tokens, task tokens, JSON web tokens, passwords in URLs, headers, private keys.
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?<![\w/+])(?:IQoJ|FwoG|AQC)[A-Za-z0-9+/=]{60,}"
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|(?<=://)[^\s/:@]{1,200}:[^\s/@]{1,200}(?=@)"
    r"|(?i:(?<=bearer )|(?<=authorization: basic ))\S{8,}"
    r"|\b(?:gh[pousr]_|github_pat_|xox[abprs]-)[\w-]{20,}"
    r"|(?<=PRIVATE KEY-----)[^-]{1,8000}"
    # What is assigned to a name: password=…, "client_secret": "…", &X-Amz-Signature=…
    r"|(?i:(?P<name>(?:token|secret|passw(?:or)?d|signature|(?:api|access|private)[-_]?key)"
    r"[\"'\\]{0,4} {0,3}(?:=|(?<=[\"'])[ ]?:) {0,3}[\"'\\]{0,4}))[^\s\"'&,;\\]{4,}"
    r"|(?i:(?P<password>\bpassw(?:or)?d: ?))\S{4,}"
)
# What each alternative above needs: nearly all texts have none of it, which is found in a tenth of the time.
_NEEDED = (
    *("AKIA", "ASIA", "IQoJ", "FwoG", "AQC", "eyJ", "://", "PRIVATE KEY-----"),
    *("ghp_", "gho_", "ghu_", "ghr_", "ghs_", "github_pat_", "xox"),
)
# Parts without an i, which has forms in expressions that are left as they are when a text's case is folded.
_NEEDED_IN_ANY_CASE = ("bearer ", "author", "token", "secret", "passw", "nature", "key")


def without_secrets(value: Any) -> Any:
    """Return a JSON value with the secrets in it replaced."""
    if isinstance(value, dict):
        return {
            without_secrets(name): HIDDEN
            if _NAMES.fullmatch(name) and item not in (None, "")
            else without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return _TEXTS.sub(_hidden, value) if isinstance(value, str) and _may_have_one(value) else value


def _may_have_one(text: str) -> bool:
    if any(part in text for part in _NEEDED):
        return True
    folded = text.casefold()
    return any(part in folded for part in _NEEDED_IN_ANY_CASE)


def _hidden(found: re.Match[str]) -> str:
    return f"{found['name'] or found['password'] or ''}{HIDDEN}"

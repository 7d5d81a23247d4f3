"""AWS's words without what identifies an account, a person or a request."""

from __future__ import annotations

import re

_REPLACED = (
    # Credentials first, so that no later rule leaves a part of them.
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|APKA)[A-Z0-9]{12,}\b"), "<key>"),
    (re.compile(r"\b[A-Za-z0-9+/=_-]{100,}"), "<token>"),
    # The caller: a user, a role, a session.
    (
        re.compile(r"(arn:aws[a-z-]*:(?:iam|sts)::)[^\s:,;\"']*(:(?!policy/)[^\s,;\"']*)"),
        r"\1<account>:<principal>",
    ),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"(?i)(request ?id: ?)[A-Za-z0-9=/+-]+"), r"\1<id>"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<account>"),
    (re.compile(r"\b[ou]-[a-z0-9]{10,32}\b"), "<organization>"),
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"), "<address>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<host>"),
)


def redacted(text: str, *own: str) -> str:
    """Return a text without account ids, principals, keys, tokens, request ids, organizations and addresses.

    Args:
        own: More to replace: the account of the run, and the name of its tenant.
    """
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    for each in filter(None, own):
        text = text.replace(each, "<own>")
    return text

"""Sign-up of guests: each is confirmed at once. A guest is a phone with a random password, and no address."""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Cognito's trigger before a sign-up."""
    event["response"]["autoConfirmUser"] = True
    return event

"""Checks of single values, for ``Resource.validators``: each makes or is a ``Check``.

The wording follows the published provider's, so that what people search for is found.
"""

from __future__ import annotations

import json
import re
from typing import Any

from offline_aws.resource import Check

_ARN = re.compile(r"^arn:[\w-]+:([^:]+):([^:]*):(\d{12}|aws|aws-managed|)?:(.+)$", re.DOTALL)


def one_of(*allowed: str) -> Check:
    """One of these texts."""

    def check(value: Any) -> str | None:
        return None if value in allowed else f"expected to be one of {list(allowed)}, got {value}"

    return check


def length(least: int, most: int) -> Check:
    """A text of ``least`` to ``most`` characters, or a list of as many elements."""

    def check(value: Any) -> str | None:
        if least <= len(value) <= most:
            return None
        return f"expected length to be in the range ({least} - {most}), got {len(value)}"

    return check


def matches(pattern: str, right: str) -> Check:
    """A text in which ``pattern`` is found; ``right`` says what would be ("must start with a letter")."""
    compiled = re.compile(pattern)

    def check(value: Any) -> str | None:
        return None if compiled.search(value) else f"invalid value {value!r}: {right}"

    return check


def between(least: float, most: float) -> Check:
    """A number from ``least`` to ``most``."""

    def check(value: Any) -> str | None:
        return (
            None if least <= value <= most else f"expected to be in the range ({least} - {most}), got {value}"
        )

    return check


def at_least(least: float) -> Check:
    """A number not below ``least``."""

    def check(value: Any) -> str | None:
        return None if value >= least else f"expected to be at least ({least}), got {value}"

    return check


def each(*checks: Check) -> Check:
    """A list or set whose every element passes all checks."""

    def check(value: Any) -> str | None:
        found = (one(element) for element in value for one in checks)
        return next(filter(None, found), None)

    return check


def json_text(value: Any) -> str | None:
    """A text that is JSON."""
    try:
        json.loads(value)
    except ValueError as error:
        return f"contains invalid JSON: {error}"
    return None


def json_object(value: Any) -> str | None:
    """A text that is a JSON object."""
    wrong = json_text(value)
    if wrong or isinstance(json.loads(value), dict):
        return wrong
    return "contains JSON that is not an object: expected { … }"


def arn(value: Any) -> str | None:
    """An ARN (empty text passes, as in the published provider)."""
    if not value or _ARN.match(value):
        return None
    return f"({value}) is an invalid ARN: expected arn:partition:service:region:account:resource"

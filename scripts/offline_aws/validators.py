"""Checks of single values, for ``ResourceHandler.validators``: each makes or is a ``Check``.

The wording follows the published provider's, so that what people search for is found. Those that are
made are objects that can be asked what they allow, so that values can be made from them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from offline_aws.handler_values import Check

_ARN = re.compile(r"^arn:[\w-]+:([^:]+):([^:]*):(\d{12}|aws|aws-managed|)?:(.+)$", re.DOTALL)
_ACCOUNT = re.compile("[0-9]{12}")


@dataclass(frozen=True)
class OneOf:
    """See ``one_of``."""

    allowed: tuple[str, ...]

    def __call__(self, value: Any) -> str | None:
        """What is wrong with a value, if anything."""
        return None if value in self.allowed else f"expected to be one of {list(self.allowed)}, got {value}"


@dataclass(frozen=True)
class Length:
    """See ``length``."""

    least: int
    most: int

    def __call__(self, value: Any) -> str | None:
        """What is wrong with a value, if anything."""
        if self.least <= len(value) <= self.most:
            return None
        return f"expected length to be in the range ({self.least} - {self.most}), got {len(value)}"


@dataclass(frozen=True)
class Matches:
    """See ``matches``."""

    pattern: re.Pattern[str]
    right: str

    def __call__(self, value: Any) -> str | None:
        """What is wrong with a value, if anything."""
        return None if self.pattern.search(value) else f"invalid value {value!r}: {self.right}"


@dataclass(frozen=True)
class Between:
    """See ``between`` and ``at_least`` (no ``most``)."""

    least: float
    most: float | None

    def __call__(self, value: Any) -> str | None:
        """What is wrong with a value, if anything."""
        if self.most is None:
            return None if value >= self.least else f"expected to be at least ({self.least}), got {value}"
        if self.least <= value <= self.most:
            return None
        return f"expected to be in the range ({self.least} - {self.most}), got {value}"


@dataclass(frozen=True)
class Each:
    """See ``each``."""

    checks: tuple[Check, ...]

    def __call__(self, value: Any) -> str | None:
        """What is wrong with a value, if anything."""
        found = (one(element) for element in value for one in self.checks)
        return next(filter(None, found), None)


def one_of(*allowed: str) -> Check:
    """One of these texts."""
    return OneOf(allowed)


def length(least: int, most: int) -> Check:
    """A text of ``least`` to ``most`` characters, or a list of as many elements."""
    return Length(least, most)


def matches(pattern: str, right: str) -> Check:
    """A text in which ``pattern`` is found; ``right`` describes valid texts ("must start with a letter")."""
    return Matches(re.compile(pattern), right)


def between(least: float, most: float) -> Check:
    """A number from ``least`` to ``most``."""
    return Between(least, most)


def at_least(least: float) -> Check:
    """A number not below ``least``."""
    return Between(least, None)


def each(*checks: Check) -> Check:
    """A list, set or map whose every element (of a map: every key) passes all checks."""
    return Each(checks)


def entries(keys: Sequence[Check], values: Sequence[Check]) -> Check:
    """A map whose every key passes ``keys`` and every known value ``values``."""

    def check(value: Any) -> str | None:
        found = [one(key) for key in value for one in keys]
        found += [one(text) for text in value.values() if isinstance(text, str) for one in values]
        return next(filter(None, found), None)

    return check


def seconds_of_metrics(value: Any) -> str | None:
    """A metric's period: some short ones, else whole minutes."""
    if value in (1, 5, 10, 20, 30) or (value > 0 and value % 60 == 0):
        return None
    return f"expected to be 10, 20, 30 or a multiple of 60, got {value}"


def json_text(value: Any) -> str | None:
    """A text that is JSON, or empty, which the SDK's StringIsJSON takes for none."""
    try:
        json.loads(value or "null")
    except ValueError as error:
        return f"contains invalid JSON: {error}"
    return None


def json_object(value: Any) -> str | None:
    """A text that is a JSON object."""
    wrong = json_text(value) if value else "contains invalid JSON: it is empty"
    if wrong or isinstance(json.loads(value), dict):
        return wrong
    return "contains JSON that is not an object: expected { … }"


def or_empty(*checks: Check) -> Check:
    """A text that is empty, which means that it is not set, or passes all checks."""

    def check(value: Any) -> str | None:
        return next(filter(None, (one(value) for one in checks)), None) if value else None

    return check


def account(value: Any) -> str | None:
    """A text that is an AWS account: twelve digits."""
    return None if _ACCOUNT.fullmatch(value) else "an account has 12 digits"


def base64_text(value: Any) -> str | None:
    """A text that is base64."""
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return "expected it to be base64-encoded: base64encode() or filebase64() makes it"
    return None


def rfc3339(value: Any) -> str | None:
    """A moment with its time zone."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        parsed = None
    return None if parsed and parsed.tzinfo else f'expected "{value}" to be a valid RFC3339 date'


def arn(value: Any) -> str | None:
    """An ARN (empty text passes, as in the published provider)."""
    if not value or _ARN.match(value):
        return None
    return f"({value}) is an invalid ARN: expected arn:partition:service:region:account:resource"

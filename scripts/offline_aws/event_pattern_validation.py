"""Whether EventBridge would take an event pattern, with what to write instead of the usual mistakes.

The emulator refuses bad ones too, but only at apply.

Source: "Comparison operators for use in event patterns" in the EventBridge User Guide.
"""

from __future__ import annotations

import json
from typing import Any

from event_patterns.operators import OPERATORS, PatternError
from event_patterns.pattern import MOST_ON_REQUEST, Pattern
from offline_aws import gojson

_PLAIN_GO = {"\\u003c": "<", "\\u003e": ">", "\\u0026": "&"}
_TEXT_MATCHERS = {"prefix", "suffix", "equals-ignore-case", "wildcard", "cidr"}
_COMPARISONS = {"=", "<", "<=", ">", ">="}


def normalised_pattern(text: Any) -> Any:
    """A pattern as the published provider stores it: compact, sorted, ``<``, ``>`` and ``&`` as they are."""
    found = gojson.normalised_json(text)
    for escaped, plain in _PLAIN_GO.items() if isinstance(found, str) else ():
        found = found.replace(escaped, plain)
    return found


def event_pattern(value: Any) -> str | None:
    """A ``Check``: JSON, not too long, and of the form that EventBridge matches with. Empty is none."""
    if not value:
        return None
    try:
        pattern = json.loads(value)
    except ValueError as error:
        return f"contains an invalid JSON: {error}"
    if len(normalised_pattern(value)) > MOST_ON_REQUEST:
        return f"cannot be longer than {MOST_ON_REQUEST} characters"
    if not isinstance(pattern, dict) or not pattern:
        return "is not an event pattern: expected an object with at least one field"
    wrong = _object(pattern, "") or _refused(pattern)
    return f"is not a valid event pattern: {wrong}" if wrong else None


def _refused(pattern: dict[str, Any]) -> str | None:
    """Why EventBridge would refuse a pattern of the right form, in its own words."""
    try:
        Pattern(pattern)
    except PatternError as error:
        return str(error)
    return None


def _object(pattern: dict[str, Any], path: str) -> str | None:
    for name, value in pattern.items():
        here = f"{path}.{name}" if path else name
        wrong = _alternatives(value, here) if name == "$or" else _field(value, here)
        if wrong:
            return wrong
    return None


def _alternatives(value: Any, path: str) -> str | None:
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(item, dict) for item in value):
        return f"{path} must be an array of two or more patterns"
    return next(filter(None, (_object(item, path) for item in value)), None)


def _field(value: Any, path: str) -> str | None:
    if isinstance(value, dict):
        return _object(value, path) if value else f"{path} is an empty object"
    if not isinstance(value, list):
        return f"{path} must be an object or an array: write [{json.dumps(value)}]"
    if not value:
        return f"{path} is an empty array: nothing would ever match"
    return next(filter(None, (_matcher(item, path) for item in value)), None)


def _matcher(item: Any, path: str) -> str | None:
    if isinstance(item, list):
        return f"{path}: an array within an array matches nothing"
    if not isinstance(item, dict):
        return None
    if len(item) != 1:
        return f"{path}: a matcher has exactly one operator"
    ((operator, operand),) = item.items()
    if operator not in OPERATORS:
        return f"{path}: unknown operator {operator!r}, expected one of {sorted(OPERATORS)}"
    if operator == "exists" and not isinstance(operand, bool):
        return f"{path}: exists takes true or false"
    if operator == "numeric":
        return None if _is_numeric(operand) else f"{path}: numeric takes pairs of comparison and number"
    if operator in _TEXT_MATCHERS and not isinstance(operand, (str, dict)):
        return f"{path}: {operator} takes a text"
    if operator == "anything-but" and operand in ([], {}, ""):
        return f"{path}: anything-but takes values or one of {sorted(_TEXT_MATCHERS)}"
    return None


def _is_numeric(operand: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        return False
    signs, numbers = operand[::2], operand[1::2]
    plain = all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in numbers)
    return plain and all(isinstance(sign, str) and sign in _COMPARISONS for sign in signs)

"""Checks of cron, rate and at expressions, which AWS makes at apply and the emulator only in part.

Source: "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge" and "Schedule types in
EventBridge Scheduler".
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RATE = re.compile(r"^rate\((?P<value>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)$")
_CRON = re.compile(r"^cron\((?P<fields>\S+( \S+){5})\)$")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# name, least, most, names of values, further allowed values
_FIELDS: tuple[tuple[str, int, int, list[str], str], ...] = (
    ("minutes", 0, 59, [], ""),
    ("hours", 0, 23, [], ""),
    ("day of month", 1, 31, [], r"\?|L|LW|([1-9]|[12]\d|3[01])W"),
    ("month", 1, 12, _MONTHS, ""),
    ("day of week", 1, 7, _DAYS, r"\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])"),
    ("year", 1970, 2199, [], ""),
)
_FORMS = "rate(1 minute), rate(5 minutes), …, cron(minutes hours day-of-month month day-of-week year)"


def rule_schedule(value: Any) -> str | None:
    """A ``Check``: what a rule of EventBridge takes; its unit is singular for 1, plural for more."""
    rate = _RATE.match(value)
    if rate and (rate["value"] == "1") == (not rate["plural"]):
        return None
    return _cron(value) if _CRON.match(value) else f"({value}) is not a schedule: expected {_FORMS}"


def schedule(value: Any) -> str | None:
    """A ``Check``: what EventBridge Scheduler takes."""
    if value.startswith("at("):
        return _at(value)
    if _RATE.match(value):
        return None
    if _CRON.match(value):
        return _cron(value)
    return f"({value}) is not a schedule: expected at(yyyy-mm-ddThh:mm:ss), {_FORMS}"


def time_zone(value: Any) -> str | None:
    """A ``Check``: a name of the IANA time zone database (anything, where this computer has none)."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None if _no_zones() else f"({value}) is not a time zone: expected one such as Europe/Paris"
    return None


def _no_zones() -> bool:
    try:
        ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        return True
    return False


def _at(value: str) -> str | None:
    try:
        datetime.strptime(value, "at(%Y-%m-%dT%H:%M:%S)")
    except ValueError:
        return f"({value}) is not a schedule: expected at(yyyy-mm-ddThh:mm:ss)"
    return None


def _cron(value: str) -> str | None:
    fields = value[5:-1].split(" ")
    for text, (name, least, most, names, others) in zip(fields, _FIELDS, strict=True):
        if wrong := next(
            (part for part in text.split(",") if not _fits(part, least, most, names, others)), None
        ):
            return f"({value}) is not a schedule: {wrong} in {name}, expected {least} to {most}"
    if (fields[2] == "?") == (fields[4] == "?"):
        return f"({value}) is not a schedule: exactly one of day-of-month and day-of-week must be ?"
    return None


def _fits(part: str, least: int, most: int, names: list[str], others: str) -> bool:
    if others and re.fullmatch(others, part):
        return True
    span, slash, step = part.partition("/")
    if slash and not step.isdigit():
        return False
    ends = [] if span == "*" else span.split("-")
    numbers = [names.index(end) + 1 if end in names else int(end) if end.isdigit() else -1 for end in ends]
    return len(numbers) <= 2 and all(least <= number <= most for number in numbers)

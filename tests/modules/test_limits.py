"""Limits that more than one place states: Python and Terraform state the same for each."""

import re
from pathlib import Path

import pytest

from event_patterns.pattern import MOST_CHARACTERS
from offline_aws.services import logs
from presso import aws_limits, names
from presso.simulation import scenarios

ROOT = Path(__file__).parents[2]
NUMBERS = re.compile(r"\d+")
# What a limit is called in a module, with the numbers in groups, and the modules that state it.
STATED = {
    "the characters of a pattern": (
        r"length\(jsonencode\(var\.pattern\)\) <= (\d+)\n.*EventBridge allows (\d+)\.",
        (MOST_CHARACTERS,) * 2,
        ("event-destination", "event-function", "event-queue", "event-workflow"),
    ),
    "the age of an event that is tried again": (
        r"_event_age_in_seconds >= (\d+) && var\.retry\.maximum_event_age_in_seconds <= (\d+)",
        aws_limits.RETRY_SECONDS,
        ("event-destination", "event-function", "event-queue", "event-schedule", "event-workflow"),
    ),
    "how often it is tried": (
        r"_retry_attempts >= (\d+) && var\.retry\.maximum_retry_attempts <= (\d+)",
        aws_limits.RETRY_ATTEMPTS,
        ("event-destination", "event-function", "event-queue", "event-schedule", "event-workflow"),
    ),
    "the days of a log": (
        r"condition = contains\(\s*\[([\d,\s]+)\],\s*var\.log_days",
        aws_limits.LOG_DAYS,
        ("event-function", "event-workflow", "tenant"),
    ),
    "the characters of a schema": (
        r"length\(schema\.content\) <= (\d+)",
        (aws_limits.SCHEMA_CHARACTERS,),
        ("event-catalog",),
    ),
    "the characters of its description": (
        r"length\(schema\.description\) <= (\d+)\D.*\n.*has at most (\d+) characters",
        (aws_limits.SCHEMA_DESCRIPTION,) * 2,
        ("event-catalog",),
    ),
    "the history of an execution": (
        r"history <= (\d+)\D.*\n.*history holds (\d+) entries",
        (aws_limits.EXECUTION_HISTORY,) * 2,
        ("event-player",),
    ),
    "the characters of a boundary": (
        r"length\(local\.boundary\) <= (\d+)",
        (aws_limits.MANAGED_POLICY,),
        ("extension-context",),
    ),
    "the characters of a role's policies": (
        r"length\(local\.deploy_policy\) <= (\d+)",
        (aws_limits.ROLE_POLICY,),
        ("tenant",),
    ),
    "the characters of a tenant's or extension's name": (
        r"length\(var\.(?:name|extension)\) <= (20)\b",
        (names.LONGEST,),
        ("extension-context", "tenant"),
    ),
    "the characters of a scenario's name": (
        r"length\(name\) <= (\d+)",
        (scenarios.LONGEST_NAME,),
        ("event-player",),
    ),
}


@pytest.mark.parametrize("limit", STATED)
def test_python_and_the_modules_state_the_same(limit: str) -> None:
    stated, values, modules = STATED[limit]
    for path in sorted((ROOT / "modules").glob("*/*.tf")):
        found = re.search(stated, path.read_text())
        if found:
            numbers = tuple(int(number) for group in found.groups() for number in NUMBERS.findall(group))
            assert numbers == values, path
    files = [p for p in (ROOT / "modules").glob("*/*.tf") if re.search(stated, p.read_text())]
    assert sorted({path.parent.name for path in files}) == sorted(modules)


def test_the_provider_takes_the_days_that_the_modules_take() -> None:
    assert [days for days in range(4000) if logs._retention(days) is None] == [*aws_limits.LOG_DAYS]


def test_the_reserved_names_are_the_same() -> None:
    for module, reserved in (
        ("tenant", names._RESERVED_TENANTS),
        ("extension-context", names._RESERVED_EXTENSIONS),
    ):
        text = (ROOT / "modules" / module / "variables.tf").read_text()
        (listed,) = re.findall(r"!contains\(\[([^\]]+)\], var\.(?:name|extension)\)", text)
        assert set(re.findall(r'"([^"]+)"', listed)) == reserved

"""The condition of a unit: the one word for what needs attention first."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from presso.dashboard.unit_condition import LastRuns, UnitCondition, last_runs
from presso.deployment.outcome import Action
from presso.deployment.recorded_run import RecordedRun, RecordedUnit
from presso.processes import Process
from presso.units.unit import Unit

DEPLOYED = UnitCondition(
    Unit("nyc", "cups"), "local", 2, datetime(2026, 11, 28, tzinfo=UTC), change="unchanged"
)


def record(action: Action, result: str, drifted: int | None = None, cause: str = "") -> RecordedRun:
    unit = RecordedUnit("nyc/cups", result, cause=cause, drifted=drifted)
    return RecordedRun(f"{action}-{result}", action, "2026-11-28 10:00:00", Process(1, ""), 1, (unit,), 1.0)


@pytest.mark.parametrize(
    ("changes", "condition"),
    [
        ({}, "deployed"),
        ({"change": "update"}, "changed"),
        ({"change": "create", "resources": None}, "not deployed"),
        ({"change": ""}, "deployed"),
        ({"last": LastRuns(drifted=1), "change": "update"}, "drifted"),
        ({"last": LastRuns(drifted=0)}, "deployed"),
        ({"change": "destroy"}, "orphaned"),
        ({"last": LastRuns(result="failed", drifted=1)}, "failed"),
        ({"last": LastRuns(result="skipped")}, "failed"),
        ({"unfinished": True}, "failed"),
        ({"unfinished": True, "running": "apply"}, "running"),
        ({"broken": "no state", "running": "apply"}, "broken"),
    ],
)
def test_what_needs_attention_first_is_shown(changes: dict[str, Any], condition: str) -> None:
    unit = replace(DEPLOYED, **changes)
    assert unit.condition == unit.as_json()["condition"] == condition


def test_the_newest_run_is_shown_with_the_cause_of_its_failure() -> None:
    found = last_runs([record("apply", "failed", cause="no queue"), record("apply", "applied")])
    assert found == {"nyc/cups": LastRuns("apply-failed", "apply", "failed", "no queue")}


@pytest.mark.parametrize(
    ("records", "drifted"),
    [
        ([record("plan", "changes", 2)], 2),
        ([record("plan", "unchanged"), record("plan", "changes", 2)], 2),
        ([record("plan", "unchanged", 0), record("plan", "changes", 2)], 0),
        ([record("apply", "applied"), record("plan", "changes", 2)], None),
        ([record("apply", "failed"), record("plan", "changes", 2)], 2),
        ([record("plan", "unchanged"), record("apply", "applied"), record("plan", "changes", 2)], None),
    ],
)
def test_drift_is_that_of_the_last_look_since_the_last_apply(
    records: list[RecordedRun], drifted: int | None
) -> None:
    assert last_runs(records)["nyc/cups"].drifted == drifted

"""The condition of a unit: from its state, the records of its runs, and what an apply would do with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from presso.deployment.outcome import BAD
from presso.deployment.recorded_run import RecordedRun
from presso.units.unit import Unit

Condition = Literal[
    "broken", "running", "failed", "drifted", "orphaned", "changed", "deployed", "not deployed"
]


@dataclass(frozen=True)
class LastRuns:
    """What the records of runs have of a unit.

    Args:
        run: The newest run with the unit.
        action: That run's action, and `result` of the unit in it; `cause` of a failure.
        drifted: The number of drifted resources at the last look; None when there was none since the last
            apply.
    """

    run: str = ""
    action: str = ""
    result: str = ""
    cause: str = ""
    drifted: int | None = None


def last_runs(records: Iterable[RecordedRun]) -> dict[str, LastRuns]:
    """Return the last runs of each unit, by its name.

    Args:
        records: The newest first.
    """
    found: dict[str, LastRuns] = {}
    settled: set[str] = set()  # their drift is known
    for record in records:
        for unit in record.units:
            name = unit.unit
            if name not in found:
                found[name] = LastRuns(record.id, record.action, unit.result, unit.cause, unit.drifted)
            elif name not in settled and unit.drifted is not None:
                newest = found[name]
                found[name] = LastRuns(newest.run, newest.action, newest.result, newest.cause, unit.drifted)
            if unit.drifted is not None or (record.action != "plan" and unit.result not in BAD):
                settled.add(name)
    return found


@dataclass(frozen=True)
class UnitCondition:
    """A unit as the page shows it.

    Args:
        unit: The unit.
        target: `local` or `aws`.
        resources: How many its state has; None where it is not deployed.
        updated: When the state was last written.
        broken: Why its state cannot be read; "" if it can.
        running: What runs on it now, such as `apply`; "" for nothing.
        unfinished: Whether a run on it was cut short.
        change: What an apply would do with it, and `why`; "" where that is not known.
        last: Its last runs.
    """

    unit: Unit
    target: str
    resources: int | None = None
    updated: datetime | None = None
    broken: str = ""
    running: str = ""
    unfinished: bool = False
    change: str = ""
    why: tuple[str, ...] = ()
    last: LastRuns = LastRuns()

    @property
    def condition(self) -> Condition:
        """The one word for it: what needs attention first."""
        if self.broken:
            return "broken"
        if self.running:
            return "running"
        if self.unfinished or self.last.result in BAD:
            return "failed"
        if self.change == "destroy":
            return "orphaned"
        if self.resources is None:
            return "not deployed"
        if self.last.drifted:
            return "drifted"
        return "changed" if self.change in ("create", "update") else "deployed"

    def as_json(self) -> dict[str, Any]:
        """Return it for the page."""
        return {
            "unit": str(self.unit),
            "tenant": self.unit.tenant,
            "part": self.unit.part,
            "target": self.target,
            "condition": self.condition,
            "resources": self.resources,
            "updated": self.updated.timestamp() if self.updated else None,
            "broken": self.broken,
            "running": self.running,
            "unfinished": self.unfinished,
            "change": self.change,
            "why": list(self.why),
            "run": self.last.run,
            "action": self.last.action,
            "result": self.last.result,
            "cause": self.last.cause,
            "drifted": self.last.drifted,
        }

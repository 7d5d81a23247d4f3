"""How long a run will still take, from the durations of earlier runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from statistics import fmean

from presso.deployment.recorded_run import records
from presso.deployment.runs import Runs
from presso.units.unit import Unit
from presso.workspace import Workspace

_DONE = frozenset({"applied", "destroyed", "changes", "unchanged"})
_UPDATED_EVERY = 1.0


def durations(workspace: Workspace, action: str) -> dict[Unit, float]:
    """Return the seconds that each unit took the last time."""
    found: dict[Unit, float] = {}
    for record in records(workspace):
        for unit in record.units if record.action == action else ():
            if unit.result in _DONE:
                found.setdefault(Unit.named(unit.unit), unit.seconds)
    return found


def expected(units: list[Unit], known: Mapping[Unit, float]) -> dict[Unit, float]:
    """Return the seconds that each unit will probably take; {} where no unit has been run before.

    A unit without a duration takes as long as the same one in other tenants, else as any.
    """
    if not known:
        return {}
    alike: dict[str, list[float]] = {}
    for unit, seconds in known.items():
        alike.setdefault(unit.part, []).append(seconds)
    mean = {part: fmean(each) for part, each in alike.items()}
    any_unit = fmean(known.values())
    return {unit: known.get(unit, mean.get(unit.part, any_unit)) for unit in units}


class Forecast:
    """The time that a run still takes.

    Args:
        run: The run.
    """

    def __init__(self, run: Runs) -> None:
        self._run = run
        self._began: dict[Unit, float] = {}
        self._ended: set[Unit] = set()
        self._left: float | None = None
        self._at = 0.0

    @cached_property
    def _expected(self) -> dict[Unit, float]:
        return expected([*self._run.needs], durations(self._run.workspace, self._run.action))

    def began(self, unit: Unit) -> None:
        """Terraform starts on a unit."""
        self._began.setdefault(unit, time.monotonic())

    def ended(self, unit: Unit) -> None:
        """A unit has ended."""
        self._ended.add(unit)

    def left(self) -> float | None:
        """Return the seconds; None where nothing is known. Computed at most once a second."""
        now = time.monotonic()
        if self._expected and now - self._at > _UPDATED_EVERY:
            self._at, self._left = now, self._computed(now)
        return self._left

    def _computed(self, now: float) -> float:
        waiting = {
            unit: max(0.0, seconds - (now - self._began.get(unit, now)))
            for unit, seconds in self._expected.items()
            if unit not in self._ended
        }
        chains = [
            seconds + max((waiting.get(need, 0.0) for need in self._run.needs[unit]), default=0.0)
            for unit, seconds in waiting.items()
        ]
        return max([sum(waiting.values()) / self._run.parallel, *chains], default=0.0)

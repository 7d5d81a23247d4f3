"""Records of runs: what became of each unit, how long it took, and its log. The newest are kept.

A record is a file of JSON lines: one when a run begins, one for each unit that has ended, one at the end.
So a run that was killed has a record of what was done by then.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from presso import atomic, regular_file
from presso.deployment.command import Display
from presso.deployment.outcome import BAD, Action, Outcome
from presso.deployment.runs import Runs
from presso.errors import UsageError
from presso.processes import Process, this_process
from presso.terraform.json_stream import Transcript
from presso.units.unit import Unit
from presso.workspace import Workspace

_FILE = "run.jsonl"
_KEPT = 50
_MOMENT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class RecordedUnit:
    """One unit in a run.

    Args:
        unit: Its name.
        result: As of `Outcome`; so are `change`, `blocked_by` and `repeated`.
        began: Seconds after the run's begin.
        seconds: How long it took.
        needs: The units that it waited for.
        cause: Why it failed; "" where it did not.
        log: Terraform's log, as a user would type it, or "".
        drifted: The number of drifted resources; None where the run has not looked for drift.
    """

    unit: str
    result: str
    change: str = ""
    began: float = 0.0
    seconds: float = 0.0
    needs: tuple[str, ...] = ()
    cause: str = ""
    log: str = ""
    blocked_by: str = ""
    repeated: tuple[str, ...] = ()
    drifted: int | None = None


@dataclass(frozen=True)
class RecordedRun:
    """One run.

    Args:
        id: Its name.
        action: `plan`, `apply` or `destroy`.
        began: When, in UTC.
        process: Of presso.
        total: The number of units that were selected.
        units: Those that have ended and were not left out, in this order.
        seconds: How long it took; None for a run that has not ended.
    """

    id: str
    action: Action
    began: str
    process: Process
    total: int
    units: tuple[RecordedUnit, ...] = ()
    seconds: float | None = None

    @property
    def result(self) -> str:
        """`ok`, `failed`, `interrupted`, `running`, or `killed`."""
        if self.seconds is None:
            return "running" if self.process.alive() else "killed"
        results = {unit.result for unit in self.units}
        return "interrupted" if "interrupted" in results else "failed" if results & BAD else "ok"

    @property
    def critical_path(self) -> list[RecordedUnit]:
        """The chain of units, each of which needs the one before, that took the longest."""
        known = {unit.unit: unit for unit in self.units}
        longest: dict[str, tuple[float, list[RecordedUnit]]] = {}

        def until(name: str) -> tuple[float, list[RecordedUnit]]:
            if name not in longest:
                longest[name] = 0.0, []  # ends a circle in a broken record
                unit = known[name]
                before = [until(need) for need in unit.needs if need in known]
                seconds, path = max(before, key=lambda each: each[0], default=(0.0, []))
                longest[name] = seconds + unit.seconds, [*path, unit]
            return longest[name]

        return max((until(name) for name in known), key=lambda each: each[0], default=(0.0, []))[1]

    @property
    def moment(self) -> datetime:
        """When it began."""
        return datetime.strptime(self.began, _MOMENT)

    def later(self, seconds: float) -> RecordedRun:
        """Return it with its times counted from so many seconds before its begin."""
        return replace(
            self,
            units=tuple(replace(unit, began=round(unit.began + seconds, 2)) for unit in self.units),
            seconds=None if self.seconds is None else round(self.seconds + seconds, 2),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the record for `--json`, failed units first."""
        path = self.critical_path
        units = sorted(self.units, key=lambda unit: unit.result not in BAD)
        return {
            **{name: value for name, value in asdict(self).items() if name not in ("units", "process")},
            "result": self.result,
            "critical_path": {
                "units": [unit.unit for unit in path],
                "seconds": round(sum(unit.seconds for unit in path), 2),
            },
            "units": [asdict(unit) for unit in units],
        }


@dataclass
class Recorder:
    """Records a run, and passes its progress on to a display.

    Args:
        run: The run; its record begins when Terraform first starts, or the first unit fails.
        display: Receives the progress.
    """

    run: Runs
    display: Display
    _begin: float = field(default_factory=time.monotonic)
    _lock: Any = field(default_factory=threading.RLock)
    _id: str = ""

    def began(self, unit: Unit, phase: str) -> None:
        """Terraform starts on a unit."""
        self._opened()
        self.display.began(unit, phase)

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        """Terraform printed something about a unit."""
        self.display.moved(unit, transcript)

    def waits(self, unit: Unit, seconds: float, reason: str) -> None:
        """A unit is run again after a pause."""
        self.display.waits(unit, seconds, reason)

    def ended(self, outcome: Outcome) -> None:
        """Record how a unit ended, and keep its log."""
        if not outcome.left_out:
            self._opened()
            self._write(asdict(self._of(outcome)))
        self.display.ended(outcome)

    def close(self) -> None:
        """Record that the run has ended, and remove the oldest records."""
        if self._id:
            self._write({"seconds": round(time.monotonic() - self._begin, 2)})
            for folder in _folders(self.run.workspace)[_KEPT:]:
                shutil.rmtree(folder, ignore_errors=True)

    def _of(self, outcome: Outcome) -> RecordedUnit:
        return RecordedUnit(
            str(outcome.unit),
            outcome.result,
            outcome.change,
            round(max(0.0, time.monotonic() - self._begin - outcome.seconds), 2),
            round(outcome.seconds, 2),
            tuple(sorted(map(str, self.run.needs.get(outcome.unit, ())))),
            outcome.cause,
            self._kept(outcome),
            outcome.blocked_by,
            outcome.repeated,
            len(outcome.drift) if self.run.wants_drift and not outcome.bad else None,
        )

    def _kept(self, outcome: Outcome) -> str:
        """Return the copy of a unit's log: the unit's next run overwrites its own."""
        if not outcome.log:
            return ""
        workspace, unit = self.run.workspace, outcome.unit
        copy = workspace.home / "runs" / self._id / unit.tenant / f"{unit.part}.log"
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch(0o600)
            shutil.copyfile(workspace.root / outcome.log, copy)
        except OSError:  # such as a full disk
            return outcome.log
        return workspace.shown(copy)

    def _opened(self) -> None:
        with self._lock:
            if self._id:
                return
            now = datetime.now(UTC)
            # With the fraction of the second: the newest of several within one is the last by name, too.
            self._id = f"{now:%Y%m%d-%H%M%S}-{now.microsecond * 65_536 // 1_000_000:04x}"
            total = len(self.run.needs) + len(self.run.selection.broken)
            head = RecordedRun(self._id, self.run.action, f"{now:{_MOMENT}}", this_process(), total)
            self._write(_head(head))  # still locked: it is the first line

    def _write(self, line: Mapping[str, Any]) -> None:
        folder = self.run.workspace.home / "runs" / self._id
        with contextlib.suppress(OSError), self._lock:  # no record stops a run
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / _FILE).open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(line)}\n")


@contextlib.contextmanager
def recorded(run: Runs, display: Display) -> Iterator[None]:
    """Context in which a run is recorded, and a display receives its progress."""
    recorder = Recorder(run, display)
    run.display = recorder
    try:
        yield
    finally:
        recorder.close()


def records(workspace: Workspace) -> Iterator[RecordedRun]:
    """Yield the records, the newest first."""
    for folder in _folders(workspace):
        if record := _read(folder / _FILE):
            yield record


def find_run(workspace: Workspace, name: str) -> RecordedRun:
    """Return a record by its id, or by the start of it; "" is the newest.

    Raises:
        UsageError: There is none, or there are several.
    """
    found = [folder for folder in _folders(workspace) if folder.name.startswith(name)]
    if len(found) > 1 and name:
        raise UsageError(f"{len(found)} runs begin with {name}.", hint="List them: presso runs list")
    record = _read(found[0] / _FILE) if found else None
    if record is None:
        raise UsageError(f"There is no run {name}".rstrip() + ".", hint="List them: presso runs list")
    return record


def merged(workspace: Workspace, folders: Sequence[Path]) -> RecordedRun:
    """Record as one run what several machines did, each of which has brought its records in a folder.

    Raises:
        UsageError: A folder has no record.
    """
    parts: list[RecordedRun] = []
    for folder in folders:
        found = [record for path in sorted(folder.rglob(_FILE)) if (record := _read(path))]
        if not found:
            raise UsageError(f"{folder} has no record of a run.", hint="It is .presso/runs of a machine.")
        parts += [record for record in found if record not in parts]  # a folder may be named twice
    first = min(part.moment for part in parts)
    later = [part.later((part.moment - first).total_seconds()) for part in parts]
    ends = [part.seconds for part in later]
    whole = RecordedRun(
        f"{first:%Y%m%d-%H%M%S}-{os.urandom(2).hex()}",
        parts[0].action,
        f"{first:{_MOMENT}}",
        parts[0].process,
        sum(part.total for part in parts),
        tuple(unit for part in later for unit in part.units),
        None if None in ends else max(end for end in ends if end is not None),
    )
    lines = [_head(whole), *map(asdict, whole.units)]
    lines += [] if whole.seconds is None else [{"seconds": whole.seconds}]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    atomic.write(workspace.home / "runs" / whole.id / _FILE, text)
    return whole


def _head(record: RecordedRun) -> dict[str, Any]:
    return {name: value for name, value in asdict(record).items() if name not in ("units", "seconds")}


def _folders(workspace: Workspace) -> list[Path]:
    return sorted((workspace.home / "runs").glob("*-*-*"), reverse=True)


def _read(path: Path) -> RecordedRun | None:
    """Read a record; None where there is none. The last line of one that was killed may be cut off."""
    lines: list[Any] = []
    try:
        for text in regular_file.text(path, "replace").splitlines():
            with contextlib.suppress(ValueError):
                lines.append(json.loads(text))
        units = [line for line in lines[1:] if "unit" in line]
        ends = [line["seconds"] for line in lines[1:] if "unit" not in line]
        record = RecordedRun(
            **{**lines[0], "process": Process(**lines[0]["process"])},
            units=tuple(
                RecordedUnit(**{**unit, "needs": tuple(unit["needs"]), "repeated": tuple(unit["repeated"])})
                for unit in units
            ),
            seconds=ends[-1] if ends else None,
        )
        return record if _is_sound(record) else None
    except (OSError, LookupError, TypeError, ValueError):
        return None


def _is_sound(record: RecordedRun) -> bool:
    """Whether a record has values with which can be reckoned: it may come from another machine.

    Raises:
        TypeError, ValueError: Its begin is not a moment.
    """
    times = [record.total, *([] if record.seconds is None else [record.seconds])]
    times += [time for unit in record.units for time in (unit.began, unit.seconds)]
    names = [name for unit in record.units for name in (unit.unit, unit.result, unit.cause, *unit.needs)]
    is_known = all(isinstance(name, str) for name in (record.id, record.action, *names))
    return is_known and all(isinstance(time, int | float) for time in times) and bool(record.moment)

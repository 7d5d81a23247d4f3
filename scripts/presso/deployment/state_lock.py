"""Locks of states: who holds one, and how to break it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from presso import regular_file, tenants
from presso.deployment import attempt, run_log, state_backup, state_files
from presso.errors import PressoError
from presso.tenants import StateBucket
from presso.units import state_bucket, tenant_marks
from presso.units.unit import Unit
from presso.workspace import Workspace


@dataclass(frozen=True)
class Lock:
    """The lock of a unit's state.

    Args:
        unit: The unit.
        who: The user and machine.
        what: `apply`, `plan` or `destroy`.
        since: When it was locked, in UTC; "" if unknown.
    """

    unit: Unit
    who: str
    what: str
    since: str

    @classmethod
    def of(cls, unit: Unit, said: Mapping[str, str]) -> Lock:
        """Return the lock that Terraform describes: `Who`, `Operation`, `Created`."""
        what = said.get("Operation", "").removeprefix("OperationType").lower() or "a run"
        return cls(unit, said.get("Who", "an unknown user"), what, said.get("Created", "")[:19])

    def __str__(self) -> str:
        since = f", since {self.since} UTC" if self.since else ""
        return f"{self.unit} is locked by {self.who}: {self.what}{since}"


def find(workspace: Workspace, unit: Unit) -> Lock | None:
    """Return the lock of a unit's state that may be broken; None when there is none.

    Raises:
        UsageError: There is no such tenant, or its file is wrong.
        PressoError: A run on this machine holds it, or AWS denies reading it.
    """
    if run_log.in_use(unit.folder(workspace)):
        raise PressoError(
            f"{unit}: a run on this machine works on it.",
            hint="Wait for that run to end, or stop it with Ctrl-C.",
        )
    known = unit.tenant in tenants.names_of(workspace)
    tenant = tenants.load(workspace, unit.tenant) if known else None
    bucket = state_files.bucket_of(workspace, unit, tenant)
    said = state_bucket.lock(bucket, unit) if bucket else _in_file(workspace, unit)
    if said is not None:
        return Lock.of(unit, said)
    marks = _marks(bucket, unit)
    return Lock(unit, marks[0].who, marks[0].action, marks[0].since) if marks else None


def remove(workspace: Workspace, unit: Unit) -> None:
    """Break the lock of a unit's state.

    Raises:
        UsageError: The tenant's file is wrong.
        PressoError: AWS denies it.
    """
    known = unit.tenant in tenants.names_of(workspace)
    tenant = tenants.load(workspace, unit.tenant) if known else None
    bucket = state_files.bucket_of(workspace, unit, tenant)
    if bucket:
        state_bucket.unlock(bucket, unit)
        for mark in _marks(bucket, unit):
            tenant_marks.remove(bucket, mark)
        attempt.forget(bucket, unit)
    else:
        _file(workspace, unit).unlink(missing_ok=True)


def _marks(bucket: StateBucket | None, unit: Unit) -> list[tenant_marks.RunMark]:
    """Return the marks of runs on a unit."""
    found = tenant_marks.found(bucket, unit.tenant) if bucket else []
    return [mark for mark in found if mark.unit == unit]


def _in_file(workspace: Workspace, unit: Unit) -> dict[str, str] | None:
    """Return what the holder wrote. The kernel releases the lock itself with its process."""
    path = _file(workspace, unit)
    if state_backup.is_written(unit.state(workspace)):
        raise PressoError(
            f"{unit}: a Terraform on this machine has locked its state.",
            hint="Wait for it to end, or end that process.",
        )
    try:
        found = json.loads(regular_file.text(path))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _file(workspace: Workspace, unit: Unit) -> Path:
    path = unit.state(workspace)
    return path.with_name(f".{path.name}.lock.info")

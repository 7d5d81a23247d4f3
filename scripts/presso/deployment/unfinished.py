"""Runs that began to change a unit and have not ended well: they may have left resources in no state.

Not in the unit's folder, which `destroy` removes and where an extension's own Terraform writes.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from presso import atomic, regular_file
from presso.folders import remove_empty
from presso.units.unit import Unit
from presso.workspace import Workspace


@dataclass(frozen=True)
class Run:
    """A run that has not ended well, or runs now.

    Args:
        unit: The unit that it changes.
        action: `apply` or `destroy`.
        since: When it began.
        pid: Its process.
    """

    unit: Unit
    action: str
    since: str
    pid: int


def begin(workspace: Workspace, unit: Unit, action: str) -> int:
    """Write down that a run begins to change a unit, and return when, for `end`.

    Raises:
        OSError: It cannot be written.
    """
    moment = time.time_ns()
    said = {"action": action, "since": datetime.now(UTC).isoformat(timespec="seconds"), "pid": os.getpid()}
    atomic.write(_folder(workspace, unit) / f"{moment}.json", json.dumps(said) + "\n")
    return moment


def end(workspace: Workspace, unit: Unit, moment: int) -> None:
    """Forget this run of a unit and earlier ones: the state is complete again."""
    for path in _files(workspace, unit):
        if int(path.stem) <= moment:
            path.unlink(missing_ok=True)
    folder = _folder(workspace, unit)
    remove_empty((folder, *folder.parents[:2]))


def before(workspace: Workspace, unit: Unit, moment: int | None = None) -> bool:
    """Return whether a run of a unit has not ended well, or runs now.

    Args:
        moment: Leaves out the run that began then.
    """
    return any(int(path.stem) != moment for path in _files(workspace, unit))


def units(workspace: Workspace) -> list[Unit]:
    """Return the units for which `before` holds, sorted."""
    return sorted({run.unit for run in runs(workspace)})


def runs(workspace: Workspace) -> list[Run]:
    """Return all runs that have not ended well, or run now, by unit and time."""
    found = []
    for path in sorted((workspace.home / "unfinished").glob("*/*/*.json")):
        unit = Unit.of_part(path.parents[1].name, path.parent.name)
        try:
            said = json.loads(regular_file.text(path))
            found.append(Run(unit, str(said["action"]), str(said["since"]), int(said["pid"])))
        except FileNotFoundError:  # it has ended
            continue
        except (ValueError, LookupError, TypeError):
            found.append(Run(unit, "run", "unknown", 0))
    return found


def _files(workspace: Workspace, unit: Unit) -> list[Path]:
    return [path for path in _folder(workspace, unit).glob("*.json") if path.stem.isdecimal()]


def _folder(workspace: Workspace, unit: Unit) -> Path:
    return workspace.home / "unfinished" / unit.tenant / unit.part

"""Units' states as Terraform's local backend keeps them, one JSON file a unit under `state/`."""

import fcntl
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from presso.errors import PressoError
from presso.names import PLATFORM
from presso.units.unit import Unit
from presso.workspace import Workspace


@dataclass(frozen=True)
class State:
    """What a unit's state file says.

    Args:
        unit: Whose state it is.
        resources: How many managed resource instances it holds; 0 when nobody can tell.
        changed: When the file was last written.
        broken: What is wrong with the file, and the way out; None when it can be read.
    """

    unit: Unit
    resources: int
    changed: datetime
    broken: PressoError | None = None


def read(workspace: Workspace, unit: Unit) -> State | None:
    """Return a unit's state, or None where no file is.

    Raises:
        PressoError: The file is no state; names it and the backup beside it.
    """
    path = unit.state(workspace)
    try:
        text = path.read_text(encoding="utf-8")
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
    if not text:  # Terraform was killed between opening and writing its first state: it reads this as none.
        return State(unit, 0, changed)
    try:
        document: dict[str, Any] = json.loads(text)
        managed = [r for r in document["resources"] if r["mode"] == "managed"]
        count = sum(len(resource["instances"]) for resource in managed)
    except (ValueError, KeyError, TypeError) as error:
        backup = path.with_name(path.name + ".backup")
        way_out = f"Put its backup in its place: cp {backup} {path}" if backup.exists() else "Restore it."
        raise PressoError(f"{unit}: {path} is not a Terraform state.", hint=way_out) from error
    return State(unit, count, changed)


def exists(workspace: Workspace, unit: Unit) -> bool:
    """Return whether a unit has a state file at all, be it an empty or a broken one."""
    return unit.state(workspace).exists()


def standing(workspace: Workspace) -> list[State]:
    """Return the states that hold resources, sorted by unit, whatever the tenants' files say today.

    A broken one is among them: what it held stands, and only commands on that unit are stopped by it.
    """
    folder = workspace.home / "state"
    units = sorted(_unit(path) for path in folder.glob("*/*.tfstate"))
    states = (_read_or_broken(workspace, unit) for unit in units)
    return [state for state in states if state is not None and (state.resources or state.broken)]


def _read_or_broken(workspace: Workspace, unit: Unit) -> State | None:
    try:
        return read(workspace, unit)
    except PressoError as error:
        changed = datetime.fromtimestamp(unit.state(workspace).stat().st_mtime, UTC)
        return State(unit, 0, changed, error)


def forget(workspace: Workspace, unit: Unit) -> bool:
    """Remove a unit's state file and its backups, and return whether nothing of it is left.

    A state that holds something, or that a Terraform has locked by now, stays.
    """
    path = unit.state(workspace)
    try:
        with path.open("r+") as handle:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # Terraform's own lock
            state = read(workspace, unit)
            if state is None or state.resources:
                return False
            _unlink(path)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _unlink(path: Path) -> None:
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        try:
            folder.rmdir()
        except OSError:  # another unit's state is there
            return


def _unit(path: Path) -> Unit:
    return Unit(path.parent.name, "" if path.stem == PLATFORM else path.stem)

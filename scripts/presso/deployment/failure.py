"""Turns an error in one unit into that unit's outcome; the other units go on."""

from pathlib import Path

from presso import bug, disk
from presso.deployment.outcome import Outcome
from presso.errors import PressoError
from presso.units.unit import Unit
from presso.workspace import Workspace


def outcome(workspace: Workspace, unit: Unit, error: Exception) -> Outcome:
    """Return the outcome of a unit whose run ended in an error.

    Args:
        workspace: Its home gets the traceback of an unexpected error.
        unit: The unit of the run.
        error: The exception.
    """
    full = disk.full_by(error)
    if full and not getattr(error, "hint", ""):
        message, hint = disk.full_disk(Path(full.filename or workspace.home))
        return Outcome(unit, "failed", message=message, hint=hint)
    if isinstance(error, PressoError):
        return Outcome(unit, "failed", message=error.message.removeprefix(f"{unit}: "), hint=error.hint)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return Outcome(unit, "failed", message=f"{place}{error.strerror}.")
    path = bug.record(error, str(workspace.home))
    return Outcome(
        unit,
        "failed",
        message=f"presso has a bug: {bug.summary(error)}",
        hint=f"Please report it with {workspace.shown(path)}",
    )

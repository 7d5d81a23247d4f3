"""Copies of a unit's state file: presso's, made before a run that writes it, and Terraform's."""

import fcntl
import json
from pathlib import Path

from presso import atomic, disk
from presso.deployment import state_text
from presso.errors import PressoError
from presso.units.unit import Unit
from presso.workspace import Workspace

# Terraform truncates its own `.backup` when the disk is full; this one is written completely or not at all.
_BEFORE = ".before"


def keep(workspace: Workspace, unit: Unit) -> None:
    """Copy a unit's state before Terraform writes it.

    Raises:
        PressoError: The copy cannot be written.
    """
    path = unit.state(workspace)
    text = _whole(path)
    copy = path.with_name(path.name + _BEFORE)
    if text is None or text == _whole(copy):
        return
    try:
        atomic.write(copy, text, mode=0o600)
    except OSError as error:
        message, hint = disk.full_disk(path.parent)
        if not disk.full_by(error):
            message, hint = f"{copy} cannot be written: {error.strerror}.", ""
        raise PressoError(message, hint=hint) from error


def broken(unit: Unit, path: Path, *, empty: bool) -> PressoError:
    """Return the error for an invalid state file: it names the newest complete copy beside it."""
    what = "is empty: its content was lost" if empty else "is not a Terraform state"
    copies = [path.with_name(path.name + ending) for ending in (_BEFORE, ".backup")]
    whole = {copy: text for copy in copies if (text := _whole(copy)) is not None}
    if whole:
        newest = max(whole, key=lambda copy: int(json.loads(whole[copy])["serial"]))
        hint = f"Restore its backup: cp {newest} {path}"
    elif empty:
        hint = f"If the unit was never applied: rm {path}. Otherwise restore it from a backup of your own."
    else:
        hint = "Restore it from a backup of your own: there is no copy beside it."
    return PressoError(f"{unit}: {path} {what}.", hint=hint)


def is_written(path: Path) -> bool:
    """Return whether a Terraform has a state file open to write it, in place.

    It holds a POSIX lock on the file, and beside it a file with the lock's owner, which a kill leaves behind.
    """
    if not path.with_name(f".{path.name}.lock.info").exists():
        return False
    try:
        with path.open("rb") as handle:
            fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def never_written(path: Path) -> bool:
    """Return whether an empty state file is of a Terraform that was killed before it wrote its first state.

    Its lock's owner is left beside it, and no copy is: presso keeps one before each run on a written state.
    """
    lock = path.with_name(f".{path.name}.lock.info")
    copies = [path.with_name(path.name + ending) for ending in (_BEFORE, ".backup")]
    return lock.exists() and not any(copy.exists() for copy in copies)


def _whole(path: Path) -> str | None:
    """Return a state file's text; None when there is none, or it is truncated."""
    try:
        text = path.read_text(encoding="utf-8")
        return text if isinstance(state_text.parsed(text).get("serial"), int) else None
    except (OSError, ValueError):
        return None

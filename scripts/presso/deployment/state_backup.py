"""Copies of a unit's state file: presso's, made before a run that writes it, and Terraform's."""

import fcntl
import json
from pathlib import Path

from presso import atomic, disk, file_lock, regular_file
from presso.deployment import state_text, unfinished
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
    if whole := copies(path):
        hint = f"Restore its backup: cp {_newest(whole)} {path}"
    elif empty:
        hint = f"If the unit was never applied: rm {path}. Otherwise restore it from a backup of your own."
    else:
        hint = "Restore it from a backup of your own: there is no copy beside it."
    return PressoError(f"{unit}: {path} {what}.", hint=hint)


def restore(workspace: Workspace, unit: Unit) -> Path | None:
    """Restore the state of a unit whose Terraform was killed while it wrote it; return the copy it came from.

    Terraform empties a state file and then writes it, so a kill in between leaves nothing or a part. What the
    killed run has created since the copy is adopted by the next apply, and removed by the next destroy. Any
    other broken state stays: `broken` names its copy. None where nothing was to be restored.

    Raises:
        PressoError: The state cannot be written.
    """
    path = unit.state(workspace)
    if _whole(path) is not None or not _killed_writer(workspace, unit, path):
        return None
    whole = copies(path)
    if not whole:
        return None
    newest = _newest(whole)
    try:
        with file_lock.as_terraform(path) as handle:
            handle.seek(0)
            handle.truncate()
            handle.write(whole[newest])
    except (FileNotFoundError, BlockingIOError):
        return None  # another run has it
    except OSError as error:
        raise PressoError(f"{path} cannot be restored from {newest}: {error.strerror}.") from error
    return newest


def _killed_writer(workspace: Workspace, unit: Unit, path: Path) -> bool:
    """Whether a Terraform was killed that had the state locked for a run that changes the unit."""
    owner = path.with_name(f".{path.name}.lock.info")
    return path.exists() and owner.exists() and unfinished.before(workspace, unit)


def is_written(path: Path) -> bool:
    """Return whether a Terraform has a state file open to write it, in place.

    It holds a POSIX lock on the file, and beside it a file with the lock's owner, which a kill leaves behind.
    """
    if not path.with_name(f".{path.name}.lock.info").exists():
        return False
    try:
        with regular_file.opened(path) as handle:
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
    beside = [path.with_name(path.name + ending) for ending in (_BEFORE, ".backup")]
    return lock.exists() and not any(copy.exists() for copy in beside)


def copies(path: Path) -> dict[Path, str]:
    """Return the text of each complete copy of a state."""
    beside = [path.with_name(path.name + ending) for ending in (_BEFORE, ".backup")]
    return {copy: text for copy in beside if (text := _whole(copy)) is not None}


def _newest(whole: dict[Path, str]) -> Path:
    return max(whole, key=lambda copy: int(json.loads(whole[copy])["serial"]))


def _whole(path: Path) -> str | None:
    """Return a state file's text; None when there is none, or it is truncated."""
    try:
        text = regular_file.text(path)
        return text if isinstance(state_text.parsed(text).get("serial"), int) else None
    except (OSError, ValueError):
        return None

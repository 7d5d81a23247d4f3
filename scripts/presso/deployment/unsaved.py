"""States that Terraform could not save: `errored.tfstate` in the unit's folder, until the user saves it.

Terraform writes that file itself, or, where it cannot, prints the state:
https://developer.hashicorp.com/terraform/cli/state/recover
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from presso import atomic, disk, regular_file
from presso.deployment import state_text
from presso.deployment.run_log import RunLog
from presso.errors import PressoError
from presso.tenants import StateBucket
from presso.units.unit import Unit
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.terraform.json_stream import Transcript

FILE = "errored.tfstate"


def refuse(workspace: Workspace, unit: Unit, bucket: StateBucket | None) -> None:
    """Refuse a unit whose last state is not saved: Terraform would create a second one.

    Raises:
        PressoError: Names the file, and the command to save it.
    """
    if file(workspace, unit):
        message, hint = unsaved_state(workspace, unit, bucket)
        raise PressoError(f"{unit}: {message}", hint=hint)


def file(workspace: Workspace, unit: Unit) -> Path | None:
    """Return the file that holds a unit's unsaved state, or None."""
    path = unit.folder(workspace) / FILE
    return path if path.exists() else None


def unsaved_state(workspace: Workspace, unit: Unit, bucket: StateBucket | None) -> tuple[str, str]:
    """Return the message and the hint for an unsaved state."""
    folder = workspace.shown(unit.folder(workspace))
    path = f"{folder}/{FILE}"
    message = f"The last run could not save its state; it is in {path}."
    if not _is_state(unit.folder(workspace) / FILE):
        hint = f"That file is truncated and may lack resources that the run created. Compare, then: rm {path}"
    elif bucket:
        hint = f"Save it: terraform -chdir={folder} state push {FILE} && rm {path}"
    else:
        hint = f"Save it: mv {path} {workspace.shown(unit.state(workspace))}"
    return message, hint


def after(
    workspace: Workspace, unit: Unit, bucket: StateBucket | None, transcript: Transcript, log: RunLog
) -> tuple[str, str] | None:
    """Return the message and the hint for a run that could not write its files; None for any other.

    A state that Terraform has printed, because it could not write it, is in `errored.tfstate` afterwards.
    """
    full = _full(transcript, unit.folder(workspace))
    messages, hints = ([text] for text in disk.full_disk(full)) if full else ([], [])
    try:
        _rescue(unit.folder(workspace) / FILE, transcript, log)
    except OSError:
        from presso.terraform.json_stream import DUMP

        place = workspace.shown(log.path)
        messages.append(f"The state could not be saved: it is in {place}, in the line “{DUMP}”.")
        hints.append(f"Then copy its `state` to {workspace.shown(unit.folder(workspace) / FILE)}.")
    else:
        if file(workspace, unit):
            message, hint = unsaved_state(workspace, unit, bucket)
            messages.append(message)
            hints.append(hint)
    return (" ".join(messages), " ".join(hints)) if messages else None


def _full(transcript: Transcript, folder: Path) -> Path | None:
    """Return a file that Terraform could not write because the disk is full."""
    texts = [f"{error.summary} {error.detail}" for error in transcript.errors] + transcript.stray
    return next((place for text in texts if (place := disk.full_at(text, folder))), None)


def _rescue(path: Path, transcript: Transcript, log: RunLog) -> None:
    if transcript.dumped and not _is_state(path):
        log.trim()  # the reserved space makes room for this
        atomic.write(path, transcript.dumped, mode=0o600)


def _is_state(path: Path) -> bool:
    try:
        return bool(state_text.parsed(regular_file.contents(path)))
    except (OSError, ValueError):
        return False

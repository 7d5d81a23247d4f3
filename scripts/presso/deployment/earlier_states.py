"""States of earlier versions of presso, `state/<tenant>/<unit>.tfstate`: moved into a folder for each unit.

While Terraform works on an extension it may read the folder of its state (`access_rights`), alone in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from presso import file_lock, interruption, regular_file
from presso.errors import PressoError
from presso.folders import files_like
from presso.units.unit import Unit
from presso.workspace import Workspace


def units(workspace: Workspace) -> list[Unit]:
    """Return the units with a state of an earlier version."""
    found = files_like(workspace.home / "state", "*/*.tfstate")
    return sorted(Unit.of_part(path.parent.name, path.stem) for path in found if path.is_file())


def move(workspace: Workspace, unit: Unit) -> None:
    """Move a unit's state, and its backups, to where they belong, if an earlier version wrote them.

    The state comes last: until it is moved, the next command moves what is left, wherever this one ended.

    Raises:
        PressoError: Another run has it locked, there are two states, or it cannot be moved.
    """
    path = unit.state(workspace)
    old = path.parent.with_name(path.name)
    starts = (old.name, f".{old.name}")
    try:
        names = sorted(path for path in old.parent.iterdir() if path.name.startswith(starts))
    except FileNotFoundError:
        return
    if not names:
        return
    from presso.units import unit_folder

    try:
        with _held(unit, old), interruption.deferred():
            unit_folder.follow_state(workspace, unit)
            for each in (name for name in names if name != old):
                _move_copy(each, path.parent / each.name)
            _move_state(unit, old, path)
    except OSError as error:
        raise PressoError(f"{old} cannot be moved to {path}: {error.strerror or error}.") from error


@contextlib.contextmanager
def _held(unit: Unit, old: Path) -> Iterator[None]:
    """Hold a state file as Terraform does; nothing to hold when its copies alone are left.

    Raises:
        PressoError: Terraform holds it.
    """
    with contextlib.ExitStack() as held:
        try:
            with contextlib.suppress(FileNotFoundError):
                held.enter_context(file_lock.as_terraform(old))
        except BlockingIOError as error:
            raise PressoError(
                f"{unit}: another run works with {old}, and has locked it.",
                hint="Wait for that run to end, then run the same command again.",
            ) from error
        yield


def _move_state(unit: Unit, old: Path, path: Path) -> None:
    """Move a state; nothing is overwritten.

    Raises:
        PressoError: There is another one.
        OSError: It cannot be moved.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):  # another process has moved it
        if path.exists() and not _are_alike(old, path):
            raise PressoError(
                f"{unit} has two states: {path}, and {old} of an earlier version of presso.",
                hint="Compare them with what is deployed, and move the wrong one away.",
            )
        old.replace(path)


def _are_alike(old: Path, path: Path) -> bool:
    return regular_file.contents(old) == regular_file.contents(path)


def _move_copy(old: Path, path: Path) -> None:
    """Move a backup; one that is there already is kept beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.name.startswith("."):
        path = path.with_name(f"{path.name}.earlier")
    with contextlib.suppress(FileNotFoundError):  # another process has moved it
        old.replace(path)

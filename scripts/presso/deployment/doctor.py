"""What is missing or wrong on this machine and in this checkout, with the repair."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from presso import regular_file
from presso.deployment import run_log, state_backup, state_files, unfinished, unsaved
from presso.errors import PressoError
from presso.local_aws import LocalAws, addresses
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.workspace import Workspace

# A run of a few units writes some 100 MB; the local AWS writes its state when it stops.
_LEAST_SPACE = 500 << 20
_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Problem:
    """Something that is missing or wrong.

    Args:
        about: Such as `Terraform`.
        message: What is wrong, and where.
        repair: What to do; often a command.
    """

    about: str
    message: str
    repair: str


def examine(workspace: Workspace) -> tuple[list[str], list[Problem]]:
    """Return what was examined, and what was found. Makes no AWS calls, except for states in a bucket."""
    found: list[Problem] = []
    for about, check in _CHECKS.items():
        try:
            found += [Problem(about, message, repair) for message, repair in check(workspace)]
        except PressoError as error:
            found.append(Problem(about, error.message, error.hint))
    return list(_CHECKS), found


Problems = Iterator[tuple[str, str]]


def _python(workspace: Workspace) -> Problems:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        yield f"presso needs Python 3.11 or newer; this is {version}.", "Install a newer Python."


def _terraform(workspace: Workspace) -> Problems:
    terraform_cli.find()
    yield from ()


def _space(workspace: Workspace) -> Problems:
    folder = next(path for path in (workspace.home, *workspace.home.parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    if free < _LEAST_SPACE:
        yield f"{folder} has {free >> 20} MB of free space.", f"Free some space there: df -h {folder}"


def _states(workspace: Workspace) -> Problems:
    for state in state_files.deployed(workspace):
        if state.broken:
            yield state.broken.message, state.broken.hint
    for path in sorted(workspace.home.glob(f"units/**/{unsaved.FILE}")):
        parts = path.parent.relative_to(workspace.home / "units").parts
        unit = Unit(*parts[:2])
        message, hint = unsaved.unsaved_state(workspace, unit, state_files.in_folder(workspace, unit))
        yield f"{unit}: {message}", hint


def _unfinished(workspace: Workspace) -> Problems:
    for run in unfinished.runs(workspace):
        if not run_log.in_use(run.unit.folder(workspace)):
            yield (
                f"{run.unit}: {run.action} since {run.since} has not ended well; it may have created what "
                "the state lacks.",
                f"Run it again: presso {run.action} {run.unit}",
            )


def _locks(workspace: Workspace) -> Problems:
    for path in sorted(workspace.home.glob("state/*/*/.*.tfstate.lock.info")):
        state = path.with_name(path.name[1:].removesuffix(".lock.info"))
        if not state_backup.is_written(state):
            try:
                who = json.loads(regular_file.text(path)).get("Who", "an unknown user")
            except (OSError, ValueError, AttributeError):
                who = "an unknown user"
            yield (
                f"{workspace.shown(path)} is of a Terraform of {who} that was killed. It locks nothing.",
                f"rm {workspace.shown(path)}",
            )


def _processes(workspace: Workspace) -> Problems:
    for pid in LocalAws(workspace.local).unrecorded():
        yield (
            f"Process {pid} is a part of the local AWS of {workspace.local} without a record.",
            "presso down",
        )


def _port(workspace: Workspace) -> Problems:
    local = LocalAws(workspace.local)
    wanted = addresses.wanted_port()
    if wanted is not None and local.running() is None and addresses.answers(wanted):
        yield (
            f"Port {wanted} ({addresses.PORT_VARIABLE}) is in use by another program.",
            f"Stop that program, or unset {addresses.PORT_VARIABLE}.",
        )


_CHECKS: dict[str, Callable[[Workspace], Problems]] = {
    "Python": _python,
    "Terraform": _terraform,
    "disk space": _space,
    "states": _states,
    "runs": _unfinished,
    "locks": _locks,
    "processes": _processes,
    "port": _port,
}

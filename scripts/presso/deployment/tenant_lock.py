"""A lock on a tenant: its platform is not destroyed while an extension is being applied on it.

Extensions' runs share it, and the destroy of the platform holds it alone. A Terraform inherits it, so that it
lasts as long as the run, even if presso is killed; the kernel releases it. Between machines, marks beside the
states in the bucket do the same; the mark of a run that was killed stays until `presso state unlock`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from presso.deployment import state_files, unfinished
from presso.deployment.outcome import Action
from presso.errors import PressoError
from presso.folders import remove_empty
from presso.tenants import Tenant
from presso.units import tenant_marks
from presso.units.unit import Unit, refuse_while_extensions_are_deployed
from presso.workspace import Workspace


@contextlib.contextmanager
def held(
    workspace: Workspace, unit: Unit, action: Action, tenant: Tenant | None
) -> Iterator[tuple[int, ...]]:
    """Hold the lock for a run, if it needs it, and check again what is deployed on what.

    Yields:
        The file descriptors that Terraform inherits.

    Raises:
        PressoError: Another run holds it, a platform to destroy has extensions, or an extension to apply has
            no platform any more.
    """
    destroys, applies = unit.is_platform and action == "destroy", not unit.is_platform and action == "apply"
    if not destroys and not applies:
        yield ()
        return
    path = workspace.home / "locks" / unit.tenant
    handle = _locked(path, fcntl.LOCK_EX if destroys else fcntl.LOCK_SH)
    if handle is None:
        raise _in_use(workspace, unit)
    try:
        with _marked(unit, action, tenant):
            if destroys:
                _refuse_under_extensions(workspace, unit, tenant)
            else:
                _refuse_without_platform(workspace, unit, tenant)
            yield (handle,)
    finally:
        if destroys:
            path.unlink(missing_ok=True)
            remove_empty([path.parent])
        os.close(handle)


@contextlib.contextmanager
def _marked(unit: Unit, action: Action, tenant: Tenant | None) -> Iterator[None]:
    """Leave a mark in the bucket, if the states are there; refuse to run beside one that excludes this."""
    if tenant is None or tenant.state is None:
        yield
        return
    with tenant_marks.marked(tenant.state, unit, action):
        others = [
            mark
            for mark in tenant_marks.found(tenant.state, unit.tenant)
            if mark.unit.is_platform != unit.is_platform
        ]
        if others:
            dead = "; ".join(
                f"presso state unlock {name}" for name in sorted({str(each.unit) for each in others})
            )
            raise PressoError(
                f"{unit}: another run works on {', '.join(map(str, others))}.",
                hint=f"Wait for that run to end, then run the same command again. If it is dead: {dead}",
            )
        yield


def _locked(path: Path, kind: int) -> int | None:
    """Return the open and locked file; None if another process has locked it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            if _is(path, handle):
                return handle
        except BlockingIOError:
            os.close(handle)
            return None
        os.close(handle)  # it was removed meanwhile


def _is(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _in_use(workspace: Workspace, unit: Unit) -> PressoError:
    runs = [run for run in unfinished.runs(workspace) if run.unit.tenant == unit.tenant and run.unit != unit]
    named = ", ".join(f"{run.unit} ({run.action} by process {run.pid}, since {run.since})" for run in runs)
    return PressoError(
        f"{unit}: another run works on {named or f'tenant {unit.tenant}'}.",
        hint="Wait for that run to end, then run the same command again.",
    )


def _refuse_under_extensions(workspace: Workspace, unit: Unit, tenant: Tenant | None) -> None:
    states = state_files.deployed(workspace, [tenant] if tenant else [])
    there = {*(state.unit for state in states), *unfinished.units(workspace)}
    refuse_while_extensions_are_deployed([unit], there)


def _refuse_without_platform(workspace: Workspace, unit: Unit, tenant: Tenant | None) -> None:
    state = state_files.read(workspace, unit.platform, tenant.state if tenant else None)
    if not state or not state.resources:
        raise PressoError(
            f"{unit} needs its tenant's platform, and {unit.platform} has just been destroyed.",
            hint=f"Apply both: presso apply {unit.platform} {unit}",
        )

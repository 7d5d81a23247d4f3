"""Moves units' states between this machine and a bucket, or from one bucket to another.

A state is written to its new place and read back there before the old one is removed, under the locks of
both: there is no moment without one, and a move that was cut short is completed by the next.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from presso import atomic, file_lock, records, regular_file
from presso.deployment import run_log, state_continuity, state_files, state_lock, state_text
from presso.deployment.confirmed import ConfirmedStates, StateId
from presso.errors import PressoError, UsageError
from presso.folders import files_like
from presso.tenants import StateBucket, Tenant
from presso.units import state_bucket, unit_folder
from presso.units.unit import Unit, declared
from presso.workspace import Workspace


@dataclass(frozen=True)
class MovedState:
    """A state that was moved.

    Args:
        unit: The unit of the state.
        source: Where it was: a file, or an address such as `s3://acme-states/bars/nyc/platform.tfstate`.
        destination: Where it is now.
        resources: How many resources it holds.
    """

    unit: Unit
    source: str
    destination: str
    resources: int


class _Place:
    """Where a unit's state is, or will be: a file, or an object in a bucket."""

    def __init__(self, workspace: Workspace, unit: Unit, bucket: StateBucket | None) -> None:
        self.unit, self.bucket = unit, bucket
        self._workspace = workspace
        self._path: Path = unit.state(workspace)
        # A second handle would release the lock when it is closed.
        self._locked: TextIO | None = None

    def __str__(self) -> str:
        if self.bucket:
            return f"s3://{self.bucket.bucket}/{state_bucket.key(self.bucket, self.unit)}"
        return self._workspace.shown(self._path)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the state, as Terraform does.

        Raises:
            PressoError: A run holds it.
        """
        if self.bucket:
            with state_bucket.locked(self.bucket, self.unit, "OperationTypeMigrate") as is_held:
                if not is_held:
                    lock = state_bucket.lock(self.bucket, self.unit) or {}
                    raise _in_use(str(state_lock.Lock.of(self.unit, lock)))
                yield
            return
        try:
            with file_lock.as_terraform(self._path) as self._locked:
                yield
        except FileNotFoundError:
            yield
        except BlockingIOError:
            raise _in_use(f"{self}: a Terraform on this machine has locked it") from None
        finally:
            self._locked = None

    def read(self) -> str | None:
        """Return the state's text; None where there is none."""
        if self.bucket:
            found = state_bucket.read(self.bucket, self.unit)
            return found[0] if found else None
        if self._locked:
            self._locked.seek(0)
            return self._locked.read()
        try:
            return regular_file.text(self._path)
        except FileNotFoundError:
            return None

    def write(self, text: str) -> None:
        """Write the state."""
        if self.bucket:
            state_bucket.write(self.bucket, self.unit, text)
        else:
            atomic.write(self._path, text, mode=0o600)
            self._locked = None  # it is another file now

    def remove(self) -> None:
        """Remove the state, and the record of its last apply."""
        records = ConfirmedStates(self._workspace, self.unit, self.bucket)
        if self.bucket:
            records.move()
            state_bucket.remove(self.bucket, self.unit)
        else:
            state_files.unlink(self._path)
        records.forget()


def bucket_named(text: str, region: str) -> StateBucket:
    """Return the bucket of a text such as `acme-states/bars/`.

    Raises:
        UsageError: No bucket, prefix or region is written so.
    """
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    try:
        return records.read(StateBucket, {"bucket": bucket, "region": region, "prefix": prefix})
    except ValueError as error:
        raise UsageError(f"--from {text}: {error}", hint="Such as: --from acme-states/bars") from error


def migrate(workspace: Workspace, tenant: Tenant, source: StateBucket | None = None) -> list[MovedState]:
    """Move the states of a tenant to where its file keeps them.

    Args:
        workspace: The checkout and its home.
        tenant: The tenant; its `state` is the destination, a file on this machine where it is None.
        source: The bucket that has the states. By default those that this checkout knows: files on this
            machine, and the buckets that its units' folders name.

    Returns:
        What was moved, by unit.

    Raises:
        PressoError: A run holds a state, there are two different ones, or AWS denies a call. States that
            were moved before stay moved.
    """
    return [
        moved
        for unit, place in sorted(_sources(workspace, tenant, source).items())
        if (moved := _move(place, _Place(workspace, unit, tenant.state), workspace))
    ]


def _sources(workspace: Workspace, tenant: Tenant, source: StateBucket | None) -> dict[Unit, _Place]:
    """Return the place of each state that is not where the tenant's file keeps it."""
    if source is not None:
        units = state_bucket.units(source, tenant.name) if source != tenant.state else []
        return {unit: _Place(workspace, unit, source) for unit in units}
    paths = files_like(workspace.home / "state" / tenant.name, "*/*.tfstate")
    files = {Unit.of_part(tenant.name, path.stem) for path in paths if path.stem == path.parent.name}
    places = {unit: _Place(workspace, unit, None) for unit in files if tenant.state}
    folders = workspace.home / "units" / tenant.name
    written = {Unit(tenant.name, path.parent.name) for path in files_like(folders, f"*/{unit_folder.FILE}")}
    for unit in {*declared([tenant]), *written} - places.keys():
        before = state_files.in_folder(workspace, unit)
        if before and before != tenant.state:
            places[unit] = _Place(workspace, unit, before)
    return places


def _move(source: _Place, destination: _Place, workspace: Workspace) -> MovedState | None:
    """Move one state; None where there is none."""
    unit = source.unit
    if run_log.in_use(unit.folder(workspace)):
        raise _in_use(f"{unit}: a run on this machine works on it")
    state_files.read(workspace, unit, source.bucket)  # refuses one that is broken, or not saved
    state_continuity.refuse(workspace, unit, source.bucket)
    with source.locked(), destination.locked():
        text = source.read()
        if text is None:
            return None
        resources = state_text.managed(text)
        if text != (there := destination.read()):
            _refuse_another(source, text, destination, there)
            destination.write(text)
            if destination.read() != text:
                raise PressoError(f"{destination} is not what was written there. {source} stays as it is.")
        source.remove()
        unit_folder.forget_init(unit.folder(workspace), lock_file=False)
    return MovedState(unit, str(source), str(destination), resources)


def _refuse_another(source: _Place, text: str, destination: _Place, there: str | None) -> None:
    """Refuse to write over a state that holds resources."""
    if not there or state_text.managed(there) == 0:
        return
    ours, theirs = StateId.of(text.encode()), StateId.of(there.encode())
    serials = f"serial {ours.serial} and {theirs.serial}" if ours and theirs else "of unknown serials"
    related = (
        "two versions of one state" if ours and theirs and ours.lineage == theirs.lineage else "two states"
    )
    raise PressoError(
        f"{source} and {destination} are {related}, {serials}: neither was changed.",
        hint="Compare both (terraform show), remove the wrong one, then run the same command again.",
    )


def _in_use(what: str) -> PressoError:
    return PressoError(f"{what}.", hint="Wait for that run to end, then run the same command again.")

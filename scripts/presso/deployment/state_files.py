"""Units' states: files of Terraform's local backend, each in a folder of its own, or in a bucket."""

import contextlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from presso import file_lock, records, regular_file
from presso.awake_clock import AwakeClock
from presso.deployment import earlier_states, state_backup, state_continuity, state_text, unsaved
from presso.deployment.confirmed import ConfirmedStates, recorded
from presso.errors import PressoError
from presso.folders import files_like, remove_empty
from presso.tenants import StateBucket, Tenant
from presso.units import state_bucket
from presso.units.unit import Unit
from presso.workspace import Workspace

_LONGEST_WRITE = 2.0


@dataclass(frozen=True)
class State:
    """The content of a unit's state file.

    Args:
        unit: The unit of the state.
        resources: How many managed resource instances it holds; 0 when unknown.
        changed: When the file was last written.
        broken: What is wrong with the file, and what to do; None when it can be read.
    """

    unit: Unit
    resources: int
    changed: datetime
    broken: PressoError | None = None


def bucket_of(workspace: Workspace, unit: Unit, tenant: Tenant | None) -> StateBucket | None:
    """Return the bucket that keeps a unit's state: from its tenant's file, else from its folder."""
    return tenant.state if tenant else in_folder(workspace, unit)


def in_folder(workspace: Workspace, unit: Unit) -> StateBucket | None:
    """Return the bucket that a unit's folder was last written for; None for a file, or no folder."""
    try:
        text = regular_file.text(unit.folder(workspace) / "main.tf.json")
        said = json.loads(text)["terraform"]["backend"]["s3"]
        end = len(f"{unit.tenant}/{unit.part}.tfstate")
        kept = {"bucket": said["bucket"], "region": said["region"], "prefix": said["key"][:-end]}
        return records.read(StateBucket, kept)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def read(workspace: Workspace, unit: Unit, bucket: StateBucket | None = None) -> State | None:
    """Return a unit's state, or None where there is none.

    Raises:
        PressoError: It is not a state (the message names it and the backup beside it), the last run could not
            save it there, an earlier version's cannot be moved, or AWS denies reading it.
    """
    unsaved.refuse(workspace, unit, bucket)
    if bucket:
        found = state_bucket.read(bucket, unit)
        return _counted(unit, bucket, *found) if found else None
    earlier_states.move(workspace, unit)
    path = unit.state(workspace)
    clock = AwakeClock()
    while True:
        text = b""
        try:
            with regular_file.opened(path) as file:
                changed = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
                text = file.read()
            return State(unit, state_text.managed(text), changed)
        except FileNotFoundError:
            return None
        except ValueError as error:
            writing = state_backup.is_written(path)
            if writing and not text:  # Terraform opens its first one long before it writes it
                return State(unit, 0, changed)
            if not text and state_backup.never_written(path):
                return None
            if not writing or clock.seconds() > _LONGEST_WRITE:
                raise state_backup.broken(unit, path, empty=not text) from error
            time.sleep(0.02)


def _counted(unit: Unit, bucket: StateBucket, text: str, changed: datetime) -> State:
    """Return the state for a text from a bucket."""
    try:
        return State(unit, state_text.managed(text), changed)
    except ValueError as error:
        raise PressoError(
            f"{unit}: {state_bucket.key(bucket, unit)} in bucket {bucket.bucket} is not a Terraform state.",
            hint=_to_restore(unit, bucket),
        ) from error


def _to_restore(unit: Unit, bucket: StateBucket) -> str:
    """Return how to restore the newest complete version of a broken state."""
    for name, command in state_continuity.versions(bucket, unit):
        return f"Restore the newest complete one, {name}: {command}"
    return "Restore an older version of that object, or a copy of your own."


def refuse_moved(workspace: Workspace, unit: Unit, tenant: Tenant) -> None:
    """Refuse a unit whose state is in another place than its tenant's file sets: it would be created twice.

    Raises:
        PressoError: Names the place of the state, and how to move it.
    """
    before = in_folder(workspace, unit)
    file = f"tenants/{unit.tenant}/tenant.yaml"
    if before and before != tenant.state:
        state = read(workspace, unit, before)
        if state and state.resources:
            raise PressoError(
                f"The state of {unit} is in bucket {before.bucket}, but {file} no longer names that bucket.",
                hint=f"Move the state: presso state migrate {unit.tenant}. Or restore the key state.",
            )
    if not tenant.state:
        return
    here = read(workspace, unit)
    if here and here.resources and read(workspace, unit, tenant.state) is None:
        raise PressoError(
            f"The state of {unit} is in {workspace.shown(unit.state(workspace))}, but {file} names bucket "
            f"{tenant.state.bucket}.",
            hint=f"Move it there: presso state migrate {unit.tenant}",
        )


def deployed(workspace: Workspace, tenants: Iterable[Tenant] = ()) -> list[State]:
    """Return the states that hold resources, sorted by unit, regardless of the tenants' files.

    A broken one is included: its resources are deployed, and it stops only commands on that unit. So is one
    that is lost, the unit of a run elsewhere that has not ended, and the platform of a tenant whose bucket
    cannot be read.
    """
    kept = {state.unit: state for state in _in_files(workspace)}
    for tenant in tenants:
        if tenant.state:
            kept |= {state.unit: state for state in _in_bucket(workspace, tenant.name, tenant.state)}
    return [kept[unit] for unit in sorted(kept)]


def _in_bucket(workspace: Workspace, tenant: str, bucket: StateBucket) -> Iterator[State]:
    try:
        there, without = state_bucket.kept(bucket, tenant)
        found = state_bucket.texts(bucket, there)
        yield from (state for unit in without for state in _missing(workspace, unit, bucket))
    except PressoError as error:
        yield State(Unit(tenant), 0, datetime.now(UTC), error)
        return
    for unit, text, changed in found:
        try:
            state = _counted(unit, bucket, text, changed)
        except PressoError as error:
            state = State(unit, 0, changed, error)
        if state.resources or state.broken:
            yield state


def _missing(workspace: Workspace, unit: Unit, bucket: StateBucket | None) -> Iterator[State]:
    """Yield a unit without a state that may have resources all the same, by the record of its runs.

    A run of this machine that has not ended is known by `unfinished`.
    """
    try:
        state_continuity.refuse(workspace, unit, bucket)
        if bucket and ConfirmedStates(workspace, unit, bucket).is_open():
            raise PressoError(
                f"{unit}: a run has begun to create it and has not ended; there is no state yet.",
                hint=f"If that run is dead: presso apply {unit}, or presso destroy {unit}",
            )
    except PressoError as error:
        yield State(unit, 0, datetime.now(UTC), error)


def _in_files(workspace: Workspace) -> list[State]:
    found = files_like(workspace.home / "state", "*/*/*.tfstate")
    there = {Unit.of_part(path.parents[1].name, path.stem) for path in found if path.stem == path.parent.name}
    there |= {*earlier_states.units(workspace)}
    states = [_read_or_broken(workspace, unit) for unit in sorted(there)]
    kept = [state for state in states if state is not None and (state.resources or state.broken)]
    without = [unit for unit in recorded(workspace) if unit not in there]
    here = (unit for unit in without if in_folder(workspace, unit) is None)  # else it was moved to a bucket
    return [*kept, *(state for unit in here for state in _missing(workspace, unit, None))]


def texts(workspace: Workspace, tenants: Iterable[Tenant] = ()) -> dict[Unit, str]:
    """Return the text of each state that can be read, by unit.

    Args:
        workspace: Its home has the states on this machine.
        tenants: Those whose states may be in a bucket.

    Raises:
        PressoError: AWS denies reading a bucket.
    """
    found = {}
    for state in _in_files(workspace):
        with contextlib.suppress(FileNotFoundError):
            if not state.broken:
                found[state.unit] = regular_file.text(state.unit.state(workspace))
    for tenant in tenants:
        for unit, text, _ in state_bucket.of_tenant(tenant.state, tenant.name) if tenant.state else ():
            with contextlib.suppress(ValueError):
                state_text.managed(text)
                found[unit] = text
    return found


def _read_or_broken(workspace: Workspace, unit: Unit) -> State | None:
    try:
        return read(workspace, unit)
    except PressoError as error:
        try:
            written = unit.state(workspace).stat().st_mtime
        except FileNotFoundError:
            written = time.time()
        return State(unit, 0, datetime.fromtimestamp(written, UTC), error)


def forget(workspace: Workspace, unit: Unit, bucket: StateBucket | None = None) -> bool:
    """Remove a unit's state and its backups, and return whether nothing is left.

    A state that holds resources, or that a Terraform has locked, stays.
    """
    if bucket:
        return state_bucket.remove_if(bucket, unit, lambda text: state_text.managed(text) == 0)
    path = unit.state(workspace)
    try:
        with file_lock.as_terraform(path) as handle:
            # Not by read(): closing the file a second time would release the lock.
            if state_text.managed(handle.read()):
                return False
            unlink(path)
    except FileNotFoundError:
        return True
    except (BlockingIOError, ValueError):
        return False
    return True


def forget_unwritten(workspace: Workspace, unit: Unit) -> None:
    """Remove the empty file that Terraform leaves when it is killed before it writes its first state."""
    path = unit.state(workspace)
    with contextlib.suppress(FileNotFoundError, BlockingIOError), file_lock.as_terraform(path) as handle:
        if not handle.read():
            unlink(path)
    remove_empty([path.parent])


def unlink(path: Path) -> None:
    """Remove a state file, what is kept beside it, and folders that are empty then."""
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink(missing_ok=True)
    remove_empty(path.parents[:3])

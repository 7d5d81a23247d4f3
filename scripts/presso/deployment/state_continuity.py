"""Whether a unit's state is the one that its last run left, or a newer one: a lost or older one is refused.

An apply would create everything a second time, or work on an old picture. What the last run left is in the
record of `ConfirmedStates`. Without one, the versions in a bucket show that a state was deleted while it held
resources; files leave no such trace.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from presso.deployment import state_backup, state_text
from presso.deployment.confirmed import ConfirmedStates, StateId
from presso.errors import PressoError
from presso.tenants import StateBucket
from presso.units import state_bucket
from presso.units.unit import Unit
from presso.workspace import Workspace


@dataclass(frozen=True)
class _Copy:
    """A complete copy of a state: its serial and lineage, what it is, and the command that restores it."""

    serial: int
    lineage: str
    name: str
    command: str


def refuse(workspace: Workspace, unit: Unit, bucket: StateBucket | None) -> None:
    """Refuse a unit whose state is lost, older than the one its last run left, or another one.

    Raises:
        PressoError: Names the copy or version to go back to, and the command; or AWS denies reading it.
    """
    records = ConfirmedStates(workspace, unit, bucket)
    known, found = records.known(), records.state()
    if known is None:
        if bucket and found is None and not records.exists():
            _refuse_deleted(workspace, unit, bucket, records)
        return
    if found and found.lineage == known.lineage and found.serial >= known.serial:
        return
    if found is None and not bucket and state_backup.is_written(unit.state(workspace)):
        return  # Terraform refuses it: another one works on it
    if records.known() != known:
        return  # another run has ended between the two readings
    message = f"{unit}: {_what(found, known)} {_place(workspace, unit, bucket)}."
    raise PressoError(message, hint=_hint(workspace, unit, bucket, records, known, found))


def versions(bucket: StateBucket, unit: Unit) -> Iterator[tuple[str, str]]:
    """Yield what each complete version of a state in a bucket is, and the command that restores it.

    The newest is first. There is none where the caller may not list versions.
    """
    for copy in _versions(bucket, unit):
        yield copy.name, copy.command


def _refuse_deleted(workspace: Workspace, unit: Unit, bucket: StateBucket, records: ConfirmedStates) -> None:
    """Refuse a state of which nothing but its versions is left, if the newest held resources.

    The last one before `destroy` removes it holds none, and the record of one that was moved notes it.
    """
    newest = None
    with contextlib.suppress(PressoError, ValueError):  # the caller may not list versions
        for _, text, _ in state_bucket.versions(bucket, unit):
            newest = StateId.of(text.encode()) if state_text.managed(text) else None
            break
        if newest is None or records.was_moved():
            return
    if newest and not records.exists():
        message = f"{unit}: the state was deleted while it held resources: {_place(workspace, unit, bucket)}."
        raise PressoError(message, hint=_hint(workspace, unit, bucket, records, newest, None))


def _what(found: StateId | None, known: StateId) -> str:
    if found is None:
        return f"the state is lost; the last run left serial {known.serial} in"
    if found.lineage != known.lineage:
        return f"another state (lineage {found.lineage}, not {known.lineage} of the last run) is in"
    return f"an older state (serial {found.serial}; the last run left {known.serial}) is in"


def _place(workspace: Workspace, unit: Unit, bucket: StateBucket | None) -> str:
    if bucket:
        return f"s3://{bucket.bucket}/{state_bucket.key(bucket, unit)}"
    return workspace.shown(unit.state(workspace))


def _hint(
    workspace: Workspace,
    unit: Unit,
    bucket: StateBucket | None,
    records: ConfirmedStates,
    known: StateId,
    found: StateId | None,
) -> str:
    """Return how to go back to the newest copy, and how to go on with what is there."""
    copies = _versions(bucket, unit) if bucket else _files(workspace, unit)
    related = [copy for copy in copies if copy.lineage == known.lineage]
    best = max(related, key=lambda copy: copy.serial, default=None)  # of equal ones the newest
    behind = found.serial if found and found.lineage == known.lineage else -1
    accept = f"If what is there is right: {records.to_forget}"
    compare = f"presso unmanaged {unit.tenant} lists what AWS has and no state knows"
    if best is None or best.serial <= behind:
        return f"No newer copy was found: restore a backup of your own. {accept} ({compare})"
    if best.serial < known.serial:
        return (
            f"Go back to {best.name}, the newest copy found, and accept that it lacks the last changes: "
            f"{best.command} && {records.to_forget} ({compare})"
        )
    return f"Go back to {best.name}: {best.command}. {accept} ({compare})"


def _versions(bucket: StateBucket, unit: Unit) -> Iterator[_Copy]:
    name = state_bucket.key(bucket, unit)
    with contextlib.suppress(PressoError):  # the caller may not list versions
        for version, text, written in state_bucket.versions(bucket, unit):
            command = (
                f"aws s3api copy-object --bucket {bucket.bucket} --key {name} "
                f"--copy-source '{bucket.bucket}/{name}?versionId={version}'"
            )
            if copy := _copy(text, f"its version {version} of {written:%Y-%m-%d %H:%M:%S} UTC", command):
                yield copy


def _files(workspace: Workspace, unit: Unit) -> Iterator[_Copy]:
    path = unit.state(workspace)
    for file, text in state_backup.copies(path).items():
        shown = workspace.shown(file)
        if copy := _copy(text, shown, f"cp {shown} {workspace.shown(path)}"):
            yield copy


def _copy(text: str, name: str, command: str) -> _Copy | None:
    """Return the copy with this text; None if it is not a complete state."""
    try:
        parsed = state_text.parsed(text)
        serial, lineage = int(parsed.get("serial", 0)), str(parsed.get("lineage", ""))
    except (TypeError, ValueError):
        return None
    return _Copy(serial, lineage, f"{name} (serial {serial})", command)

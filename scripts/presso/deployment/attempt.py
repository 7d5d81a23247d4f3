"""A worker's attempt at a unit of a run, noted in the bucket of states, beside them.

When the worker dies, Dask gives the unit to another one. That finds the note, waits until nothing of the dead
attempt can run any more, and removes what it has left: the state's lock, and the marks of its run.

The other worker knows it at once on the machine of the dead one: a Terraform holds the lock of its log as
long as it lives. Elsewhere it waits for `GRACE`: a worker that has lost its scheduler stops Terraform and
ends, and with a worker that was killed Terraform is killed (`presso.linux.reaper`).
"""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from presso import interruption, processes, records
from presso.deployment import run_log
from presso.errors import PressoError
from presso.tenants import StateBucket
from presso.units import state_bucket, tenant_marks
from presso.units.unit import Unit
from presso.workspace import Workspace

# A broken connection is noticed within 30 s on either side (`distributed.comm.timeouts.tcp`), perhaps when
# the next message is sent. After that a worker has `PATIENCE` to stop Terraform.
PATIENCE = 20.0
GRACE = 120.0
_PAUSE = 0.5


@dataclass(frozen=True)
class Attempt:
    """One attempt.

    Args:
        unit: The name of the unit.
        run: The id of the run that it is of.
        id: Its own.
        host: The worker's host, as Terraform names it in a lock.
        machine: The same, as `processes.machine` names it.
        process: The worker, as `processes.anywhere` names it.
        folder: The unit's folder there.
        since: When it began, in UTC, by the worker's clock.
    """

    unit: str
    run: str
    id: str
    host: str
    machine: str
    process: str
    folder: str
    since: str

    @classmethod
    def of_this_process(cls, workspace: Workspace, unit: Unit, run: str) -> Attempt:
        """Return an attempt that begins now, in this process."""
        since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        host, folder = socket.gethostname(), str(unit.folder(workspace))
        return cls(
            str(unit), run, uuid.uuid4().hex, host, processes.machine(), processes.anywhere(), folder, since
        )

    def begin(self, bucket: StateBucket) -> None:
        """Note it in the bucket.

        Raises:
            PressoError: AWS denies it.
        """
        state_bucket.put(bucket, self._name(bucket), json.dumps(asdict(self)))

    def end(self, bucket: StateBucket) -> None:
        """Remove the note; that of a later attempt stays, where this worker was only paused.

        Raises:
            PressoError: AWS denies it.
        """
        state_bucket.delete(bucket, self._name(bucket))

    def _name(self, bucket: StateBucket) -> str:
        return f"{_start(bucket, Unit.named(self.unit))}{self.run}.{self.id}.json"

    def has(self, lock: Mapping[str, str]) -> bool:
        """Return whether a state's lock is of this attempt."""
        host, since = lock.get("Who", "").rpartition("@")[2], lock.get("Created", "")[:19]
        return host == self.host and since >= self.since

    def runs(self, since: float) -> bool:
        """Return whether a Terraform of this attempt, whose worker is gone, may still run.

        Args:
            since: When the worker was known to be gone, by this machine's monotonic clock.
        """
        folder = Path(self.folder)
        if self.machine and self.machine == processes.machine() and folder.is_dir():
            return run_log.in_use(folder)
        return time.monotonic() - since < GRACE


def earlier(bucket: StateBucket, unit: Unit, run: str) -> list[Attempt]:
    """Return the attempts at a unit of this run that have not ended.

    Raises:
        PressoError: AWS denies reading them, or one is none.
    """
    names = state_bucket.names(bucket, f"{_start(bucket, unit)}{run}.")
    texts = {name: state_bucket.get(bucket, name) for name in names}
    return [_attempt(bucket, name, text) for name, text in texts.items() if text is not None]


def _attempt(bucket: StateBucket, name: str, text: str) -> Attempt:
    try:
        return records.read(Attempt, json.loads(text))
    except (ValueError, LookupError, TypeError) as error:
        raise PressoError(
            f"{name} in bucket {bucket.bucket} is not an attempt of a worker.", hint="Delete that object."
        ) from error


def clear(bucket: StateBucket, attempt: Attempt, stopped: Callable[[], bool]) -> None:
    """Wait for the end of an attempt whose worker is gone, and remove its lock and marks.

    Args:
        bucket: The bucket of the unit's state.
        attempt: The attempt.
        stopped: Whether to wait no longer.

    Raises:
        PressoError: AWS denies it, or the wait was stopped.
    """
    since = time.monotonic()
    while attempt.runs(since):
        if stopped() or interruption.wait(_PAUSE):
            raise PressoError("Stopped while waiting for the end of a worker's Terraform.")
    unit = Unit.named(attempt.unit)
    lock = state_bucket.lock(bucket, unit)
    marks = [mark for mark in tenant_marks.found(bucket, unit.tenant) if mark.unit == unit]
    own = [mark for mark in marks if mark.process and mark.process == attempt.process]
    # The lock may be of another run beside it, on the same machine or one of the same name.
    if lock and attempt.has(lock) and own == marks:
        state_bucket.unlock(bucket, unit)
    for mark in own:
        tenant_marks.remove(bucket, mark)


def forget(bucket: StateBucket, unit: Unit) -> None:
    """Remove the notes of all attempts at a unit.

    Raises:
        PressoError: AWS denies it.
    """
    for name in state_bucket.names(bucket, _start(bucket, unit)):
        state_bucket.delete(bucket, name)


def _start(bucket: StateBucket, unit: Unit) -> str:
    return f"{bucket.prefix}{unit.tenant}/attempts/{unit.part}."

"""Marks of runs on a tenant whose states are in a bucket: who applies units, and who destroys the platform.

Each run first writes its own mark, then looks for those of others: of two runs that exclude each other at
least one sees the other, as S3 shows a new object to every later call
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel).
"""

from __future__ import annotations

import contextlib
import getpass
import json
import socket
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from presso import processes
from presso.tenants import StateBucket
from presso.units import state_bucket
from presso.units.unit import Unit


@dataclass(frozen=True)
class RunMark:
    """A run that is at work, or was killed.

    Args:
        unit: The unit that it changes.
        action: `apply` or `destroy`.
        who: The user and machine.
        since: When it began, in UTC.
        name: Of the object.
        process: The process, as `processes.anywhere` names it; "" if unknown.
    """

    unit: Unit
    action: str
    who: str
    since: str
    name: str
    process: str = ""

    def __str__(self) -> str:
        return f"{self.unit} ({self.action} by {self.who}, since {self.since} UTC)"


@contextlib.contextmanager
def marked(bucket: StateBucket, unit: Unit, action: str) -> Iterator[RunMark]:
    """Leave a mark of a run for as long as this is entered; yield it.

    Raises:
        PressoError: AWS denies it.
    """
    since = datetime.now(UTC).isoformat(timespec="seconds").removesuffix("+00:00")
    name = f"{_start(bucket, unit.tenant)}{unit.part}.{uuid.uuid4()}.json"
    mark = RunMark(unit, action, _who(), since, name, processes.anywhere())
    state_bucket.put(bucket, mark.name, json.dumps({**asdict(mark), "unit": str(unit)}))
    try:
        yield mark
    finally:
        remove(bucket, mark)


def found(bucket: StateBucket, tenant: str) -> list[RunMark]:
    """Return the marks of runs on a tenant.

    Raises:
        PressoError: AWS denies reading them.
    """
    start = _start(bucket, tenant)
    texts = {name: state_bucket.get(bucket, name) for name in state_bucket.names(bucket, start)}
    return [_mark(tenant, name, text, start) for name, text in texts.items() if text is not None]


def remove(bucket: StateBucket, mark: RunMark) -> None:
    """Remove a mark.

    Raises:
        PressoError: AWS denies it.
    """
    state_bucket.delete(bucket, mark.name)


def _mark(tenant: str, name: str, text: str, start: str) -> RunMark:
    part = name.removeprefix(start).partition(".")[0]
    try:
        said: dict[str, Any] = {**json.loads(text)}
    except (ValueError, TypeError):
        said = {}
    known = {key: str(said.get(key, "unknown")) for key in ("action", "who", "since")}
    return RunMark(Unit.of_part(tenant, part), name=name, process=str(said.get("process", "")), **known)


def _start(bucket: StateBucket, tenant: str) -> str:
    return f"{bucket.prefix}{tenant}/runs/"


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = "presso"
    return f"{user}@{socket.gethostname()}"

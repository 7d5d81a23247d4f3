"""What the last successful apply of a unit confirmed: its fingerprint, and the state that it wrote.

A run removes the record before Terraform may change anything, and writes it at the end. With another run in
between neither writes one: which of them wrote the state is not known. What stays is `known`: the state that
the last run left, however it ended. Records are in presso's home, where an
extension's own Terraform cannot write (`access_rights`), or in the bucket, beside the state.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from presso import atomic
from presso.deployment import state_text
from presso.errors import PressoError
from presso.folders import contents, files_like, remove_empty
from presso.tenants import StateBucket
from presso.units import state_bucket
from presso.units.unit import Unit
from presso.workspace import Workspace

# The start of each state that Terraform writes.
_SERIAL = re.compile(rb'^[ \t]*"serial":[ \t]*(\d+)', re.MULTILINE)
_LINEAGE = re.compile(rb'^[ \t]*"lineage":[ \t]*"([^"]*)"', re.MULTILINE)
_HEAD = 1000


@dataclass(frozen=True)
class StateId:
    """Which state it is.

    Args:
        serial: Terraform's count of its versions.
        lineage: What Terraform gives all versions of one state.
        digest: Of its text.
    """

    serial: int
    lineage: str
    digest: str

    @classmethod
    def of(cls, text: bytes) -> StateId | None:
        """Return the id of a state; None for a text that is none."""
        head = text[:_HEAD]
        serial, lineage = _SERIAL.search(head), _LINEAGE.search(head)
        digest = hashlib.sha256(text).hexdigest()
        if serial and lineage:
            return cls(int(serial[1]), lineage[1].decode("utf-8", "replace"), digest)
        try:  # one that another program has written
            parsed = state_text.parsed(text)
            return cls(int(parsed.get("serial", 0)), str(parsed.get("lineage", "")), digest)
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True)
class Confirmed:
    """What an apply confirmed.

    Args:
        state: The state after it.
        inputs: The inputs of its fingerprint.
        title: The tenant's title then.
    """

    state: StateId
    inputs: Mapping[str, str]
    title: str = ""


class ConfirmedStates:
    """The record of one unit's confirmed state.

    Args:
        workspace: The checkout and its home.
        unit: The unit.
        bucket: The bucket that keeps its state; None for a file.
    """

    def __init__(self, workspace: Workspace, unit: Unit, bucket: StateBucket | None) -> None:
        self._workspace, self._unit, self._bucket = workspace, unit, bucket
        self._file = workspace.home.joinpath("confirmed", unit.tenant, f"{unit.part}.json")
        self._state = unit.state(workspace)

    def read(self) -> Confirmed | None:
        """Return the record; None when there is none, or a run is at work or was killed.

        Raises:
            PressoError: AWS denies reading it.
        """
        try:
            kept = json.loads(self._text())
            return Confirmed(StateId(**kept["state"]), dict(kept["inputs"]), str(kept.get("title", "")))
        except (ValueError, LookupError, TypeError):
            return None

    def state(self) -> StateId | None:
        """Return the id of the state that is there now; None when there is none.

        Raises:
            PressoError: It cannot be read.
        """
        if self._bucket:
            found = state_bucket.read(self._bucket, self._unit)
            return StateId.of(found[0].encode()) if found else None
        try:
            return StateId.of(contents(self._state) or b"")
        except OSError as error:
            raise PressoError(f"{self._state} cannot be read: {error.strerror}.") from error

    def known(self) -> StateId | None:
        """Return the state that the last run left, which a run that is at work may have followed by others.

        Raises:
            PressoError: AWS denies reading it.
        """
        try:
            return StateId(**_known(_parsed(self._text())))
        except TypeError:
            return None

    def exists(self) -> bool:
        """Return whether there is a record, also of a run that has not ended.

        Raises:
            PressoError: AWS denies reading it.
        """
        return bool(self._text())

    def is_open(self) -> bool:
        """Return whether a run has begun, and neither ended nor was followed by one that has.

        Raises:
            PressoError: AWS denies reading it.
        """
        return "run" in _parsed(self._text())

    def move(self) -> None:
        """Note, before it is removed from a bucket, that the state is in another place now.

        Raises:
            PressoError: AWS denies it.
        """
        self._write({"moved": True})

    def was_moved(self) -> bool:
        """Return whether the newest version of the record in the bucket notes a state that was moved away.

        Raises:
            PressoError: AWS denies reading versions.
        """
        if not self._bucket:
            return False
        return any("moved" in _parsed(text) for text in state_bucket.newest_beside(self._bucket, self._unit))

    @property
    def to_forget(self) -> str:
        """The command for a user to accept the state that is there, or that there is none."""
        if not self._bucket:
            return f"rm {self._workspace.shown(self._file)}"
        place = f"s3://{self._bucket.bucket}/{state_bucket.beside(self._bucket, self._unit)}"
        return f"echo '{json.dumps({'ended': True})}' | aws s3 cp - {place}"

    def holds(self, inputs: Mapping[str, str]) -> bool:
        """Return whether the state that is there is the one that an apply with these inputs confirmed.

        Raises:
            PressoError: It cannot be read.
        """
        confirmed = self.read()
        return confirmed is not None and confirmed.inputs == inputs and confirmed.state == self.state()

    def begin(self) -> str:
        """Remove the record before a run; return the mark of the run.

        Raises:
            PressoError: It cannot be written.
        """
        run = secrets.token_hex(8)
        text = self._text()
        # After a killed run, or beside one that is at work, it is unknown which run wrote the state.
        before = _parsed(text)
        alone = not text or bool({"state", "ended"} & {*before})
        self._write({"run": run, "alone": alone, "known": _known(before)})
        return run

    def end(self, run: str, inputs: Mapping[str, str] | None, title: str = "", *, gone: bool = False) -> None:
        """Write the record after a run, unless another one has begun since its start.

        Args:
            run: What `begin` returned.
            inputs: The inputs of the fingerprint; None when the run has not confirmed them.
            title: The tenant's title.
            gone: Whether nothing is left of the unit, so that its state may go, too.

        Raises:
            PressoError: It cannot be written.
        """
        there = _parsed(self._text())
        if there.get("run") != run:
            return
        state = None if gone else self.state()
        if state and inputs is not None and there.get("alone"):
            self._write({"state": asdict(state), "inputs": dict(inputs), "title": title})
        elif gone:
            self._write({"ended": True})
        else:
            self._write({"ended": True, "known": asdict(state) if state else _known(there)})

    def forget(self) -> None:
        """Remove the record of a unit that is gone.

        Raises:
            PressoError: AWS denies it.
        """
        if self._bucket:
            state_bucket.remove_beside(self._bucket, self._unit)
            return
        self._file.unlink(missing_ok=True)
        remove_empty(self._file.parents[:2])

    def _text(self) -> str:
        if self._bucket:
            return state_bucket.read_beside(self._bucket, self._unit) or ""
        try:
            return (contents(self._file) or b"").decode("utf-8", "replace")
        except OSError as error:
            raise PressoError(f"{self._file} cannot be read: {error.strerror}.") from error

    def _write(self, record: Mapping[str, object]) -> None:
        text = json.dumps(record)
        if self._bucket:
            state_bucket.write_beside(self._bucket, self._unit, text)
            return
        try:
            atomic.write(self._file, text, mode=0o600)
        except OSError as error:
            raise PressoError(f"{self._file} cannot be written: {error.strerror}.") from error


def recorded(workspace: Workspace) -> list[Unit]:
    """Return the units with a record in presso's home, sorted."""
    found = files_like(workspace.home / "confirmed", "*/*.json")
    return sorted(Unit.of_part(path.parent.name, path.stem) for path in found)


def _known(record: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of the last state that a record has; none where it has none."""
    found = record.get("state") or record.get("known")
    return found if isinstance(found, dict) else {}


def _parsed(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

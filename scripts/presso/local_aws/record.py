"""What is written down about the local AWS that runs: `local.json`."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from presso import atomic, regular_file
from presso.processes import Process

_FILE = "local.json"


@dataclass(frozen=True)
class Daemon:
    """One of the two parts.

    Attributes:
        process: The process.
        ready: Whether it has been seen to answer.
    """

    process: Process
    ready: bool = False

    def serves(self) -> bool:
        """Whether it still runs and has been seen to answer."""
        return self.ready and self.process.alive()


@dataclass(frozen=True)
class Record:
    """The local AWS of one folder.

    Attributes:
        folder: The folder, to know a record that was copied along with its checkout.
        control: The provider server's control socket.
        port: The emulator's port; 0 before its first start.
        emulator: None before its first start.
        provider: None before its first start.
        cli_config: The Terraform CLI configuration file; empty until it is written.
        owner: The process that all of it ends with, if one was named.
        data_lost: The emulator was killed, and what was in it is gone.
        enforce_iam: Whether the emulator's requests need permissions.
    """

    folder: str
    control: str
    port: int = 0
    emulator: Daemon | None = None
    provider: Daemon | None = None
    cli_config: str = ""
    owner: Process | None = None
    data_lost: bool = False
    enforce_iam: bool = False

    def serves(self) -> bool:
        """Whether both parts run and answer."""
        parts = (self.emulator, self.provider)
        return (
            bool(self.cli_config) and not self.abandoned() and all(part and part.serves() for part in parts)
        )

    def lives(self) -> bool:
        """Whether any part runs that may go on."""
        return not self.abandoned() and self.runs()

    def runs(self) -> bool:
        """Whether any part runs."""
        return any(part is not None and part.process.alive() for part in (self.emulator, self.provider))

    def abandoned(self) -> bool:
        """Whether the owner has ended, so that the parts are about to."""
        return self.owner is not None and not self.owner.alive()


def read(folder: Path) -> Record | None:
    """The record in this folder. None when there is none, or it cannot be read (a machine that crashed)."""
    try:
        written = json.loads(regular_file.text(folder / _FILE))
        return replace(
            Record(**written),
            emulator=_daemon(written["emulator"]),
            provider=_daemon(written["provider"]),
            owner=Process(**written["owner"]) if written["owner"] else None,
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError):
        return None


def _daemon(written: dict[str, object] | None) -> Daemon | None:
    if written is None:
        return None
    process = written["process"]
    if not isinstance(process, dict):
        raise TypeError(process)
    return Daemon(Process(**process), bool(written["ready"]))


def write(folder: Path, record: Record) -> None:
    """Replace the record in this folder in one step: a reader sees the old one or the new one."""
    atomic.write(folder / _FILE, json.dumps(asdict(record), indent=2) + "\n")


def remove(folder: Path) -> None:
    """Forget the record."""
    (folder / _FILE).unlink(missing_ok=True)

"""A log file for each run on a unit: two runs at once never write into the same one."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from presso import disk, file_lock, regular_file

NAME = "terraform.log"
_ROOM = 4 << 20


@dataclass(frozen=True)
class RunLog:
    """The log of one run.

    Attributes:
        path: The file: `terraform.log`, or `terraform-2.log` while another run uses that, and so on.
        holder: A file descriptor; no other run takes the file while a process has it open.
    """

    path: Path
    holder: int

    def trim(self) -> None:
        """Release reserved space that was not used."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.holder, os.fstat(self.holder).st_size)


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[RunLog]:
    """Yield an empty log in a folder that no other run uses.

    A Terraform that inherits `holder` keeps the log locked as long as it lives, even if presso is killed.
    Space is reserved for the log: when the disk is full, Terraform prints the state that it cannot save.

    Raises:
        OSError: The file cannot be written, such as on a full disk.
    """
    log = _claim(folder)
    try:
        yield log
    finally:
        log.trim()
        os.close(log.holder)


def in_use(folder: Path) -> bool:
    """Return whether a run works in a folder, or a Terraform that a killed one has left."""
    stem, suffix = NAME.split(".")
    for path in sorted(folder.glob(f"{stem}*.{suffix}")):
        with contextlib.suppress(FileNotFoundError), regular_file.opened(path) as file:
            if not file_lock.take(file.fileno()):
                return True
    return False


def _claim(folder: Path) -> RunLog:
    stem, suffix = NAME.split(".")
    for number in itertools.count(1):
        path = folder / (NAME if number == 1 else f"{stem}-{number}.{suffix}")
        holder = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if file_lock.take(holder):
                os.ftruncate(holder, 0)
                disk.reserve(holder, path, _ROOM)
                return RunLog(path, holder)
        except OSError:
            os.close(holder)
            raise
        os.close(holder)
    raise AssertionError("numbers do not end")

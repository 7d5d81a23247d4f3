"""Locks on open files and folders. The kernel releases them with the last process that has them open."""

import contextlib
import fcntl
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from presso import interruption
from presso.awake_clock import AwakeClock

_TRY_AGAIN = 0.05


def take(handle: int) -> bool:
    """Lock an open file or folder; return whether that was possible: no other process has locked it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for(handle: int, seconds: float = math.inf) -> bool:
    """Lock an open file or folder; return whether that was possible within so many seconds.

    Raises:
        Stopped: A stop is requested meanwhile.
    """
    clock = AwakeClock()
    while not take(handle):
        interruption.check()
        if clock.seconds() > seconds:
            return False
        if interruption.wait(_TRY_AGAIN):
            time.sleep(_TRY_AGAIN)  # where a stop is deferred
    return True


@contextlib.contextmanager
def on_folder(folder: Path) -> Iterator[None]:
    """Lock a folder while this is entered, as soon as no other process has locked it.

    Raises:
        OSError: It cannot be opened.
        Stopped: A stop is requested meanwhile.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        wait_for(handle)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def as_terraform(path: Path) -> Iterator[TextIO]:
    """Open a state file with the POSIX lock that Terraform takes on it; closing any other handle releases it.

    Raises:
        FileNotFoundError: There is none.
        BlockingIOError: Terraform has locked it.
    """
    with path.open("r+", encoding="utf-8") as handle:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield handle

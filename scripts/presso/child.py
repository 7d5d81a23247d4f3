"""A child process that does not outlive the block which uses it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a child in a process group of its own; if it still runs afterwards, the group is killed.

    A terminal's Ctrl-C does not reach it: only this code stops it.

    Args:
        options: As `subprocess.Popen` takes them.

    Raises:
        OSError: It cannot be started.
    """
    with subprocess.Popen(command, process_group=0, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a child's process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: only zombies are left
        os.killpg(process.pid, signal.SIGKILL)

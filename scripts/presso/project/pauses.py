"""Pause a command now and then, with all that it has started: a test that fails so depends on time.

    python -m presso.project.pauses [--seconds 5] [--every 20] COMMAND…

So it is for the processes of a machine that is suspended, swaps, or whose host is busy. It needs Linux and no
special rights: signals pause them, and daemons become its own children once their parents have ended.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

from presso.linux import kernel
from presso.processes import descendants, stat_fields

_PR_SET_CHILD_SUBREAPER = 36
_LOOKS_EVERY = 0.05


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code, as a shell shows it."""
    parser = argparse.ArgumentParser(prog="python -m presso.project.pauses")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long a pause is")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two, on average")
    parser.add_argument("command", help="what to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    chosen = random.Random()  # noqa: S311
    kernel.prctl(_PR_SET_CHILD_SUBREAPER, "adopt", 1)
    command = subprocess.Popen([given.command, *given.arguments])
    signal.signal(signal.SIGINT, lambda *_: None)  # the command gets it too, and ends
    signal.signal(signal.SIGTERM, lambda *_: command.terminate())
    while (code := _code(command.pid, chosen.uniform(0.5, 1.5) * given.every)) is None:
        paused = _paused()
        print(f"a pause of {given.seconds:g} s at {time.strftime('%H:%M:%S')}", file=sys.stderr)
        time.sleep(given.seconds)
        # The kernel ends a group (SIGHUP) that is paused when the last parent outside it ends.
        _signalled(reversed(paused), signal.SIGCONT)
    command.returncode = code
    return 128 - code if code < 0 else code


def _code(command: int, seconds: float) -> int | None:
    """The exit code of the command; None when it has not ended within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == command:
            return os.waitstatus_to_exitcode(status)
        if not ended:
            time.sleep(_LOOKS_EVERY)
    return None


def _paused() -> list[int]:
    """Pause all that this process has started, and what that starts meanwhile.

    Returns:
        Their pids, parents first, without those that something else had paused.
    """
    paused: list[int] = []
    others: list[int] = []
    while found := [pid for pid in descendants(os.getpid()) if pid not in (*paused, *others)]:
        for pid in found:
            (others if stat_fields(pid)[:1] == ["T"] else paused).append(pid)
            _signalled([pid], signal.SIGSTOP)
    return paused


def _signalled(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Ctrl-C at random moments, and the other signals that stop a command.

Each command is stopped once. `STOPS=20 ./presso test tests/e2e/test_interruption.py --timeout 0` does it
twenty times; a failure names the seed, and `STOPS_SEED=<seed>` chooses the same moments again.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.patience import PATIENCE

from presso.patience import Patience
from presso.processes import wait_until

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

TIMES = int(os.environ.get("STOPS", "1"))
_SEED = os.environ.get("STOPS_SEED")
# Python ends after presso has: a signal then finds nothing that could report it.
_LAST_MOMENT = 0.5


def seeds(times: int = 1) -> Iterator[int]:
    """The seed of each time."""
    for _ in range(times * TIMES):
        yield int(_SEED) if _SEED else random.SystemRandom().randrange(1_000_000)


def anywhere(process: subprocess.Popen[str]) -> None:
    """The moments are counted from the beginning."""


@dataclass
class Stop:
    """Signals, most of them Ctrl-C, at moments that a seed chooses.

    Attributes:
        reported: What was done; a test that fails shows it.
    """

    seed: int

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.report: list[str] = [f"STOPS_SEED={self.seed}"]
        print(self.report[0])

    def chance(self) -> bool:
        """Toss a coin."""
        return self._random.random() < 0.5

    def __call__(
        self,
        site: Site,
        *command: str,
        within: float,
        after: Callable[[subprocess.Popen[str]], object] = anywhere,
        again: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Start presso, send a signal at a random moment, and check that it stops and leaves no process.

        Args:
            site: Where.
            command: Its arguments.
            within: How many seconds may pass before.
            after: Waits for the moment from which on they are counted.
            again: Send it once more now and then, as one who is impatient.
        """
        known = {_session(line) for line in site.left_running()}
        process = site.start(*command)
        _await_handlers(process)
        after(process)
        pause = self._random.uniform(0, within)
        number = self._random.choice([signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
        send = os.killpg if self.chance() else os.kill
        twice = self.chance() and again
        self.report.append(f"{' '.join(command)}: {number.name}{' twice' if twice else ''} at {pause:.2f} s")
        for seconds in (pause, *([self._random.uniform(0.3, 1)] if twice else [])):
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                send(process.pid, number)
        out, err, took = _ended(process)
        # As a shell shows it.
        ended_with = 128 - process.returncode if process.returncode < 0 else process.returncode
        self.report[-1] += f": exit code {ended_with}, {took:.1f} s later"
        print(self.report[-1])
        assert ended_with == 128 + number or (ended_with == 0 and took < _LAST_MOMENT), err
        assert "Traceback" not in err
        assert "Exception ignored" not in err
        if site.local.running():  # one that has started stays, whole, until `presso down`
            known |= set(site.local.processes())
        alien = lambda: [line for line in site.left_running() if _session(line) not in known]  # noqa: E731
        assert wait_until(lambda: not alien(), PATIENCE), "processes are left"
        assert wait_until(lambda: process.pid not in sessions(), PATIENCE), "processes are left"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _ended(process: subprocess.Popen[str]) -> tuple[str, str, float]:
    """What a process printed until it ended, and how many seconds it could have used."""
    clock = Patience([process.pid])
    while clock.seconds() < PATIENCE:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return *process.communicate(timeout=0.1), clock.seconds()
    raise AssertionError("the process does not end")


def _await_handlers(process: subprocess.Popen[str]) -> None:
    """Wait until presso handles signals: until then Python does, or the system."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():  # a system that does not show it
        time.sleep(1)
    while process.poll() is None and status.exists():
        lines = status.read_text().splitlines()
        caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
        if caught >> (signal.SIGHUP - 1) & 1:
            return
        time.sleep(0.002)


def sessions() -> set[int]:
    """The sessions of all processes that run."""
    asked = subprocess.run(["ps", "-Awwo", "pid=,stat="], capture_output=True, text=True, check=True)
    lines = asked.stdout.splitlines()
    return {_session(line) for line in lines if not line.split()[1].startswith("Z")}


def _session(line: str) -> int:
    """The session of a process in a list of them; 0 when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        return os.getsid(int(line.split()[0]))
    return 0

"""How long to wait for processes on a machine that is busy with others.

A clock second means little where twenty programs share two processors: one second of work takes ten.
So time is not counted while processes that are waited for want to compute and others do, nor while the
process that waits could not run. What sleeps, or computes without end, gets no more time for it.

Linux reports for each thread how long it has computed and how long it has waited for a processor, in
nanoseconds (`/proc/<pid>/task/<tid>/schedstat`, Documentation/scheduler/sched-stats.rst). Elsewhere the
clock's seconds count.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence

from presso.awake_clock import AwakeClock
from presso.processes import descendants, wait_until

_MEASURED_EVERY = 0.25
# The busier the machine is, the longer a measurement takes; so much longer the pause after it.
_PAUSES = 20.0
_SEARCHED_EVERY = 1.0
_LONGEST_LINE = 256
# However busy the machine is, a second of waiting takes no longer than this.
MOST_STRETCHED = 20.0
Times = dict[str, tuple[int, int]]


class Patience:
    """A clock that almost stops while others compute in place of these processes.

    Args:
        processes: Their pids; what they start counts with them.
    """

    def __init__(self, processes: Sequence[int]) -> None:
        self._processes = processes
        self._processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        self._measured = self._searched = time.monotonic()
        self._awake, self._awake_when_measured = AwakeClock(), 0.0
        self._counted, self._rate, self._every = 0.0, 1.0, _MEASURED_EVERY
        self._found = {*processes, *descendants(*processes)}
        self._times = self._read()

    def seconds(self) -> float:
        """How many seconds those processes could have used since this was made; to be asked regularly."""
        now, awake = time.monotonic(), self._awake.seconds()
        passed = now - self._measured
        if passed >= self._every:
            times = self._read()
            computed, waited = _gained(self._times, times)
            kept = min(1.0, waited / passed) * max(0.0, 1 - computed / passed / self._processors)
            self._rate = max(1 - kept, 1 / MOST_STRETCHED)
            self._counted += (awake - self._awake_when_measured) * self._rate
            self._every = max(_MEASURED_EVERY, _PAUSES * (time.monotonic() - now))
            self._measured, self._times, self._awake_when_measured = now, times, awake
        return self._counted + (awake - self._awake_when_measured) * self._rate

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Ask `condition` until it holds. False when it does not within so many of these seconds from now."""
        return wait_until(condition, seconds, self.seconds)

    def _read(self) -> Times:
        now = time.monotonic()
        found: Times = {}
        if now - self._searched >= _SEARCHED_EVERY:
            self._found, self._searched = {*self._processes, *descendants(*self._processes)}, now
        for pid in self._found:
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # as quick as can be
                    with (
                        contextlib.suppress(OSError, ValueError, IndexError),
                        open(f"/proc/{pid}/task/{task}/schedstat", "rb", buffering=0) as file,  # noqa: PTH123
                    ):
                        computed, waited, *_ = file.read(_LONGEST_LINE).split()
                        found[task] = int(computed), int(waited)
        return found


def _gained(before: Times, after: Times) -> tuple[float, float]:
    """How many seconds have been computed and waited between two readings."""
    changes = [(then, before.get(task, (0, 0))) for task, then in after.items()]
    computed = sum(max(0, then[0] - first[0]) for then, first in changes)
    waited = sum(max(0, then[1] - first[1]) for then, first in changes)
    return computed / 1e9, waited / 1e9

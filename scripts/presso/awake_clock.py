"""A clock of the time in which this process could run: limits on what should happen by itself go by it.

A machine is suspended, swaps, or shares its host with busy others; a process gets Ctrl-Z. In that time those
that are waited for run as little as the process that waits.
"""

from __future__ import annotations

import time

# Code that waits asks at least twice a second; where more than this passes, it could not.
MOST_AT_ONCE = 0.5


class AwakeClock:
    """Counts of the time between two questions half a second at most; so it is to be asked more often."""

    def __init__(self) -> None:
        self._asked, self._counted = time.monotonic(), 0.0

    def seconds(self) -> float:
        """Seconds since this was made."""
        now = time.monotonic()
        self._counted += min(now - self._asked, MOST_AT_ONCE)
        self._asked = now
        return self._counted

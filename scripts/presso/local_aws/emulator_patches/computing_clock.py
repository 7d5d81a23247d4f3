"""A clock that stops while others compute in the emulator's place: functions' timeouts and turns go by it.

One for all threads: to measure what others compute costs the more, the busier the machine is.
"""

import os
import threading
from functools import cache

from presso.patience import Patience

_ASKED_EVERY = 0.25


@cache
def _patience() -> tuple[Patience, threading.Lock]:
    return Patience([os.getpid()]), threading.Lock()


def seconds() -> float:
    """Seconds that the emulator and its functions could have used; to be asked regularly, by any thread."""
    patience, lock = _patience()
    with lock:
        return patience.seconds()


class Thread(threading.Thread):
    """A thread that is joined by that clock."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for the thread's end."""
        if timeout is None:
            super().join()
            return
        super().join(min(_ASKED_EVERY, timeout))  # most have ended by then
        until = seconds() + timeout - _ASKED_EVERY if self.is_alive() else 0.0
        while self.is_alive() and (left := until - seconds()) > 0:
            super().join(min(_ASKED_EVERY, left))

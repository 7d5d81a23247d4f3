"""A few turns for many calls: how many functions run at once."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

# So many calls that are waited for may overtake one that is not.
_MOST_OVERTAKING = 3
_STILL_SECONDS = 1.0
_LOOKED_EVERY = 0.25


class Turns:
    """A few turns, given to calls in the order in which they came.

    Args:
        count: How many there are.
        clock: Seconds that the calls could have used.
        pause: Waits before each look at whether calls end.
    """

    def __init__(
        self,
        count: int,
        clock: Callable[[], float],
        pause: Callable[[], None] = lambda: time.sleep(_LOOKED_EVERY),
    ) -> None:
        self._count = count
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._taken = self._overtaking = 0
        self._answered: deque[threading.Event] = deque()
        self._unanswered: deque[threading.Event] = deque()
        self._ended = self._watched = False

    def take(self, *, answered: bool) -> None:
        """Wait for a turn.

        Args:
            answered: Whether the caller waits for the answer.
        """
        mine = threading.Event()
        with self._lock:
            (self._answered if answered else self._unanswered).append(mine)
            self._hand_out(self._count)
            if not mine.is_set() and not self._watched:
                self._watched, self._ended = True, False
                threading.Thread(target=self._watch, daemon=True).start()
        mine.wait()

    def give_back(self) -> None:
        """End a turn."""
        with self._lock:
            self._taken -= 1
            self._ended = True
            self._hand_out(self._count)

    def _hand_out(self, most: int) -> None:
        while self._taken < most and (self._answered or self._unanswered):
            overtakes = self._answered and (not self._unanswered or self._overtaking < _MOST_OVERTAKING)
            self._overtaking = self._overtaking + 1 if overtakes and self._unanswered else 0
            self._taken += 1
            (self._answered if overtakes else self._unanswered).popleft().set()

    def _watch(self) -> None:
        """While calls wait, let the next one begin whenever none has ended for a moment."""
        since = self._clock()
        while True:
            self._pause()
            now = self._clock()
            with self._lock:
                if not (self._answered or self._unanswered):
                    self._watched = False
                    return
                if self._ended:
                    self._ended, since = False, now
                elif now - since >= _STILL_SECONDS:
                    self._hand_out(self._taken + 1)
                    since = now

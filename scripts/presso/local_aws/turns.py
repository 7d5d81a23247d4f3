"""A few turns for many calls: how many functions run at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

# So many calls that are waited for may overtake one that is not.
_MOST_OVERTAKING = 3
_STILL_SECONDS = 1.0


class Turns:
    """A few turns, given to calls in the order in which they came.

    Args:
        count: How many there are.
        clock: Seconds that the calls could have used.
        watch: Called when calls begin to wait; is to call `look` now and then, until that returns False.
    """

    def __init__(
        self, count: int, clock: Callable[[], float], watch: Callable[[Callable[[], bool]], None]
    ) -> None:
        self._count = count
        self._clock = clock
        self._watch = watch
        self._lock = threading.Lock()
        self._taken = self._overtaking = 0
        self._answered: deque[threading.Event] = deque()
        self._unanswered: deque[threading.Event] = deque()
        self._watched = False
        self._still_since: float | None = None

    def ask(self, *, answered: bool) -> threading.Event:
        """Ask for a turn; the returned event is set when it is given.

        Args:
            answered: Whether the caller waits for the answer of the call.
        """
        turn = threading.Event()
        with self._lock:
            (self._answered if answered else self._unanswered).append(turn)
            self._hand_out(self._count)
            begin = not turn.is_set() and not self._watched
            self._watched |= begin
            if begin:
                self._still_since = None
        if begin:
            self._watch(self.look)
        return turn

    def give_back(self) -> None:
        """End a turn."""
        with self._lock:
            self._taken -= 1
            self._still_since = None
            self._hand_out(self._count)

    def look(self) -> bool:
        """Let the next call begin when none has ended for a moment; return whether calls wait."""
        now = self._clock()
        with self._lock:
            self._watched = bool(self._answered or self._unanswered)
            if self._still_since is None:
                self._still_since = now
            elif now - self._still_since >= _STILL_SECONDS:
                self._hand_out(self._taken + 1)
                self._still_since = now
            return self._watched

    def _hand_out(self, most: int) -> None:
        while self._taken < most and (self._answered or self._unanswered):
            overtakes = self._answered and (not self._unanswered or self._overtaking < _MOST_OVERTAKING)
            self._overtaking = self._overtaking + 1 if overtakes and self._unanswered else 0
            self._taken += 1
            (self._answered if overtakes else self._unanswered).popleft().set()

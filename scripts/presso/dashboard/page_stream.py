"""What is on its way to one page: bounded, so that a page which does not read costs nothing more."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

MOST_ROWS = 2_000
MOST_PAGES = 32


class PageStream:
    """News for one page: the newest rows of events, and the last value of everything else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: deque[Any] = deque(maxlen=MOST_ROWS)
        self._missed = 0
        self._values: dict[str, Any] = {}
        self._sent: dict[str, Any] = {}

    def push(self, rows: Iterable[Any]) -> None:
        """Add rows; where the page does not read them in time, the oldest are left out and counted."""
        with self._lock:
            for row in rows:
                self._missed += len(self._rows) == MOST_ROWS
                self._rows.append(row)

    def put(self, kind: str, value: Any) -> None:
        """Replace a value."""
        with self._lock:
            if value != self._sent.get(kind, ...):
                self._values[kind] = value
            else:
                self._values.pop(kind, None)

    def take(self) -> dict[str, Any]:
        """Return what is new, by kind; rows of events are in `events`."""
        with self._lock:
            found, self._values = self._values, {}
            self._sent.update(found)
            if self._rows:
                found["events"] = {"rows": list(self._rows), "missed": self._missed}
                self._rows.clear()
                self._missed = 0
            return found


class PageStreams:
    """The pages that look at one thing, and what all of them are to know of it.

    Attributes:
        values: The last value of each kind.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._open: list[PageStream] = []

    def __len__(self) -> int:
        """How many there are."""
        return len(self._open)

    def __iter__(self) -> Iterator[PageStream]:
        """Each of them."""
        with self._lock:
            return iter(self._open[:])

    def put(self, kind: str, value: Any) -> None:
        """Replace a value, for all pages that look and those that will."""
        with self._lock:
            self.values[kind] = value
            for stream in self._open:
                stream.put(kind, value)

    def add(self, stream: PageStream) -> None:
        """A page looks; its news begin with what is known."""
        with self._lock:
            for kind, value in self.values.items():
                stream.put(kind, value)
            self._open.append(stream)

    def remove(self, stream: PageStream) -> None:
        """A page has gone."""
        with self._lock:
            self._open.remove(stream)

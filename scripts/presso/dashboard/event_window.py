"""The last events of a tenant, and figures of them: of bounded size, for however long it runs."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from presso.dashboard.hidden_secrets import without_secrets
from presso.event_sources import CORE_SOURCE
from presso.platform_settings import BAR, PlatformSettings
from presso.simulation.event_log import LiveEvent, json_line, story

MOST_EVENTS = 2_000
MOST_CHARACTERS = 16 << 20
SECONDS = 300
MOST_NAMES = 200
MOST_ORDERS = 5_000
MOST_WAITS = 300
_LONGEST_STORY = 240
_LONGEST_NAME = 200  # of an order, a producer, a type: all are the events' own
OTHERS = "others"
# An order waits from the event that places it to the one with which it is ready, or is given up.
PLACED, COMPLETED = "OrderManager.WaitingCompletion", "OrderManager.OrderCompleted"
_GIVEN_UP = ("OrderManager.OrderCancelled", "OrderProcessor.OrderTimeOut")

Row = dict[str, Any]


class EventWindow:
    """The last events, whole, up to a number and a size; rates of five minutes; waiting times of orders.

    Args:
        platform: Whose events they are: orders wait only in one that has the coffee bar.
    """

    def __init__(self, platform: PlatformSettings = BAR) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._rows: deque[Row] = deque()
        self._texts: dict[str, str] = {}
        self._characters = 0
        self._number = 0
        self._per_second: Counter[int] = Counter()
        self._types: Counter[str] = Counter()
        self._producers: Counter[str] = Counter()
        self._placed: dict[str, float] = {}
        self._waits: deque[tuple[int, int]] = deque(maxlen=MOST_WAITS)

    def add(self, event: LiveEvent, rules: Sequence[int], now: float) -> Row:
        """Keep an event, and return what the page lists of it.

        Args:
            event: The event.
            rules: The numbers of the rules that take it.
            now: The time, for an event without one.
        """
        at = event.at.timestamp() if event.at else now
        about = self._platform.sources.about(event.detail)
        # A text loses the names of its fields, and what is cut the form of a secret: they are hidden before.
        shown = story(LiveEvent(without_secrets(event.document)))
        with self._lock:
            self._number += 1
            row: Row = {
                "number": self._number,
                "id": event.id,
                "at": at,
                "type": event.detail_type[:_LONGEST_NAME],
                "producer": event.producer[:_LONGEST_NAME],
                "about": about[:_LONGEST_NAME],
                "story": shown[:_LONGEST_STORY],
                "rules": list(rules),
            }
            self._keep(row, json_line(event))
            self._count(self._types, row["type"])
            self._count(self._producers, row["producer"])
            if abs(at - now) < SECONDS:  # its producer gives it its time
                self._per_second[int(at)] += 1
            self._forget(int(now))
            self._measure(event, row["about"], at)
        return row

    def _keep(self, row: Row, text: str) -> None:
        self._rows.append(row)
        self._characters += len(text) - len(self._texts.pop(row["id"], ""))
        self._texts[row["id"]] = text
        while len(self._rows) > MOST_EVENTS or (self._characters > MOST_CHARACTERS and len(self._rows) > 1):
            self._characters -= len(self._texts.pop(self._rows.popleft()["id"], ""))

    @staticmethod
    def _count(counts: Counter[str], name: str) -> None:
        counts[name if name in counts or len(counts) < MOST_NAMES else OTHERS] += 1

    def _forget(self, now: int) -> None:
        """Forget the seconds that are over; and those far ahead, since the clock has been put back."""
        if len(self._per_second) > 2 * SECONDS:
            for second in [each for each in self._per_second if abs(each - now) >= SECONDS]:
                del self._per_second[second]

    def _measure(self, event: LiveEvent, order: str, at: float) -> None:
        if event.source != CORE_SOURCE:
            return  # an extension's event, even if it has the same name
        if event.detail_type == PLACED and order:
            self._placed.setdefault(order, at)
            if len(self._placed) > MOST_ORDERS:
                del self._placed[next(iter(self._placed))]
        elif event.detail_type == COMPLETED and order in self._placed:
            self._waits.append((int(at), max(0, round(at - self._placed.pop(order)))))
        elif event.detail_type in _GIVEN_UP:
            self._placed.pop(order, None)

    def text(self, event_id: str) -> str | None:
        """Return an event as JSON; None when it is not kept (any more)."""
        with self._lock:
            return self._texts.get(event_id)

    def rows(self) -> list[Row]:
        """Return what the page lists, oldest first."""
        with self._lock:
            return list(self._rows)

    def figures(self, now: float) -> dict[str, Any]:
        """Return the figures: counts per second up to now, waiting times, counts by name."""
        with self._lock:
            near = (each for each in self._per_second if each - now < SECONDS)
            end = max([int(now), *near])  # the clock of AWS may be ahead
            return {
                "until": end,
                "per_second": [self._per_second[second] for second in range(end - SECONDS + 1, end + 1)],
                "waits": list(self._waits) if self._platform.has_bar else None,
                "waiting": len(self._placed),
                "thing": self._platform.words.thing,
                "types": dict(self._types.most_common()),
                "producers": dict(self._producers.most_common()),
                "events": self._number,
            }

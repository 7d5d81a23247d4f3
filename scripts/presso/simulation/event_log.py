"""A tenant's events, live: read from the log group that the tenant's rule writes every event to.

The same on AWS and on the local AWS. What is logged late, or in the same instant as something already
seen, is not lost: every poll looks back a little, now and then one looks back far, and the log's own event
ids show what is new.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from presso.errors import PressoError
from presso.event_sources import CORE_SOURCE
from presso.json_text import NotJson, loads
from presso.platform_settings import BAR_EVENTS, EventSettings

if TYPE_CHECKING:
    from rich.text import Text

_LOOK_BACK_MS = 5_000
_LOOK_FAR_BACK_MS = 300_000
_SECONDS_BETWEEN_LOOKS_FAR_BACK = 10.0
_FULL_PAGE = 10_000
# With many events, looking back five minutes would take longer than the pause until the next look.
_MOST_LOOKED_BACK = 10_000
_QUICKEST, _SLOWEST, _THROTTLED = 0.25, 1.0, 8.0

_COLOURS = {
    "ConfigService": "yellow",
    "OrderManager": "green",
    "OrderProcessor": "magenta",
    "OrderRobot": "bright_blue",
    "ProducerRobot": "blue",
    "Validator": "cyan",
}
_OTHER_COLOURS = ("bright_cyan", "bright_green", "bright_magenta", "bright_yellow", "red", "bright_red")
_ID_KEYS = {"orderId", "userId", "baristaUserId", "eventId", "TaskToken"}


@dataclass(frozen=True)
class LiveEvent:
    """One event as EventBridge delivered it.

    `document` is the whole event, with `id`, `time`, `source`, `detail-type` and `detail`.
    """

    document: dict[str, Any]

    @property
    def id(self) -> str:
        """EventBridge's id of the event."""
        return str(self.document.get("id", ""))

    @property
    def source(self) -> str:
        """Who put the event: the core, or an extension."""
        return str(self.document.get("source", ""))

    @property
    def detail_type(self) -> str:
        """What happened, such as `OrderManager.MakeOrder`."""
        return str(self.document.get("detail-type", ""))

    @property
    def detail(self) -> dict[str, Any]:
        """The event's detail; empty when it has none that is an object."""
        detail = self.document.get("detail")
        return detail if isinstance(detail, dict) else {}

    @property
    def producer(self) -> str:
        """The service that made the event: `OrderManager`, or the extension's name."""
        return self.detail_type.split(".")[0] if self.source == CORE_SOURCE else self.source.split(".")[-1]

    @property
    def at(self) -> datetime | None:
        """When the event was put, in whole seconds; None without one that all time zones can write."""
        try:
            found = datetime.fromisoformat(str(self.document.get("time")))
        except ValueError:
            return None
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found if datetime.min.year < found.year < datetime.max.year else None


class EventLog:
    """A tenant's event log, read from some moment on.

    Args:
        logs: A boto3 client of CloudWatch Logs, which may be replaced.
        tenant: The tenant's name.
        since: The moment, in epoch seconds; None is now. Logged times are whole seconds, so what happened
            earlier in the same second is included.
        clock: Seconds that only go forward.
        slowest: The longest pause between two reads, in seconds.
    """

    def __init__(
        self,
        logs: Any,
        tenant: str,
        since: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        slowest: float = _SLOWEST,
    ) -> None:
        self.tenant = tenant
        self.group = f"/aws/events/{tenant}"
        self.logs = logs
        self._since = int(time.time() if since is None else since) * 1000
        self._newest = self._since
        self._seen: dict[str, int] = {}
        self._clock = clock
        self._slowest = slowest
        self._looked_far_back = clock()

    def poll(self) -> list[LiveEvent]:
        """The events logged since the last poll, in the order of their times.

        Raises:
            PressoError: The tenant has no event log, or AWS cannot be reached.
        """
        far = self._clock() - self._looked_far_back >= _SECONDS_BETWEEN_LOOKS_FAR_BACK
        if far:
            self._looked_far_back = self._clock()
        start = max(self._since, self._far_back() if far else self._newest - _LOOK_BACK_MS)
        new = [entry for entry in self._entries(start) if entry["eventId"] not in self._seen]
        self._seen.update((entry["eventId"], entry["timestamp"]) for entry in new)
        # The time is what its producer has given it: one of tomorrow must not hide what comes until then.
        now = int(time.time() * 1000)
        self._newest = max([self._newest, *(min(entry["timestamp"], now) for entry in new)])
        if far:
            self._since = start  # never looked before again, so what is older need not be known
            self._seen = {key: at for key, at in self._seen.items() if at >= start}
        return [event for entry in new if (event := _parsed(entry["message"]))]

    def _far_back(self) -> int:
        """The moment until which a look far back goes."""
        latest = itertools.islice(reversed(self._seen.values()), _MOST_LOOKED_BACK, None)
        return max(self._newest - _LOOK_FAR_BACK_MS, min(next(latest, 0), self._newest))

    def follow(self, stop: threading.Event | None = None) -> Iterator[LiveEvent]:
        """Events as they come, until `stop` is set (events logged by then are yielded first).

        Reads four times a second while events come, with pauses of up to `slowest` while none do, and less
        when AWS throttles.

        Raises:
            PressoError: The tenant has no event log, or AWS cannot be reached.
        """
        return (event for events in self.batches(stop) for event in events)

    def wait_for(self, enough: Callable[[list[LiveEvent]], bool], seconds: float) -> list[LiveEvent]:
        """What is logged from now on, until that is `enough` or the seconds are over.

        Raises:
            PressoError: The tenant has no event log, or AWS cannot be reached.
        """
        deadline = self._clock() + seconds
        found: list[LiveEvent] = []
        for events in self.batches():
            for event in events:
                found.append(event)
                if enough(found):
                    return found
            if enough(found) or self._clock() > deadline:
                break
        return found

    def batches(self, stop: threading.Event | None = None) -> Iterator[list[LiveEvent]]:
        """The events of each poll, which may be none, as `follow` reads them.

        Raises:
            PressoError: The tenant has no event log, or AWS cannot be reached.
        """
        stop, pause = stop or threading.Event(), _QUICKEST
        while True:
            last, events = stop.is_set(), list[LiveEvent]()
            try:
                events = self.poll()
                pause = _QUICKEST if events else min(pause * 1.5, self._slowest)
            except _Throttled:
                pause = min(max(pause * 2, _SLOWEST), _THROTTLED)
            yield events
            if last:
                return
            stop.wait(pause)

    def _entries(self, start: int) -> list[dict[str, Any]]:
        from botocore.exceptions import BotoCoreError, ClientError

        entries: list[dict[str, Any]] = []
        request: dict[str, Any] = {"logGroupName": self.group, "startTime": start}
        try:
            while True:
                page = self.logs.filter_log_events(**request)
                entries += page["events"]
                if page.get("nextToken"):
                    request["nextToken"] = page["nextToken"]
                elif len(page["events"]) == _FULL_PAGE and entries[-1]["timestamp"] > request["startTime"]:
                    # The local AWS has no token for the next page.
                    request = {"logGroupName": self.group, "startTime": entries[-1]["timestamp"]}
                else:
                    break
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                raise PressoError(
                    f"The tenant {self.tenant} has no event log: there is no log group {self.group}.",
                    hint=f"Apply the tenant first: presso apply {self.tenant}",
                ) from None
            if code in ("ThrottlingException", "LimitExceededException"):
                raise _Throttled(f"The event log of {self.tenant} is read too often: {error}") from None
            raise PressoError(f"The event log of {self.tenant} cannot be read: {error}") from None
        except BotoCoreError as error:
            raise PressoError(f"The event log of {self.tenant} cannot be read: {error}") from None
        once = {entry["eventId"]: entry for entry in entries}.values()
        return sorted(once, key=lambda entry: int(entry["timestamp"]))


class _Throttled(PressoError):
    """AWS asks us to ask less often."""


def _parsed(message: str) -> LiveEvent | None:
    """The event in a line of the log; None for a line that has none."""
    try:
        document = loads(message)
    except NotJson:
        return None
    return LiveEvent(document) if isinstance(document, dict) and "detail-type" in document else None


def json_line(event: LiveEvent) -> str:
    """The whole event as JSON on one line."""
    return json.dumps(event.document, ensure_ascii=False, separators=(",", ":"))


def line(event: LiveEvent, sources: EventSettings = BAR_EVENTS) -> Text:
    """One line for people, in the producer's colour: when, what, about what, and why."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{event.at.astimezone():%H:%M:%S}  " if event.at else " " * 10, style="dim")
    text.append(f"{_printable(event.detail_type):<34}", style=colour(event.producer))
    subject = _printable(sources.about(event.detail))[-6:]
    text.append(f"  {subject:<6}  ", style="dim")
    text.append(_printable(story(event, sources)))
    return text


def colour(producer: str) -> str:
    """The colour of a producer's events: the same at every start, for an extension too."""
    other = _OTHER_COLOURS[zlib.crc32(producer.encode()) % len(_OTHER_COLOURS)]
    return _COLOURS.get(producer, other)


def story(event: LiveEvent, sources: EventSettings = BAR_EVENTS) -> str:
    """The event's own reason, else its detail in short, without ids."""
    ids = {*_ID_KEYS, *sources.tenant_fields, *sources.subjects}
    if message := event.detail.get("Message"):
        return str(message)
    plain = {key: value for key, value in event.detail.items() if key not in ids}
    return ", ".join(
        f"{key} {value}" for key, value in plain.items() if not isinstance(value, dict | list) and value != ""
    )


def _printable(text: str) -> str:
    # An event's text must not control the terminal.
    return "".join(char if char.isprintable() else "·" for char in text)

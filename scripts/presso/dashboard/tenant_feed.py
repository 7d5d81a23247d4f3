"""What happens in one tenant, read while a page looks: its events, rules, replays and dead letters."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from presso import json_text, platform_settings, tenants
from presso.dashboard.bus_graph import BusGraph
from presso.dashboard.event_window import EventWindow
from presso.dashboard.page_stream import PageStream, PageStreams
from presso.dashboard.problem import words
from presso.errors import PressoError
from presso.units import dead_letters
from presso.units.dead_letters import DeadLetters, Letters
from presso.units.owned_unit import OwnedUnit
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.aws_access import Access
    from presso.simulation.event_log import EventLog
    from presso.simulation.player import Player

# A page that comes sees the events of this time before it.
_HISTORY_SECONDS = 60.0
# What happens in a pause of so long is read after it; of a longer one, the last minute.
_LONGEST_PAUSE_SECONDS = 300.0
_SLOWEST_SECONDS = {"local": 0.3, "aws": 1.0}
# Reading goes on for so long after the last page has gone: it may be loaded again.
_LINGER_SECONDS = 30.0
# How often what changes rarely is read; AWS limits and bills requests.
_EVERY = {
    "local": {"figures": 1.0, "replays": 1.0, "letters": 2.0, "graph": 4.0},
    "aws": {"figures": 1.0, "replays": 3.0, "letters": 15.0, "graph": 30.0},
}
_TICK_SECONDS = 0.25
_AGAIN_SECONDS = 2.0
_END_SECONDS = 3.0


class TenantFeed:
    """The news of one tenant.

    Args:
        workspace: The checkout.
        tenant: The tenant's name.
        stop: Set when all is to end.
    """

    def __init__(self, workspace: Workspace, tenant: str, stop: threading.Event) -> None:
        self.tenant = tenant
        self.pages = PageStreams()
        self.window = EventWindow(platform_settings.load(workspace))
        self.letters: dict[str, list[Letters]] = {}
        self.graph = BusGraph()
        self._workspace = workspace
        self._stop = stop
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._last_seen = 0.0
        self._access: Access | None = None
        self._player: Player | None = None
        self._log: EventLog | None = None
        self._read_until = 0.0
        self._due: dict[str, float] = {}
        self._faults: dict[str, str] = {}

    def watch(self) -> PageStream:
        """Return the news for a page, which begin with what is known; reading begins if it does not run."""
        stream = PageStream()
        with self._lock:
            self.pages.add(stream)
            stream.push(self.window.rows())
            self._last_seen = time.monotonic()
            for work in (self._follow, self._refresh):
                known = self._threads.get(work.__name__)
                if known is None or not known.is_alive():
                    name = f"{self.tenant}: {work.__name__}"
                    thread = threading.Thread(target=work, name=name, daemon=True)
                    self._threads[work.__name__] = thread
                    thread.start()
        return stream

    def join(self) -> None:
        """Wait for the end of what reads; `stop` is set by then. A call to AWS that hangs is not awaited."""
        for thread in [*self._threads.values()]:
            thread.join(_END_SECONDS)

    @property
    def _over(self) -> bool:
        """Whether reading is to end: there is no page any more, or all ends."""
        if len(self.pages):
            self._last_seen = time.monotonic()
            return self._stop.is_set()
        return self._stop.is_set() or time.monotonic() - self._last_seen > _LINGER_SECONDS

    def access(self) -> Access:
        """Return access to the tenant's AWS.

        Raises:
            PressoError: Its file has a fault, there are no credentials, or the local AWS does not run: it is
                not started to be looked at.
        """
        if self._access is not None:
            return self._access
        from presso import aws_access
        from presso.local_aws import LocalAws

        tenant = tenants.load(self._workspace, self.tenant)
        if tenant.is_local and LocalAws(self._workspace.local).running() is None:
            raise PressoError("The local AWS is not running.", hint=f"Start it: presso apply {self.tenant}")
        self._access = aws_access.access(self._workspace, tenant)
        return self._access

    @property
    def _target(self) -> str:
        return tenants.load(self._workspace, self.tenant).target

    def _follow(self) -> None:
        """Read events as they come; after a fault, which the page shows, again."""
        while not self._over:
            try:
                self._followed()
            except Exception as error:
                self._access = None
                self.pages.put("problem:events", words(error))
                self._stop.wait(_AGAIN_SECONDS)

    def _followed(self) -> None:
        for events in self._opened().batches(self._stop):
            self._read_until = time.time()
            self.pages.put("problem:events", "")
            now, ways = time.time(), [self.graph.way(event.document) for event in events]
            with self._lock:  # not while a page gets the rows so far
                rows = [self.window.add(event, way, now) for event, way in zip(events, ways, strict=True)]
                for page in self.pages:
                    page.push(rows)
            if self._over:
                return

    def _opened(self) -> EventLog:
        """The log, from where its reading has ended; after a long pause the page shows the gap."""
        from presso.simulation.event_log import EventLog

        logs, begin = self.access().client("logs"), time.time() - _HISTORY_SECONDS
        if self._log is None or time.time() - self._read_until > _LONGEST_PAUSE_SECONDS:
            if self._log is not None:
                self.pages.put("gap", {"from": self._read_until, "until": begin})
            self._log = EventLog(logs, self.tenant, begin, slowest=_SLOWEST_SECONDS[self._target])
        self._log.logs = logs
        return self._log

    def _refresh(self) -> None:
        """Read what changes rarely, each at its own pace; what cannot be read does not hold up the others."""
        works: dict[str, Callable[[], Any]] = {
            "graph": self._read_graph,
            "figures": lambda: self.window.figures(time.time()),
            "replays": self._read_replays,
            "letters": self._read_letters,
        }
        while not self._over:
            for kind, work in works.items():
                if time.monotonic() >= self._due.get(kind, 0.0):
                    self._read(kind, work)
            self.pages.put("problem:reads", " ".join(dict.fromkeys(self._faults.values())))
            self._stop.wait(_TICK_SECONDS)

    def _read(self, kind: str, work: Callable[[], Any]) -> None:
        pause = _AGAIN_SECONDS
        try:
            pause = _EVERY[self._target][kind]
            self.pages.put(kind, work())
            self._faults.pop(kind, None)
        except Exception as error:
            self._access = self._player = None
            self._faults[kind] = words(error)
        self._due[kind] = time.monotonic() + pause

    def _read_graph(self) -> Any:
        from presso.deployment import live_rules

        self.graph = BusGraph(live_rules.on_bus(self.access(), self.tenant).rules)
        return self.graph.as_json()

    def _read_replays(self) -> Any:
        from presso.simulation.player import Player

        self._player = self._player or Player(self.access().client, self.tenant)
        found = [asdict(replay) for replay in self._player.replays()]
        return [{**replay, "id": replay.pop("arn").rpartition(":")[2]} for replay in found]

    def _read_letters(self) -> Any:
        self.letters = dead_letters.in_tenant(self.access(), self.tenant)
        return [
            {"part": part, "name": each.name, "count": each.count}
            for part, found in self.letters.items()
            for each in found
        ]

    def causes(self, part: str, name: str) -> list[dict[str, Any]]:
        """Return some dead letters with their causes: as AWS has them, else from the functions' logs.

        Raises:
            PressoError: There are none of that name, or AWS cannot be reached.
        """
        access, letters = self.access(), self._named(part, name)
        found = DeadLetters(OwnedUnit(access, self.tenant, part)).samples(letters)
        logged = "" if all(letter.cause for letter in found) else self._logged_cause(access, part)
        return [{"cause": letter.cause or logged, "body": _as_json(letter.body)} for letter in found]

    def _logged_cause(self, access: Access, part: str) -> str:
        """The newest fault in the logs of a unit's functions."""
        from presso.simulation import function_faults

        faults = [*function_faults.read(access.client("logs"), f"{self.tenant}--{part}--")]
        return str(faults[-1]) if faults else ""

    def send_again(self, part: str, name: str) -> dict[str, Any]:
        """Send dead letters once more; return how many were taken, and why others were not.

        Raises:
            PressoError: There are none of that name, or AWS cannot be reached.
        """
        letters = self._named(part, name)
        sent = DeadLetters(OwnedUnit(self.access(), self.tenant, part)).send_again(letters)
        with contextlib.suppress(PressoError):
            self.pages.put("letters", self._read_letters())
        return {"sent": sent.sent, "faults": list(sent.faults)}

    def _named(self, part: str, name: str) -> Letters:
        found = next((each for each in self.letters.get(part, []) if each.name == name), None)
        if found is None:
            raise PressoError(f"{self.tenant}/{part} has no dead letters of {name}.")
        return found


def _as_json(body: str) -> Any:
    """A letter's content; a text that is not JSON, or that a browser could not read, as it is."""
    try:
        return json_text.loads(body)
    except json_text.NotJson:
        return body

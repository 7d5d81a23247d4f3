"""What the page asks for: its files, the stream of news, events and dead letters in full, and the actions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from presso import tenants
from presso.dashboard.hidden_secrets import without_secrets
from presso.dashboard.overview import Overview
from presso.dashboard.page_files import page_files
from presso.dashboard.page_stream import MOST_PAGES, PageStream
from presso.dashboard.problem import words
from presso.dashboard.request_guard import Doorkeeper, RequestGuard
from presso.dashboard.tenant_feed import TenantFeed
from presso.errors import PressoError
from presso.workspace import Workspace

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

_PAUSE_SECONDS = 0.1
# A page that has gone is noticed at the next line that is sent to it.
_HEARTBEAT_SECONDS = 2.0


@dataclass
class ControlRoom:
    """All that the pages look at.

    Args:
        workspace: The checkout.
        actions: Whether a page may change something.
        stop: Set when all is to end.
    """

    workspace: Workspace
    actions: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.overview = Overview(self.workspace, self.stop)
        self.feeds: dict[str, TenantFeed] = {}

    @contextlib.contextmanager
    def following(self) -> Iterator[None]:
        """Context in which what the pages look at is read; tenants only while a page looks at them."""
        reading = threading.Thread(target=self.overview.follow, name="overview", daemon=True)
        reading.start()
        try:
            yield
        finally:
            self.stop.set()
            reading.join()
            for feed in self.feeds.values():
                feed.join()

    def feed(self, tenant: str) -> TenantFeed:
        """Return the news of a tenant.

        Raises:
            UsageError: There is no such tenant.
        """
        if tenant not in tenants.names_of(self.workspace):
            raise tenants.unknown(self.workspace, tenant)
        if tenant not in self.feeds:
            self.feeds[tenant] = TenantFeed(self.workspace, tenant, self.stop)
        return self.feeds[tenant]

    def pages(self) -> int:
        """Return how many pages are open."""
        return len(self.overview.pages)

    def watch(self, tenant: str) -> tuple[list[PageStream], Callable[[], None]]:
        """Return the news for a page, and what is to be called when it has gone.

        Args:
            tenant: The tenant that it shows; "" for none. For one that does not exist (any more), the page
                shows an error, and the others.
        """
        whole, feed = PageStream(), None
        whole.put("settings", {"actions": self.actions})
        if tenant:
            try:
                feed = self.feed(tenant)
            except PressoError as error:
                whole.put("problem:reads", words(error))
        self.overview.pages.add(whole)
        of_tenant = feed.watch() if feed else None

        def leave() -> None:
            self.overview.pages.remove(whole)
            if feed and of_tenant:
                feed.pages.remove(of_tenant)

        return [whole, *([of_tenant] if of_tenant else [])], leave


def application(room: ControlRoom, doorkeeper: Doorkeeper) -> RequestGuard:
    """Return the application behind its guard."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    own = "/api/tenants/{tenant}"
    letters = f"{own}/dead-letters/{{part}}/{{name}}"
    routes = [
        Route("/", _Files().index),
        Route("/assets/{name}", _Files().asset),
        Route("/api/stream", partial(_stream, room)),
        Route(f"{own}/events/{{event}}", partial(_event, room)),
        Route(letters, partial(_letters, room)),
        Route(f"{letters}/send", partial(_send, room), methods=["POST"]),
    ]
    app: Starlette = Starlette(routes=routes)
    return RequestGuard(app, doorkeeper)


class _Files:
    """Answers with the page's own files."""

    def __init__(self) -> None:
        self._files = page_files()

    async def index(self, request: Request) -> Response:
        return self._answer("index.html")

    async def asset(self, request: Request) -> Response:
        return self._answer(request.path_params["name"])

    def _answer(self, name: str) -> Response:
        from starlette.responses import Response

        file = self._files.get(name)
        return Response(file.content, media_type=file.type) if file else Response(status_code=404)


async def _stream(room: ControlRoom, request: Request) -> ASGIApp:
    """Answer with the stream of news; however that ends, the page has gone then."""
    from starlette.responses import StreamingResponse

    if room.pages() >= MOST_PAGES:
        return _fault(f"{MOST_PAGES} pages are open already.", 503)
    streams, leave = room.watch(request.query_params.get("tenant", ""))
    stream = StreamingResponse(_news(room, streams), media_type="text/event-stream")

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await stream(scope, receive, send)
        finally:
            leave()  # not in what it sends: that may never begin

    return answer


async def _news(room: ControlRoom, streams: list[PageStream]) -> AsyncIterator[str]:
    """Yield news as server-sent events, until the page has gone or all ends.

    While a page does not read, this is not resumed: what it misses is bounded by its streams.
    """
    yield "retry: 2000\n\n"
    quiet_since = time.monotonic()
    while not room.stop.is_set():
        for kind, value in ((k, v) for stream in streams for k, v in stream.take().items()):
            yield f"event: news\ndata: {_text({'kind': kind, 'value': value})}\n\n"
            quiet_since = time.monotonic()
        if time.monotonic() - quiet_since > _HEARTBEAT_SECONDS:
            yield ": still here\n\n"
            quiet_since = time.monotonic()
        await asyncio.sleep(_PAUSE_SECONDS)


async def _event(room: ControlRoom, request: Request) -> Response:
    """Answer with an event in full."""
    try:
        text = room.feed(request.path_params["tenant"]).window.text(request.path_params["event"])
    except PressoError as error:
        return _fault(error.message, 404)
    if text is None:
        return _fault("This event is not kept any more: newer ones have taken its place.", 404)
    return _answer(json.loads(text))


async def _letters(room: ControlRoom, request: Request) -> Response:
    """Answer with some dead letters, and their causes."""
    return await _of_letters(room, request, lambda feed: feed.causes)


async def _send(room: ControlRoom, request: Request) -> Response:
    """Send dead letters again."""
    if not room.actions:
        return _fault("This dashboard only shows. To allow actions: presso dashboard --allow-actions", 403)
    return await _of_letters(room, request, lambda feed: feed.send_again)


async def _of_letters(
    room: ControlRoom, request: Request, work: Callable[[TenantFeed], Callable[[str, str], Any]]
) -> Response:
    place = request.path_params
    try:
        feed = room.feed(place["tenant"])
        return _answer(await asyncio.to_thread(work(feed), place["part"], place["name"]))
    except PressoError as error:
        return _fault(error.message, 404)
    except Exception as error:  # of AWS, or of what a letter has
        return _fault(words(error), 502)


def _text(value: Any) -> str:
    # The one way out of this process: no secret passes it.
    text = json.dumps(without_secrets(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()  # half of a surrogate pair would end the stream


def _answer(value: Any, status: int = 200) -> Response:
    from starlette.responses import Response

    return Response(_text(value).encode(), status, media_type="application/json")


def _fault(message: str, status: int) -> Response:
    return _answer({"error": message}, status)

"""Guests and baristas of a coffee bar as concurrent clients, through its public API and WebSockets alone."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from httpx_ws import AsyncWebSocketSession, HTTPXWSException, aconnect_ws

from presso.bar.owned_bar import Links

DRINKS = [("Espresso", []), ("Caffe Latte", ["Oat"]), ("Cappuccino", []), ("Caffe Latte", [])]
ENDS = ("OrderProcessor.orderFinished", "OrderProcessor.OrderTimeOut", "OrderProcessor.ShopUnavailable")
OVER = (*ENDS, "OrderManager.OrderCompleted", "OrderManager.OrderCancelled")
# Of ten orders, one each is cancelled before a drink is chosen and while it waits, one is put back once, and
# one all baristas claim at once, as they do one that is put back.
CANCELLED_AT_ONCE, CANCELLED_WAITING, PUT_BACK, RACED = 3, 7, 5, 1
# As long as a guest's page waits before it asks again, and a guest before scanning again.
_AGAIN_SECONDS = 4.0
# As long as a display shows a code before it looks for the next one.
_SHOWN_SECONDS = 15.0


@dataclass
class Load:
    """The load of one bar, and all that its clients have sent and heard.

    Args:
        links: Where the bar is.
        endpoint: The local AWS's.
        orders: How many orders the guests make.
        patience: After so many seconds without a message, the load ends.

    Attributes:
        answers: How often each request had each answer: (route, status, type of the problem).
        said: Everything that the API and the WebSockets have said, as text.
        scanned: When each order's code was scanned.
        seen: Seconds from the scan until a barista saw the order, once for each barista and order.
        baristas: Order → whom the API has let claim it, last.
        ends: Order → how its guest heard of its end.
        put_back: Orders that a barista has put back.
        failed: What went wrong, in words.
    """

    links: Links
    endpoint: str
    orders: int
    patience: float
    answers: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    scanned: dict[str, float] = field(default_factory=dict)
    seen: list[float] = field(default_factory=list)
    baristas: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    put_back: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    code: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)
    moved: float = field(default_factory=time.monotonic)


@dataclass
class User:
    """A client of a bar, signed in.

    Args:
        load: What it is part of.
        http: Its connections.
        token: Of the user pool.
        name: Its user name.
        hear: Called with each live message.
        numbers: Channel → the numbers of the messages that it has heard.
    """

    load: Load
    http: httpx.AsyncClient
    token: str
    name: str
    hear: Callable[[dict[str, Any]], None] = print
    numbers: dict[str, list[int]] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Send a request and return the status and the answer."""
        headers = {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}
        answer = await self.http.request(method, f"{self.load.links.api}{path}", json=body, headers=headers)
        self.load.said.append(answer.text)
        content = answer.json()
        kind = content.get("type", "") if isinstance(content, dict) else ""
        route = f"{method} {path.partition('?')[0]}"
        self.load.answers[_without_ids(route), answer.status_code, kind] += 1
        if answer.status_code >= 500:
            self.load.failed.append(f"{route}: {answer.status_code} {answer.text[:200]}")
        return answer.status_code, content

    async def listen(self, ready: asyncio.Event) -> None:
        """Hear what happens until cancelled; `ready` is set when it does, or failed to."""
        try:
            await self._hear(ready)
        finally:
            ready.set()

    async def _hear(self, ready: asyncio.Event) -> None:
        _, live = await self.ask("GET", "/live")
        for channel in live["channels"]:
            self.numbers[channel] = []
        place = urlsplit(live["url"])
        api = place.netloc.partition(".")[0]
        url = f"{self.load.endpoint}/_aws/execute-api/{api}{place.path}?{place.query}"
        socket: AsyncWebSocketSession
        async with aconnect_ws(url, self.http, keepalive_ping_interval_seconds=None) as socket:
            ready.set()
            while True:
                text = await socket.receive_text()
                self.load.said.append(text)
                self.load.moved = time.monotonic()
                message = json.loads(text)
                self.numbers[message["channel"]].append(message["number"])
                self.hear(message)


def _without_ids(route: str) -> str:
    return "/".join("{id}" if len(part) == 36 else part for part in route.split("/"))


async def signed_up(load: Load, http: httpx.AsyncClient) -> User:
    """A new guest: a random name and password, as a phone does it."""
    name, secret = uuid.uuid4().hex, secrets.token_urlsafe(24)
    client = {"ClientId": load.links.client_id}
    await _cognito(load, http, "SignUp", {**client, "Username": name, "Password": secret})
    return await signed_in(load, http, name, secret)


async def signed_in(load: Load, http: httpx.AsyncClient, name: str, secret: str) -> User:
    """A user of the bar who exists."""
    flow = {"ClientId": load.links.client_id, "AuthFlow": "USER_PASSWORD_AUTH"}
    parameters = {"USERNAME": name, "PASSWORD": secret}
    answer = await _cognito(load, http, "InitiateAuth", {**flow, "AuthParameters": parameters})
    return User(load, http, answer["AuthenticationResult"]["IdToken"], name)


async def _cognito(load: Load, http: httpx.AsyncClient, operation: str, body: Any) -> Any:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    answer = await http.post(load.endpoint, content=json.dumps(body), headers=headers)
    if answer.is_error:
        raise httpx.HTTPError(f"{operation}: {answer.status_code} {answer.text}")
    return answer.json()


class Guest:
    """A guest, who orders one drink after another."""

    def __init__(self, user: User) -> None:
        self.user, self.load = user, user.load
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        user.hear = self._heard.put_nowait

    async def run(self) -> None:
        """Order until the load has all its orders."""
        while (number := next(self.load.numbers)) < self.load.orders:
            await self._order(number)

    async def _order(self, number: int) -> None:
        began, order = await self._scan()
        self.load.scanned[order] = began
        if await self._until(order, "OrderProcessor.WorkflowStarted", *ENDS) in ENDS:
            return
        path = f"/orders/{order}"
        if number % 10 == CANCELLED_AT_ONCE:
            await self._done("PUT", f"{path}?action=cancel")
        else:
            drink, modifiers = DRINKS[number % len(DRINKS)]
            await self._done("PUT", path, {"drink": drink, "modifiers": modifiers})
            if number % 10 == CANCELLED_WAITING:
                await self._until(order, "OrderManager.WaitingCompletion", *ENDS)
                # A barista may have claimed it before: then it is made.
                await self.user.ask("PUT", f"{path}?action=cancel")
        await self._until(order, *ENDS)

    async def _scan(self) -> tuple[float, str]:
        """Scan until a code is taken: the bar hears of the end of the order before a moment later."""
        key = uuid.uuid4().hex  # sent again after a lost answer, it is the same order
        while True:
            began = time.monotonic()
            path = f"/qr-code?token={self.load.code}"
            status, answer = await self.user.ask("POST", path, key=key)
            if status == 200:
                return began, str(answer["orderId"])
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _done(self, method: str, path: str, body: Any = None) -> None:
        """Ask until it is done: live messages may be faster than the order manager."""
        while (await self.user.ask(method, path, body))[0] == 404:
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _until(self, order: str, *kinds: str) -> str:
        """Wait for one of these messages about an order; its kind."""
        if self.load.ends.get(order):
            return self.load.ends[order]
        while True:
            message = await self._heard.get()
            if message["event"] in ENDS:
                self.load.ends[message.get("orderId", order)] = message["event"]
            if message.get("orderId", order) == order and message["event"] in kinds:
                return str(message["event"])


class Barista:
    """A barista, who makes the oldest order on the screen that is this one's, of all who share the queue.

    Args:
        user: Who it is.
        place: This one's among the baristas, from 0.
        count: How many there are.
    """

    def __init__(self, user: User, place: int, count: int) -> None:
        self.user, self.load = user, user.load
        self._place, self._count = place, count
        self.waiting: dict[str, None] = {}
        self._news: dict[str, int] = {}
        self._more = asyncio.Event()
        user.hear = self._hear

    def _hear(self, message: dict[str, Any]) -> None:
        kind, order = message["event"], message.get("orderId", "")
        if message["channel"] != "queue" or message["number"] < self._news.get(order, 0):
            return  # messages may overtake each other
        self._news[order] = message["number"]
        if kind == "OrderManager.WaitingCompletion":
            if order in self.load.scanned:
                self.load.seen.append(time.monotonic() - self.load.scanned[order])
            number = int(message["orderNumber"])
            if number % 10 == RACED or number % self._count == self._place:
                self.waiting[order] = None
        elif kind == "OrderManager.MakeOrder" and not message["baristaUserId"]:
            self.waiting[order] = None
        elif kind == "OrderManager.MakeOrder" or kind in OVER:
            self.waiting.pop(order, None)
        self._more.set()

    async def run(self) -> None:
        """Make orders until cancelled."""
        while True:
            while not self.waiting:
                self._more.clear()
                await self._more.wait()
            order = next(iter(self.waiting))
            del self.waiting[order]
            await self._make(order)

    async def _make(self, order: str) -> None:
        path = f"/orders/{order}?action="
        status, answer = await self.user.ask("PUT", f"{path}make")
        if status != 200:
            return
        if self.load.baristas.setdefault(order, self.user.name) != self.user.name:
            self.load.failed.append(f"{order}: claimed by two baristas at once")
        put_back = int(answer["orderNumber"]) % 10 == PUT_BACK and order not in self.load.put_back
        if put_back:
            self.load.put_back.add(order)
            del self.load.baristas[order]
        status, answer = await self.user.ask("PUT", f"{path}{'unmake' if put_back else 'complete'}")
        if status != 200:
            self.load.failed.append(f"{order}: claimed and then refused: {answer}")


@dataclass
class Crowd:
    """Everybody at a bar: the guests, the baristas, and the page with the code.

    Args:
        load: The bar's load.
        guests: As many have signed up.
        baristas: As many are signed in.
        page: The display's user.
    """

    load: Load
    guests: list[Guest]
    baristas: list[Barista]
    page: User

    @property
    def users(self) -> list[User]:
        """All of them."""
        return [*(guest.user for guest in self.guests), *(each.user for each in self.baristas), self.page]

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Order and make until all is over, or nothing has happened for long."""
        tasks = []
        for user in self.users:  # one after the other, as people come
            ready = asyncio.Event()
            tasks.append(group.create_task(_kept(user.listen(ready), self.load)))
            await ready.wait()
        tasks.append(group.create_task(self._show_codes()))
        while not self.load.code:
            await asyncio.sleep(0.1)
        tasks += [group.create_task(_kept(barista.run(), self.load)) for barista in self.baristas]
        self.load.moved = time.monotonic()
        ordering = [group.create_task(_kept(guest.run(), self.load)) for guest in self.guests]
        while not all(task.done() for task in ordering):
            await asyncio.wait(ordering, timeout=1)
            if time.monotonic() > self.load.moved + self.load.patience:
                self.load.failed.append(f"nothing happened for {self.load.patience:.0f} seconds")
                break
        for task in [*ordering, *tasks]:
            task.cancel()

    async def _show_codes(self) -> None:
        """Turn the code over as a display does."""
        while True:
            status, answer = await self.page.ask("GET", "/qr-code")
            pause = 0.0
            if status == 200:
                self.load.code = answer["last_code"]
                pause = min(_SHOWN_SECONDS, max(0.0, answer["end_ts"] / 1000 - time.time()))
            await asyncio.sleep(pause + 0.2)


async def _kept(work: Any, load: Load) -> None:
    """Run, and note what fails; the others go on."""
    try:
        await work
    except (httpx.HTTPError, HTTPXWSException, KeyError, ValueError) as error:
        load.failed.append(f"{type(error).__name__}: {error}")

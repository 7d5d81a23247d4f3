"""A bar for the local network: a reverse proxy that takes what the bar's pages send, and nothing else.

The local AWS answers every call of AWS and runs functions, so it listens on loopback alone. The proxy listens
on one address and port. It hands no request on as it came: each is checked, and written anew from its checked
parts. Messages of WebSockets are unpacked and packed again.

Sources: RFC 9112 (the request line and its forms), RFC 6455 (WebSockets), the ASGI specification.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import ipaddress
import json
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from presso.aws_access import listed_items
from presso.errors import PressoError, UsageError
from presso.web_server import WebServer

if TYPE_CHECKING:
    from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope, WebsocketScope

    from presso.bar.owned_bar import OwnedBar

# What the bar's document names (a test compares them), and what browsers send to it and to its pages.
QUERY = frozenset({"action", "eventId", "group", "maxItems", "state", "token"})
HEADERS = frozenset(
    {"accept", "accept-encoding", "authorization", "content-type", "idempotency-key", "if-none-match"}
)
_LARGEST_BODY = 65_536  # the bar itself takes half of it
_LARGEST_MESSAGE = 131_072  # of a WebSocket at API Gateway
_ANSWER_SECONDS = 60
# A part of a path as pages write it: no character that needs an escape, and neither `.` nor `..`.
_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._~@+-]+"
_TICKET = re.compile(r"ticket=[A-Za-z0-9_-]{32}")
# The requests to Cognito that need no credentials of AWS, and what a page's body has.
_SIGN_IN = {
    "AWSCognitoIdentityProviderService.SignUp": {"ClientId", "Username", "Password"},
    "AWSCognitoIdentityProviderService.InitiateAuth": {"ClientId", "AuthFlow", "AuthParameters"},
}
_FLOWS = ("USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH")
_HOP_BY_HOP = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")


class _Refused(Exception):
    """A request that is not one of the bar's pages.

    Attributes:
        status: The answer's.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Served:
    """What of a local AWS is one bar.

    Args:
        endpoint: Host and port of the local AWS.
        stage: The path before the routes of the bar's HTTP API.
        routes: The API's routes, such as `GET /orders/{id}`.
        sockets: The path of its WebSocket API.
        client_id: The client of its user pool.
    """

    endpoint: str
    stage: str
    routes: tuple[str, ...]
    sockets: str
    client_id: str

    @classmethod
    def of(cls, bar: OwnedBar) -> Served:
        """Return what a bar on the local AWS consists of.

        Raises:
            UsageError: The bar is on AWS.
            PressoError: Its core is not deployed.
        """
        if not bar.access.endpoint:
            raise UsageError("--lan is for the local AWS: on AWS the links of a bar are for everyone.")
        place, gateway = urlsplit(bar.links.api), bar.access.client("apigatewayv2")
        apis = listed_items(gateway, "get_apis", "Items")
        live = next(api["ApiId"] for api in apis if api["Name"] == f"{bar.prefix}live")
        sockets = f"/_aws/execute-api/{live}/bar"
        return cls(place.netloc, place.path, tuple(bar.routes), sockets, bar.links.client_id)

    def has(self, method: str, path: str) -> bool:
        """Return whether a request is for one of the routes."""
        for route in self.routes:
            own, template = route.split(" ")
            pattern = re.sub(r"\\{\w+\\}", lambda _: _PART, re.escape(template))
            if own == method and re.fullmatch(re.escape(self.stage) + pattern, path):
                return True
        return False


@dataclass(frozen=True)
class _Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class LanProxy:
    """The proxy of one bar, as an application of ASGI.

    Args:
        served: What of the local AWS it hands requests on to.
        host: Host and port by which it is asked. Another name is refused: a page elsewhere may have it.
    """

    def __init__(self, served: Served, host: str) -> None:
        self._served = served
        self._host = host

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer a request or a WebSocket."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        else:
            await _live(receive, send)

    async def _answer(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        headers: list[tuple[bytes, bytes]] = []
        try:
            request = self._checked(scope, await _body(receive))
            status, headers, content = await asyncio.to_thread(self._asked, request)
        except _Refused as refused:
            status, content = refused.status, b""
        except (OSError, http.client.HTTPException):
            status, content = 502, b""
        if status != 304:
            headers = [*headers, (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    def _checked(self, scope: HTTPScope, body: bytes) -> _Request:
        """Return a request of a page, written anew.

        Raises:
            _Refused: It is none.
        """
        sent, path = self._headers(scope), scope["raw_path"].decode("latin-1")
        if path == "/" and scope["method"] == "POST":
            return _Request("POST", "/", *self._sign_in(sent, body))
        if not self._served.has(scope["method"], path):
            raise _Refused(404)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        known = urlencode([(name, value) for name, value in query if name in QUERY])
        kept = {name: value for name, value in sent.items() if name in HEADERS}
        return _Request(scope["method"], f"{path}?{known}" if known else path, kept, body)

    def _headers(self, scope: HTTPScope | WebsocketScope) -> dict[str, str]:
        """The headers of a request that is sent to this proxy by its own name, each once."""
        named = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        sent = dict(named)
        if sent.get("host") != self._host or len([name for name, _ in named if name == "host"]) != 1:
            raise _Refused(421)
        return sent

    def _sign_in(self, sent: Mapping[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a request to Cognito by which users of this bar sign up or in."""
        target, asked = sent.get("x-amz-target", ""), _json(body)
        parameters = asked.get("AuthParameters", {})
        texts = [value for name, value in asked.items() if name != "AuthParameters"]
        texts += parameters.values() if isinstance(parameters, dict) else [parameters]
        if (
            asked.keys() != _SIGN_IN.get(target)
            or asked["ClientId"] != self._served.client_id
            or asked.get("AuthFlow", _FLOWS[0]) not in _FLOWS
            or not all(isinstance(text, str) for text in texts)
        ):
            raise _Refused(404)
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
        return headers, json.dumps(asked).encode()

    def _asked(self, request: _Request) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        connection = http.client.HTTPConnection(self._served.endpoint, timeout=_ANSWER_SECONDS)
        with contextlib.closing(connection):
            connection.request(request.method, request.target, request.body or None, dict(request.headers))
            answer = connection.getresponse()
            headers = [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in answer.getheaders()
                if name.lower() not in _HOP_BY_HOP
            ]
            return answer.status, headers, answer.read()

    async def _connect(
        self, scope: WebsocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Connect a page's WebSocket with one to the bar, until either ends."""
        await receive()
        query, path = scope["query_string"].decode("latin-1"), scope["raw_path"].decode("latin-1")
        try:
            own = self._headers(scope).get("origin", f"http://{self._host}") == f"http://{self._host}"
        except _Refused:
            own = False
        if own and path == self._served.sockets and _TICKET.fullmatch(query):
            with contextlib.suppress(OSError):
                await self._joined(f"{path}?{query}", receive, send)
        await send({"type": "websocket.close", "code": 1000, "reason": None})

    async def _joined(self, target: str, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        bar = _Socket(*await asyncio.open_connection(*self._served.endpoint.split(":")))
        try:
            if not await bar.accepted(self._served.endpoint, target):
                return
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            ways = [asyncio.create_task(_sent(receive, bar)), asyncio.create_task(_heard(bar, send))]
            _, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in waiting:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            bar.close()


class _Socket:
    """A WebSocket to the local AWS, by texts."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from wsproto import ConnectionType, WSConnection

        self._reader, self._writer = reader, writer
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._events: Iterator[Any] = iter(())

    async def accepted(self, host: str, target: str) -> bool:
        """Ask for the connection and return whether the bar has let it in."""
        from wsproto.events import AcceptConnection, Request

        await self._send(Request(host=host, target=target))
        return isinstance(await self._next(), AcceptConnection)

    async def _send(self, event: Any) -> None:
        self._writer.write(self._protocol.send(event))
        await self._writer.drain()

    async def _next(self) -> Any:
        while True:
            for event in self._events:
                return event
            received = await self._reader.read(65_536)
            self._protocol.receive_data(received or None)
            self._events = self._protocol.events()

    async def send(self, text: str) -> None:
        """Send a text."""
        from wsproto.events import TextMessage

        await self._send(TextMessage(data=text))

    async def receive(self) -> str | None:
        """Return the next text; None at the end."""
        from wsproto.events import Ping, TextMessage

        text = ""
        while True:
            event = await self._next()
            if isinstance(event, Ping):
                await self._send(event.response())
            elif isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    return text
            else:
                return None

    def close(self) -> None:
        """End the connection."""
        self._writer.close()


async def _sent(receive: ASGIReceiveCallable, bar: _Socket) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] is not None:
            await bar.send(message["text"])


async def _heard(bar: _Socket, send: ASGISendCallable) -> None:
    while (text := await bar.receive()) is not None:
        await send({"type": "websocket.send", "text": text, "bytes": None})


async def _live(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer the server's questions about the application's start and end."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _body(receive: ASGIReceiveCallable) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise _Refused(400)
        body, more = body + message["body"], message["more_body"]
        if len(body) > _LARGEST_BODY:
            raise _Refused(413)
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise _Refused(400) from None
    if not isinstance(found, dict):
        raise _Refused(400)
    return found


def address(given: str = "") -> str:
    """Return an address of this machine on which a proxy can listen.

    Args:
        given: One; "" is that of the local network, from which this machine would reach others.

    Raises:
        UsageError: This machine does not have the given one.
        PressoError: It is in no network.
    """
    found = given or _own_address()
    _listening(found).close()
    return found


def _own_address() -> str:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))  # an address for documentation; nothing is sent (RFC 5737)
        return str(probe.getsockname()[0])
    raise PressoError(
        "This machine has no address in a network.", hint="Connect it, or give its address: --address"
    )


@contextlib.contextmanager
def serving(served: Served, address: str) -> Iterator[str]:
    """Context in which a bar's proxy serves; yields its address, which takes the local AWS's place in links.

    Args:
        served: What of the local AWS it hands requests on to.
        address: An address of this machine.

    Raises:
        UsageError: The address is none of this machine's.
    """
    with _listening(address) as listener:
        host = "{}:{}".format(*listener.getsockname())
        with WebServer(LanProxy(served, host), listener, grace=0, largest_message=_LARGEST_MESSAGE):
            yield f"http://{host}"


def _listening(address: str) -> socket.socket:
    try:
        if ipaddress.IPv4Address(address).is_unspecified:
            raise ValueError("a link needs one address")
        return socket.create_server((address, 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"{address} cannot be used: {reason}.", hint="Give an IPv4 address of this machine."
        ) from None

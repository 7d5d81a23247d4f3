"""Which requests are answered: those of the page itself, of a browser that came by the printed link.

A server on loopback can be reached by every page that the same browser shows. So the Host header is checked
(DNS rebinding), what the browser reports of the request's origin (`Sec-Fetch-Site`, `Origin`), and a token of
this start, which the link has: it is exchanged for a cookie, so that no address has it afterwards.

Sources: Fetch Metadata Request Headers (W3C); OWASP, "Cross-Site Request Forgery Prevention"; Jupyter Server,
"Security".
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HTTP = 80
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_NEEDS_LINK = "Open the link that presso dashboard has printed.\n"


@dataclass(frozen=True)
class Doorkeeper:
    """Who is let in.

    Args:
        address: The address that the server listens on.
        port: Its port.
        token: What the link has; `session` is what the cookie has.
    """

    address: str
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def hosts(self) -> frozenset[str]:
        """What the Host header may be."""
        names = {self._name, *(_LOOPBACK if self._name in _LOOPBACK else ())}
        found = {f"{each}:{self.port}" for each in names}
        return frozenset(found | names if self.port == _HTTP else found)  # browsers leave that out

    @property
    def cookie(self) -> str:
        """The cookie's name: browsers share cookies among the ports of a host."""
        return f"presso-dashboard-{self.port}"

    @property
    def link(self) -> str:
        """The address to open."""
        return f"http://{self._name}:{self.port}/?token={self.token}"

    @property
    def _name(self) -> str:
        """The address as an URL has it."""
        return f"[{self.address}]" if ":" in self.address else self.address

    def refusal(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is not of the page itself, for tests and logs; None if it is.

        Args:
            headers: By their names in lower case.
        """
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            return "another host"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return "another site"
        if origin is not None and origin != f"http://{host}":
            return "another origin"
        if method not in ("GET", "HEAD") and origin is None:
            return "no origin"
        if method not in ("GET", "HEAD") and headers.get("content-type") != "application/json":
            return "not JSON"  # another page's form cannot send it
        return None

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Whether the browser has the cookie, among those of other ports: of any form, even of this name."""
        cookies = (each.strip().partition("=") for each in headers.get("cookie", "").split(";"))
        return any(_same(value, self.session) for name, _, value in cookies if name == self.cookie)

    def admits(self, query: bytes) -> bool:
        """Whether an address has the token."""
        given = parse_qs(query.decode("latin-1")).get("token", [""])
        return len(given) == 1 and _same(given[0], self.token)


class RequestGuard:
    """Answers what is not let in; all else goes to the application.

    Args:
        app: The application.
        doorkeeper: Who is let in.
    """

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper) -> None:
        self._app = app
        self._keeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import PlainTextResponse, RedirectResponse, Response

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        keeper = self._keeper
        names = [name.decode("latin-1").lower() for name, _ in scope["headers"]]
        headers = {
            name: value.decode("latin-1") for name, (_, value) in zip(names, scope["headers"], strict=True)
        }
        answer: Response | None = None
        if names.count("host") != 1 or keeper.refusal(scope["method"], headers) is not None:
            answer = Response(status_code=403)
        elif scope["path"] == "/" and scope["method"] == "GET" and keeper.admits(scope["query_string"]):
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(keeper.cookie, keeper.session, httponly=True, samesite="strict", path="/")
        elif not keeper.knows(headers):
            answer = PlainTextResponse(_NEEDS_LINK, status_code=403)
        await (answer or self._app)(scope, receive, send_guarded)


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())

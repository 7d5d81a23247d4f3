"""The server of the emulator: uvicorn, which reads requests by httptools (Node.js's parser, in C).

Sources: uvicorn's settings (uvicorn.dev/settings), RFC 9110 (trailers, 6.5), the ASGI specification.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import HANDLED_SIGNALS, Server

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# How long requests that are being answered may hold up the end.
_GRACE_SECONDS = 3
_KEEP_ALIVE_SECONDS = 75


class EmulatorServer(Server):
    """Serves an application until SIGTERM or SIGINT.

    Args:
        app: The application.
    """

    def __init__(self, app: "ASGIApp") -> None:
        super().__init__(
            Config(
                app,
                http=_Protocol,
                ws=cast("type[asyncio.Protocol]", _web_socket),
                ws_ping_interval=None,
                lifespan="on",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,  # the emulator writes its own
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._stopped = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn's own loop wakes ten times a second."""
        await self._stopped.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at signals, which wake the loop, and do not raise them again at the end."""
        for number in HANDLED_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._stopped.set)
        yield


def _web_socket(**given: Any) -> asyncio.Protocol:
    """The protocol of a connection that becomes a WebSocket; imported for the first, as most have none."""
    from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

    return WSProtocol(**given)


class _Protocol(HttpToolsProtocol):
    """One connection."""

    def on_headers_complete(self) -> None:
        """Keep trailers out of the headers: what comes after a body was not there when it was judged."""
        self.scope["headers"] = list(self.headers)
        super().on_headers_complete()

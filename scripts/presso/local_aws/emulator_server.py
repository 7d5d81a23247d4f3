"""The server of the emulator: uvicorn, which reads requests by httptools (Node.js's parser, in C).

Sources: uvicorn's settings (uvicorn.dev/settings), RFC 9110 (trailers, 6.5), the ASGI specification.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import HANDLED_SIGNALS, Server

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# How long requests that are being answered may hold up the end.
_GRACE_SECONDS = 3
_KEEP_ALIVE_SECONDS = 75
# What the emulator imports of hypercorn, to change it.
_OF_HYPERCORN = {
    "hypercorn": (),
    "hypercorn.config": ("Config",),
    "hypercorn.protocol": (),
    "hypercorn.protocol.events": ("EndBody", "Response"),
    "hypercorn.protocol.h11": ("H11Protocol",),
    "hypercorn.protocol.ws_stream": ("WSStream",),
}


def leave_out_hypercorn() -> None:
    """Let the emulator import empty classes in place of hypercorn: importing that is a fifth of its start."""
    for name, members in _OF_HYPERCORN.items():
        module = ModuleType(name)
        for member in members:
            setattr(module, member, type(member, (), {}))
        sys.modules[name] = module


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
                ws="wsproto",
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


class _Protocol(HttpToolsProtocol):
    """One connection."""

    def on_headers_complete(self) -> None:
        """Keep trailers out of the headers: what comes after a body was not there when it was judged."""
        self.scope["headers"] = list(self.headers)
        super().on_headers_complete()

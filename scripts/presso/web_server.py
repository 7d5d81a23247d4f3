"""Serves an application from a thread of its own, so that signals reach the main thread alone."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from types import TracebackType
from typing import Any

from presso.errors import UsageError

_LARGEST_MESSAGE = 16 << 20


def listening_socket(address: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        address: An address of this machine, not all of them: the Host header names it.
        port: 0 takes any that is free.

    Raises:
        UsageError: They cannot be used.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((address, port))
        found.listen(64)
    except (OSError, OverflowError) as error:
        found.close()
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"Port {port} of {address} cannot be used: {why}.", hint="Use --port 0 for any free port."
        ) from None
    return found


class WebServer:
    """A server, which runs while this is entered.

    Args:
        app: The ASGI application.
        place: The socket that it answers on.
        grace: How many seconds open connections may go on at the end.
        largest_message: The most bytes of a message of a WebSocket.
    """

    def __init__(
        self,
        app: Any,
        place: socket.socket,
        *,
        grace: float = 1.0,
        largest_message: int = _LARGEST_MESSAGE,
    ) -> None:
        self._app = app
        self._place = place
        self._grace = grace
        self._largest_message = largest_message
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="web", daemon=True)

    def __enter__(self) -> WebServer:
        """Start it."""
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(self._grace + 5.0)

    async def _serve(self) -> None:
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of pages that are closed
        self._loop = asyncio.get_running_loop()
        # The server ends open connections by cancelling them, which asyncio would print.
        self._loop.set_exception_handler(lambda *_: None)
        config = Config()
        config.bind = [f"fd://{os.dup(self._place.fileno())}"]  # which it closes
        config.graceful_timeout = self._grace
        config.websocket_max_message_size = self._largest_message
        config.accesslog = config.errorlog = None
        config.include_server_header = False
        self._ready.set()
        await serve(self._app, config, shutdown_trigger=self._end.wait)

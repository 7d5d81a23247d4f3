"""Serving a built site on this machine, to look at it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from presso.errors import UsageError


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""

    def end_headers(self) -> None:
        """Disable caching: pages may have been rebuilt."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def serve(folder: Path, port: int, started: Callable[[str], None]) -> None:
    """Serve a folder to this machine alone until interrupted.

    Args:
        folder: The site.
        port: 0 takes any that is free.
        started: Called with the address once it can be used.

    Raises:
        UsageError: The port is taken.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used: {error.strerror}.", hint="Use --port 0 for any free port."
        ) from None
    with server:
        started(f"http://127.0.0.1:{server.server_address[1]}/")
        server.serve_forever()

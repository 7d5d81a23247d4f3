"""A webhook on this machine, for extensions that call one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class WebhookCall:
    """A call of the webhook: its path, its headers by their names in small letters, its body as JSON."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Webhook:
    """Takes every call, and remembers it.

    Args:
        url: Where it listens: on this machine only.
    """

    url: str
    calls: list[WebhookCall] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Webhook]:
    """Yield a webhook that listens."""
    webhook = Webhook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            webhook.calls.append(WebhookCall(self.path, headers, json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    webhook.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield webhook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

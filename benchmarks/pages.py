"""How soon the bar's pages show something on a slow phone and network: first contentful paint.

The function of the pages answers, as in a bar; Chromium has four times the work and 1.6 Mbit/s with 150 ms a
round trip (Lighthouse's slow 4G). Prints, for each page, its compressed size with all that it loads, too.

Run: .venv/bin/python benchmarks/pages.py [ROUNDS]
"""

import base64
import importlib
import os
import statistics
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from presso.packages.bar_pages import Pages
from presso.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.chromium import MISSING, find_chromium, launched

SECONDS, BYTES = 1.0, 100_000
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "is_mobile": True}
PAINT = """() => new Promise(done => new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (entry.name === 'first-contentful-paint') done(entry.startTime);
}).observe({type: 'paint', buffered: true}))"""


def served(pages: Any, sizes: Counter[str]) -> type[BaseHTTPRequestHandler]:
    """A server that asks the function, and adds up what it sends for each page."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.removeprefix("/assets/")
            route = "GET /assets/{file}" if name != self.path else f"GET {self.path}"
            answer = pages.handler(
                {"routeKey": route, "headers": dict(self.headers), "pathParameters": {"file": name}}, None
            )
            body = base64.b64decode(answer["body"])
            sizes[self.path] = len(body)
            self.send_response(answer["statusCode"])
            for header in {**answer["headers"], "content-length": str(len(body))}.items():
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    return Handler


def measured(browser: Any, address: str) -> float:
    """Seconds until a new visitor sees something."""
    context = browser.new_context(**PHONE)
    try:
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", NETWORK)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(address, wait_until="commit")
        return float(page.evaluate(PAINT)) / 1000
    finally:
        context.close()


def main() -> int:
    """Measure, print, and return 1 when a page is later or larger than the target."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    built = Pages(Workspace.find()).build()
    bar = {"USERS": "https://users.invalid/", "SOCKETS": "wss://live.invalid/bar"}
    os.environ.update({"CLIENT": "none", "TENANT": "bar", **bar})
    sys.path.insert(0, str(built))
    sizes: Counter[str] = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), served(importlib.import_module("pages"), sizes))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    missed = False
    with launched(find_chromium(whole=True) or sys.exit(MISSING)) as browser:
        for name in ("", "barista", "display", "admin", "journey"):
            sizes.clear()
            address = f"http://127.0.0.1:{server.server_port}/{name}"
            median = statistics.median(measured(browser, address) for _ in range(rounds))
            size = sizes.total()
            missed |= median > SECONDS or size > BYTES
            print(
                f"/{name}: {median:.2f} s (target {SECONDS}), {size:,} bytes (target {BYTES:,})", flush=True
            )
    server.shutdown()
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())

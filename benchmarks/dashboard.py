"""The control room under load: from PutEvents to the screen, and its memory.

Puts events at a steady rate on a tenant's bus, on a local AWS of its own, while Chromium shows the tenant
live. Each event carries its moment; the page's list is read as it is drawn: its newest hundred rows, so that
some are passed over where the machine is slow. Memory is that of `presso dashboard`.

Run: .venv/bin/python benchmarks/dashboard.py [--rate 200] [--seconds 60]
An hour: .venv/bin/python benchmarks/dashboard.py --seconds 3600
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from presso.aws_access import local_access
from presso.deployment import runs, unit_selection
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.event_sources import CORE_SOURCE
from presso.local_aws import LocalAws
from presso.workspace import Workspace

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.chromium import MISSING, find_chromium, launched  # noqa: E402

TARGET_P95 = 1.0
# Of the growth in memory, in the second half: the first half fills what is bounded.
TARGET_GROWTH_MB = 32.0
ENTRIES = 10
KINDS = (
    "OrderManager.WaitingCompletion",
    "OrderManager.MakeOrder",
    "OrderManager.OrderCompleted",
    "Validator.NewOrder",
)
# Each row that appears in the list: when it was put, and when it was drawn.
WATCH = """() => {
  window.seen = [];
  let newest = 0;
  const look = () => {
    const now = Date.now();
    for (const row of document.querySelectorAll(".events tbody tr")) {
      const put = Number(/put at (\\d+)/.exec(row.textContent)?.[1] ?? 0);
      const number = Number(/number (\\d+)/.exec(row.textContent)?.[1] ?? 0);
      if (number > newest) window.seen.push([number, now - put]);
    }
    newest = Math.max(newest, ...window.seen.map(([number]) => number));
  };
  new MutationObserver(look).observe(document.getElementById("page"), { subtree: true, childList: true });
}"""


def main() -> int:
    """Measure, print, and return 1 when a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=200, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    chromium = find_chromium(whole=True)  # as its users have
    if chromium is None:
        print(MISSING)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tenants", "nyc", "tenant.yaml")
        file.parent.mkdir(parents=True)
        file.write_text("name: nyc\ntitle: Benchmark\nextensions: []\n", encoding="utf-8")
        for name in ("modules", "extensions"):
            Path(folder, name).symlink_to(ROOT / name)
        workspace = Workspace(Path(folder), Path(folder, "home"))
        client = deployed(workspace)
        with dashboard(workspace) as (link, process):
            shown, memory, put = measured(chromium, link, client, process, given.rate, given.seconds)
        LocalAws(workspace.local).stop()
    return report(shown, memory, put)


def deployed(workspace: Workspace) -> Any:
    """Apply the tenant on a local AWS of this process; return what makes clients."""
    running = LocalAws.of_this_process(workspace.local).ensure()
    selection = unit_selection.select(workspace, "apply", ["nyc"])
    environments = Environments.under(workspace, selection.targets())
    outcomes = runs.Runs(workspace, selection, "apply", environments.of, Silent()).execute()
    assert not any(outcome.bad for outcome in outcomes), outcomes
    return local_access(running.endpoint).client


class dashboard:
    """`presso dashboard` as a process of its own: its link, and the process."""

    def __init__(self, workspace: Workspace) -> None:
        command = [sys.executable, "-m", "presso", "--home", str(workspace.home), "dashboard", "--port", "0"]
        env = {**os.environ, "PRESSO_ROOT": str(workspace.root)}
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> tuple[str, subprocess.Popen[str]]:
        assert self.process.stdout
        return self.process.stdout.readline().strip(), self.process

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def measured(
    chromium: str, link: str, client: Any, process: subprocess.Popen[str], rate: int, seconds: int
) -> tuple[list[tuple[int, float]], list[float], int]:
    """Rows that were drawn with their latencies in seconds, the memory over time in MB, the events put."""
    with launched(chromium) as browser:
        page = browser.new_page()
        page.goto(link)
        page.evaluate("location.hash = '#/live/nyc'")
        page.get_by_text("events a second").wait_for()
        page.evaluate(WATCH)
        done, memory, shown = threading.Event(), list[float](), list[tuple[int, float]]()
        putting = threading.Thread(target=put_events, args=(client("events"), rate, seconds, done))
        putting.start()
        while not done.is_set():
            memory.append(resident(process.pid))
            page.wait_for_timeout(min(5_000, seconds * 50))
            shown += taken(page)
        page.wait_for_timeout(3_000)
        shown += taken(page)
    return shown, memory, rate * seconds


def taken(page: Any) -> list[tuple[int, float]]:
    """What the page has seen since the last time."""
    seen = page.evaluate("() => window.seen.splice(0, window.seen.length - 1)")
    return [(number, milliseconds / 1000) for number, milliseconds in seen]


def put_events(events: Any, rate: int, seconds: int, done: threading.Event) -> None:
    """Put events at a rate, ten in a request; each has its number and its moment."""
    began = time.monotonic()
    for start in range(0, rate * seconds, ENTRIES):
        time.sleep(max(0.0, began + start / rate - time.monotonic()))
        put = int(time.time() * 1000)
        entries = [
            {
                "EventBusName": "nyc",
                "Source": CORE_SOURCE,
                "DetailType": KINDS[number % len(KINDS)],
                "Detail": json.dumps(
                    {"orderId": f"order-{number // 4}", "Message": f"put at {put}, number {number + 1}"}
                ),
            }
            for number in range(start, start + ENTRIES)
        ]
        events.put_events(Entries=entries)
    late = time.monotonic() - began - seconds
    print(f"put {rate * seconds} events in {seconds + late:.1f} s (due in {seconds} s)")
    done.set()


def resident(pid: int) -> float:
    """The memory of a process in MB (proc(5))."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def report(shown: list[tuple[int, float]], memory: list[float], put: int) -> int:
    """Print the figures; return 1 when a target is missed."""
    latencies = sorted(latency for _, latency in shown)
    p95 = latencies[int(len(latencies) * 0.95)]
    half = memory[len(memory) // 2 :]
    growth = (max(half[-3:]) - max(half[:3])) if len(half) > 3 else 0.0
    newest = max(number for number, _ in shown)
    print(f"drawn {len(latencies)} rows, the newest of them number {newest} of {put}")
    print(
        f"to the screen: median {statistics.median(latencies):.2f} s, p95 {p95:.2f} s (target {TARGET_P95:g})"
    )
    print(f"memory: {memory[0]:.0f} MB at first, {max(memory):.0f} at most, {memory[-1]:.0f} at the end;")
    print(f"  in the second half {growth:+.1f} MB (target {TARGET_GROWTH_MB:g})")
    return int(p95 > TARGET_P95 or growth > TARGET_GROWTH_MB or newest < put - 10)


if __name__ == "__main__":
    sys.exit(main())

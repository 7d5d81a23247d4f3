"""The coffee bar on one machine: two tenants with a bar, robots that keep one busy, and what happens there.

It has the home of the other demo (`.presso/demo`), so it never changes what is deployed in the checkout's,
and takes everything away: at its end with Terraform, when it is stopped with the local AWS.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from presso import snapshot, terminal
from presso.aws_access import Access, local_access
from presso.bar import lan_proxy
from presso.bar.guest import Guest
from presso.bar.owned_bar import OwnedBar
from presso.demo import demo_site
from presso.demo.order_board import OrderBoard, ShownOrder
from presso.demo.step_printer import StepPrinter
from presso.local_aws import LocalAws
from presso.presenters.qr_code import qr_code
from presso.simulation.event_log import EventLog
from presso.workspace import Workspace

BUSY, YOURS = "nyc", "sfo"
TENANTS = {BUSY: "AWS Summit New York", YOURS: "AWS Summit San Francisco"}
EXTENSION = "order-robot"
ROBOTS = 4
_SECONDS = "{think: {min: 1, max: 3}, notice: {min: 1, max: 3}, work: {min: 2, max: 5}}"
_LOOK_SECONDS = 0.5


@dataclass
class BarDemo:
    """One run of the demo.

    Args:
        workspace: The demo's own: its home, and its own two tenants.
        printer: Prints the steps.
        most: After how many orders of robots it ends; 0 for not by itself.
        lan: The address on which the bars are served to the local network; "" is not at all.

    Attributes:
        boards: Tenant → its orders.
        seconds: Phase → how long it took.
        clean: Whether nothing was left in the account at the end.
    """

    workspace: Workspace
    printer: StepPrinter
    most: int
    lan: str = ""
    boards: dict[str, OrderBoard] = field(
        default_factory=lambda: {tenant: OrderBoard() for tenant in TENANTS}
    )
    seconds: dict[str, float] = field(default_factory=dict)
    clean: bool = False

    def run(self) -> None:
        """Run from the start to the end.

        Raises:
            PressoError: A step could not be done at all.
        """
        self.printer.line(f"Two coffee bars, {BUSY} and {YOURS}, in one AWS account on this machine.")
        self.printer.line(f"Robots order and make drinks in {BUSY}; {YOURS} is yours.\n")
        with self._phase("start", "a local AWS answers on this machine: no account, no internet"):
            aws = local_access(LocalAws.of_this_process(self.workspace.local).ensure().endpoint)
            nothing = snapshot.take(aws.client)
        with self._phase("bars", "both tenants and their bars are deployed"):
            demo_site.change(self.workspace, "apply", [*TENANTS, *(f"{tenant}/core" for tenant in TENANTS)])
        bars = {tenant: OwnedBar(aws, tenant) for tenant in TENANTS}
        with self._phase("robots", f"{ROBOTS} robots have signed up as guests of {BUSY}, and are deployed"):
            robots = [Guest(bars[BUSY]) for _ in range(ROBOTS)]
            declare(self.workspace, [robot.id for robot in robots])
            demo_site.change(self.workspace, "apply", [f"{BUSY}/{EXTENSION}"])
        for bar in bars.values():
            bar.ask("config", "PUT /store", state="open")
        with contextlib.ExitStack() as stack:
            self._show_links({tenant: self._link(bar, stack) for tenant, bar in bars.items()})
            self._serve(aws, bars[BUSY], robots)
        with self._phase("teardown", "everything is destroyed"):
            demo_site.change(self.workspace, "destroy", [*TENANTS], with_extensions=True)
            left = snapshot.differences(nothing, snapshot.take(aws.client))
        self.clean = not left
        self.printer.check(
            "nothing is left in the account" + (f": {'; '.join(left)}" if left else ""), not left
        )

    def _link(self, bar: OwnedBar, stack: contextlib.ExitStack) -> str:
        """The link of a guest's page with the code of now; to the local network while the stack is open."""
        links = bar.links
        if self.lan:
            place = stack.enter_context(lan_proxy.serving(lan_proxy.Served.of(bar), self.lan))
            links = links.through(place)
        return links.guest(bar.ask("validator", "GET /qr-code")["last_code"])

    def _show_links(self, links: dict[str, str]) -> None:
        for tenant, link in links.items():
            self.printer.line(f"\n{tenant}: {link}")
        if sys.stdout.isatty():
            port = urlsplit(link).port
            self.printer.line(qr_code(link))
            if not self.lan:
                self.printer.line(f"For a phone on a USB cable, once: adb reverse tcp:{port} tcp:{port}")
        if self.lan:
            self.printer.line("For phones in the same network; nothing is encrypted.")
        self.printer.line("\nOrders, as they happen; Ctrl-C takes everything away:")

    def _serve(self, aws: Access, bar: OwnedBar, robots: list[Guest]) -> None:
        """Have robots order, and print what happens, until there were enough orders."""
        logs = {tenant: EventLog(aws.client("logs"), tenant) for tenant in TENANTS}
        orders: dict[str, Guest] = {}
        while True:
            self._follow(logs)
            board = self.boards[BUSY].orders
            busy = {
                robot.id for order, robot in orders.items() if order not in board or not board[order].over
            }
            if self.most and len(orders) >= self.most:
                if not busy:
                    return
            elif idle := next((robot for robot in robots if robot.id not in busy), None):
                code = bar.ask("validator", "GET /qr-code")["last_code"]
                if order := idle.scan(code):
                    orders[order] = idle
            time.sleep(_LOOK_SECONDS)

    def _follow(self, logs: dict[str, EventLog]) -> None:
        for tenant, log in logs.items():
            for event in log.poll():
                if order := self.boards[tenant].take(event):
                    self.printer.line(_line(tenant, order))

    @contextlib.contextmanager
    def _phase(self, name: str, sentence: str) -> Iterator[None]:
        start = time.monotonic()
        with self.printer.working(name):
            yield
        self.seconds[name] = round(time.monotonic() - start, 2)
        self.printer.sentence(self.seconds[name], sentence)


def _line(tenant: str, order: ShownOrder) -> str:
    number = f"order {order.number:>3}" if order.number else "an order "
    waited = order.waited(time.time())
    line = f"{datetime.now():%H:%M:%S}  {tenant}  {number}  {order.state:<9}  {order.drink}"
    return line.rstrip() + (f" (waited {waited})" if waited else "")


def declare(workspace: Workspace, robots: list[str]) -> None:
    """Write the two tenants; once the robots are known, the busy one has them."""
    listed = f"{{name: {EXTENSION}, variables: {{users: [{', '.join(robots)}], seconds: {_SECONDS}}}}}"
    texts = {
        tenant: f"name: {tenant}\ntitle: {title}\nplayer: false\ncore: {{drinks_per_code: 1000}}\n"
        f"extensions: [{listed if robots and tenant == BUSY else ''}]\n"
        for tenant, title in TENANTS.items()
    }
    demo_site.declare(workspace.home, texts)


def run(workspace: Workspace, *, orders: int, lan: str = "", json_wanted: bool, quiet: bool) -> int:
    """Run the demo of the bar, and return the exit code.

    Args:
        workspace: The checkout; the demo makes a home of its own inside its home.
        orders: After how many orders of robots it ends; 0 for not by itself.
        lan: The address on which the bars are served to the local network; "" is not at all.
        json_wanted: One object on stdout at the end: `ok`, `orders` by tenant, `seconds` by phase.
        quiet: Nothing but the table of orders at the end.

    Raises:
        PressoError: Another demo is running in this checkout, or a step could not be done at all.
    """
    home = workspace.home / "demo"
    with demo_site.alone(home), demo_site.cleared(home, keep=False):
        own = Workspace(workspace.root, home, home / "tenants")
        declare(own, [])
        demo = BarDemo(own, StepPrinter(silent=quiet or json_wanted), orders, lan)
        demo.run()
    rows = {tenant: board.rows(time.time()) for tenant, board in demo.boards.items()}
    if json_wanted:
        terminal.as_json(_as_json(demo, rows))
    else:
        listed = [[tenant, *row] for tenant, found in rows.items() for row in found]
        terminal.result(
            "\n" + terminal.table(["bar", "order", "drink", "state", "waited"], listed, right=(1,))
        )
    return 0 if demo.clean else 1


def _as_json(demo: BarDemo, rows: dict[str, list[list[str]]]) -> dict[str, Any]:
    names = ("number", "drink", "state", "waited")
    orders = {tenant: [dict(zip(names, row, strict=True)) for row in found] for tenant, found in rows.items()}
    return {"ok": demo.clean, "orders": orders, "seconds": demo.seconds}

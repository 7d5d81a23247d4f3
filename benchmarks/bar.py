"""Coffee bars under load: guests and baristas as concurrent clients, in two tenants at once.

Brings up a local AWS of its own and the tenants with their cores, has guests order and baristas make drinks
through the public API and WebSockets alone, and proves afterwards that no order is lost, doubled or stuck,
and that the tenants share nothing. Of ten orders, two are cancelled, one is put back, and one is claimed by
all baristas at once. Prints orders per second, the seconds from a scan until the baristas see the order, and
the CPU seconds of the local AWS for an order. `--orders` are those of each tenant.

Run: .venv/bin/python benchmarks/bar.py [--guests 50] [--baristas 5] [--orders 200] [--tenants 2]
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import httpx
from bar_guests import Barista, Crowd, Guest, Load, signed_in, signed_up
from bar_proofs import Traces, of_agreement, of_isolation, of_orders

from presso.aws_access import Access, local_access
from presso.bar.owned_bar import OwnedBar
from presso.bar.staff import Staff
from presso.local_aws import LocalAws
from presso.processes import descendants
from presso.workspace import Workspace

# However busy the machine is: what an order waits for comes, and none ends for lack of time.
WAIT_SECONDS = 1800
LIMITS = {
    **{"drinksPerBarcode": 1000, "maxOrdersRunning": 1000, "maxOrdersInQueue": 1000},
    **{"customerSeconds": WAIT_SECONDS, "baristaSeconds": WAIT_SECONDS},
}
SETTLING_SECONDS = 5.0


@dataclass(frozen=True)
class Site:
    """The tenants with their bars, on a local AWS of their own.

    Args:
        local: The local AWS.
        access: To the account that all tenants are in.
        tenants: Their names.
    """

    local: LocalAws
    access: Access
    tenants: list[str]

    def cpu_seconds(self) -> float:
        """Computing time of the local AWS and its functions."""
        pids = {*self.local.processes(), *descendants(*self.local.processes())}
        return sum(_cpu_seconds(pid) for pid in pids)


def _cpu_seconds(pid: int) -> float:
    """Computing time of a process and of its children that have ended."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


@contextlib.contextmanager
def site(count: int) -> Iterator[Site]:
    """The tenants, deployed; all is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="presso-bench-") as name:
        folder, checkout = Path(name).resolve(), Workspace.find()
        for shared in ("modules", "extensions"):
            (folder / shared).symlink_to(checkout.root / shared)
        tenants = [f"bench-{number}" for number in range(count)]
        # At noon, no day ends within the run: order numbers begin again with each.
        zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
        for tenant in tenants:
            file = folder / "tenants" / tenant / "tenant.yaml"
            file.parent.mkdir(parents=True)
            file.write_text(
                f"name: {tenant}\ntitle: Bench\nplayer: false\nextensions: []\n"
                f"core: {{pages: false, time_zone: {zone}}}\n"
            )
        env = {**os.environ, "PRESSO_ROOT": name, "PRESSO_HOME": str(folder / ".presso")}
        local = LocalAws.of_this_process(Workspace(folder, folder / ".presso").local)
        try:
            access = local_access(local.ensure().endpoint)
            command = [sys.executable, "-m", "presso", "apply", "--all", "--quiet"]
            subprocess.run(command, env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            yield Site(local, access, tenants)
        finally:
            local.stop()


async def crowd(http: httpx.AsyncClient, bar: OwnedBar, given: argparse.Namespace) -> Crowd:
    """The guests and baristas of a bar, which is open."""
    load = Load(bar.links, str(bar.access.endpoint), given.orders, WAIT_SECONDS)
    staff = Staff(bar)
    names = [f"barista-{number}" for number in range(given.baristas)]
    passwords = {name: staff.add(name, "barista") for name in names}
    signed = [await signed_in(load, http, name, secret) for name, secret in passwords.items()]
    baristas = [Barista(user, place, len(signed)) for place, user in enumerate(signed)]
    guests = [Guest(await signed_up(load, http)) for _ in range(given.guests)]
    page = await signed_in(load, http, "display", staff.add("display", "display"))
    page.hear = lambda message: None
    chief = await signed_in(load, http, "chief", staff.add("chief", "admin"))
    await chief.ask("PUT", "/config", LIMITS)
    await chief.ask("PUT", "/store?state=open")
    return Crowd(load, guests, baristas, page)


async def run(place: Site, given: argparse.Namespace) -> bool:
    """Have all bars under load at once; print the figures and proofs, and return whether all hold."""
    since = time.time()
    bars = {tenant: OwnedBar(place.access, tenant) for tenant in place.tenants}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    async with httpx.AsyncClient(timeout=WAIT_SECONDS, limits=limits) as http:
        crowds = {tenant: await crowd(http, bar, given) for tenant, bar in bars.items()}
        await asyncio.sleep(SETTLING_SECONDS)  # until all services follow the settings
        began, computed = time.monotonic(), place.cpu_seconds()
        async with asyncio.TaskGroup() as group:
            await asyncio.gather(*(each.run(group) for each in crowds.values()))
        seconds, computed = time.monotonic() - began, place.cpu_seconds() - computed
        await asyncio.sleep(SETTLING_SECONDS)  # what follows from the last events
        traces = {
            tenant: await Traces.of(place.access, tenant, found, since) for tenant, found in crowds.items()
        }
        refused = await _strangers_refused(crowds)
    orders = given.orders * given.tenants
    seen = sorted(second for each in crowds.values() for second in each.load.seen)
    print(f"{orders} orders in {seconds:.1f} s: {orders / seconds:.2f} a second", end="; ")
    invocations = sum(each.invocations for each in traces.values())
    print(f"{computed / orders:.2f} CPU seconds and {invocations / orders:.0f} invocations for an order")
    if len(seen) > 1:
        points = statistics.quantiles(seen, n=100)
        print(f"scan until a barista sees it: p50 {points[49]:.2f} s, p99 {points[98]:.2f} s")
    held = _print("all tenants", {"a token of one tenant is refused by the others": refused})
    for tenant, found in crowds.items():
        held &= _print(tenant, of_orders(traces[tenant], found) | of_agreement(traces[tenant], found))
        for (route, status, kind), count in sorted(found.load.answers.items()):
            print(f"      {count:6} of {route}: {status} {kind.removeprefix('urn:presso:')}")
    for one, other in permutations(crowds, 2):
        held &= _print(
            f"{one}, of {other}", of_isolation(traces[one], traces[other], crowds[one], crowds[other])
        )
    return held


async def _strangers_refused(crowds: dict[str, Crowd]) -> list[str]:
    """Where a tenant's token is taken by another's API."""
    taken = []
    for one, other in permutations(crowds, 2):
        barista, theirs = crowds[one].baristas[0].user, crowds[other].load.links.api
        headers = {"Authorization": f"Bearer {barista.token}"}
        answer = await barista.http.get(f"{theirs}/orders", headers=headers)
        if answer.status_code != 401:
            taken.append(f"{one} at {other}: {answer.status_code}")
    return taken


def _print(title: str, proofs: dict[str, list[str]]) -> bool:
    print(f"  {title}:")
    for what, faults in proofs.items():
        print(f"    {'FAILED' if faults else 'held  '}  {what}")
        for fault in faults:
            print(f"            {fault}")
    return not any(proofs.values())


def main() -> int:
    """Measure, prove, and return 1 when a proof fails."""
    parser = argparse.ArgumentParser(description="Coffee bars under load.")
    for name, default in {"guests": 50, "baristas": 5, "orders": 200, "tenants": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    with site(given.tenants) as place:
        return int(not asyncio.run(run(place, given)))


if __name__ == "__main__":
    raise SystemExit(main())

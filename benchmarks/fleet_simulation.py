"""A fleet that is applied: the real scheduler, shards, repeats and records, with simulated units.

Nothing is started and no time passes: a clock jumps to the next end of a unit. A simulated unit takes

- CPU seconds of its machine (`CPU`); more units at a time than its cores can compute make each slower,
- seconds in which it waits for AWS. None was measured: `WAITS` is an assumption, which `--waits 2` doubles;
  `--recorded` takes the durations in a checkout's `.presso/runs` in its place,
- calls of Lambda's control plane, of which AWS takes 15 a second in an account and region:
  https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. The provider repeats a throttled
  call for a while (`PATIENCE`); then the unit fails with ThrottlingException, and presso runs it again,
- in `FAULTS` of the attempts, a fault of AWS or the network that passes by itself.

Prints the scheduler's own CPU time and memory, wall time by `--parallel` and by shards, and what a tenant
needs of AWS's quotas, hence how many accounts such a fleet needs. The same `--seed` gives the same figures.

Run: .venv/bin/python benchmarks/fleet_simulation.py [--tenants 1000] [--extensions 20] [--accounts 20] …
"""

import argparse
import heapq
import json
import math
import random
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace
from typing import Any, Self

from presso import terminal
from presso.deployment import forecast, parallel_units, recorded_run, shards, transient
from presso.deployment.decisions import Decision
from presso.deployment.outcome import Outcome
from presso.deployment.progress import Silent
from presso.deployment.recorded_run import RecordedRun, RecordedUnit
from presso.interruption import Interruption
from presso.presenters.units import show_matrix
from presso.processes import this_process
from presso.terraform.json_stream import Diagnostic
from presso.units.unit import Unit
from presso.workspace import Workspace

MOST_OVERHEAD, MOST_MEMORY = 1.0, 300.0  # milliseconds of CPU for a unit, MB
CORES = 4  # of GitHub's machines for public repositories
# A tenth, a half and nine tenths of the applies take at most so many CPU seconds of presso and Terraform.
# Those are 0.4 for a platform and 0.7 for an extension with the offline provider, and about one more for each
# start of the published one (two; three with the gate). WAITS: seconds of waiting for AWS.
CPU = {"platform": (2.0, 2.4, 3.0), "extension": (3.0, 3.7, 4.6)}
WAITS = {"platform": (25.0, 35.0, 60.0), "extension": (20.0, 35.0, 70.0)}
CALLS = {"platform": 0, "extension": 8}
RATE, PATIENCE = 15.0, 60.0
FAULTS = 0.005


@dataclass(frozen=True)
class Quota:
    """What AWS allows in one account (and region), and what a tenant's units take of it."""

    name: str
    most: int
    platform: float
    extension: float
    raised: bool

    def tenants(self, extensions: int) -> int:
        """How many tenants with so many extensions fit."""
        return int(self.most // (self.platform + extensions * self.extension))


# The counts are those of modules/tenant, event-player and extension-context, and of extensions/order-metrics.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
QUOTAS = (
    Quota("event buses (100, can be increased)", 100, 1, 0, True),
    Quota("IAM roles (1,000)", 1000, 2, 1, True),
    Quota("IAM roles (increased to 5,000)", 5000, 2, 1, False),
    Quota("IAM customer managed policies (1,500)", 1500, 0, 1, True),
    Quota("IAM customer managed policies (increased to 5,000)", 5000, 0, 1, False),
)


class Clock:
    """A clock that jumps to what is due next. One thread at a time has the turn, so runs are reproducible."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, threading.Semaphore]] = []
        self._turn = threading.Semaphore(0)
        self._number = 0

    def wake(self, process: threading.Semaphore, seconds: float = 0.0) -> None:
        """Give a thread the turn after so many seconds."""
        self._number += 1
        heapq.heappush(self._due, (self.now + seconds, self._number, process))

    def begin(self, work: Callable[[], None]) -> None:
        """Start a thread, which gets the turn when all that is due now has had it."""
        turn = threading.Semaphore(0)

        def run() -> None:
            turn.acquire()
            try:
                work()
            finally:
                self._turn.release()

        threading.Thread(target=run, daemon=True).start()
        self.wake(turn)

    def sleep(self, seconds: float) -> None:
        """Wait in a thread."""
        turn = threading.Semaphore(0)
        self.wake(turn, seconds)
        self.give_up(turn)

    def give_up(self, turn: threading.Semaphore) -> None:
        """Leave the turn to others until this one is woken."""
        self._turn.release()
        turn.acquire()

    def run(self) -> float:
        """Let all threads run to their end; return when that is."""
        while self._due:
            self.now, _, turn = heapq.heappop(self._due)
            turn.release()
            self._turn.acquire()
        return self.now


CLOCK = Clock()


class Pool:
    """In place of the scheduler's threads: ones that have the clock's turn."""

    def __init__(self, parallel: int, thread_name_prefix: str = "") -> None:
        self._parallel = parallel

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """All has ended: the scheduler waits for it."""

    def submit(self, do: Callable[[Unit], Outcome], unit: Unit) -> "Future[Outcome]":
        """Start a unit."""
        future: Future[Outcome] = Future()
        CLOCK.begin(lambda: future.set_result(do(unit)))
        return future


def wait(futures: Mapping["Future[Outcome]", Unit], return_when: str) -> tuple[set["Future[Outcome]"], None]:
    """Wait until one of the units has ended."""
    if futures and not any(future.done() for future in futures):
        turn = threading.Semaphore(0)
        woken: list[bool] = []

        def wake(_: object) -> None:
            if not woken:
                woken.append(True)
                CLOCK.wake(turn)

        for future in futures:
            future.add_done_callback(wake)
        CLOCK.give_up(turn)
    return {future for future in futures if future.done()}, None


@dataclass
class Aws:
    """What all machines share: the rate of calls in each account, and faults."""

    accounts: int
    waits: Mapping[str, Sequence[float]]
    chance: random.Random
    free_at: dict[int, float] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def wait_for(self, unit: Unit) -> Outcome | None:
        """Wait as a unit does; return how it failed."""
        kind = "platform" if unit.is_platform else "extension"
        account = int(unit.tenant[1:]) % self.accounts
        free = max(CLOCK.now, self.free_at.get(account, 0.0))
        if free - CLOCK.now > PATIENCE:
            self.seen["throttled"] += 1
            CLOCK.sleep(PATIENCE)
            return failed(unit, "api error ThrottlingException: Rate exceeded")
        self.free_at[account] = free + CALLS[kind] / RATE
        CLOCK.sleep(self.free_at[account] - CLOCK.now)
        CLOCK.sleep(drawn(self.chance, self.waits[kind]))
        if self.chance.random() < FAULTS:
            self.seen["other faults"] += 1
            return failed(unit, "request send failed")
        return None


def failed(unit: Unit, detail: str) -> Outcome:
    """Return the outcome of an attempt that AWS has refused."""
    return Outcome(unit, "failed", diagnostics=[Diagnostic("error", "AWS", detail)])


def drawn(chance: random.Random, tenths: Sequence[float]) -> float:
    """Draw from a distribution with these values at a tenth, a half and nine tenths."""
    low, middle, high = tenths
    z = chance.gauss(0, 1)
    return middle * math.exp(z * math.log(high / middle if z > 0 else middle / low) / 1.2816)


@dataclass
class Machine:
    """One machine with presso: its cores, and what runs there."""

    aws: Aws
    parallel: int
    began: dict[Unit, float] = field(default_factory=dict)
    running: int = 0
    records: list[RecordedUnit] = field(default_factory=list)

    def apply(self, units: Sequence[Unit]) -> None:
        """Apply units by the real scheduler."""
        self.needs = parallel_units.needs_of(units, reverse=False)
        parallel_units.work(
            self.needs, self._do, parallel=self.parallel, interruption=Interruption(), skipped=self._ended
        )

    def _do(self, unit: Unit) -> Outcome:
        since = self.began[unit] = CLOCK.now
        self.running += 1
        faults: list[str] = []
        outcome = transient.repeated(
            lambda: self._attempt(unit), lambda _, fault: faults.append(fault), lambda: False
        )
        self.running -= 1
        outcome.seconds, outcome.repeated = CLOCK.now - since, tuple(faults)
        self._ended(outcome)
        return outcome

    def _attempt(self, unit: Unit) -> Outcome:
        kind = "platform" if unit.is_platform else "extension"
        seconds = drawn(self.aws.chance, CPU[kind])
        # All units wait for AWS most of the time, so that not all want a core at once.
        wants = self.running * seconds / (seconds + self.aws.waits[kind][1])
        CLOCK.sleep(seconds * max(1.0, wants / CORES))
        return self.aws.wait_for(unit) or Outcome(unit, "applied")

    def _ended(self, outcome: Outcome) -> None:
        unit = outcome.unit
        needs = tuple(map(str, self.needs[unit]))
        began = self.began.get(unit, CLOCK.now)
        self.records.append(
            RecordedUnit(
                str(unit), outcome.result, "create", began, outcome.seconds, needs, repeated=outcome.repeated
            )
        )


def fleet(tenants: int, extensions: int) -> list[Unit]:
    """Return the units of a fleet, platforms before their extensions."""
    names = ["", *(f"extension-{number}" for number in range(extensions))]
    return [Unit(f"t{number}", name) for number in range(tenants) for name in names]


def own_cost(units: Sequence[Unit]) -> tuple[float, float]:
    """Schedule and record units that end at once; milliseconds of CPU for each, and MB in all."""
    with tempfile.TemporaryDirectory() as folder:
        needs = parallel_units.needs_of(units, reverse=False)
        workspace = Workspace(Path(folder), Path(folder) / ".presso")
        run: Any = SimpleNamespace(
            workspace=workspace,
            needs=needs,
            action="apply",
            wants_drift=False,
            display=Silent(),
            parallel=8,
            selection=SimpleNamespace(broken={}),
        )
        since = time.process_time()
        with recorded_run.recorded(run, Silent()):

            def do(unit: Unit) -> Outcome:
                outcome = Outcome(unit, "applied", seconds=30.0)
                run.display.ended(outcome)
                return outcome

            parallel_units.work(needs, do, parallel=8, interruption=Interruption(), skipped=run.display.ended)
        spent = time.process_time() - since
        (record,) = recorded_run.records(workspace)
        assert len(record.units) == len(units)
    return spent / len(units) * 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass
class Result:
    """What a simulated apply of the whole fleet came to."""

    seconds: float
    record: RecordedRun
    seen: Counter[str]

    def __str__(self) -> str:
        counts = Counter(unit.result for unit in self.record.units)
        repeated = sum(bool(unit.repeated) for unit in self.record.units)
        bad = counts.total() - counts["applied"]
        throttled = self.seen["throttled"]
        return f"{hours(self.seconds)}, {repeated} repeated, throttled {throttled} times, {bad} not applied"


def simulated(
    units: Sequence[Unit],
    parallel: int,
    machines: int,
    given: argparse.Namespace,
) -> Result:
    """Apply a fleet on some machines; each has one of the shards that `presso matrix` makes."""
    waits = recorded(given.recorded) if given.recorded else WAITS
    scaled = {kind: [given.waits * seconds for seconds in each] for kind, each in waits.items()}
    aws = Aws(given.accounts, scaled, random.Random(given.seed))
    seconds = {unit: fmean(scaled["platform" if unit.is_platform else "extension"]) for unit in units}
    divided = shards.divided([Decision(unit, "create") for unit in units], seconds, machines)
    found = [Machine(aws, parallel) for _ in divided]
    for machine, shard in zip(found, divided, strict=True):
        CLOCK.begin(lambda machine=machine, shard=shard: machine.apply(shard.apply))  # type: ignore[misc]
    since = CLOCK.now
    end = CLOCK.run() - since
    records = tuple(record for machine in found for record in machine.records)
    return Result(end, RecordedRun("-", "apply", "-", this_process(), len(units), records, end), aws.seen)


def quotas(tenants: int, extensions: int) -> None:
    """Print how many tenants fit into an account by each quota."""
    for quota in QUOTAS:
        fit = quota.tenants(extensions)
        each = quota.platform + extensions * quota.extension
        accounts = math.ceil(tenants / fit)
        print(f"  {quota.name}: {each:.0f} a tenant, {fit} tenants an account, {accounts} accounts")


def matrix_size(units: Sequence[Unit], machines: int) -> int:
    """Return the characters of the matrix of a fleet in which all has changed."""
    said: list[str] = []
    result, terminal.result = terminal.result, said.append  # type: ignore[assignment]
    try:
        show_matrix(shards.divided([Decision(unit, "update") for unit in units], {}, machines))
    finally:
        terminal.result = result
    json.loads(said[0])
    return len(said[0])


def hours(seconds: float) -> str:
    """Return a time as hours and minutes."""
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02} min"


def recorded(folder: Path) -> dict[str, list[float]]:
    """Return a tenth, half and nine tenths of the durations in a checkout's records, by kind of unit."""
    known = forecast.durations(Workspace(folder, folder / ".presso"), "apply")
    found: dict[str, list[float]] = {}
    for kind in CPU:
        each = sorted(took for unit, took in known.items() if unit.is_platform == (kind == "platform"))
        found[kind] = [each[int(len(each) * part)] for part in (0.1, 0.5, 0.9)]
    return found


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--extensions", type=int, default=20)
    parser.add_argument("--accounts", type=int, default=20, help="the tenants are spread over so many")
    parser.add_argument("--waits", type=float, default=1.0, help="times the seconds of waiting for AWS")
    parser.add_argument("--parallel", type=int, nargs="*", default=[4, 16, 64])
    parser.add_argument("--machines", type=int, nargs="*", default=[1, 8, 32])
    parser.add_argument("--recorded", type=Path, help="a checkout, with its .presso/runs")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def simulate() -> None:
    """Let the scheduler's threads and pauses follow the clock."""

    def pause(seconds: float) -> bool:
        CLOCK.sleep(seconds)
        return False

    for module, name, own in (
        (parallel_units, "ThreadPoolExecutor", Pool),
        (parallel_units, "wait", wait),
        (transient, "interruption", SimpleNamespace(wait=pause)),
    ):
        setattr(module, name, own)


def main() -> int:
    """Print the figures; 1 when a target is missed."""
    given = arguments()
    units = fleet(given.tenants, given.extensions)
    overhead, memory = own_cost(units)
    print(
        f"{len(units)} units: scheduler and record {overhead:.2f} ms of CPU for each, {memory:.0f} MB in all"
    )
    print(f"(targets {MOST_OVERHEAD:.0f} ms, {MOST_MEMORY:.0f} MB)")
    print(f"presso matrix, all changed: {matrix_size(units, 8) / 1000:.0f} kB")
    simulate()
    print(f"Applied to {given.accounts} accounts, by machines of {CORES} cores and --parallel:")
    for machines in given.machines:
        for parallel in given.parallel:
            result = simulated(units, parallel, machines, given)
            path = result.record.critical_path
            longest = f"critical path {sum(unit.seconds for unit in path) / 60:.0f} min"
            print(f"  {machines} machines, --parallel {parallel}: {result}; {longest}", flush=True)
    print("Quotas:")
    quotas(given.tenants, given.extensions)
    return 0 if overhead <= MOST_OVERHEAD and memory <= MOST_MEMORY else 1


if __name__ == "__main__":
    sys.exit(main())

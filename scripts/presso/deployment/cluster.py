"""The workers of a Dask cluster as the place where units run.

presso schedules, as on one machine: a unit is given to Dask when it may start. Dask chooses the worker, and
another one when that dies.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from presso import atomic
from presso.deployment import cluster_order, cluster_station, dask_comm, failure, run_log, unfinished
from presso.deployment.cluster_order import Order, Progress, RunOrder, UnitReport
from presso.deployment.command import Command
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.outcome import Outcome
from presso.deployment.unit_runner import UnitRunner
from presso.deployment.unit_selection import Selection
from presso.errors import PressoError
from presso.tenants import Tenant
from presso.terraform.json_stream import Changes, Transcript
from presso.units import unit_folder
from presso.units.unit import Unit

_EACH = 0.2  # seconds between two looks at requests to stop
_COUNTED = 5.0  # seconds between two looks at the workers
_WITHOUT_WORKERS = 60.0  # seconds without any after which no unit waits for one
_HURRIED = 60.0  # seconds after a second request to stop after which no worker is waited for


@dataclass
class _Running:
    """A unit that was given to Dask.

    Attributes:
        log: Terraform's log here.
        future: Of Dask.
        attempt: Of the worker that reports now; "" before one has begun.
        start: Where that one's part of the log begins.
    """

    unit: Unit
    log: Path
    future: Any = None
    attempt: str = ""
    start: int = 0
    transcript: Transcript = field(default_factory=Transcript)

    def add(self, text: str) -> None:
        """Add to the log."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(text)

    def complete(self, report: UnitReport) -> None:
        """Replace the last attempt's part of the log by all of it: messages may still be on their way."""
        with self.log.open("r+b") as file:
            file.seek(self.start)
            file.truncate()
            file.write(report.log.encode())


class Cluster:
    """The workers of a Dask cluster as a `UnitRunner`.

    Args:
        command: The command, of which they run units. Its `parallel` becomes the number of workers.
        fingerprints: Those of its units.
        here: Runs a unit that only this machine knows: its tenant's file is gone.
        address: The scheduler's.
        parallel: The most units at a time; None for the number of workers.
    """

    def __init__(
        self,
        command: Command,
        fingerprints: Fingerprints,
        here: UnitRunner,
        address: str,
        parallel: int | None = None,
    ) -> None:
        self._command, self._fingerprints, self._here = command, fingerprints, here
        self._address, self._parallel = address, parallel
        self._id = uuid.uuid4().hex
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()
        self._client: Any = None
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watched, daemon=True)
        self._given_up: tuple[str, str] | None = None  # why no unit is waited for any more, and a hint

    def __enter__(self) -> Cluster:
        """Connect to the scheduler, and see that there are workers.

        Raises:
            PressoError: The scheduler cannot be reached, there is no worker, or a part of the cluster has
                another version of Dask.
        """
        distributed = dask_comm.distributed()
        try:
            self._client = distributed.Client(
                self._address, timeout=dask_comm.PATIENCE, set_as_default=False, name="presso"
            )
        except Exception as error:
            raise dask_comm.unreachable(self._address, error) from error
        try:
            dask_comm.check_versions(self._client.get_versions(packages=[dask_comm.PRESSO]))
            workers = self._workers()
            if not workers:
                raise PressoError(
                    f"The cluster at {self._address} has no worker of presso.",
                    hint=f"Start one on each machine: presso worker {self._address}",
                )
        except BaseException:
            self._client.close()
            raise
        self._command.parallel = self._parallel or workers
        self._client.subscribe_topic(cluster_order.topic(self._id), self._received)
        self._watch.start()
        self._here.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the cluster. A unit that still runs goes on to its end."""
        self._over.set()
        self._watch.join()
        self._here.__exit__()
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)

    def judge(self, wanted: Sequence[tuple[Unit, Tenant]]) -> Mapping[Unit, Future[Any]]:
        """Nothing to do here: a worker judges an extension before it runs it."""
        return {}

    def run(self, unit: Unit) -> Outcome:
        """See `UnitRunner.run`."""
        tenant = self._command.selection.tenants.get(unit.tenant)
        if tenant is None:
            return self._here.run(unit)
        try:
            return self._run_there(unit, tenant)
        except Exception as error:
            return failure.outcome(self._command.workspace, unit, error)

    def _run_there(self, unit: Unit, tenant: Tenant) -> Outcome:
        workspace = self._command.workspace
        folder = unit.folder(workspace)
        folder.mkdir(parents=True, exist_ok=True)
        lock_file = folder / cluster_station.LOCK_FILE
        order = self._order(unit, tenant, lock_file)
        action = self._command.action_of(unit)
        moment = unfinished.begin(workspace, unit, action) if action != "plan" else None
        with run_log.claimed(folder) as log:
            report = self._reported(order, _Running(unit, log.path))
        if report.outcome.result in ("destroyed", "absent"):
            unit_folder.remove(workspace, unit)
        elif report.lock_file:
            atomic.write(lock_file, report.lock_file)
        if report.complete and moment is not None:
            unfinished.end(workspace, unit, moment)
        if report.log:
            report.outcome.log = workspace.shown(log.path)
        return report.outcome

    def _order(self, unit: Unit, tenant: Tenant, lock_file: Path) -> Order:
        command = self._command
        orphaned = unit in command.selection.orphaned
        return Order(
            RunOrder(self._id, command.action, command.lock_timeout, command.time_limit, command.wants_drift),
            str(unit),
            self._fingerprints.of_machine(unit, tenant),
            lock_file.read_text(encoding="utf-8") if lock_file.is_file() else "",
            unfinished.before(command.workspace, unit),
            orphaned,
            unit.platform in command.selection.deployed,
            tenant.use(unit.extension).version if unit.is_extension and not orphaned else None,
        )

    def _reported(self, order: Order, running: _Running) -> UnitReport:
        """Give an order to Dask, and wait for its end."""
        try:
            with self._given(order, running):
                report: UnitReport = running.future.result()
        except Exception as error:
            return UnitReport(self._lost(running, error), "", complete=not running.attempt)
        with self._lock:
            running.complete(report)
        return report

    @contextlib.contextmanager
    def _given(self, order: Order, running: _Running) -> Iterator[None]:
        self._running[order.unit] = running
        try:
            running.future = self._client.submit(
                cluster_station.perform,
                order.text(),
                key=f"{cluster_order.topic(self._id)}-{order.unit}",
                resources={cluster_order.RESOURCE: 1},
                pure=False,
            )
            yield
        finally:
            with self._lock:
                del self._running[order.unit]

    def _lost(self, running: _Running, error: Exception) -> Outcome:
        """Return the outcome of a unit without a report."""
        unit, name = running.unit, type(error).__name__
        if name == "KilledWorker":
            message, hint = "Every worker that ran it died.", "Look at their memory; then run it again."
        elif self._given_up:
            message, hint = self._given_up
        elif isinstance(error, PressoError):
            message, hint = error.message, error.hint
        elif self._command.interruption.ending and not running.attempt:
            return Outcome(unit, "interrupted", message="not begun")
        elif name in ("FutureCancelledError", "CancelledError", "CommClosedError"):
            message = f"The connection to {self._address} is lost; the unit may go on on its worker."
            hint = _AGAIN
        else:
            message, hint = f"The worker has not run it: {name}: {' '.join(str(error).split())}", ""
        return Outcome(unit, "failed", message=message, hint=hint)

    def _received(self, event: tuple[float, dict[str, Any]]) -> None:
        """Show what a worker reports; called in Dask's thread."""
        with self._lock, contextlib.suppress(Exception):
            news = Progress(**event[1])
            if running := self._running.get(news.unit):
                self._show(running, news)

    def _show(self, running: _Running, news: Progress) -> None:
        display, unit = self._command.display, running.unit
        if news.attempt != running.attempt:
            running.attempt, running.transcript = news.attempt, Transcript()
            running.start = running.log.stat().st_size
        if news.log:
            running.add(news.log)
        if news.phase:
            display.began(unit, news.phase)
        if news.pause:
            display.waits(unit, news.pause, news.reason)
        if news.current is not None:
            found = running.transcript
            found.plan = Changes(news.total) if news.total >= 0 else None
            found.done, found.current = news.done, news.current
            display.moved(unit, found)

    def _workers(self) -> int:
        """Return the number of presso's workers."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return sum(bool(worker["resources"].get(cluster_order.RESOURCE)) for worker in workers)

    def _watched(self) -> None:
        """Pass on requests to stop; give up when no worker is left, or one does not answer."""
        passed, hurried, counted, last = -1, 0.0, time.monotonic(), time.monotonic()
        while not self._over.wait(_EACH):
            now, stops = time.monotonic(), self._command.interruption
            requests = stops.requests if stops.ending else -1  # 0: units that have begun finish
            with contextlib.suppress(
                Exception
            ):  # that the scheduler is gone is known from the units' futures
                if requests > passed or (requests >= 0 and now - counted > _COUNTED):
                    passed = requests
                    self._stop(requests)
                hurried = hurried or (now if requests > 1 else 0.0)
                if hurried and now - hurried > _HURRIED:
                    self._give_up("Its worker does not answer; the unit may go on there.", _AGAIN)
                if now - counted > _COUNTED:
                    counted = now
                    last = now if self._workers() else last
                    if now - last > _WITHOUT_WORKERS:
                        self._give_up("No worker is left.", f"Start one: presso worker {self._address}")

    def _stop(self, requests: int) -> None:
        with contextlib.suppress(TimeoutError):  # a worker that does not answer delays no other request
            self._client.run(
                cluster_station.stop, self._id, requests, on_error="ignore", callback_timeout=_COUNTED
            )
        self._over.wait(_EACH)  # for the reports of units that have begun just before
        self._cancel(begun=False)

    def _give_up(self, why: str, hint: str) -> None:
        self._given_up = why, hint
        self._cancel(begun=True)

    def _cancel(self, *, begun: bool) -> None:
        """Cancel the units that no worker has begun, or all."""
        with self._lock:
            running = [each for each in self._running.values() if begun or not each.attempt]
            found = [each.future for each in running if each.future is not None]
        for future in found:
            future.cancel()


_AGAIN = "Run the same command again; if the unit is locked then, wait with --lock-timeout 10m."


def check(address: str, selection: Selection) -> None:
    """Refuse units whose states no worker reaches or whose account is not named, and a wrong address.

    Raises:
        UsageError: It is not an address.
        PressoError: Names the tenants of such units.
    """
    dask_comm.check_address(address)
    known = selection.tenants
    local = sorted(
        {unit.tenant for unit in selection.units if unit.tenant in known and not known[unit.tenant].state}
    )
    if local:
        raise PressoError(
            f"A cluster needs states in a bucket; on this machine are those of {', '.join(local)}.",
            hint=f"Set target: aws and state in tenants/{local[0]}/tenant.yaml, then run: "
            f"presso state init {local[0]} and presso state migrate {local[0]}",
        )
    anywhere = sorted({unit.tenant for unit in selection.units} & {*known} - {*_with_account(known)})
    if anywhere:
        raise PressoError(
            f"A cluster needs the account of {', '.join(anywhere)}: workers have credentials of their own.",
            hint=f"Set account in tenants/{anywhere[0]}/tenant.yaml, or in tenants/defaults.yaml.",
        )


def _with_account(known: Mapping[str, Tenant]) -> Iterator[str]:
    return (name for name, tenant in known.items() if tenant.known_account)

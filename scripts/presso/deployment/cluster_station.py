"""Units on a worker: `perform` runs one, in this process, its checkout, and with its own credentials."""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from presso import atomic, interruption, tenants
from presso.deployment import attempt, cluster_order, failure, unfinished
from presso.deployment.attempt import Attempt
from presso.deployment.cluster_order import SAME, Order, Progress, RunOrder, UnitReport
from presso.deployment.command import Command
from presso.deployment.fingerprint import Fingerprint, Fingerprints
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.this_machine import ThisMachine
from presso.deployment.unit_selection import Selection
from presso.errors import PressoError
from presso.interruption import Interruption
from presso.tenants import Target, Tenant
from presso.terraform.json_stream import Transcript
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

LOCK_FILE = ".terraform.lock.hcl"
_EACH = 0.5  # seconds between two messages about one unit
_LONGEST_CHUNK = 64 << 10
_LONGEST_LOG = 4 << 20

Environment = Callable[[Target, Tenant | None], TargetEnvironment]
Send = Callable[[str, dict[str, Any]], None]


@dataclass
class Relay(Silent):
    """A display that reports the progress of a unit to where the run was started.

    Args:
        send: Sends a message on a topic.
        run: The id of the run.
        worker: The worker's name.
    """

    send: Send
    run: str
    worker: str
    attempt: str = ""
    log: str = ""
    _last: dict[str, Any] = field(default_factory=dict)

    def began(self, unit: Unit, phase: str) -> None:
        """Report that Terraform starts."""
        self._report(unit, phase=phase)

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        """Keep how far it is; `following` reports it."""
        total = transcript.plan.total if transcript.plan else -1
        self._last = {"total": total, "done": transcript.done, "current": [*transcript.current]}

    def waits(self, unit: Unit, seconds: float, reason: str) -> None:
        """Report that a unit is run again."""
        self._report(unit, pause=seconds, reason=reason)

    @contextlib.contextmanager
    def following(self, unit: Unit, log: Path) -> Iterator[None]:
        """Report what is written to a log, while this is entered, and keep it for the report."""
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(unit, log, ended))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            with contextlib.suppress(OSError):
                self.log = log.read_bytes()[-_LONGEST_LOG:].decode("utf-8", "replace")

    def _follow(self, unit: Unit, log: Path, ended: threading.Event) -> None:
        with log.open("rb") as file:
            while not ended.wait(_EACH):
                moved, self._last = self._last, {}
                if (chunk := file.read(_LONGEST_CHUNK)) or moved:
                    self._report(unit, log=chunk.decode("utf-8", "replace"), **moved)

    def _report(self, unit: Unit, **what: Any) -> None:
        news = Progress(str(unit), self.worker, self.attempt, **what)
        self.send(cluster_order.topic(self.run), asdict(news))


class Session:
    """The units of one run on this worker.

    Args:
        workspace: The worker's checkout and home.
        order: The run.
        environment: As of `Command`.
        relay: Reports the progress.

    Attributes:
        lost: Whether the scheduler is gone, so that no report arrives.

    Raises:
        PressoError: The defaults of all tenants are wrong.
    """

    def __init__(self, workspace: Workspace, order: RunOrder, environment: Environment, relay: Relay) -> None:
        self.order, self.relay = order, relay
        self.tenants, self._broken = tenants.load_each(workspace)
        self._orphaned, self._deployed = set[Unit](), set[Unit]()
        self.command = Command(
            workspace,
            Selection([], self.tenants, self._orphaned, deployed=self._deployed),
            cast("Action", order.action),
            environment,
            relay,
            parallel=1,
            lock_timeout=order.lock_timeout,
            time_limit=order.time_limit,
            wants_drift=order.wants_drift,
        )
        self.lost = False
        self._fingerprints = Fingerprints(workspace, Trees(workspace), environment)
        self.runner = ThisMachine(self.command, self._fingerprints, relay.following)

    def perform(self, order: Order) -> UnitReport:
        """Run a unit, unless this worker has other inputs for it.

        Raises:
            PressoError: AWS denies access to the bucket of states.
        """
        unit, workspace = Unit.named(order.unit), self.command.workspace
        self.relay.log = ""
        tenant, worker = self._tenant(order, unit), self.relay.worker
        if isinstance(tenant, str):
            return self._refused(unit, tenant)
        assert tenant.state
        if differs := ", ".join(self._differs(order, unit, tenant)):
            return self._refused(unit, f"Worker {worker} differs from this machine: {differs}.")
        lock_file = unit.folder(workspace) / LOCK_FILE
        if order.lock_file:
            atomic.write(lock_file, order.lock_file)
        before = attempt.earlier(tenant.state, unit, order.run.id)
        for each in before:
            self.relay.began(unit, f"again on {worker}: a worker on {each.host} has gone")
            attempt.clear(tenant.state, each, lambda: self.command.interruption.requested)
        if (before or order.unsure) and order.run.action != "plan":
            unfinished.begin(workspace, unit, order.run.action)
        return self._attempted(unit, tenant, lock_file, before)

    def _tenant(self, order: Order, unit: Unit) -> Tenant | str:
        """Return a unit's tenant, as where the run was started, or why the unit cannot be run here."""
        file, worker = f"tenants/{unit.tenant}/tenant.yaml", self.relay.worker
        tenant = self.tenants.get(unit.tenant)
        if unit.tenant in self._broken:
            return f"On worker {worker}, {self._broken[unit.tenant].message}"
        if tenant is None:
            return f"Worker {worker} has no {file}."
        if tenant.state is None:
            return f"On worker {worker}, {file} names no bucket of states."
        if order.orphaned:
            self._orphaned.add(unit)
        elif unit.is_extension:
            listed = {use.name: use for use in tenant.extensions}
            if unit.extension not in listed:
                return f"On worker {worker}, {file} does not list {unit.extension}."
            listed[unit.extension] = replace(listed[unit.extension], version=order.version)
            tenant = self.tenants[unit.tenant] = replace(tenant, extensions=[*listed.values()])
        if order.has_platform:
            self._deployed.add(unit.platform)
        return tenant

    def untouched(self, order: Order) -> bool:
        """Return whether no worker that is gone has begun the unit in this run.

        Raises:
            PressoError: AWS denies access to the bucket of states.
        """
        unit = Unit.named(order.unit)
        tenant = self.tenants.get(unit.tenant)
        known = tenant.state if tenant else None
        return known is None or not attempt.earlier(known, unit, order.run.id)

    def _attempted(
        self, unit: Unit, tenant: Tenant, lock_file: Path, before: Sequence[Attempt] = ()
    ) -> UnitReport:
        workspace = self.command.workspace
        assert tenant.state
        goes = self.command.action == "destroy" or unit in self._orphaned
        if unit.is_extension and not goes:
            # Before the note: a worker that dies here has left nothing.
            wait(self.runner.judge([(unit, tenant)]).values())
        now = Attempt.of_this_process(workspace, unit, self.order.id)
        now.begin(tenant.state)
        for each in before:  # only now: a worker that dies in between leaves a note
            each.end(tenant.state)
        outcome = self.runner.run(unit)
        if not interruption.requested() and not self.lost:  # else another worker goes on from here
            now.end(tenant.state)
        return UnitReport(
            outcome,
            self.relay.worker,
            self.relay.log,
            lock_file.read_text(encoding="utf-8") if lock_file.is_file() else "",
            not unfinished.before(workspace, unit),
        )

    def _differs(self, order: Order, unit: Unit, tenant: Tenant) -> list[str]:
        """Return the names of what differs between this machine and the one where the run was started."""
        here = self._fingerprints.of_machine(unit, tenant)
        names = {*here, *order.machine}
        touched = self._fingerprints.touched(Fingerprint(here))  # since an earlier unit of the run
        changed = [name for name in names if here.get(name) != order.machine.get(name)]
        return sorted([*changed, *(["the platform's modules, while the run goes on"] if touched else [])])

    def _refused(self, unit: Unit, message: str) -> UnitReport:
        return UnitReport(Outcome(unit, "failed", message=message, hint=SAME), self.relay.worker)


class Station:
    """A worker: runs units, one at a time, in the thread that calls `perform`.

    Args:
        workspace: Its checkout and home.
        environment: As of `Command`.
        send: Sends a message on a topic of Dask's.
        name: The worker's name.
    """

    def __init__(self, workspace: Workspace, environment: Environment, send: Send, name: str = "") -> None:
        self.name = name or socket.gethostname()
        self._workspace, self._environment, self._send = workspace, environment, send
        self._session: Session | None = None
        self._stops: dict[str, int] = {}
        self._lost = False

    def send_by(self, send: Send) -> None:
        """Send messages so from now on."""
        self._send = send

    def __enter__(self) -> Station:
        """Let `perform` find it."""
        _stations.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        """End what the last run has started."""
        _stations.remove(self)
        self._end_session()

    def perform(self, order: Order) -> UnitReport:
        """Run a unit; raises no error."""
        unit, begun = Unit.named(order.unit), Progress(order.unit, self.name, uuid.uuid4().hex)
        # First of all: where a stop is requested, a unit that no worker has reported is not waited for.
        self._send(cluster_order.topic(order.run.id), asdict(begun))
        try:
            session = self._session_of(order.run)
            if self._lost or order.run.id in self._stops:  # with the session: a later stop finds that
                outcome = Outcome(unit, "interrupted", message="not begun")
                return UnitReport(outcome, self.name, complete=session.untouched(order))
            session.relay.attempt = begun.attempt
            return session.perform(order)
        except Exception as error:
            return UnitReport(failure.outcome(self._workspace, unit, error), self.name, complete=False)

    def stop(self, run: str, requests: int) -> None:
        """Pass on how often a run was asked to stop; called in any thread.

        Args:
            run: The run's id. No further unit of it begins here.
            requests: 0 when the one that runs may finish.
        """
        self._stops[run] = max(requests, self._stops.get(run, 0))
        session = self._session
        if session and session.order.id == run:
            _request(session.command.interruption, requests)

    def lose(self) -> None:
        """Stop what runs, and start nothing more: the scheduler is gone."""
        self._lost = True
        if session := self._session:
            session.lost = True
            _request(session.command.interruption, 1)

    def _session_of(self, order: RunOrder) -> Session:
        if self._session is None or self._session.order != order:
            self._end_session()
            relay = Relay(self._send, order.id, self.name)
            self._session = Session(self._workspace, order, self._environment, relay)
        return self._session

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session:
            session.runner.__exit__()


_stations: list[Station] = []


def _request(stops: Interruption, requests: int) -> None:
    while stops.requests < requests:
        stops.stop()


def perform(order: str) -> UnitReport:
    """Run a unit on this worker: what Dask calls.

    Args:
        order: An `Order` as JSON.

    Raises:
        PressoError: This process is not a worker of presso, or one of another version.
    """
    if not _stations:
        raise PressoError("This worker of Dask is not one of presso.", hint="Start it with: presso worker")
    station = _stations[-1]
    return station.perform(Order.of(order, station.name))


def stop(run: str, requests: int) -> None:
    """Pass on to this worker how often a run was asked to stop: what Dask calls."""
    for station in _stations:
        station.stop(run, requests)

"""The parts of a cluster that need none: addresses, versions, orders, attempts, and a worker's threads."""

import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from presso import __version__, processes, tenants
from presso.deployment import (
    attempt,
    cluster,
    cluster_order,
    cluster_station,
    dask_comm,
    run_log,
    target_environment,
)
from presso.deployment.attempt import Attempt
from presso.deployment.cluster_order import Order, RunOrder
from presso.deployment.cluster_worker import MainThread
from presso.deployment.command import Command
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.outcome import Outcome
from presso.deployment.progress import Silent
from presso.deployment.unit_selection import Selection
from presso.errors import PressoError, UsageError
from presso.interruption import Interruption
from presso.linux import reaper
from presso.tenants import StateBucket
from presso.units import state_bucket, tenant_marks
from presso.units.unit import Unit
from presso.workspace import Workspace

BUCKET = StateBucket(bucket="acme-states", region="us-east-1")
NYC = Unit("nyc")


@pytest.mark.parametrize(
    "address", ["", "10.0.0.1:8786", "tcp://", "tcp://:8786", "tcp://a", "tcp://a:0", "tcp://a:x"]
)
def test_a_wrong_address_of_a_scheduler_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a Dask scheduler"):
        dask_comm.check_address(address)


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tls://cluster.example:1", "tcp://[::1]:8786"])
def test_an_address_of_a_scheduler(address: str) -> None:
    dask_comm.check_address(address)


def versions(**others: Mapping[str, str]) -> dict[str, Any]:
    """Dask's versions in a cluster, of which these parts have others."""
    here = {"dask": "1", "distributed": "1", "msgpack": "1", "cloudpickle": "1", "python": "3.11"}
    known = {who: {"packages": {**here, **others.get(who, {})}} for who in ("client", "scheduler", "worker")}
    return {
        "client": known["client"],
        "scheduler": known["scheduler"],
        "workers": {"tcp://w:1": known["worker"]},
    }


def test_other_versions_of_dask_are_named() -> None:
    dask_comm.check_versions(versions())
    dask_comm.check_versions(versions(worker={"python": "3.12"}))  # it is among a unit's inputs
    dask_comm.check_versions(
        versions(client={"presso": "1"}, worker={"presso": "1"}, scheduler={"presso": "2"})
    )
    with pytest.raises(PressoError, match=r"tcp://w:1 has presso 2\."):
        dask_comm.check_versions(versions(client={"presso": "1"}, worker={"presso": "2"}))
    with pytest.raises(PressoError) as raised:
        dask_comm.check_versions(versions(worker={"dask": "2"}, scheduler={"distributed": "3"}))
    assert "the scheduler has distributed 3; tcp://w:1 has dask 2." in raised.value.message
    assert "locks/cluster.txt" in raised.value.hint


def test_states_on_this_machine_are_refused_with_the_way_out() -> None:
    kept = replace(
        tenants.Tenant(name="nyc", title="NYC", account="111111111111"), target="aws", state=BUCKET
    )
    here = replace(tenants.Tenant(name="sfo", title="SFO"))
    selection = Selection([NYC, Unit("sfo"), Unit("gone")], {"nyc": kept, "sfo": here}, frozenset())
    with pytest.raises(
        PressoError, match=r"needs states in a bucket; on this machine are those of sfo\."
    ) as raised:
        cluster.check("tcp://a:1", selection)
    assert "presso state migrate sfo" in raised.value.hint
    cluster.check("tcp://a:1", replace(selection, units=[NYC]))
    # Otherwise each worker would apply it in the account of its credentials.
    nowhere = replace(selection, tenants={"nyc": replace(kept, account=None)}, units=[NYC])
    with pytest.raises(PressoError, match="needs the account of nyc"):
        cluster.check("tcp://a:1", nowhere)


def nothing(workspace: Workspace) -> Command:
    """A command on no unit."""
    return Command(workspace, Selection([], {}, frozenset()), "apply", cast("Any", None), Silent())


def entered(workspace: Workspace, address: str) -> None:
    """Connect to a cluster, and leave it."""
    command = nothing(workspace)
    with cluster.Cluster(command, cast("Fingerprints", None), cast("Any", None), address):
        raise AssertionError("connected")


class SilentClient:
    """Dask's client, of a cluster with a worker that does not answer."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def run(self, function: object, run: str, requests: int, **options: Any) -> None:
        assert 0 < options["callback_timeout"] < 10
        self.asked.append(requests)
        raise TimeoutError

    def scheduler_info(self, **_: object) -> dict[str, Any]:
        return {"workers": {"tcp://w:1": {"resources": {"presso": 1}}}}


def test_a_worker_that_does_not_answer_is_not_waited_for_after_a_second_request_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_EACH", 0.001)
    command, client = nothing(Workspace(tmp_path, tmp_path)), SilentClient()
    found = cluster.Cluster(command, cast("Fingerprints", None), cast("Any", None), "tcp://a:1")
    found._client = client
    order = Order(RunOrder("ab", "apply", "0s", None), "nyc", {}, "", unsure=False)
    running = cluster._Running(NYC, tmp_path / "log", attempt="ab")
    future: Future[Any] = Future()
    monkeypatch.setattr(client, "submit", lambda *_, **__: future, raising=False)
    found._watch.start()
    try:
        with found._given(order, running):
            command.interruption.stop()
            assert processes.wait_until(lambda: {*client.asked} == {1}, 60)
            assert not future.cancelled()
            monkeypatch.setattr(cluster, "_HURRIED", 0.0)
            command.interruption.stop()
            assert processes.wait_until(future.cancelled, 60)
    finally:
        found._over.set()
        found._watch.join()
    assert {*client.asked} == {1, 2}
    outcome = found._lost(running, CancelledError())
    assert outcome.message == "Its worker does not answer; the unit may go on there."


def test_a_unit_that_waits_for_a_worker_is_not_begun_while_others_finish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_EACH", 0.001)
    command, client = nothing(Workspace(tmp_path, tmp_path)), SilentClient()
    found = cluster.Cluster(command, cast("Fingerprints", None), cast("Any", None), "tcp://a:1")
    found._client = client
    futures = {"nyc": Future[Any](), "sfo": Future[Any]()}
    units = [cluster._Running(NYC, tmp_path / "log", attempt="ab"), cluster._Running(Unit("sfo"), tmp_path)]
    for running in units:
        running.future = futures[str(running.unit)]
        found._running[str(running.unit)] = running
    found._watch.start()
    try:
        monkeypatch.setattr(Interruption, "ending", True)  # by a first Ctrl-C in a terminal
        assert processes.wait_until(futures["sfo"].cancelled, 60)
    finally:
        found._over.set()
        found._watch.join()
    assert {*client.asked} == {0}
    assert not futures["nyc"].cancelled()
    assert found._lost(units[1], CancelledError()) == Outcome(Unit("sfo"), "interrupted", message="not begun")


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(PressoError, match="needs Dask, which is not installed") as raised:
        entered(Workspace(tmp_path, tmp_path), "tcp://127.0.0.1:1")
    assert "presso[cluster]" in raised.value.hint


def test_an_order_survives_its_text_and_has_nothing_else() -> None:
    run = RunOrder("ab", "plan", "5m", 90.0, wants_drift=True)
    order = Order(run, "nyc/cups", {"presso": "1"}, "lock", unsure=True, orphaned=True, version="v2")
    assert Order.of(order.text(), "ada") == order
    known = {"presso", "run", "unit", "machine", "lock_file", "unsure", "orphaned", "has_platform", "version"}
    assert {*json.loads(order.text())} == known


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"presso": "0.9.9"}, f"Worker ada has presso {__version__}, this machine 0.9.9."),
        (
            {"presso": "0.9.9", "priority": 1, "run": {}},
            f"Worker ada has presso {__version__}, this machine 0.9.9.",
        ),
        ({"priority": 1}, f"Worker ada has another commit of presso {__version__} than this machine."),
        ({"run": {"id": "ab"}}, f"Worker ada has another commit of presso {__version__} than this machine."),
        ({"presso": None}, f"Worker ada has presso {__version__}, this machine an older one."),
    ],
)
def test_an_order_of_another_version_names_both(
    tmp_path: Path, layout: dict[str, object], message: str
) -> None:
    order = Order(RunOrder("ab", "apply", "0s", None), "nyc", {}, "", unsure=False)
    given = {name: value for name, value in {**json.loads(order.text()), **layout}.items() if value}
    station = cluster_station.Station(
        Workspace(tmp_path, tmp_path), cast("Any", None), lambda *_: None, "ada"
    )
    with station, pytest.raises(PressoError, match="Worker ada") as raised:
        cluster_station.perform(json.dumps(given))
    assert (raised.value.message, raised.value.hint) == (message, cluster_order.SAME)
    # It reaches the command as it is.
    there = pickle.loads(pickle.dumps(raised.value))
    assert (there.message, there.hint) == (message, cluster_order.SAME)


def test_a_worker_runs_the_version_of_an_extension_that_the_command_names(tmp_path: Path) -> None:
    (tmp_path / "extensions" / "cups").mkdir(parents=True)
    (tmp_path / "extensions" / "cups" / "main.tf").write_text("")
    file = tmp_path / "tenants" / "nyc" / "tenant.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "name: nyc\ntitle: T\ntarget: aws\naccount: '111111111111'\nstate: {bucket: acme-states}\n"
        "deployers: ['arn:aws:iam::111111111111:role/ci']\n"
        "extensions: [{name: cups, version: v1, variables: {limit: 3}}]\n"
    )
    run = RunOrder("ab", "apply", "0s", None)
    relay = cluster_station.Relay(lambda *_: None, "ab", "ada")
    session = cluster_station.Session(Workspace(tmp_path, tmp_path), run, cast("Any", None), relay)
    order = Order(run, "nyc/cups", {}, "", unsure=False, version="v2")
    tenant = session._tenant(order, Unit("nyc", "cups"))
    assert tenant == session.command.selection.tenants["nyc"]
    assert isinstance(tenant, tenants.Tenant)
    assert tenant.use("cups") == tenants.ExtensionUse(name="cups", version="v2", variables={"limit": 3})
    missing = session._tenant(replace(order, unit="nyc/beans"), Unit("nyc", "beans"))
    assert missing == "On worker ada, tenants/nyc/tenant.yaml does not list beans."


def test_another_worker_of_dask_runs_nothing() -> None:
    order = Order(RunOrder("ab", "apply", "0s", None), "nyc", {}, "", unsure=False)
    with pytest.raises(PressoError, match="not one of presso"):
        cluster_station.perform(order.text())


def test_a_unit_of_a_stopped_run_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "tenants").mkdir()
    order = Order(RunOrder("ab", "apply", "0s", None), "nyc", {}, "", unsure=False)
    sent: list[str] = []
    station = cluster_station.Station(
        Workspace(tmp_path, tmp_path), cast("Any", None), lambda topic, news: sent.append(news["unit"]), "ada"
    )
    with station:
        cluster_station.stop("another run", 1)
        refused = cluster_station.perform(order.text()).outcome
        assert refused.message == "Worker ada has no tenants/nyc/tenant.yaml."
        cluster_station.stop("ab", 0)  # what runs may finish
        ended = cluster_station.perform(order.text()).outcome
        assert ended == Outcome(NYC, "interrupted", message="not begun")
    assert sent == ["nyc", "nyc"]


class TestAttempts:
    @pytest.fixture
    def kept(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """The objects of a bucket."""
        found: dict[str, str] = {}
        monkeypatch.setattr(state_bucket, "get", lambda bucket, name: found.get(name))
        monkeypatch.setattr(state_bucket, "put", lambda bucket, name, text: found.__setitem__(name, text))
        monkeypatch.setattr(state_bucket, "delete", lambda bucket, name: found.pop(name, None))
        monkeypatch.setattr(
            state_bucket,
            "names",
            lambda bucket, start: sorted(name for name in found if name.startswith(start)),
        )
        return found

    @pytest.fixture
    def dead(self, tmp_path: Path, kept: dict[str, str]) -> Attempt:
        """An attempt of a worker here that is gone; its lock and its run's mark are in the bucket."""
        workspace = Workspace(tmp_path, tmp_path)
        NYC.folder(workspace).mkdir(parents=True)
        found = replace(
            Attempt.of_this_process(workspace, NYC, "ab"), process="gone", since="2026-05-01T10:00:00"
        )
        found.begin(BUCKET)
        kept["nyc/platform.tfstate.tflock"] = json.dumps(
            {"ID": "1", "Who": f"root@{found.host}", "Created": "2026-05-01T10:00:03.5Z"}
        )
        for name, process in (("nyc/runs/platform.1.json", "gone"), ("nyc/runs/cups.2.json", "other")):
            kept[name] = json.dumps({"action": "destroy", "who": "x", "since": "y", "process": process})
        return found

    def test_what_a_dead_one_has_left_is_removed(self, dead: Attempt, kept: dict[str, str]) -> None:
        assert attempt.earlier(BUCKET, NYC, "ab") == [dead]
        assert attempt.earlier(BUCKET, NYC, "another run") == []
        attempt.clear(BUCKET, dead, lambda: True)
        assert sorted(kept) == [f"nyc/attempts/platform.ab.{dead.id}.json", "nyc/runs/cups.2.json"]
        dead.end(BUCKET)
        assert sorted(kept) == ["nyc/runs/cups.2.json"]

    @pytest.mark.parametrize(
        "lock",
        [
            pytest.param(
                {"Who": "ada@elsewhere", "Created": "2026-05-01T10:00:03Z"}, id="of another machine"
            ),
            pytest.param({"Who": "HERE", "Created": "2026-05-01T09:59:59Z"}, id="from before"),
            pytest.param({}, id="of which nothing is known"),
        ],
    )
    def test_the_lock_of_another_run_stays(
        self, dead: Attempt, kept: dict[str, str], lock: dict[str, str]
    ) -> None:
        known = {key: value.replace("HERE", f"ada@{dead.host}") for key, value in lock.items()}
        kept["nyc/platform.tfstate.tflock"] = json.dumps(known)
        attempt.clear(BUCKET, dead, lambda: True)
        assert "nyc/platform.tfstate.tflock" in kept

    def test_the_lock_of_another_run_on_the_same_machine_stays(
        self, dead: Attempt, kept: dict[str, str]
    ) -> None:
        mark = {"action": "apply", "who": "x", "since": "y", "process": "other"}
        kept["nyc/runs/platform.3.json"] = json.dumps(mark)
        attempt.clear(BUCKET, dead, lambda: True)
        assert "nyc/platform.tfstate.tflock" in kept
        assert sorted(name for name in kept if "platform." in name and "runs" in name) == [
            "nyc/runs/platform.3.json"
        ]

    def test_a_worker_that_dies_while_it_judges_leaves_no_note(
        self, kept: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tenants").mkdir()
        run = RunOrder("ab", "apply", "0s", None)
        relay = cluster_station.Relay(lambda *_: None, "ab", "ada")
        session = cluster_station.Session(Workspace(tmp_path, tmp_path), run, cast("Any", None), relay)

        def dies(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(session.runner, "judge", dies)
        tenant = tenants.Tenant(name="nyc", title="NYC", state=BUCKET)
        with pytest.raises(MemoryError):
            session._attempted(Unit("nyc", "cups"), tenant, tmp_path / "lock")
        assert kept == {}

    def test_an_extension_that_a_stop_kept_from_the_gate_is_not_run(self, tmp_path: Path) -> None:
        (tmp_path / "tenants").mkdir()
        run = RunOrder("ab", "apply", "0s", None)
        relay = cluster_station.Relay(lambda *_: None, "ab", "ada")
        session = cluster_station.Session(Workspace(tmp_path, tmp_path), run, cast("Any", None), relay)
        session.command.interruption.stop()
        cups = Unit("nyc", "cups")
        tenant = tenants.Tenant(name="nyc", title="NYC", target="aws", state=BUCKET)
        session.runner.judge([(cups, tenant)])
        outcome = session.runner.run(cups)
        assert (outcome.result, outcome.message) == ("interrupted", "not begun")

    def test_a_unit_that_a_dead_worker_began_stays_unsure_in_a_stopped_run(
        self, dead: Attempt, kept: dict[str, str], tmp_path: Path
    ) -> None:
        file = tmp_path / "tenants" / "nyc" / "tenant.yaml"
        file.parent.mkdir(parents=True)
        state = "{bucket: acme-states, region: us-east-1}"
        file.write_text(f"name: nyc\ntitle: T\ntarget: aws\naccount: '111111111111'\nstate: {state}\n")
        order = Order(RunOrder("ab", "apply", "0s", None), "nyc", {}, "", unsure=False)
        workspace = Workspace(tmp_path, tmp_path)
        with cluster_station.Station(workspace, cast("Any", None), lambda *_: None, "ada") as station:
            station.stop("ab", 1)
            assert not station.perform(order).complete
            dead.end(BUCKET)
            assert station.perform(order).complete

    def test_a_checkout_that_changes_during_a_run_differs(self, tmp_path: Path) -> None:
        for name in ("extension-context", "tenant"):
            (tmp_path / "modules" / name).mkdir(parents=True)
            (tmp_path / "modules" / name / "main.tf").write_text("")
        for folder in ("tenants", "extensions/cups"):
            (tmp_path / folder).mkdir(parents=True)
        (tmp_path / "extensions" / "cups" / "main.tf").write_text("")
        tenant = tenants.Tenant(
            name="nyc",
            title="NYC",
            target="aws",
            account="111111111111",
            state=BUCKET,
            extensions=[tenants.ExtensionUse(name="cups")],
        )
        run = RunOrder("ab", "apply", "0s", None)
        environment = target_environment.TargetEnvironment({}, None, "registry")
        relay = cluster_station.Relay(lambda *_: None, "ab", "ada")
        session = cluster_station.Session(Workspace(tmp_path, tmp_path), run, lambda *_: environment, relay)
        unit = Unit("nyc", "cups")
        machine = session._fingerprints.of_machine(unit, tenant)
        order = Order(run, "nyc/cups", machine, "", unsure=False)
        assert session._differs(order, unit, tenant) == []
        (tmp_path / "modules" / "extension-context" / "main.tf").write_text("# another version\n")
        assert session._differs(order, unit, tenant) == ["the platform's modules, while the run goes on"]

    def test_a_terraform_on_this_machine_is_waited_for(self, dead: Attempt, kept: dict[str, str]) -> None:
        with run_log.claimed(Path(dead.folder)):
            with pytest.raises(PressoError, match="Stopped while waiting"):
                attempt.clear(BUCKET, dead, lambda: True)
            assert "nyc/platform.tfstate.tflock" in kept

    def test_on_another_machine_it_is_given_time_to_end(
        self, dead: Attempt, kept: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        far = replace(dead, machine="another")
        now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        assert far.runs(now - attempt.GRACE + 1)
        assert not far.runs(now - attempt.GRACE)
        assert attempt.PATIENCE + 60 < attempt.GRACE
        # So it is where a machine has no name.
        monkeypatch.setattr(processes, "machine", lambda: "")
        assert replace(dead, machine="").runs(now)

    def test_an_unreadable_note_is_named(self, kept: dict[str, str]) -> None:
        kept["nyc/attempts/platform.ab.1.json"] = "[]"
        with pytest.raises(
            PressoError, match=r"nyc/attempts/platform\.ab\.1\.json in bucket acme-states is not"
        ):
            attempt.earlier(BUCKET, NYC, "ab")

    def test_a_worker_that_was_only_paused_leaves_the_note_of_the_next(
        self, dead: Attempt, kept: dict[str, str], tmp_path: Path
    ) -> None:
        later = Attempt.of_this_process(Workspace(tmp_path, tmp_path), NYC, "ab")
        later.begin(BUCKET)
        assert {each.id for each in attempt.earlier(BUCKET, NYC, "ab")} == {dead.id, later.id}
        dead.end(BUCKET)
        assert attempt.earlier(BUCKET, NYC, "ab") == [later]

    def test_all_notes_of_a_unit_are_forgotten(self, dead: Attempt, kept: dict[str, str]) -> None:
        replace(dead, run="cd").begin(BUCKET)
        replace(dead, unit="nyc/cups").begin(BUCKET)
        attempt.forget(BUCKET, NYC)
        assert [name for name in kept if "attempts" in name] == [f"nyc/attempts/cups.ab.{dead.id}.json"]

    def test_a_mark_of_a_run_names_its_process(self, kept: dict[str, str]) -> None:
        with tenant_marks.marked(BUCKET, NYC, "destroy"):
            (mark,) = tenant_marks.found(BUCKET, "nyc")
        assert mark.process == processes.anywhere()


class TestMainThread:
    def test_it_calls_what_other_threads_submit(self) -> None:
        jobs, here = MainThread(), threading.get_ident()
        found: list[Any] = []

        def ask() -> None:
            found.append(jobs.submit(threading.get_ident).result(10))
            with pytest.raises(ZeroDivisionError):
                jobs.submit(lambda: 1 / 0).result(10)

        thread = threading.Thread(target=ask)
        thread.start()
        jobs.work(lambda: not thread.is_alive())
        assert found == [here]


@pytest.mark.slow
def test_what_a_process_leaves_behind_is_killed_when_it_is_gone() -> None:
    mark = f"PRESSO_WORKER=test-{os.getpid()}-{time.time_ns()}"
    variables = {**os.environ, **dict([mark.split("=", 1)])}
    with subprocess.Popen(
        [sys.executable, "-I", "-S", reaper.__file__, mark], stdin=subprocess.PIPE
    ) as reaping:
        left = subprocess.Popen(["sleep", "600"], env=variables, start_new_session=True)
        other = subprocess.Popen(["sleep", "600"], start_new_session=True)
        try:
            assert reaping.stdin
            reaping.stdin.close()
            assert left.wait(60) == -9
            assert reaping.wait(60) == 0
            assert other.poll() is None
        finally:
            for process in (left, other):
                process.kill()
                process.wait()

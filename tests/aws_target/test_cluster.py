"""Units on workers of a cluster: processes with checkouts and homes of their own, states in a bucket."""

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.patience import PATIENCE
from tests.without_gate import WithoutGate

from presso.deployment import dask_comm, recorded_run, unfinished, unit_selection
from presso.deployment.cluster import Cluster
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.errors import PressoError
from presso.interruption import Interruption
from presso.processes import given, wait_until
from presso.units.unit import Unit
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.aws_target.conftest import Platform

pytestmark = pytest.mark.slow

ACCOUNT = "111111111114"
BUCKET = "states-of-a-cluster"
WORKER = Path(__file__).with_name("worker_process.py")
STATES = ("nyc/cups", "nyc/gated", "nyc/platform", "rome/cups", "rome/gated", "rome/platform")
NAMES = ("ada", "bob", "eve", "ida")
SLEEP = "61.5"
QUEUE = 'resource "aws_sqs_queue" "default" {\n  name = "${var.context.prefix}orders"\n}\n'

# What the gate passes here: it needs no URL of a queue, which is not one of AWS's on this AWS.
GATED = """
resource "aws_cloudwatch_event_rule" "orders" {
  name           = "${var.context.prefix}orders"
  event_bus_name = var.context.bus_name
  tags           = var.context.tags
  event_pattern = jsonencode({
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  })
}
resource "aws_cloudwatch_event_target" "orders" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = var.context.bus_name
  arn            = aws_sns_topic.orders.arn
  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
}
resource "aws_sns_topic" "orders" {
  name = "${var.context.prefix}orders"
  tags = var.context.tags
}
resource "aws_sqs_queue" "dead" {
  name                      = "${var.context.prefix}dead"
  message_retention_seconds = 1209600
  tags                      = var.context.tags
}
"""
# The first time it takes a minute.
SLOW = """
resource "terraform_data" "first" {{}}
resource "terraform_data" "second" {{
  depends_on = [aws_sqs_queue.default, terraform_data.first]
  provisioner "local-exec" {{
    command = "test -e $FLAG || {{ touch $FLAG && exec sleep {1}; }}"
    environment = {{ FLAG = "{0}/${{var.context.prefix}}" }}
  }}
}}
"""


@dataclass
class Seen(Silent):
    """A display that keeps what it receives."""

    phases: list[tuple[str, str]] = field(default_factory=list)

    def began(self, unit: Unit, phase: str) -> None:
        self.phases.append((str(unit), phase))


@dataclass
class Crowd:
    """A scheduler in this process, and workers.

    Args:
        platform: The checkout from which units are run, and its account.
        scheduler: Dask's.
        folder: Where the workers' checkouts and homes are.
        flags: Where the extension `slow` notes that it has begun.
        orders: What Dask was given, pickled.
    """

    platform: "Platform"
    scheduler: Any
    folder: Path
    flags: Path
    orders: list[bytes] = field(default_factory=list)
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return str(self.scheduler.address)

    def join(self, name: str) -> Workspace:
        """Start a worker and wait until it has joined; its workspace."""
        root = self.folder / name
        shutil.copytree(self.platform.workspace.root, root, ignore=shutil.ignore_patterns(".presso"))
        workspace = Workspace(root, root / ".presso")
        words = [str(root), str(workspace.home), str(self.platform.running.control), self.address, name]
        before = len(self.scheduler.workers)
        self.workers[name] = subprocess.Popen([sys.executable, str(WORKER), *words])
        assert wait_until(lambda: len(self.scheduler.workers) > before, PATIENCE)
        return workspace

    def leave(self, name: str, number: int = signal.SIGTERM) -> int:
        """End a worker, and wait until it has left; its exit code."""
        process = self.workers.pop(name)
        process.send_signal(number)
        code = process.wait(PATIENCE)
        assert wait_until(lambda: len(self.scheduler.workers) == len(self.workers), PATIENCE)
        return code

    def apply(self, *patterns: str, **options: Any) -> dict[str, Outcome]:
        """Apply units on the workers; the outcomes by unit."""
        return self.run("apply", *patterns, **options)

    def run(
        self,
        action: Action,
        *patterns: str,
        everything: bool = False,
        only: str = "",
        display: Seen | None = None,
        address: str = "",
        **options: Any,
    ) -> dict[str, Outcome]:
        """Run a command on the workers, perhaps only on one of the units selected; the outcomes by unit."""
        workspace, shown = self.platform.workspace, display or Seen()
        selection = unit_selection.select(workspace, action, patterns, everything=everything)
        if only:
            selection = replace(selection, units=[Unit.named(only)])
        run = WithoutGate(
            workspace, selection, action, lambda *_: self.platform.environment, shown, **options
        )
        run.runner = Cluster(run, run.fingerprints, run.runner, address or self.address)
        with recorded_run.recorded(run, shown):
            return {str(outcome.unit): outcome for outcome in run.execute()}

    def worker_of(self, unit: str) -> str:
        """The name of the worker that runs a unit."""
        running = [
            str(worker.name)
            for worker in self.scheduler.workers.values()
            for task in worker.processing
            if str(task.key).endswith(f"-{unit}")
        ]
        return running[0].partition("-")[0]

    def copy_tenants(self) -> None:
        """Give the workers the tenants' files of the checkout here."""
        for name in self.workers:
            shutil.copytree(
                self.platform.workspace.tenants, self.folder / name / "tenants", dirs_exist_ok=True
            )

    def kept(self) -> list[str]:
        """The names of what is in the bucket."""
        listed = self.platform.root("s3").list_objects_v2(Bucket=BUCKET)
        return sorted(found["Key"] for found in listed.get("Contents", []))

    def left(self) -> list[str]:
        """The names of locks, marks of runs and notes of attempts in the bucket."""
        return [name for name in self.kept() if not name.endswith((".tfstate", ".confirmed.json"))]

    def state(self, unit: str) -> str:
        """The text of a unit's state."""
        text: str = (
            self.platform.root("s3").get_object(Bucket=BUCKET, Key=f"{unit}.tfstate")["Body"].read().decode()
        )
        return text

    def knowledge(self) -> bytes:
        """What the scheduler has received: the tasks, as they are pickled, and the workers' events."""
        return b"".join(self.orders) + repr(self.scheduler.get_events()).encode()


@pytest.fixture
def crowd(cluster: Crowd) -> Crowd:
    """The cluster, with two workers."""
    for name in NAMES:
        if len(cluster.workers) < 2 and not (cluster.folder / name).exists():
            cluster.join(name)
    return cluster


@pytest.fixture(scope="module")
def cluster(platform: "Platform", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """Two workers, `ada` and `bob`; the tenants nyc and rome with an extension each."""
    import cloudpickle
    from distributed import LocalCluster, SchedulerPlugin

    class Kept(SchedulerPlugin):
        def update_graph(self, scheduler: Any, *, tasks: list[str], **_: Any) -> None:
            made.orders += [cloudpickle.dumps(scheduler.tasks[key].run_spec) for key in tasks]

    key, secret = platform.keys
    ours = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in {**platform.running.environment(), **ours}.items():
            patched.setenv(name, value)
        platform.root("s3").create_bucket(Bucket=BUCKET)
        flags = tmp_path_factory.mktemp("flags")
        platform.extension("cups", QUEUE)
        platform.extension("gated", GATED)
        platform.extension("slow", QUEUE + SLOW.format(flags, SLEEP))
        for tenant in ("nyc", "rome"):
            platform.tenant(tenant, "cups", "gated", state={"bucket": BUCKET})
        with LocalCluster(
            n_workers=0, processes=False, dashboard_address=":0", host="127.0.0.1", protocol="tcp"
        ) as found:
            made = Crowd(platform, found.scheduler, tmp_path_factory.mktemp("workers"), flags)
            found.scheduler.add_plugin(Kept())
            try:
                yield made
            finally:
                for process in made.workers.values():
                    process.terminate()
                for process in made.workers.values():
                    process.wait(PATIENCE)


def test_units_run_on_workers_as_on_one_machine(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_A_USER", "a-value-that-stays-here")
    seen = Seen()
    units = ("nyc", "nyc/cups", "nyc/gated", "rome", "rome/cups", "rome/gated")
    planned = crowd.run("plan", "rome/cups", display=seen)["rome/cups"]  # before there is a platform
    assert (planned.result, planned.changes.added, planned.message) == ("changes", 2, "")
    assert [change.action for change in planned.planned] == ["create", "create"]
    assert [name for name in crowd.kept() if "rome" in name] == []
    assert unfinished.units(crowd.platform.workspace) == []
    outcomes = crowd.apply(*units, display=seen, skip_unchanged=True)
    found = {name: (outcome.result, outcome.change, outcome.message) for name, outcome in outcomes.items()}
    assert found == dict.fromkeys(units, ("applied", "create", ""))
    assert {unit for unit, phase in seen.phases if phase == "apply"} == {*units}
    # Its own record, with each unit's log.
    workspace = crowd.platform.workspace
    record = next(recorded_run.records(workspace))
    assert {unit.unit: unit.needs for unit in record.units} == {
        "nyc": (),
        "nyc/cups": ("nyc",),
        "nyc/gated": ("nyc",),
        "rome": (),
        "rome/cups": ("rome",),
        "rome/gated": ("rome",),
    }
    # The gate judged on the workers, for each tenant, and only the extension that it was to judge.
    verdicts = {path.parent.name: path.name for path in crowd.folder.glob("*/.presso/judged/**/*.json")}
    assert verdicts == {"nyc": "gated.json", "rome": "gated.json"}
    assert not (workspace.home / "judged").exists()
    logs = {unit.unit: (workspace.root / unit.log).read_text() for unit in record.units}
    assert all('"type":"apply_complete"' in log and '"type":"outputs"' in log for log in logs.values())
    begun = [log for unit, log in logs.items() if unit != "rome/cups"]  # the plan has initialised that
    assert all('"type":"init_output"' in log or "Initializing" in log for log in begun)
    # The second time nothing runs.
    again = crowd.apply(*units, skip_unchanged=True)
    assert {name: outcome.left_out for name, outcome in again.items()} == dict.fromkeys(units, True)
    endings = (".tfstate", ".tfstate.confirmed.json")
    assert {*crowd.kept()} >= {f"{unit}{end}" for unit in STATES for end in endings}
    # Nothing of what the cluster knows is a secret.
    known = crowd.knowledge()
    assert b"rome/cups" in known
    secrets = [*crowd.platform.keys, "a-value-that-stays-here", "SECRET_OF_A_USER", "AWS_SECRET_ACCESS_KEY"]
    assert [name for name in secrets if name.encode() in known] == []
    assert_drift_is_found_and_units_are_destroyed(crowd)
    # What no tenant.yaml lists is destroyed.
    crowd.platform.tenant("nyc", state={"bucket": BUCKET})
    crowd.copy_tenants()
    gone = crowd.apply(everything=True, only="nyc/cups")["nyc/cups"]
    assert (gone.result, gone.change, gone.message) == ("destroyed", "destroy", "")
    assert "nyc/cups.tfstate" not in crowd.kept()
    assert not (Unit("nyc", "cups").folder(workspace) / "terraform.log").exists()


def assert_drift_is_found_and_units_are_destroyed(crowd: Crowd) -> None:
    """Drift and destroy run on the workers, too."""
    sqs = crowd.platform.root("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="rome--cups--orders")["QueueUrl"])
    drifted = crowd.run("plan", "rome/cups", wants_drift=True)["rome/cups"]
    assert [(each.address.split(".")[2], each.deleted) for each in drifted.drift] == [("aws_sqs_queue", True)]
    gone = crowd.run("destroy", "rome/cups")["rome/cups"]
    assert (gone.result, gone.change, gone.message) == ("destroyed", "destroy", "")
    assert "rome/cups.tfstate" not in crowd.kept()
    assert not Unit("rome", "cups").folder(crowd.platform.workspace).exists()
    assert crowd.run("destroy", "rome/cups")["rome/cups"].result == "absent"


def test_the_unit_of_a_killed_worker_goes_to_another(crowd: Crowd) -> None:
    crowd.platform.tenant("oslo", "slow", state={"bucket": BUCKET})
    crowd.copy_tenants()
    crowd.apply("oslo")
    killed: list[str] = []

    def kill() -> None:
        if wait_until((crowd.flags / "oslo--slow--").exists, PATIENCE):
            name = crowd.worker_of("oslo/slow")
            killed.append(name)
            crowd.leave(name, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    seen = Seen()
    try:
        outcome = crowd.apply("oslo/slow", display=seen)["oslo/slow"]
    finally:
        killer.join()
    assert len(killed) == 1
    assert (outcome.result, outcome.message, outcome.hint) == ("applied", "", "")
    assert any("a worker on" in phase for _, phase in seen.phases)
    # It has what it would have without that: a state of all, no lock, no mark, no note, no process.
    resources = json.loads(crowd.state("oslo/slow"))["resources"]
    assert sorted(each["type"] for each in resources if each["mode"] == "managed") == [
        "aws_iam_policy",
        "aws_sqs_queue",
        "terraform_data",
        "terraform_data",
    ]
    assert crowd.left() == []
    assert [word for words in given("sleep", SLEEP).values() for word in words] == []
    plan = crowd.platform.run("plan", "oslo/slow")["oslo/slow"]
    assert (plan.result, plan.message) == ("unchanged", "")


def test_a_request_to_stop_reaches_the_worker(crowd: Crowd) -> None:
    crowd.platform.tenant("bern", "slow", state={"bucket": BUCKET})
    crowd.copy_tenants()
    crowd.apply("bern")
    own = Interruption()

    def stop() -> None:
        if wait_until((crowd.flags / "bern--slow--").exists, PATIENCE):
            own.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    outcome = crowd.apply("bern/slow", interruption=own)["bern/slow"]
    stopper.join()
    assert outcome.result == "interrupted"
    assert crowd.left() == []
    # What is unfinished is known here, so that the next run looks for what no state has.
    assert Unit.named("bern/slow") in unfinished.units(crowd.platform.workspace)
    again = crowd.apply("bern/slow")["bern/slow"]
    assert (again.result, again.message) == ("applied", "")
    assert unfinished.units(crowd.platform.workspace) == []


def test_a_worker_with_another_checkout_refuses_the_unit(crowd: Crowd) -> None:
    crowd.platform.extension("cups", QUEUE + "# here only\n")
    crowd.platform.tenant("lima", "cups", state={"bucket": BUCKET})
    outcomes = crowd.apply("lima", "lima/cups")
    assert re.fullmatch(r"Worker \w+ has no tenants/lima/tenant.yaml\.", outcomes["lima"].message)
    crowd.copy_tenants()
    assert crowd.apply("lima")["lima"].result == "applied"
    refused = crowd.apply("lima/cups")["lima/cups"]
    assert re.fullmatch(r"Worker \w+ differs from this machine: .*extension cups\.", refused.message)
    assert "Nothing was changed" in refused.hint
    assert "lima/cups.tfstate" not in crowd.kept()
    crowd.platform.extension("cups", QUEUE)


def test_a_cluster_that_cannot_be_used_is_refused(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd.platform.tenant("kyiv", state={"bucket": BUCKET})
    with monkeypatch.context() as hasty:
        hasty.setattr(dask_comm, "PATIENCE", 0.5)
        with pytest.raises(PressoError, match=r"scheduler at tcp://127\.0\.0\.1:1 cannot be reached"):
            crowd.apply("kyiv", address="tcp://127.0.0.1:1")
    monkeypatch.setattr(Cluster, "_workers", lambda cluster: 0)
    with pytest.raises(PressoError, match="has no worker of presso") as raised:
        crowd.apply("kyiv")
    assert raised.value.hint == f"Start one on each machine: presso worker {crowd.address}"

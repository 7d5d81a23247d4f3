"""Two workers of a cluster with one core each, against one: the time of `apply --cluster`, as a ratio.

Three kinds of units, since an emulator beside the workers takes a part of the same cores:

- `waiting`: a unit waits for a second, as for AWS. What is missing to 2.0 is the cluster's own overhead.
- `computing`: a unit computes for a second of its core, with no emulator. What is missing is that, and what
  else runs on the cores: the scheduler, the command, other programs.
- `applying`: a real unit, by Terraform, with states in S3. The local AWS answers each call `--latency`
  seconds later, as AWS does: its computing takes a smaller part of the workers' time.

Each worker is a process with its own checkout and home, kept on one core by its affinity. The scheduler, the
command and the local AWS are kept on the first core, so that they take from the same worker whether there is
another one or not. A round is a pair: one worker, then two, or the reverse; the one worker is on each of the
two cores in turn. What counts is the median of the pairs' ratios.

Run: .venv/bin/python benchmarks/cluster.py [KIND…] [--units 24] [--rounds 4] [--latency 0.2]
For less than three minutes on a quiet machine: benchmarks/cluster.py waiting
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from slow_aws import answering_after

from presso import interruption
from presso.deployment import cluster, cluster_worker, progress, runs, unit_selection
from presso.deployment.outcome import Outcome
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.this_machine import ThisMachine
from presso.local_aws import LocalAws
from presso.processes import wait_until
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.workspace import Workspace

KINDS = ("waiting", "computing", "applying")
BUCKET = "states-of-a-benchmark"
ACCOUNT = "000000000000"
SECONDS = 1.0
TARGET = 1.8


def environment(control: Path) -> TargetEnvironment:
    """That of the aws target, with the local AWS and its provider in the place of AWS's."""
    env = terraform_cli.environment({"TF_CLI_CONFIG_FILE": os.environ["TF_CLI_CONFIG_FILE"]})
    return TargetEnvironment(env, control, "the local AWS's", keeps_lock=False)


def simulated(kind: str) -> Any:
    """What runs a unit in the place of Terraform."""

    def run(machine: ThisMachine, unit: Unit) -> Outcome:
        if kind == "waiting":
            time.sleep(SECONDS)
        end = time.thread_time() + SECONDS * (kind == "computing")
        while time.thread_time() < end:
            pass
        return Outcome(unit, "applied")

    return run


def work(root: str, control: str, address: str, core: str, kind: str) -> None:
    """Be a worker on one core."""
    os.sched_setaffinity(0, {int(core)})
    if kind != "applying":
        ThisMachine.run = simulated(kind)  # type: ignore[method-assign]
    with interruption.handled():
        workspace = Workspace(Path(root), Path(root) / ".presso")
        cluster_worker.serve(workspace, address, lambda *_: environment(Path(control)), f"core-{core}")


def checkout(folder: Path, units: int) -> Workspace:
    """A checkout with the real modules, and tenants without extensions."""
    left_out = shutil.ignore_patterns(".terraform*", "__pycache__", "node_modules")
    shutil.copytree(Path(__file__).parents[1] / "modules", folder / "modules", ignore=left_out)
    (folder / "extensions").mkdir()
    for number in range(units):
        name = f"bench-{number}"
        known = {"name": name, "title": name, "target": "aws", "account": ACCOUNT, "player": False}
        file = folder / "tenants" / name / "tenant.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({**known, "state": {"bucket": BUCKET, "region": "us-east-1"}}))
    return Workspace(folder, folder / ".presso")


@contextmanager
def workers(
    workspace: Workspace, control: Path, scheduler: Any, cores: Sequence[int], kind: str
) -> Iterator[None]:
    """A worker on each of some cores, with a copy of the checkout."""
    started = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for core in cores:
                root = Path(folder, str(len(started)))
                shutil.copytree(workspace.root, root, ignore=shutil.ignore_patterns(".presso"))
                words = [str(root), str(control), scheduler.address, str(core), kind]
                started.append(subprocess.Popen([sys.executable, __file__, "--worker", *words]))
            assert wait_until(lambda: len(scheduler.workers) == len(cores), 120)
            yield
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait()
            wait_until(lambda: not scheduler.workers, 60)


def seconds(workspace: Workspace, control: Path, address: str, action: str) -> float:
    """How long the units take on the cluster."""
    selection = unit_selection.select(workspace, action, [], everything=True)  # type: ignore[arg-type]
    run = runs.Runs(
        workspace,
        selection,
        action,
        lambda *_: environment(control),
        progress.Silent(),  # type: ignore[arg-type]
    )
    run.runner = cluster.Cluster(run, run.fingerprints, run.runner, address)
    start = time.monotonic()
    outcomes = run.execute()
    bad = [f"{each.unit}: {each.message}" for each in outcomes if each.bad]
    if bad:
        raise SystemExit("\n".join(bad))
    return time.monotonic() - start


def computed() -> tuple[float, float]:
    """Seconds of CPU: of this process, and of those that it has started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return used[0].ru_utime + used[0].ru_stime, used[1].ru_utime + used[1].ru_stime


def pairs(cores: Sequence[int], rounds: int) -> Iterator[tuple[list[int], list[int]]]:
    """The cores of the workers of each run, two runs a round: see the module's text."""
    for number in range(rounds):
        one, two = [cores[number // 2 % 2]], [*cores]
        yield (one, two) if number % 2 == 0 else (two, one)


def measure(kind: str, units: int, rounds: int, latency: float) -> float:
    """Print how long one and two workers take in each round, and return the median of the ratios."""
    from distributed import LocalCluster

    cores = (sorted(os.sched_getaffinity(0)) * 2)[:2]
    with tempfile.TemporaryDirectory() as folder, kept_on(cores[0]), ExitStack() as held:
        workspace = checkout(Path(folder, "checkout"), units)
        local = LocalAws.of_this_process(Path(folder, "local"), forget=True)
        held.callback(local.stop)
        local.ensure()
        if kind == "applying":
            held.enter_context(answering_after(local, latency))
        running = local.ensure()
        quiet = {"n_workers": 0, "processes": False, "dashboard_address": ":0", "protocol": "tcp"}
        held.enter_context(mock.patch.dict(os.environ, running.environment(ACCOUNT)))
        found = held.enter_context(LocalCluster(**quiet))
        import boto3

        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)

        def taken(of: Sequence[int]) -> float:
            with workers(workspace, running.control, found.scheduler, of, kind):
                passed = seconds(workspace, running.control, found.scheduler.address, "apply")
                if kind == "applying":
                    seconds(workspace, running.control, found.scheduler.address, "destroy")
            return passed

        ratios, before = [], computed()
        for runs_of_pair in pairs(cores, rounds):
            times = {len(of): taken(of) for of in runs_of_pair}
            ratios.append(times[1] / times[2])
            print(f"{kind}: one worker {times[1]:.1f} s, two {times[2]:.1f} s: {ratios[-1]:.2f}", flush=True)
        command, others = (now - was for now, was in zip(computed(), before, strict=True))
    total = 2 * rounds * units
    median = statistics.median(ratios)
    print(
        f"{kind}: {units} units, median of {rounds} pairs: {median:.2f} times as fast; CPU for each unit: "
        f"scheduler and command {command / total:.3f} s, workers with their start {others / total:.3f} s"
    )
    return median


@contextmanager
def kept_on(core: int) -> Iterator[None]:
    """Context in which this thread, and what it starts, is kept on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def main() -> int:
    """Measure the kinds of units that are named, or all; 1 when one misses the target."""
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all by default")
    parser.add_argument("--units", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--latency", type=float, default=0.2, help="of each call to AWS, in seconds")
    given = parser.parse_args()
    if unknown := {*given.kinds} - {*KINDS}:
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(KINDS)}")
    ratios = [measure(kind, given.units, given.rounds, given.latency) for kind in given.kinds or KINDS]
    return int(min(ratios) < TARGET)


if __name__ == "__main__":
    sys.exit(main())

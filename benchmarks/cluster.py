"""Two workers of a cluster with one core each, against one: the time of `apply --cluster`, as a ratio.

Three kinds of units, since an emulator beside the workers takes a part of the same cores:

- `waiting`: a unit waits for a second, as for AWS. What is missing to 2.0 is the cluster's own overhead.
- `computing`: a unit computes for a second of its core, with no emulator. What is missing is that, and what
  else runs on the cores: the scheduler, the command, other programs.
- `applying`: a real unit, by Terraform on the local AWS with states in its S3.

Each worker is a process with its own checkout and home, kept on one core by its affinity. Runs with one
and two workers alternate; the best of each counts.

Run: .venv/bin/python benchmarks/cluster.py [KIND…] [--units 40] [--rounds 2]
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

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
def workers(workspace: Workspace, control: Path, scheduler: Any, number: int, kind: str) -> Iterator[None]:
    """So many workers, each with a copy of the checkout."""
    cores = sorted(os.sched_getaffinity(0))
    started = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for core in (cores * number)[:number]:
                root = Path(folder, str(len(started)))
                shutil.copytree(workspace.root, root, ignore=shutil.ignore_patterns(".presso"))
                words = [str(root), str(control), scheduler.address, str(core), kind]
                started.append(subprocess.Popen([sys.executable, __file__, "--worker", *words]))
            assert wait_until(lambda: len(scheduler.workers) == number, 120)
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


def measure(kind: str, units: int, rounds: int) -> float:
    """Print how long one and two workers take, and return the ratio."""
    from distributed import LocalCluster

    with tempfile.TemporaryDirectory() as folder:
        workspace = checkout(Path(folder, "checkout"), units)
        local = LocalAws.of_this_process(Path(folder, "local"), forget=True)
        try:
            running = local.ensure()
            quiet = {"n_workers": 0, "processes": False, "dashboard_address": ":0", "protocol": "tcp"}
            with mock.patch.dict(os.environ, running.environment(ACCOUNT)), LocalCluster(**quiet) as found:
                import boto3

                boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
                best, before = {1: float("inf"), 2: float("inf")}, computed()
                for number in (1, 2) * rounds:
                    with workers(workspace, running.control, found.scheduler, number, kind):
                        taken = seconds(workspace, running.control, found.scheduler.address, "apply")
                        best[number] = min(best[number], taken)
                        if kind == "applying":
                            seconds(workspace, running.control, found.scheduler.address, "destroy")
                command, others = (now - was for now, was in zip(computed(), before, strict=True))
                total = 2 * rounds * units
                print(
                    f"{kind}: {units} units, one worker {best[1]:.1f} s, two workers {best[2]:.1f} s: "
                    f"{best[1] / best[2]:.2f} times as fast; CPU for each unit: scheduler and command "
                    f"{command / total:.3f} s, workers with their start {others / total:.3f} s"
                )
                return best[1] / best[2]
        finally:
            local.stop()


def main() -> int:
    """Measure the kinds of units that are named, or all; 1 when one misses the target."""
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all by default")
    parser.add_argument("--units", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    if unknown := {*given.kinds} - {*KINDS}:
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(KINDS)}")
    ratios = [measure(kind, given.units, given.rounds) for kind in given.kinds or KINDS]
    return int(min(ratios) < TARGET)


if __name__ == "__main__":
    sys.exit(main())

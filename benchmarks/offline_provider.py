"""What the offline provider weighs, as ratios in one run.

1. A plan of the module `tenant` against one of as many `terraform_data` (Terraform's own floor): seconds.
2. Eight Terraforms at once against one at a time: CPU seconds of an apply, the provider server's included;
   200 applies, none of which may fail.
3. A plan of the module `tenant` with types that have no handler beside it, against one without: CPU seconds.
4. The provider server's memory at its highest, with eight runs at once.

Terraform is attached to one provider server of this run, as presso does it. The emulator is not counted.

Run: .venv/bin/python benchmarks/offline_provider.py
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from offline_aws import registry
from offline_aws.attach import attached
from presso.deployment.target_environment import of_local
from presso.local_aws import LocalAws
from presso.terraform import terraform_cli
from presso.workspace import Workspace

PLANS = 15
AT_ONCE = 8
ROUNDS = 25
WANTED = {"plan": 3.0, "apply": 1.1, "others": 1.2, "memory": 120}
OTHERS = """
resource "aws_ecs_cluster" "other" { name = "other" }
resource "aws_glue_catalog_database" "other" { name = "other" }
resource "aws_vpc" "other" { cidr_block = "10.0.0.0/16" }
"""
STACK = """
resource "aws_cloudwatch_event_bus" "default" { name = "%(name)s" }
resource "aws_sqs_queue" "default" { name = "%(name)s" }
resource "aws_cloudwatch_event_rule" "default" {
  name           = "%(name)s"
  event_bus_name = aws_cloudwatch_event_bus.default.name
  event_pattern  = jsonencode({ source = ["bench"] })
}
resource "aws_cloudwatch_event_target" "default" {
  event_bus_name = aws_cloudwatch_event_bus.default.name
  rule           = aws_cloudwatch_event_rule.default.name
  arn            = aws_sqs_queue.default.arn
}
"""


@dataclass
class Bench:
    """Where all runs take place.

    Args:
        folder: For their folders.
        env: Of Terraform.
        control: The provider server's control socket.
        server: Its process.
    """

    folder: Path
    env: dict[str, str]
    control: Path
    server: int

    def prepared(self, name: str, text: str) -> Path:
        """A folder with this configuration, initialised."""
        path = self.folder / name
        path.mkdir()
        (path / "main.tf").write_text(text)
        self.run(path, "init", "-input=false")
        return path

    def run(self, path: Path, *arguments: str) -> float:
        """Run Terraform; its CPU seconds.

        Raises:
            RuntimeError: It failed.
        """
        with attached(self.control, path, self.env) as reattach, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                [*terraform_cli.find().command, *arguments],
                cwd=path,
                env={**self.env, "TF_REATTACH_PROVIDERS": reattach},
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            if process.returncode:
                raise RuntimeError(f"terraform {arguments[0]} in {path.name} failed:\n{said.read().decode()}")
        return usage.ru_utime + usage.ru_stime

    def server_cpu(self) -> float:
        """CPU seconds of the server so far."""
        fields = Path(f"/proc/{self.server}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def server_memory(self) -> int:
        """Megabytes of the server at its highest."""
        lines = Path(f"/proc/{self.server}/status").read_text().splitlines()
        (found,) = (line for line in lines if line.startswith("VmHWM"))
        return int(found.split()[1]) // 1024


def seconds(run: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def plans(bench: Bench) -> float:
    """The ratio of the medians of both kinds of plan, taken by turns."""
    module = Workspace.find().modules / "tenant"
    tenant = bench.prepared("tenant", f'module "tenant" {{\n  source = "{module}"\n  name   = "bench"\n}}\n')
    bench.run(tenant, "plan", "-out=plan")
    with attached(bench.control, tenant, bench.env) as reattach:
        shown = subprocess.run(
            [*terraform_cli.find().command, "show", "-json", "plan"],
            cwd=tenant,
            env={**bench.env, "TF_REATTACH_PROVIDERS": reattach},
            capture_output=True,
            check=True,
        )
    count = len(json.loads(shown.stdout)["resource_changes"])
    floor = bench.prepared("floor", "".join(f'resource "terraform_data" "n{n}" {{}}\n' for n in range(count)))
    taken = [
        (seconds(lambda: bench.run(tenant, "plan")), seconds(lambda: bench.run(floor, "plan")))
        for _ in range(PLANS)
    ]
    one: float = statistics.median(times[0] for times in taken)
    other: float = statistics.median(times[1] for times in taken)
    print(f"plan of {count} resources: {one:.3f} s, of as many terraform_data: {other:.3f} s")
    return one / other


def others(bench: Bench) -> float:
    """The ratio of the CPU seconds of both kinds of plan, the provider server's included, taken by turns."""
    if handled := [name for name in re.findall(r'resource "(\w+)"', OTHERS) if registry.resource(name)]:
        raise RuntimeError(f"{', '.join(handled)} has a handler now: OTHERS needs types without one")
    module = Workspace.find().modules / "tenant"
    text = f'module "tenant" {{\n  source = "{module}"\n  name   = "bench"\n}}\n'
    folders = [bench.prepared("handled", text), bench.prepared("others", text + OTHERS)]

    def cpu(path: Path) -> float:
        before = bench.server_cpu()
        return bench.run(path, "plan") + bench.server_cpu() - before

    taken = [[cpu(path) for path in folders] for _ in range(PLANS + 1)][1:]  # the first reads the schemas
    without, with_others = (statistics.fmean(times) for times in zip(*taken, strict=True))
    print(f"CPU of a plan: {without:.3f} s, with types without a handler: {with_others:.3f} s")
    return with_others / without


def applies(bench: Bench) -> tuple[float, int]:
    """The ratio of CPU seconds of an apply, eight at once against one at a time; and how many failed."""
    folders = [bench.prepared(f"stack{n}", STACK % {"name": f"bench-{n}"}) for n in range(AT_ONCE)]
    alone: list[float] = []
    together: list[float] = []
    failed = 0

    def measured(run: Callable[[], Iterable[float]]) -> float:
        before = bench.server_cpu()
        return (sum(run()) + bench.server_cpu() - before) / AT_ONCE

    def apply(path: Path) -> float:
        nonlocal failed
        try:
            return bench.run(path, "apply", "-auto-approve", "-input=false")
        except RuntimeError:
            failed += 1
            return 0.0

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for turn in range(ROUNDS):
            together.append(measured(lambda: list(pool.map(apply, folders))))
            list(pool.map(lambda path: bench.run(path, "destroy", "-auto-approve"), folders))
            if turn % 5 == 0:
                alone.append(measured(lambda: [apply(path) for path in folders]))
                list(pool.map(lambda path: bench.run(path, "destroy", "-auto-approve"), folders))
    one, other = statistics.median(together), statistics.median(alone)
    print(f"CPU of an apply, {AT_ONCE} at once: {one:.3f} s, one at a time: {other:.3f} s")
    return one / other, failed


def main() -> int:
    """Measure and print; 1 when something is heavier than wanted."""
    with tempfile.TemporaryDirectory(prefix="b") as temporary:
        local = LocalAws.of_this_process(Path(temporary) / "local")
        env = dict(of_local(local.ensure(), None).env)
        control = Path(temporary) / "control"
        command = [sys.executable, "-m", "offline_aws.server", "--control", str(control)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            found = _measured(Bench(Path(temporary), env, control, server.pid))
        finally:
            server.terminate()
            server.wait()
            local.stop()
    return 0 if found else 1


def _measured(bench: Bench) -> bool:
    plan = plans(bench)
    other = others(bench)
    apply, failed = applies(bench)
    memory = bench.server_memory()
    count = AT_ONCE * (ROUNDS + ROUNDS // 5)
    print(f"plan:   {plan:.2f} x the floor (wanted: at most {WANTED['plan']})")
    print(f"others: {other:.2f} x the plan without them (wanted: at most {WANTED['others']})")
    print(f"apply:  {apply:.2f} x with {AT_ONCE} at once (wanted: at most {WANTED['apply']})")
    print(f"failed: {failed} of {count} applies")
    print(f"memory: {memory} MB (wanted: at most {WANTED['memory']})")
    ratios = {"plan": plan, "others": other, "apply": apply, "memory": memory}
    return not failed and all(found <= WANTED[name] for name, found in ratios.items())


if __name__ == "__main__":
    sys.exit(main())

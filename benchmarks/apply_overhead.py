"""What presso adds to Terraform's own CPU time: ten units applied two at a time.

Compares `presso apply --all --parallel 2` with bare `terraform apply` of the same folders, two at a time and
in the same order. Folders are generated and initialised before, and the local AWS runs; its processes serve
both and are not counted. CPU time is that of the command and of everything it started and waited for.

Bare Terraform is run twice: as by hand (its providers start by the launcher), and attached to the provider
server as presso does it, which is the harder comparison. Each round begins with nothing applied.

Run: .venv/bin/python benchmarks/apply_overhead.py [ROUNDS]
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from offline_aws.attach import attached
from presso.deployment.target_environment import of_local
from presso.local_aws import LocalAws, Running
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.workspace import Workspace

TENANTS = 5
TARGET = 1.25
PRESSO = [sys.executable, "-m", "presso"]


class Bench:
    """Ten units in a checkout of their own, which shares the real one's modules and extensions."""

    def __init__(self, folder: Path) -> None:
        checkout = Workspace.find()
        self.workspace = Workspace(folder, folder / ".presso")
        for shared in ("modules", "extensions"):
            (folder / shared).symlink_to(checkout.root / shared)
        self.platforms = [Unit(f"bench-{number}") for number in range(TENANTS)]
        self.extensions = [Unit(unit.tenant, "order-metrics") for unit in self.platforms]
        for number, unit in enumerate(self.platforms):
            file = folder / "tenants" / unit.tenant / "tenant.yaml"
            file.parent.mkdir(parents=True)
            file.write_text(
                f"name: {unit.tenant}\ntitle: Bench\naccount: '9{number:011}'\nextensions: [order-metrics]\n"
            )
        self.env = {**os.environ, "PRESSO_ROOT": str(folder), "PRESSO_HOME": str(self.workspace.home)}

    def presso(self, *arguments: str) -> float:
        """Run presso; seconds of CPU time."""
        return cpu_seconds([*PRESSO, *arguments, "--quiet"], self.env, self.workspace.root)

    def bare(self, running: Running, *, attach: bool) -> float:
        """Run Terraform in each folder, two at a time, platforms first; seconds of CPU time."""
        env = dict(of_local(running, None).env)

        def apply(unit: Unit) -> float:
            folder = unit.folder(self.workspace)
            command = [*terraform_cli.find().command, "apply", "-auto-approve", "-input=false"]
            with contextlib.ExitStack() as held:
                own = dict(env)
                if attach:
                    own["TF_REATTACH_PROVIDERS"] = held.enter_context(attached(running.control, folder, env))
                return cpu_seconds(command, own, folder)

        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(apply, self.platforms)) + sum(pool.map(apply, self.extensions))

    def measured(self, run: Callable[[], float]) -> float:
        """Run with everything prepared and nothing applied."""
        self.presso("plan", "--all", "--refresh")
        seconds = run()
        self.presso("destroy", "--all")
        return seconds


def cpu_seconds(command: list[str], env: dict[str, str], folder: Path) -> float:
    """Run a command; CPU seconds, user and system, of it and all that it waited for.

    Raises:
        RuntimeError: It failed.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {output.read().decode(errors='replace')[-2000:]}")
    return usage.ru_utime + usage.ru_stime


@contextlib.contextmanager
def prepared() -> Iterator[tuple[Bench, Running]]:
    """A bench on a local AWS of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="presso-bench-") as name:
        bench = Bench(Path(name).resolve())
        local = LocalAws.of_this_process(bench.workspace.local)
        try:
            yield bench, local.ensure()
        finally:
            local.stop()


def main() -> int:
    """Measure, print, and return 1 when presso costs more than the target."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    seconds: dict[str, list[float]] = {"presso": [], "by hand": [], "attached": []}
    with prepared() as (bench, running):
        for _ in range(rounds):
            seconds["presso"].append(
                bench.measured(lambda: bench.presso("apply", "--all", "--refresh", "--parallel", "2"))
            )
            seconds["by hand"].append(bench.measured(lambda: bench.bare(running, attach=False)))
            seconds["attached"].append(bench.measured(lambda: bench.bare(running, attach=True)))
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"{2 * TENANTS} units, 2 at a time, median of {rounds}: presso {middle['presso']:.2f} s CPU")
    for name in ("by hand", "attached"):
        ratio = middle["presso"] / middle[name]
        print(f"bare terraform {name}: {middle[name]:.2f} s CPU, ratio {ratio:.2f} (target at most {TARGET})")
    return int(middle["presso"] / middle["attached"] > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())

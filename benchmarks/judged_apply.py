"""What judging costs an apply: CPU time with the gate over CPU time without it, ten units two at a time.

Four kinds of apply, each with and without the gate in turn: of what stands and has not changed, of what is
new and was planned or checked before (its verdict is kept), and of what is new and was never judged. CPU time
is that of the command, of everything it started and waited for, and of the gate's provider server, which it
kills. The local AWS serves both sides and is not counted.

Run: .venv/bin/python benchmarks/judged_apply.py [ROUNDS]
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from apply_overhead import TENANTS, Bench, cpu_seconds, prepared

TARGET = 1.15
WITHOUT = (
    "from presso.__main__ import main; from presso.deployment import runs;"
    "runs.Runs.run_gate = lambda self: None; main()"
)
# The gate's server is in a box: what its processes took is read before they are killed.
WITH = """
import os
from pathlib import Path
from presso.__main__ import main
from presso.gate.planner import Planner
from presso.processes import stat_fields

def seconds(pid):
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(map(int, stat_fields(pid)[11:15])) / os.sysconf("SC_CLK_TCK") + sum(map(seconds, below))

def counted(planner, *args, end=Planner.__exit__):
    Path(os.environ["SERVER_SECONDS"]).write_text(str(seconds(planner._server.pid)))
    end(planner, *args)

Planner.__exit__ = counted
main()
"""
PROGRAMS = {"with": ["-c", WITH], "without": ["-c", WITHOUT]}


def measured(bench: Bench, seconds: dict[tuple[str, str], list[float]]) -> None:
    """Apply and destroy, with the gate and without it; nothing is applied before or after."""
    for how, program in PROGRAMS.items():

        def run(*command: str, program: list[str] = program) -> float:
            refresh = [] if command[0] == "destroy" else ["--refresh"]
            line = [sys.executable, *program, *command, "--all", *refresh, "--quiet"]
            with tempfile.TemporaryDirectory() as folder:
                server = Path(folder, "seconds")
                env = {**bench.env, "SERVER_SECONDS": str(server)}
                counted = cpu_seconds(line, env, bench.workspace.root)
                return counted + (float(server.read_text()) if server.exists() else 0.0)

        run("plan")
        seconds["new, planned before", how].append(run("apply", "--parallel", "2"))
        seconds["unchanged", how].append(run("apply", "--parallel", "2"))
        run("destroy")
        shutil.rmtree(bench.workspace.home / "judged", ignore_errors=True)  # a verdict outlives a destroy
        bench.presso("check", "order-metrics")
        seconds["new, checked before", how].append(run("apply", "--parallel", "2"))
        run("destroy")
        shutil.rmtree(bench.workspace.home / "judged", ignore_errors=True)
        seconds["new, never judged", how].append(run("apply", "--parallel", "2"))
        run("destroy")


def main() -> int:
    """Measure, print, and return 1 when judging costs more than the target where the verdict is kept."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    kinds = ("unchanged", "new, planned before", "new, checked before", "new, never judged")
    seconds: dict[tuple[str, str], list[float]] = {(kind, how): [] for kind in kinds for how in PROGRAMS}
    with prepared() as (bench, _):
        for _ in range(rounds):
            measured(bench, seconds)
    middle = {key: statistics.median(values) for key, values in seconds.items()}
    ratios = {kind: middle[kind, "with"] / middle[kind, "without"] for kind in kinds}
    print(f"{2 * TENANTS} units, 2 at a time, median of {rounds} (target {TARGET} for the first three)")
    for kind in kinds:
        with_gate, without = middle[kind, "with"], middle[kind, "without"]
        print(f"{kind}: {with_gate:.2f} s CPU, without the gate {without:.2f} s, ratio {ratios[kind]:.2f}")
    return int(max(ratios[kind] for kind in kinds[:3]) > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())

"""How long the tests of one extension take, without a replay and with one, and how much they compute.

The local AWS, its functions and Terraform are in it. They are compared with what `import pytest` takes, which
every run of tests does; all three are run in turn, so that a busy machine slows them alike.

Run: .venv/bin/python benchmarks/extension_tests.py [EXTENSION [ROUNDS]]
"""

import contextlib
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET_SECONDS = {"without a replay": 3.0, "with a replay": 12.0}
PYTEST = "import pytest"
_SET_CHILD_SUBREAPER = 36


def commands(extension: str) -> dict[str, list[str]]:
    """The commands to compare."""
    tests = f"extensions/{extension}"
    run = [str(ROOT / "presso"), "test", tests]
    return {
        PYTEST: [sys.executable, "-c", PYTEST],
        "without a replay": [*run, "--deselect", f"{tests}/tests/test_played.py"],
        "with a replay": run,
    }


def taken(command: list[str]) -> tuple[float, float]:
    """Run a command; seconds of wall time, and of computing, its daemons' included.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    wall = time.perf_counter() - start
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()  # daemons, which have become this process's children
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Measure, print, and return 1 when a target is missed."""
    extension = sys.argv[1] if len(sys.argv) > 1 else "order-metrics"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    run = commands(extension)
    taken(run["with a replay"])  # the first time everything is installed, and files come from the disk
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in run}
    for _ in range(rounds):
        for name, command in run.items():
            found[name].append(taken(command))
    medians = {
        name: [statistics.median(part) for part in zip(*each, strict=True)] for name, each in found.items()
    }
    unit = medians[PYTEST][1]
    for name, (wall, computed) in medians.items():
        target = f" (target at most {TARGET_SECONDS[name]:g} s)" if name in TARGET_SECONDS else ""
        print(f"{name}: {wall:.1f} s{target}, {computed:.1f} s of computing, ratio {computed / unit:.0f}")
    return int(any(medians[name][0] > most for name, most in TARGET_SECONDS.items()))


if __name__ == "__main__":
    raise SystemExit(main())

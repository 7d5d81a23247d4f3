"""What an apply costs against an earlier version: CPU time of ten units two at a time, of both in turn.

Three kinds of apply: of units that are new, with the extension's verdict kept and without one, and of units
that have not changed, which Terraform refreshes. The earlier version is installed in a worktree of
its own, and uses its own modules, extensions and benchmark `apply_overhead.py`. The local AWS is not counted.

Run: .venv/bin/python benchmarks/apply_since.py REF [ROUNDS]

`0c32ced` is the last version in which an apply did not judge extensions.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = 1.15
KINDS = ("new", "unchanged", "new, never judged")
PROGRAM = """
import json, shutil, subprocess, sys, tempfile
from pathlib import Path
sys.path.insert(0, "benchmarks")
import apply_overhead

try:
    from judged_apply import PROGRAMS
    program = PROGRAMS["with"]  # counts the gate's provider server, too
except ImportError:
    program = ["-m", "presso"]
helped = subprocess.run([*apply_overhead.PRESSO, "apply", "--help"], capture_output=True, text=True).stdout
refresh = ["--refresh"] if "--refresh" in helped else []
line = [sys.executable, *program, "apply", "--all", "--parallel", "2", *refresh, "--quiet"]
seconds = {}
with apply_overhead.prepared() as (bench, _), tempfile.TemporaryDirectory() as folder:
    server = Path(folder, "server")

    def apply(kind):
        env = {**bench.env, "SERVER_SECONDS": str(server)}
        seconds[kind] = apply_overhead.cpu_seconds(line, env, bench.workspace.root)
        if server.exists():
            seconds[kind] += float(server.read_text())
            server.unlink()

    bench.presso("plan", "--all", *refresh)
    apply("new")
    apply("unchanged")
    bench.presso("destroy", "--all")
    shutil.rmtree(bench.workspace.home / "judged", ignore_errors=True)
    apply("new, never judged")
    bench.presso("destroy", "--all")
print(json.dumps(seconds))
"""


def measured(root: Path) -> dict[str, float]:
    """CPU seconds of each kind of apply in a checkout."""
    program = [root / ".venv/bin/python", "-c", PROGRAM]
    output = subprocess.run(program, cwd=root, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(output.splitlines()[-1])
    return found


def compared(now: Path, earlier: Path, rounds: int) -> int:
    """Measure both in turn and print the medians; 1 when an apply costs more than the target, else 0."""
    pairs = [(measured(earlier), measured(now)) for _ in range(rounds)]
    worst = 0.0
    for kind in KINDS:
        before, after = (
            statistics.median(found[kind] for found in each) for each in zip(*pairs, strict=True)
        )
        worst = max(worst, after / before)
        print(
            f"{kind}: {after:.2f} s CPU, before {before:.2f} s, ratio {after / before:.2f} (target {TARGET})"
        )
    return int(worst > TARGET)


def main() -> int:
    """Install the earlier version, measure, and remove it."""
    ref, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    now = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory(prefix="presso-since-") as name:
        earlier = Path(name).resolve() / "checkout"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", earlier, ref], cwd=now, check=True)
        try:
            subprocess.run([earlier / "presso", "--version"], check=True, stdout=subprocess.DEVNULL)
            return compared(now, earlier, rounds)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", earlier], cwd=now, check=True)


if __name__ == "__main__":
    raise SystemExit(main())

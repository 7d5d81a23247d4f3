"""How long presso takes to start, as a ratio to Python itself: `./presso --help` to `python -c pass`.

The launcher, the command line and its help are in it; the environment must be there already. Both are run in
turn, so that a busy machine slows them alike, and compared by their medians.

Run: .venv/bin/python benchmarks/start_up.py [ROUNDS]
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

TARGET_SECONDS = 0.3
COMMANDS = {
    "presso": [str(Path(__file__).parents[1] / "presso"), "--help"],
    "python": [sys.executable, "-c", "pass"],
}


def seconds(command: list[str]) -> float:
    """Run a command that prints; seconds of wall time.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print, and return 1 when presso takes longer than the target."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    for command in COMMANDS.values():
        seconds(command)  # the first time files come from the disk
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    presso, python = (statistics.median(taken[name]) for name in ("presso", "python"))
    print(f"./presso --help: {presso:.3f} s, median of {rounds} (target at most {TARGET_SECONDS} s)")
    print(f"python -c pass: {python:.3f} s, ratio {presso / python:.1f}")
    return int(presso > TARGET_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())

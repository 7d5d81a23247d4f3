"""What a job of the workflow fleet runs in the checkout: run.py matrix | destroy | apply | report.

The units of all shards are in a file that the jobs hand on as an artifact: a job's outputs have at most a
megabyte (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax).
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ACCOUNT = os.environ.get("ACCOUNT", "")
NAME = f"fleet{ACCOUNT}"  # how artifacts begin: a run may have a job for each account
SHARDS = Path("shards")
MATRIX = SHARDS / f"{NAME}-matrix" / "matrix.json"
HOME = Path(".presso")


def matrix() -> int:
    """Write the matrix of what has changed, its file and a summary; return presso's exit code."""
    of_account = ["--account", ACCOUNT] if ACCOUNT else []
    command = ["presso", "matrix", "--shards", os.environ["SHARDS"], *of_account]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return done.returncode
    MATRIX.parent.mkdir(parents=True, exist_ok=True)
    MATRIX.write_text(done.stdout)
    counts = [
        {"shard": each["shard"], "units": len(units_of(each)), "seconds": each["seconds"]}
        for each in shards()
    ]
    append("GITHUB_OUTPUT", f"matrix={json.dumps({'include': counts})}\nany={json.dumps(bool(counts))}\n")
    rows = "".join(f"| {each['shard']} | {each['units']} | {each['seconds']} s |\n" for each in counts)
    table = f"| shard | units | expected |\n|--:|--:|--:|\n{rows}" if rows else "Nothing has changed.\n"
    append("GITHUB_STEP_SUMMARY", f"## What has changed\n\n{table}")
    return 0


def shards() -> list[dict[str, Any]]:
    """Return the shards of the matrix."""
    found: list[dict[str, Any]] = json.loads(MATRIX.read_text())["include"]
    return found


def units_of(shard: dict[str, Any]) -> list[str]:
    """Return the units of a shard, as names."""
    return [*shard["destroy"].split(), *shard["apply"].split()]


def change(action: str) -> int:
    """Become presso, which applies or destroys the units of this shard; return 0 if there are none."""
    if action == "destroy":  # the first step of the job: what the cache has brought are runs of others
        shutil.rmtree(HOME / "runs", ignore_errors=True)
    (shard,) = [each for each in shards() if str(each["shard"]) == os.environ["SHARD"]]
    if units := shard[action].split():
        os.execvp("presso", ["presso", action, *units, "--yes"])  # noqa: S606
    return 0


def report() -> int:
    """Record the runs of all shards as one, and print it; return 1 if a unit failed, or has no record."""
    found = {f"{NAME}-shard-{each['shard']}": each for each in shards()}
    there = [name for name in found if [*(SHARDS / name).rglob("run.jsonl")]]
    for name in found:
        if (SHARDS / name / "units").is_dir():
            shutil.copytree(SHARDS / name / "units", HOME / "units", dirs_exist_ok=True)
    text, code = "", 0
    if there:
        command = ["presso", "runs", "merge", *(str(SHARDS / name) for name in there)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        text, code = done.stdout, done.returncode
    for name, shard in found.items():
        ended = recorded(SHARDS / name)
        if missing := [unit for unit in units_of(shard) if unit not in ended]:
            code = 1
            text += f"\n{name} has no record of {', '.join(missing)}\n"
    print(text)
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    append("GITHUB_STEP_SUMMARY", f"## What was done\n\n<pre>\n{escaped}</pre>\n")
    return code


def recorded(folder: Path) -> set[str]:
    """Return the units that the records below a folder have the end of."""
    found = set()
    for path in folder.rglob("run.jsonl"):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, TypeError, LookupError):  # cut off where a machine died
                found.add(str(json.loads(line)["unit"]))
    return found


def append(variable: str, text: str) -> None:
    """Append to the file that a variable of GitHub's names."""
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    job = sys.argv[1]
    sys.exit(matrix() if job == "matrix" else report() if job == "report" else change(job))

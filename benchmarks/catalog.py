"""How long the catalog takes: to list it, to validate 10,000 events, to read as many with generated classes.

CPU time, so that a busy machine does not matter much; medians. Listing and validating are whole commands,
with the rules in Terraform's text read before. Reading is compared with `json.loads` of the same texts.

Run: .venv/bin/python benchmarks/catalog.py [ROUNDS]
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from presso.catalog.bindings import generate
from presso.catalog.events import Catalog
from presso.catalog.generation import generated
from presso.workspace import Workspace

EVENT = "OrderManager.WaitingCompletion"
COUNT = 10_000
LIST_SECONDS, VALIDATE_SECONDS, READ_RATIO = 0.4, 2.0, 8.0


def of_command(*arguments: str) -> float:
    """CPU seconds of a presso command, of all its processes.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    presso = str(Path(__file__).parents[1] / "presso")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([presso, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def of_call(call: Callable[[], object]) -> float:
    """CPU seconds of a call in this process."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def main() -> int:
    """Measure, print, and return 1 when a target is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory(prefix="presso-benchmark-") as folder:
        catalog = Catalog.load(Workspace.find(folder))
        texts = [json.dumps(event) for event in generated(catalog.find(EVENT), COUNT, seed=1)]
        (file := Path(folder, "events.jsonl")).write_text("\n".join(texts), encoding="utf-8")
        (package := Path(folder, "events")).mkdir()
        for name, text in generate(catalog, [EVENT], "python").items():
            (package / name).write_text(text, encoding="utf-8")
        sys.path.insert(0, folder)
        from events import parse_any  # type: ignore[import-not-found]

        sides: dict[str, Callable[[], float]] = {
            "list": lambda: of_command("catalog", "list"),
            "validate": lambda: of_command("catalog", "validate", str(file)),
            "read": lambda: of_call(lambda: [parse_any(text) for text in texts]),
            "json": lambda: of_call(lambda: [json.loads(text) for text in texts]),
        }
        for side in sides.values():
            side()  # the first time rules are read, and files come from the disk
        taken = {name: statistics.median(side() for _ in range(rounds)) for name, side in sides.items()}
    ratio = taken["read"] / taken["json"]
    print(f"presso catalog list: {taken['list']:.2f} s (target at most {LIST_SECONDS} s)")
    print(f"validating {COUNT} events: {taken['validate']:.2f} s (target at most {VALIDATE_SECONDS} s)")
    print(f"reading {COUNT} events: {taken['read']:.2f} s, ratio {ratio:.1f} (target at most {READ_RATIO})")
    missed = taken["list"] > LIST_SECONDS or taken["validate"] > VALIDATE_SECONDS or ratio > READ_RATIO
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())

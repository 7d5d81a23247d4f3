"""Run the examples of community modules on the offline provider and the local AWS; print a table.

    PYTHONPATH=scripts:. .venv/bin/python -m tests.acceptance MODULES [EXAMPLE…]

MODULES is a folder of Git checkouts named as their repositories (`terraform-aws-sqs`), with their tags. Which
examples run, which need something from outside, and which stop at a documented limit is in `examples.yaml`.
Each example runs in a copy, in an account of its own: init, validate, plan, apply, a second plan, which must
be empty, and destroy, after which nothing may be left. Exit code 0: each passed or stopped at its limit.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.acceptance.checkouts import Checkouts, Example, NoSuchModule
from tests.acceptance.cycle import Cycle, Outcome
from tests.acceptance.known import Known
from tests.acceptance.table import page, printed

from presso.deployment import target_environment
from presso.local_aws import LocalAws, Running

PAGE = Path(__file__).parents[2] / "docs/offline-provider.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments name; the exit code."""
    given = _parser().parse_args(arguments)
    known = Known.read()
    with tempfile.TemporaryDirectory(prefix="acceptance-") as temporary:
        folder = Path(temporary)
        checkouts = Checkouts(given.modules.resolve(), folder / "modules")
        chosen = [
            example
            for module in known.modules
            for example in checkouts.examples(module)
            if not given.examples or any(name in str(example) for name in given.examples)
        ]
        runnable = [example for example in chosen if str(example) not in known.outside]
        local = LocalAws(folder / "aws")
        running = local.ensure()
        try:
            with ThreadPoolExecutor(given.jobs) as pool:
                runs = [
                    pool.submit(
                        _run, number, example, checkouts, running, folder, str(example) in known.again
                    )
                    for number, example in enumerate(runnable)
                ]
                for run in as_completed(runs):
                    print(printed(run.result(), known), flush=True)
                outcomes = [run.result() for run in runs]
        finally:
            local.stop()
    if given.json:
        given.json.write_text(json.dumps([outcome.to_json() for outcome in outcomes], indent=1) + "\n")
    if given.page:
        PAGE.write_text(page(PAGE.read_text(), outcomes, known, [str(each) for each in chosen]))
    passed = sum(outcome.passed for outcome in outcomes)
    print(f"{passed} of {len(outcomes)} passed; {len(chosen) - len(runnable)} need something from outside.")
    return 0 if all(outcome.passed or outcome.example in known.limits for outcome in outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "tests.acceptance", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("modules", type=Path, help="the folder of checkouts")
    parser.add_argument("examples", nargs="*", help="parts of examples' names, such as 'sqs complete'; all")
    parser.add_argument("--jobs", type=int, default=2, help="examples at a time (2)")
    parser.add_argument("--json", type=Path, help="write the outcomes to this file")
    parser.add_argument("--page", action="store_true", help=f"write their rows into {PAGE.name}")
    return parser


def _run(
    number: int, example: Example, checkouts: Checkouts, running: Running, temporary: Path, again: bool
) -> Outcome:
    outcome = Outcome(str(example), checkouts.version(example.module))
    env = dict(target_environment.of_local(running, None).env)
    env |= {"AWS_ACCESS_KEY_ID": f"{900000000000 + number}", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    try:
        copy = checkouts.copy(example.module, "HEAD", temporary / f"{number}-{example.module}")
    except NoSuchModule as missing:
        outcome.stopped, outcome.reasons = "init", [str(missing)]
        return outcome
    Cycle(copy / example.path, env, again).run(outcome)
    return outcome


if __name__ == "__main__":
    sys.exit(main())

"""The project's own checks: its tests and linters."""

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from presso import interruption, terminal
from presso.errors import PressoError
from presso.terraform import terraform_cli
from presso.workspace import Workspace

# Options of pytest's that rule out several processes, or set their number.
_NUMBERED = ("-n", "--numprocesses", "--dist", "--pdb", "--trace")
# How the plugin that knows those options is left out, after -p.
_NO_XDIST = "no:xdist"

# str.decode: the type of a name is guessed, at times wrongly; mypy finds it.
_VERMIN = ("--target=3.11-", "--violations", "--quiet", "--no-tips", "-vvv", "--exclude", "str.decode")
_PYTHON = ("scripts", "tests", "extensions", "benchmarks")


def run_tests(workspace: Workspace, arguments: Sequence[str]) -> NoReturn:
    """Become pytest on the whole suite, several tests at a time.

    Raises:
        PressoError: pytest is not installed.
        Stopped: A stop is requested.
    """
    _need_tools("pytest", "xdist")
    alone = any(it.startswith(_NUMBERED) or it.endswith(_NO_XDIST) for it in arguments)
    parallel = [] if alone else ["-n", "auto"]
    os.chdir(workspace.root)
    sys.stdout.flush()
    with interruption.handed_over():
        program = [sys.executable, "-m", "presso.testing.signals", *parallel, *arguments]
        os.execv(sys.executable, program)  # noqa: S606


def run_lint(workspace: Workspace) -> int:
    """Run every linter, all of them also when one complains; return 0, or 1 when one did.

    Raises:
        PressoError: A linter is not installed.
    """
    _need_tools("ruff", "mypy")
    failed = []
    env = terraform_cli.environment({})
    for name, command in _linters(workspace):
        terminal.say(terminal.styled(name, "bold", sys.stderr))
        if subprocess.run(command, cwd=workspace.root, env=env, check=False).returncode:
            failed.append(name)
    if failed:
        terminal.error(
            f"Failed: {', '.join(failed)}.",
            "ruff format, ruff check --fix and terraform fmt repair much.",
        )
    return 1 if failed else 0


def _linters(workspace: Workspace) -> list[tuple[str, list[str]]]:
    python = [sys.executable, "-m"]
    program = partial(os.path.join, Path(sys.executable).parent)
    shells = ("presso", "locks/update", ".ci/review", ".ci/run", ".ci/smoke")
    scripts = [path for path in shells if (workspace.root / path).is_file()]
    return [
        ("ruff check", [*python, "ruff", "check"]),
        ("ruff format", [*python, "ruff", "format", "--check"]),
        ("mypy", [*python, "mypy"]),
        ("imports", [program("lint-imports"), "--no-cache", "--no-logo"]),
        # Patch releases have additions too, which it does not detect: .ci/run tries an old one.
        ("features of the oldest Python", [program("vermin"), *_VERMIN, *_PYTHON]),
        ("terraform fmt", [*terraform_cli.find().command, "fmt", "-check", "-diff", "-recursive"]),
        ("tables of the modules", [*python, "presso.hcl.module_docs", "--check"]),
        ("reference of the commands", [*python, "presso.project.cli_docs", "--check"]),
        ("catalog and scenarios", [*python, "presso", "--quiet", "catalog", "validate"]),
        ("code owners", [*python, "presso.project.code_owners", "--check"]),
        ("code for events", [*python, "presso.catalog.bindings"]),
        ("checks of the gate", [*python, "presso.project.checks_page", "--check"]),
        ("page of the types", [*python, "offline_aws.types_page", "--check"]),
        ("pictures of the architecture", [*python, "presso.project.architecture", "--check"]),
        ("words of the texts", [*python, "presso.project.words"]),
        ("shellcheck", [program("shellcheck"), *scripts]),
    ]


def _need_tools(*modules: str) -> None:
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise PressoError(
            f"{', '.join(missing)}: not installed here.",
            hint="Start it as ./presso test or ./presso lint: that installs what they need.",
        )

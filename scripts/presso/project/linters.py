"""The linters of presso's own checkout."""

import os
import sys
from functools import partial
from pathlib import Path

from presso.testing import linting
from presso.testing.linting import PYTHON, Linter
from presso.workspace import Workspace

# str.decode: the type of a name is guessed, at times wrongly; mypy finds it.
_VERMIN = ("--target=3.11-", "--violations", "--quiet", "--no-tips", "-vvv", "--exclude", "str.decode")
_VENDORED = ("--exclude-regex", "/src/vendor/")  # others' code
_PYTHON = ("scripts", "tests", "extensions", "benchmarks")


def of_presso(workspace: Workspace) -> list[Linter]:
    """Return the linters of every checkout and those of presso's own."""
    program = partial(os.path.join, Path(sys.executable).parent)
    of_ci = [f".ci/{name}" for name in ("copy", "dependencies", "release", "review", "run", "smoke")]
    shells = ("presso", "locks/update", *of_ci)
    scripts = [path for path in shells if (workspace.root / path).is_file()]
    return [
        *linting.of_platform(),
        ("mypy", [*PYTHON, "mypy"]),
        ("imports", [program("lint-imports"), "--no-cache", "--no-logo"]),
        # Patch releases have additions too, which it does not detect: .ci/run tries an old one.
        ("features of the oldest Python", [program("vermin"), *_VERMIN, *_VENDORED, *_PYTHON]),
        ("reference of the commands", [*PYTHON, "presso.project.cli_docs", "--check"]),
        ("code owners", [*PYTHON, "presso.project.code_owners", "--check"]),
        ("what is verified on AWS", [*PYTHON, "presso.project.verified_page", "--check"]),
        ("checks of the gate", [*PYTHON, "presso.project.checks_page", "--check"]),
        ("index of the scenarios", [*PYTHON, "presso.project.scenario_index", "--check"]),
        ("models of AWS's APIs", [*PYTHON, "offline_aws.api_models_file", "--check"]),
        ("page of the types", [*PYTHON, "offline_aws.types_page", "--check"]),
        ("pictures of the architecture", [*PYTHON, "presso.project.architecture", "--check"]),
        ("words of the texts", [*PYTHON, "presso.project.words"]),
        ("shellcheck", [program("shellcheck"), *scripts]),
    ]

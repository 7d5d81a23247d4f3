"""Every pattern in every language: made, checked, tested, applied, played and destroyed, as it is."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.presso.gate import together
from tests.presso.scaffold.conftest import bench_in
from tests.terraform import Terraform

from presso.gate.planner import Planner
from presso.hcl import module_docs
from presso.scaffold.answers import LANGUAGES, PATTERNS

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.scaffold.conftest import Bench

EVENTS = ("OrderManager.WaitingCompletion", "OrderProcessor.ShopUnavailable")
COMBINATIONS = [(pattern, language) for language in LANGUAGES for pattern in PATTERNS]


def name_of(pattern: str, language: str) -> str:
    """A name as long as names may be."""
    return f"{language[0].lower()}-{pattern}{'x' * 20}"[:20]


@pytest.fixture(scope="module")
def all_of_them(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> "Bench":
    """A checkout with an extension of each combination."""
    bench = bench_in(tmp_path_factory.mktemp("scaffold") / "checkout", checkout)
    for pattern, language in COMBINATIONS:
        bench.new(name_of(pattern, language), pattern=pattern, language=language, events=EVENTS)
    return bench


def test_every_combination_passes_the_gate_without_a_warning(all_of_them: "Bench") -> None:
    workspace = all_of_them.workspace
    with Planner(workspace) as planner:
        roots = [workspace.extensions / name_of(*combination) for combination in COMBINATIONS]
        reports = together.checked(workspace, planner, roots)
    assert len({report.extension for report in reports}) == len(PATTERNS) * len(LANGUAGES)
    assert [(report.extension, report.findings) for report in reports if report.findings] == []
    assert all(report.passed and report.planned for report in reports)


def test_every_combination_is_formatted_and_its_tables_are_written(all_of_them: "Bench") -> None:
    root = all_of_them.root
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        [*ruff, "check", "--config", str(root / "pyproject.toml"), "extensions"],
        [*ruff, "format", "--check", "--diff", "--config", str(root / "pyproject.toml"), "extensions"],
    ):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    Terraform(root).run("fmt", "-check", "-diff", "-recursive", "extensions")
    assert [path for path in module_docs.stale(root) if "extensions" in path.parts] == []


@pytest.mark.timeout(600)
def test_every_combination_passes_its_tests_and_does_its_job_in_a_tenant(all_of_them: "Bench") -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-c",
                "pyproject.toml",
                "--rootdir",
                ".",
                "-p",
                "no:cacheprovider",
            ),
            *("-vv", "-n0", "--timeout=300", "extensions"),
        ],
        cwd=all_of_them.root,
        env={**env, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    passed = re.findall(r"^extensions/([\w-]+)/tests/(\S+?)::\S+ PASSED", done.stdout, re.MULTILINE)
    files = {(extension, file) for extension, file in passed}
    for pattern, language in COMBINATIONS:
        name = name_of(pattern, language)
        kinds = Counter(file.rpartition(".")[2] for extension, file in files if extension == name)
        assert {(name, "plan.yaml"), (name, "test_played.py")} <= files
        assert kinds["mjs" if language == "Node.js" else "py"] >= 2, (name, kinds)

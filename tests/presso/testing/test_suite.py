"""`presso test` runs what it promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from presso.errors import PressoError
from presso.testing import suite
from presso.workspace import Workspace


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pytest would have been started with."""
    found: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, line: found.append(line))
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    return found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ["-n", "auto"]),
        (["tests/presso", "-k", "units"], ["-n", "auto", "tests/presso", "-k", "units"]),
        (
            ["extensions/order-metrics", "-k", "x"],
            ["-n", "0", "-p", "no:hypothesispytest", "extensions/order-metrics", "-k", "x"],
        ),
        (
            ["extensions/order-metrics", "--deselect", "extensions/order-metrics/tests/test_played.py"],
            [
                *("-n", "0", "-p", "no:hypothesispytest", "extensions/order-metrics"),
                *("--deselect", "extensions/order-metrics/tests/test_played.py"),
            ],
        ),
        (["extensions/a", "extensions/b"], ["-n", "auto", "extensions/a", "extensions/b"]),
        (["-n", "1"], ["-n", "1"]),
        (["-n4", "-x"], ["-n4", "-x"]),
        (["--pdb"], ["--pdb"]),
        (["-p", "no:xdist"], ["-p", "no:xdist"]),
        (["-pno:xdist"], ["-pno:xdist"]),
        (["-p", "no:cacheprovider"], ["-n", "auto", "-p", "no:cacheprovider"]),
    ],
)
def test_arguments_go_to_pytest(started: list[list[str]], given: list[str], expected: list[str]) -> None:
    suite.become_pytest(Workspace.find(), given)
    assert started == [[sys.executable, "-m", "presso.testing.signals", *expected]]


def test_an_extension_whose_tests_use_hypothesis_has_its_plugin(
    started: list[list[str]], tmp_path: Path
) -> None:
    tests = tmp_path / "extensions" / "orders" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_orders.py").write_text("from hypothesis import given\n")
    suite.become_pytest(Workspace(tmp_path, tmp_path / ".presso"), ["extensions/orders/tests/test_orders.py"])
    assert started[0][3:] == ["-n", "0", "extensions/orders/tests/test_orders.py"]


@pytest.mark.slow
def test_a_failing_test_is_the_exit_code(tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text("def test_it():\n    assert False\n")
    done = subprocess.run(
        [sys.executable, "-m", "presso", "test", str(test), "-n0", "-p", "no:cacheprovider"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_missing_tools_are_named_with_the_way_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "find_spec", lambda name: None)
    with pytest.raises(PressoError, match="pytest, xdist: not installed") as error:
        suite.become_pytest(Workspace.find(), [])
    assert "./presso" in error.value.hint
    assert "presso[test]" in error.value.hint

"""Which Python everything runs on, and that the smoke test leaves no command out."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
from tests.patience import PATIENCE

from presso import cli

pytestmark = pytest.mark.slow

CI = Path(__file__).parents[2] / ".ci"


@dataclass(frozen=True)
class Machine:
    """A checkout and a PATH with stand-ins, which write down what they are run with."""

    root: Path

    def python(self, name: str, version: str) -> Path:
        """Put a Python on PATH; without a version it does not run, as pyenv's that is not chosen."""
        path = self.root / "bin" / name
        body = f"echo {version}" if version else 'echo "pyenv: command not found" >&2; exit 127'
        return self.script(path, body)

    def script(self, path: Path, body: str) -> Path:
        """Write a program."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def run(self, system: Path | None = None, **env: str) -> list[str]:
        """Run `.ci/run`; each of what it ran, after the Python that was asked for."""
        env = {"PATH": str(self.root / "bin"), "SYSTEM_PYTHON": str(system or self.root / "none"), **env}
        subprocess.run(
            [self.root / ".ci" / "run"], env=env, check=True, capture_output=True, timeout=PATIENCE
        )
        return (self.root / "log").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    note = f'echo "${{PYTHON:-}}: ${{0##*/}} $*" >>{tmp_path}/log'
    for name in ("presso", ".ci/smoke"):
        made.script(tmp_path / name, note)
    shutil.copy(CI / "run", tmp_path / ".ci" / "run")
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "dirname"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return made


def suite_on(python: str) -> list[str]:
    return [f"{python}: presso --version", ": presso lint", ": presso test"]


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"python3": "003.011.002"}, "python3"),
        ({"python3": "003.011.002", "python3.13": "003.013.000", "python3.12": "003.012.009"}, "python3.13"),
        ({"python3": "003.014.000", "python3.14": "003.014.000", "python3.11": "003.011.000"}, "python3"),
        ({"python3": "003.011.007", "python3.13": "", "python3.12": "003.012.001"}, "python3.12"),
        ({"python3": "", "python3.12": "", "python3.11": "003.011.000"}, "python3.11"),
        ({}, "python3"),
    ],
    ids=["the only one", "beside others", "the usual name of it", "one does not run", "two do not", "none"],
)
def test_the_suite_runs_on_the_newest_python_that_runs(
    machine: Machine, found: dict[str, str], chosen: str
) -> None:
    for name, version in found.items():
        machine.python(name, version)
    assert machine.run() == suite_on(chosen)


def test_a_python_that_is_named_is_taken(machine: Machine) -> None:
    machine.python("python3", "003.014.000")
    machine.python("oldest", "003.011.000")
    assert machine.run(PYTHON="oldest") == suite_on("oldest")


def test_every_command_runs_on_the_systems_python_too(machine: Machine) -> None:
    machine.python("python3", "003.011.002")
    machine.python("python3.13", "003.013.000")
    system = machine.python("system", "003.011.002")
    assert machine.run(system) == [*suite_on("python3.13"), f"{system}: smoke "]


@pytest.mark.parametrize("version", ["003.011.002", ""], ids=["the same", "not to be run"])
def test_a_system_python_that_adds_nothing_is_left_out(machine: Machine, version: str) -> None:
    machine.python("python3", "003.011.002")
    assert machine.run(machine.python("system", version)) == suite_on("python3")


def commands(group: Any, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_the_smoke_test_has_every_command() -> None:
    run = re.findall(r"^(?:smoke|\./presso) ([a-z].*)$", (CI / "smoke").read_text(), re.MULTILINE)
    known = commands(typer.main.get_command(cli.app))
    assert [name for name in known if not any(f"{line} ".startswith(f"{name} ") for line in run)] == []

"""`presso lint --fix` repairs what the linters' own programs can, and then reports the rest."""

import subprocess
from pathlib import Path

import pytest

from presso.testing import linting
from presso.workspace import Workspace


def test_programs_repair_before_they_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 1 if "ruff" in command else 0)

    monkeypatch.setattr(linting.subprocess, "run", run)
    linters = [
        ("ruff check", ["python", "-m", "ruff", "check"]),
        ("terraform fmt", ["terraform", "fmt", "-check", "-diff", "-recursive"]),
        ("a page", ["python", "-m", "page", "--check"]),
        ("types", ["python", "-m", "mypy"]),
    ]
    workspace = Workspace(tmp_path, tmp_path / ".presso")
    assert linting.run(workspace, linters) == 1
    assert commands == [command for _, command in linters]
    commands.clear()
    assert linting.run(workspace, linters, fix=True) == 1
    assert commands == [
        ["python", "-m", "ruff", "check", "--fix", "--quiet"],
        ["terraform", "fmt", "-recursive"],
        ["python", "-m", "page"],
        *(command for _, command in linters),
    ]

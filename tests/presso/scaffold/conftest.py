"""A checkout to make extensions in: the real modules, catalog and scaffold, and extensions of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.patience import PATIENCE
from typer.testing import CliRunner

from presso.cli import app, globals_first
from presso.presenters import scaffold
from presso.scaffold.answers import Given
from presso.workspace import Workspace


@dataclass(frozen=True)
class Bench:
    """A checkout, and presso on it."""

    workspace: Workspace

    @property
    def root(self) -> Path:
        return self.workspace.root

    def new(self, name: str, **changed: object) -> Path:
        """Make an extension in this process; its folder."""
        said = {"author": "Ada Lovelace", "events": ("OrderManager.OrderCompleted",)}
        said |= {"pattern": "function", "language": "python"}
        scaffold.new(self.workspace, Given(name=name, **{**said, **changed}), json_wanted=True)  # type: ignore[arg-type]
        return self.workspace.extensions / name

    def presso(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run presso as a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "presso", *arguments],
            env={**os.environ, "PRESSO_ROOT": str(self.root), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def here(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run presso in this process: starting one takes most of the time of what is refused at once."""
        env = {"PRESSO_ROOT": str(self.root)}
        ran = CliRunner().invoke(app, globals_first(arguments), prog_name="presso", env=env)
        return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)

    def made(self) -> list[str]:
        """What there is in the checkout beside what it began with, and what is left of the making."""
        places = (self.workspace.extensions, self.root / ".presso" / "new", self.root / "tests")
        return sorted(
            str(p.relative_to(self.root)) for place in places for p in place.rglob("*") if p.is_file()
        )

    def extension(self, name: str) -> None:
        """Copy an extension of the real checkout."""
        left = shutil.ignore_patterns("__pycache__", ".pytest_cache")
        source = Path(__file__).parents[3] / "extensions" / name
        shutil.copytree(source, self.workspace.extensions / name, ignore=left)


def bench_in(root: Path, checkout: Path) -> Bench:
    root.mkdir(parents=True)
    for part in ("modules", "cookiecutter-extension", "pyproject.toml"):
        (root / part).symlink_to(checkout / part)
    for part in ("extensions", "tenants"):
        (root / part).mkdir()
    return Bench(Workspace(root, root / ".presso"))


@pytest.fixture
def bench(tmp_path: Path, checkout: Path) -> Bench:
    """A checkout of this test's own, without extensions."""
    return bench_in(tmp_path / "checkout", checkout)

"""`presso init`, from the wheel: with nothing of this checkout."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import presso
from presso.errors import UsageError
from presso.scaffold import new_platform
from presso.workspace import Workspace

ROOT = Workspace.find().root


class Installed:
    """presso's wheel in a folder, and a platform that it has created."""

    def __init__(self, folder: Path) -> None:
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "lib")
        self._folder = folder
        self.platform = folder / "acme"

    def run(self, *arguments: str, here: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the installed presso in the platform."""
        left_out = {"PRESSO_ROOT", "_PRESSO_CHECKOUT", "PRESSO_HOME"}
        env = {name: value for name, value in os.environ.items() if name not in left_out}
        env["PYTHONPATH"] = str(self._folder / "lib")
        command = [sys.executable, "-m", "presso", *arguments]
        return subprocess.run(
            command, cwd=here or self.platform, env=env, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    found = Installed(tmp_path_factory.mktemp("wheel"))
    done = found.run("init", "acme", here=found.platform.parent)
    assert done.returncode == 0, done.stderr
    assert "presso demo" in done.stderr
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "status",
        "catalog validate",
        "check --all --level static",
        "new cups --event OrderManager.OrderCompleted --pattern function --language python --author Ann",
        "plan nyc",
        "lint",
    ],
)
def test_an_installed_presso_works_on_a_platform_of_its_own(installed: Installed, command: str) -> None:
    done = installed.run(*command.split())
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert str(ROOT) not in f"{done.stdout}{done.stderr}"
    if command == "plan nyc":
        installed.run("down")


@pytest.mark.slow
def test_a_changed_module_and_another_version_are_found(installed: Installed) -> None:
    assert list(new_platform.faults(installed.platform)) == []
    module = installed.platform / "modules" / "tenant" / "main.tf"
    mark = installed.platform / new_platform.MARK
    before = module.read_text(), mark.read_text()
    try:
        module.write_text(f"{before[0]}# mine\n")
        mark.write_text(before[1].replace(presso.__version__, "0.0.9"))
        older, changed = new_platform.faults(installed.platform)
    finally:
        module.write_text(before[0])
        mark.write_text(before[1])
    assert "presso 0.0.9 wrote it" in older
    assert "modules or cookiecutter-extension has changed" in changed


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(UsageError, match="not an empty folder"):
        new_platform.create(tmp_path)
    with pytest.raises(UsageError, match="not an empty folder"):
        new_platform.create(tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_platform_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(root: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(new_platform, "digest", full)
    with pytest.raises(presso.errors.PressoError, match="No space left"):
        new_platform.create(tmp_path / "acme")
    assert list(tmp_path.iterdir()) == []


def test_extras_are_the_groups_that_the_launcher_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    for name, packages in project["project"]["optional-dependencies"].items():
        assert set(packages) <= set(groups["dev"]) if name == "lint" else packages == groups[name]

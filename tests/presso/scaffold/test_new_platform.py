"""`presso init`, from the wheel: with nothing of this checkout."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import presso
import presso.errors
from presso.errors import UsageError
from presso.scaffold import new_platform, platform_upgrade, updating
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
        self.library = folder / "lib"
        self.platform = folder / "acme"

    def run(self, *arguments: str, here: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the installed presso in the platform."""
        left_out = {"PRESSO_ROOT", "_PRESSO_CHECKOUT", "PRESSO_HOME"}
        env = {name: value for name, value in os.environ.items() if name not in left_out}
        env["PYTHONPATH"] = str(self.library)
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
def test_the_wheel_has_the_files_of_the_dashboards_page(installed: Installed) -> None:
    kept = Path("presso", "dashboard", "static")
    names = {path.name for path in (ROOT / "scripts" / kept).iterdir()}
    assert {path.name for path in (installed.library / kept).iterdir()} == names
    assert {"index.html", "app.js", "dashboard.css", "preact.js", "preact-license.txt"} <= names


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
    assert changed.startswith("modules/tenant/main.tf: not as presso 0.0.9 has it")


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
    def full(content: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(new_platform, "blob_id", full)
    with pytest.raises(presso.errors.PressoError, match="No space left"):
        new_platform.create(tmp_path / "acme")
    assert list(tmp_path.iterdir()) == []


def test_extras_are_the_groups_that_the_launcher_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    for name, packages in project["project"]["optional-dependencies"].items():
        assert set(packages) <= set(groups["dev"]) if name == "lint" else packages == groups[name]


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A platform of version 0.0.1, committed; that version had other words and one file more."""
    monkeypatch.setattr(new_platform, "__version__", "0.0.1")
    root = tmp_path / "acme"
    new_platform.create(root)
    tenant = root / "modules" / "tenant" / "variables.tf"
    tenant.write_text(f"# Of then.\n{tenant.read_text()}")
    gone = root / "modules" / "tenant" / "gone.tf"
    gone.write_text("# Of then.\n")
    locked = new_platform.locked(root) | {
        path.relative_to(root).as_posix(): new_platform.blob_id(path.read_bytes()) for path in (tenant, gone)
    }
    lines = [f"{content}  {name}\n" for name, content in locked.items()]
    (root / new_platform.LOCK).write_text("".join(lines))
    _git(root, "init", "-q")
    _commit(root)
    monkeypatch.undo()
    return Workspace(root, root / ".presso")


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments], cwd=root, check=True)


def _commit(root: Path) -> None:
    _git(root, "add", "--all")
    _git(root, "commit", "-qm", "platform")


@pytest.mark.slow
def test_an_upgrade_brings_what_is_new_and_keeps_what_is_the_teams(platform: Workspace) -> None:
    root = platform.root
    readme, own = root / "README.md", root / "modules" / "mine" / "main.tf"
    readme.write_text(readme.read_text() + "\nOurs.\n")
    own.parent.mkdir()
    own.write_text("# mine\n")
    _commit(root)
    (root / "tenants" / "nyc" / "tenant.yaml").write_text("name: nyc\ntitle: Ours\n")

    before, merged = platform_upgrade.upgrade(platform)

    assert before == "0.0.1"
    assert merged.conflicts == []
    assert {"README.md", "presso.yaml", "requirements.txt", "modules/tenant/gone.tf"} <= {*merged.changed}
    assert "Of then" not in (root / "modules" / "tenant" / "variables.tf").read_text()
    assert not (root / "modules" / "tenant" / "gone.tf").exists()
    assert f"created with presso {presso.__version__}" not in readme.read_text()
    assert readme.read_text().endswith("\nOurs.\n")
    assert presso.__version__ in readme.read_text()
    assert own.read_text() == "# mine\n"
    assert "Ours" in (root / "tenants" / "nyc" / "tenant.yaml").read_text()
    _commit(root)
    assert platform_upgrade.upgrade(platform)[1] == updating.Merge()


@pytest.mark.slow
def test_an_upgrade_that_was_cut_short_goes_on(platform: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(source: Path, target: Path) -> None:
        if platform_upgrade._is_record(target.relative_to(platform.root).as_posix()):
            raise KeyboardInterrupt
        put(source, target)

    put = platform_upgrade._put
    monkeypatch.setattr(platform_upgrade, "_put", cut)
    with pytest.raises(KeyboardInterrupt):
        platform_upgrade.upgrade(platform)
    monkeypatch.undo()
    assert platform_upgrade.upgrade(platform)[1].changed == [new_platform.MARK]
    assert list(new_platform.faults(platform.root)) == []


@pytest.mark.slow
def test_both_changes_of_one_line_are_a_conflict(platform: Workspace) -> None:
    requirements = platform.root / "requirements.txt"
    requirements.write_text(requirements.read_text().replace("lint,", ""))
    _, merged = platform_upgrade.upgrade(platform)
    assert merged.conflicts == ["requirements.txt"]
    assert "<<<<<<<" in requirements.read_text()


def test_an_upgrade_needs_what_init_recorded(tmp_path: Path) -> None:
    root = tmp_path / "acme"
    new_platform.create(root)
    platform = Workspace(root, root / ".presso")
    for wrong in ("x\n", f"{'0' * 40}  ../../passwd\n", f"{'0' * 40}  /etc/passwd\n"):
        (root / new_platform.LOCK).write_text(wrong)
        with pytest.raises(UsageError, match=r"presso\.lock:1: not an id and a path"):
            platform_upgrade.upgrade(platform)
    (root / new_platform.MARK).unlink()
    with pytest.raises(UsageError, match=r"has no presso\.yaml"):
        platform_upgrade.upgrade(platform)

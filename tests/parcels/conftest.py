"""A platform about parcels: `presso init`, with the events, scenario and tenants of `platform/` in it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.patience import PATIENCE
from tests.shared_packages import share_packages

from presso import platform_settings
from presso.scaffold import new_extension, new_platform
from presso.scaffold.answers import Given
from presso.workspace import Workspace

ROOT = Workspace.find().root
SOURCES = ("parcels.intake", "parcels.sorting")
FILES = Path(__file__).parent / "platform"
RECORDS = Given(
    name="parcel-records",
    author="Ada Lovelace",
    events=("Intake.ParcelAccepted", "Sorting.ParcelRouted"),
    pattern="table-writer",
    language="python",
)
DIGEST = Given(
    name="depot-digest",
    author="Ada Lovelace",
    events=("Sorting.ParcelMissorted",),
    pattern="scheduled-digest",
    language="node.js",
)


@dataclass(frozen=True)
class Parcels:
    """The platform, and presso in it as it is installed: a process that knows no other checkout."""

    workspace: Workspace

    @property
    def root(self) -> Path:
        return self.workspace.root

    def presso(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        left_out = {"PRESSO_ROOT", "_PRESSO_CHECKOUT", "PRESSO_HOME"}
        env = {name: value for name, value in os.environ.items() if name not in left_out}
        return subprocess.run(
            [sys.executable, "-m", "presso", *arguments],
            cwd=self.root,
            env={**env, "PYTHONPATH": str(ROOT / "scripts")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def platform_in(folder: Path) -> Workspace:
    """The platform without extensions, in a folder that does not exist yet."""
    new_platform.create(folder, SOURCES)
    for part in ("catalog", "scenarios", "tenants"):
        shutil.rmtree(folder / part)
    shutil.copytree(FILES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("presso.yaml"))
    settings = folder / platform_settings.FILE
    head = settings.read_text().partition("events:\n")[0]
    settings.write_text(head + (FILES / settings.name).read_text())
    return Workspace(folder, folder / ".presso")


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Parcels:
    """The platform with two extensions that `presso new` has made."""
    workspace = platform_in(tmp_path_factory.mktemp("own") / "parcels")
    share_packages(ROOT, workspace.root)
    for given in (RECORDS, DIGEST):
        new_extension.new(workspace, given)
    return Parcels(workspace)

"""A full disk, before a run and in the middle of one: one clear error, and nothing is lost."""

import contextlib
import dataclasses
import json
import os
import re
import resource
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.patience import PATIENCE

from presso import disk
from presso.deployment.command import Display
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.conftest import Small

NYC = Unit("nyc")
CUPS = Unit("nyc", "cups")
# What Terraform 1.11.4 printed on a disk of 64 KB, shortened.
TRANSCRIPT = Path(__file__).parent / "resources" / "full_disk.jsonl"


@dataclass
class Disk:
    """A small disk that holds a checkout's home.

    Where none can be mounted (it takes root), only Terraform's backup of the state meets one.

    Args:
        small: The checkout.
        folder: The home's.
        mounted: Whether it is a disk of its own.
    """

    small: "Small"
    folder: Path
    mounted: bool

    @property
    def state(self) -> Path:
        """The state of nyc/cups."""
        return CUPS.state(self.small.workspace)

    @property
    def errored(self) -> Path:
        """Where its state is that could not be saved."""
        return CUPS.folder(self.small.workspace) / "errored.tfstate"

    def filling(self) -> None:
        """Let a second resource of the extension `cups` fill the disk when it is made."""
        command = f"cat /dev/zero > {self.folder}/ballast || true"
        if not self.mounted:
            command = f"ln -sf /dev/full {self.state}.backup"
        self.more(f'provisioner "local-exec" {{\n command = "{command}"\n }}')

    def fill(self) -> None:
        """Leave room for Terraform's lock and for nothing larger."""
        if self.mounted:
            with (self.folder / "ballast").open("wb") as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
                    file.flush()
            os.truncate(file.name, Path(file.name).stat().st_size - 8192)
        else:
            Path(f"{self.state}.backup").unlink(missing_ok=True)
            Path(f"{self.state}.backup").symlink_to("/dev/full")

    def more(self, provisioner: str = "") -> None:
        """Write that resource, which has many bytes in the state."""
        size = 'input = format("%9000s", "")\n depends_on = [terraform_data.table]'
        text = f'resource "terraform_data" "more" {{\n {size}\n {provisioner}\n }}'
        self.small.write("extensions/cups/more.tf", text)

    def free(self) -> None:
        """Make room again, and fill it no more."""
        self.more()
        for path in (self.folder / "ballast", Path(f"{self.state}.backup")):
            path.unlink(missing_ok=True)

    def run(self, action: Action, display: Display | None = None) -> Outcome:
        """Run a command on nyc/cups."""
        return self.small.run(action, "nyc/cups", display=display)["nyc/cups"]

    def follow(self, hint: str) -> None:
        """Run a hint's command that saves the state, in the checkout."""
        command = re.search(r"Save it: (.*)", hint)
        assert command, hint
        subprocess.run(command[1], shell=True, cwd=self.small.workspace.root, check=True)


@pytest.fixture
def small_disk(small: "Small", tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "presso-test", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    small = dataclasses.replace(small, workspace=Workspace(small.workspace.root, folder / "home"))
    try:
        assert small.run("apply", "nyc")["nyc"].result == "applied"
        yield Disk(small, folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def instances(path: Path) -> set[str]:
    """The resources that a state holds, by name."""
    document = json.loads(path.read_text())
    return {each["name"] for each in document["resources"]}


class TestInTheMiddle:
    @pytest.mark.parametrize("applied", [False, True], ids=["a first apply", "a later one"])
    def test_of_an_apply_nothing_is_lost(self, small_disk: Disk, applied: bool) -> None:
        if applied or not small_disk.mounted:
            small_disk.run("apply")
        small_disk.filling()
        failed = small_disk.run("apply")
        assert (failed.result, failed.diagnostics) == ("failed", [])
        assert failed.message == (
            f"Not enough free space on the disk of {small_disk.state.parent}. "
            f"The last run could not save its state; it is in {small_disk.errored}."
        )
        assert failed.hint.startswith("Free some space there (df -h ")
        assert instances(small_disk.errored) == {"table", "more"}
        small_disk.free()
        small_disk.follow(failed.hint)
        assert small_disk.run("plan").result == "unchanged"
        assert small_disk.run("destroy").changes.destroyed == 2
        assert not small_disk.errored.parent.exists()

    def test_after_a_destroy_what_is_still_deployed_is_known(self, small_disk: Disk) -> None:
        class Filling(Silent):
            def began(self, unit: Unit, phase: str) -> None:
                if phase == "destroy":
                    small_disk.fill()

        small_disk.more()
        small_disk.run("apply")
        failed = small_disk.run("destroy", Filling())
        assert failed.result == "failed"
        # Terraform may not even get room for its lock: then it has destroyed nothing, and the state is whole.
        unsaved = small_disk.errored.exists()
        left = instances(small_disk.errored if unsaved else small_disk.state)
        small_disk.free()
        if unsaved:
            small_disk.follow(failed.hint)
        assert small_disk.run("destroy").changes.destroyed == len(left)

    def test_the_state_before_is_kept_whole_beside_it(self, small_disk: Disk) -> None:
        small_disk.run("apply")
        before = small_disk.state.read_bytes()
        small_disk.filling()
        assert small_disk.run("apply").result == "failed"
        assert Path(f"{small_disk.state}.before").read_bytes() == before

    @pytest.mark.parametrize("action", ["plan", "apply", "destroy"])
    def test_an_unsaved_state_is_neither_forgotten_nor_removed(
        self, small_disk: Disk, action: Action
    ) -> None:
        small_disk.run("apply")
        small_disk.filling()
        hint = small_disk.run("apply").hint
        small_disk.free()
        unsaved = small_disk.errored.read_bytes()
        refused = small_disk.run(action)
        assert refused.result == "failed"
        assert refused.message == f"The last run could not save its state; it is in {small_disk.errored}."
        assert refused.hint in hint
        assert small_disk.errored.read_bytes() == unsaved

    def test_other_units_go_on(self, small_disk: Disk) -> None:
        small_disk.run("apply")
        small_disk.filling()
        outcomes = small_disk.small.run("apply", "nyc/cups", "nyc/queue", parallel=1)
        assert outcomes["nyc/cups"].result == "failed"
        assert outcomes["nyc/queue"].result == ("failed" if small_disk.mounted else "applied")
        small_disk.free()
        assert small_disk.small.run("apply", "nyc/queue")["nyc/queue"].bad is False


class TestBefore:
    """The process may write no byte to a file: as on a full disk."""

    def presso(self, small: "Small", *arguments: str) -> subprocess.CompletedProcess[str]:
        nothing = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # noqa: E731
        process = small.start(*arguments, preexec=nothing)
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @pytest.mark.parametrize("action", ["plan", "apply", "destroy"])
    def test_each_unit_reports_it_and_nothing_is_changed(self, small: "Small", action: str) -> None:
        small.run("apply", "nyc", "nyc/cups")
        states = {path: path.read_bytes() for path in small.workspace.home.rglob("*.tfstate")}
        done = self.presso(small, action, "nyc", "nyc/cups", "--json")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        reported = json.loads(done.stdout)["units"]
        failed = [unit for unit in reported if unit["result"] == "failed"]
        assert {unit["result"] for unit in reported} <= {"failed", "skipped"}
        assert failed
        for unit in failed:
            assert re.fullmatch(r"Not enough free space on the disk of /\S+\.", unit["message"])
            assert re.fullmatch(
                r"Free some space there \(df -h /\S+\), then run the same command again\.", unit["hint"]
            )
        assert {path: path.read_bytes() for path in small.workspace.home.rglob("*.tfstate")} == states
        assert small.run("plan", "nyc", "nyc/cups")["nyc"].result == "unchanged"


STAND_IN = """#!/bin/sh
case $1 in
version) echo '{"terraform_version": "1.11.4"}' ;;
init) ;;
*)
    printf '%%s' '{"version": 4, "serial": 3, "resour' > %(state)s
    : > errored.tfstate
    cat %(transcript)s
    exit 1
    ;;
esac
"""


def test_a_state_that_terraform_prints_because_it_can_write_it_nowhere_is_saved(
    small: "Small", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small.run("apply", "nyc", "nyc/cups")
    state = CUPS.state(small.workspace)
    whole = state.read_bytes()
    stand_in = tmp_path / "bin" / "terraform"
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN % {"state": state, "transcript": TRANSCRIPT})
    stand_in.chmod(0o755)
    binary = terraform_cli.Binary((str(stand_in),), "1.11.4")
    with monkeypatch.context() as patch:
        patch.setattr(terraform_cli, "find", lambda: binary)
        failed = small.run("apply", "nyc/cups")["nyc/cups"]
    errored = CUPS.folder(small.workspace) / "errored.tfstate"
    assert failed.message.endswith(f"could not save its state; it is in {small.workspace.shown(errored)}.")
    assert instances(errored) == {"x"}
    assert errored.stat().st_mode & 0o777 == 0o600  # it may hold secrets
    assert Path(f"{state}.before").read_bytes() == whole


def test_room_that_is_not_there_is_an_error_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with (tmp_path / "log").open("wb") as file:
        disk.reserve(file.fileno(), tmp_path / "log", 1 << 20)
        assert file.tell() == 0
    assert (tmp_path / "log").stat().st_size == 0
    assert before == resource.getrlimit(resource.RLIMIT_FSIZE)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("Error saving state: write /a/b.tfstate: no space left on device", "/a/b.tfstate"),
        ("write errored.tfstate: disk quota exceeded.", "/unit/errored.tfstate"),
        ("Failed to install: open .terraform/x: no space left on device", "/unit/.terraform/x"),
        ("The function printed: no such file", None),
    ],
)
def test_what_a_program_could_not_write_is_known_from_its_words(said: str, place: str | None) -> None:
    assert disk.full_at(said, Path("/unit")) == (Path(place) if place else None)

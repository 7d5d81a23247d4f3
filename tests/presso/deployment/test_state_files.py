"""State files show what is deployed, regardless of the tenants' files."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from presso.deployment import state_backup, state_files, unfinished
from presso.errors import PressoError
from presso.tenants import StateBucket
from presso.units.unit import Unit
from presso.workspace import Workspace

NYC = Unit("nyc")
CUPS = Unit("nyc", "cups")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, tmp_path / "home")


def write(workspace: Workspace, unit: Unit, text: str) -> Path:
    path = unit.state(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def state(*instances: int, mode: str = "managed") -> str:
    return json.dumps({"resources": [{"mode": mode, "instances": [{}] * count} for count in instances]})


def test_managed_instances_are_counted(workspace: Workspace) -> None:
    write(workspace, NYC, state(1, 3))
    found = state_files.read(workspace, NYC)
    assert found
    assert found.resources == 4


def test_data_sources_are_not_deployed(workspace: Workspace) -> None:
    write(workspace, NYC, state(1, mode="data"))
    assert state_files.deployed(workspace) == []


def test_deployed_units_are_found_by_their_state_files(workspace: Workspace) -> None:
    for unit in (CUPS, NYC, Unit("sfo")):
        write(workspace, unit, state(1))
    write(workspace, Unit("rome"), state())
    assert [s.unit for s in state_files.deployed(workspace)] == [NYC, CUPS, Unit("sfo")]


def test_backups_and_locks_are_not_states(workspace: Workspace) -> None:
    path = write(workspace, NYC, state(1))
    for name in (
        "platform.tfstate.backup",
        ".platform.tfstate.lock.info",
        "platform.tfstate.1700000000.backup",
    ):
        (path.parent / name).write_text("x")
    assert [s.unit for s in state_files.deployed(workspace)] == [NYC]


def test_no_file_is_not_a_state(workspace: Workspace) -> None:
    assert state_files.read(workspace, NYC) is None


def test_a_file_of_no_bytes_is_a_state_that_was_lost_and_counts_as_standing(workspace: Workspace) -> None:
    path = write(workspace, NYC, "")
    with pytest.raises(PressoError, match="is empty: its content was lost") as error:
        state_files.read(workspace, NYC)
    assert error.value.hint.startswith(f"If the unit was never applied: rm {path}.")
    assert [(s.unit, s.broken is None) for s in state_files.deployed(workspace)] == [(NYC, False)]
    assert not state_files.forget(workspace, NYC)
    assert path.exists()


@pytest.mark.parametrize("text", ["", '{"version": 4, "serial": 9, "resour'], ids=["empty", "cut short"])
def test_the_newest_whole_copy_is_named(workspace: Workspace, text: str) -> None:
    path = write(workspace, NYC, text)
    for ending, copy in ((".backup", '{"serial": 3, "resources": []}'), (".before", '{"serial": 4, "resour')):
        path.with_name(path.name + ending).write_text(copy)
    with pytest.raises(PressoError) as error:
        state_files.read(workspace, NYC)
    assert error.value.hint == f"Restore its backup: cp {path}.backup {path}"
    path.with_name(f"{path.name}.before").write_text('{"serial": 4, "resources": []}')
    with pytest.raises(PressoError) as error:
        state_files.read(workspace, NYC)
    assert error.value.hint == f"Restore its backup: cp {path}.before {path}"


WHOLE = '{"serial": 4, "resources": []}'


class TestAKillWhileTerraformWrote:
    """The file is empty or cut short, Terraform's lock has no owner, and a run has not ended well."""

    @pytest.fixture(params=["", '{"version": 4, "serial": 9, "resour'], ids=["empty", "cut short"])
    def path(self, workspace: Workspace, request: pytest.FixtureRequest) -> Path:
        path = write(workspace, NYC, request.param)
        path.with_name(f".{path.name}.lock.info").write_text("{}")
        path.with_name(f"{path.name}.before").write_text(WHOLE)
        path.with_name(f"{path.name}.backup").write_text('{"serial": 99, "resour')
        return path

    def test_the_newest_whole_copy_is_restored(self, workspace: Workspace, path: Path) -> None:
        unfinished.begin(workspace, NYC, "destroy")
        copy = path.with_name(f"{path.name}.before")
        assert state_backup.restore(workspace, NYC) == copy
        assert path.read_text() == copy.read_text() == WHOLE
        assert state_backup.restore(workspace, NYC) is None

    def test_nothing_is_restored_where_every_run_has_ended_well(
        self, workspace: Workspace, path: Path
    ) -> None:
        before = path.read_text()
        assert state_backup.restore(workspace, NYC) is None
        assert path.read_text() == before

    def test_nothing_is_restored_where_terraform_released_its_lock(
        self, workspace: Workspace, path: Path
    ) -> None:
        unfinished.begin(workspace, NYC, "destroy")
        path.with_name(f".{path.name}.lock.info").unlink()
        assert state_backup.restore(workspace, NYC) is None

    def test_nothing_is_restored_without_a_whole_copy(self, workspace: Workspace, path: Path) -> None:
        unfinished.begin(workspace, NYC, "destroy")
        path.with_name(f"{path.name}.before").write_text("{")
        assert state_backup.restore(workspace, NYC) is None


class TestWhileTerraformWrites:
    """Terraform holds a lock on the file, and has a file beside it that states it."""

    @pytest.fixture
    def holder(self, workspace: Workspace) -> Iterator[subprocess.Popen[bytes]]:
        path = write(workspace, NYC, "")
        (path.parent / ".platform.tfstate.lock.info").write_text("{}")
        code = (
            "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, 2); print(flush=True); "
            "f.write(input()); f.flush(); input()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout
            process.stdout.readline()
            yield process
            process.communicate(b"\n\n")

    @pytest.mark.slow
    def test_its_first_state_an_empty_file_is_none(
        self, workspace: Workspace, holder: subprocess.Popen[bytes]
    ) -> None:
        found = state_files.read(workspace, NYC)
        assert found
        assert found.resources == 0
        state_files.forget_unwritten(workspace, NYC)
        assert NYC.state(workspace).exists()

    @pytest.mark.slow
    def test_a_half_written_one_is_read_when_it_is_whole(
        self, workspace: Workspace, holder: subprocess.Popen[bytes]
    ) -> None:
        path = NYC.state(workspace)
        path.write_text(state(1)[:-9])
        reading = ThreadPoolExecutor(1).submit(state_files.read, workspace, NYC)
        assert not wait([reading], timeout=0.1).done
        assert holder.stdin
        holder.stdin.write(state(1).encode() + b"\n")
        holder.stdin.flush()
        found = reading.result(30)
        assert found
        assert found.resources == 1

    @pytest.mark.slow
    def test_what_a_killed_one_leaves_is_none_unless_it_was_written_before(
        self, workspace: Workspace, holder: subprocess.Popen[bytes]
    ) -> None:
        holder.kill()
        holder.wait()
        assert state_files.read(workspace, NYC) is None
        path = NYC.state(workspace)
        path.with_name(f"{path.name}.before").write_text(state(1))
        with pytest.raises(PressoError, match="is empty"):
            state_files.read(workspace, NYC)
        state_files.forget_unwritten(workspace, NYC)
        assert state_files.read(workspace, NYC) is None


class TestAnUnsavedState:
    def test_is_not_a_state_to_work_with_in_a_bucket_either(self, workspace: Workspace) -> None:
        folder = NYC.folder(workspace)
        folder.mkdir(parents=True)
        (folder / "errored.tfstate").write_text(state(1))
        bucket = StateBucket(bucket="acme-states", region="us-east-1")
        with pytest.raises(
            PressoError, match=r"could not save its state; it is in .*errored\.tfstate"
        ) as error:
            state_files.read(workspace, NYC, bucket)
        file = "home/units/nyc/errored.tfstate"
        assert error.value.hint == (
            f"Save it: terraform -chdir=home/units/nyc state push errored.tfstate && rm {file}"
        )

    def test_that_is_cut_short_is_reported(self, workspace: Workspace) -> None:
        folder = NYC.folder(workspace)
        folder.mkdir(parents=True)
        (folder / "errored.tfstate").write_text("")
        with pytest.raises(PressoError) as error:
            state_files.read(workspace, NYC)
        assert "truncated" in error.value.hint

    def test_is_listed_among_the_deployed_units(self, workspace: Workspace) -> None:
        write(workspace, NYC, state())
        NYC.folder(workspace).mkdir(parents=True)
        (NYC.folder(workspace) / "errored.tfstate").write_text(state(1))
        (found,) = state_files.deployed(workspace)
        assert found.broken


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"resources": [{}]}', '{"resources": 1}'])
def test_a_broken_state_names_the_file(workspace: Workspace, text: str) -> None:
    write(workspace, CUPS, text)
    with pytest.raises(
        PressoError, match=r"nyc/cups: .*state/nyc/cups/cups\.tfstate is not a Terraform state"
    ):
        state_files.read(workspace, CUPS)
    write(workspace, NYC, state(1))
    assert [(s.unit, s.broken is None) for s in state_files.deployed(workspace)] == [
        (NYC, True),
        (CUPS, False),
    ]


def test_an_empty_state_is_forgotten_with_its_backups_and_folders(workspace: Workspace) -> None:
    path = write(workspace, NYC, state())
    path.with_name("platform.tfstate.backup").write_text(state(1))
    assert state_files.forget(workspace, NYC)
    assert not (workspace.home / "state").exists()


def test_the_neighbours_state_stays(workspace: Workspace) -> None:
    write(workspace, NYC, state())
    neighbour = write(workspace, CUPS, state(1))
    assert state_files.forget(workspace, NYC)
    assert neighbour.exists()


def test_a_state_that_holds_something_is_not_forgotten(workspace: Workspace) -> None:
    path = write(workspace, NYC, state(1))
    assert not state_files.forget(workspace, NYC)
    assert path.exists()


@pytest.mark.slow
def test_a_locked_state_is_not_forgotten(workspace: Workspace) -> None:
    path = write(workspace, NYC, state())
    # A lock of this process would not hold against itself.
    code = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, 2); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        assert not state_files.forget(workspace, NYC)
        holder.communicate(b"\n")
    assert path.exists()

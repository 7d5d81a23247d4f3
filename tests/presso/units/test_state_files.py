"""State files tell what stands, whatever the tenants' files say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from presso.errors import PressoError
from presso.units import state_files
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


def test_data_sources_do_not_stand(workspace: Workspace) -> None:
    write(workspace, NYC, state(1, mode="data"))
    assert state_files.standing(workspace) == []


def test_what_stands_is_found_by_its_files(workspace: Workspace) -> None:
    for unit in (CUPS, NYC, Unit("sfo")):
        write(workspace, unit, state(1))
    write(workspace, Unit("rome"), state())
    assert [s.unit for s in state_files.standing(workspace)] == [NYC, CUPS, Unit("sfo")]


def test_backups_and_locks_are_no_states(workspace: Workspace) -> None:
    path = write(workspace, NYC, state(1))
    for name in (
        "platform.tfstate.backup",
        ".platform.tfstate.lock.info",
        "platform.tfstate.1700000000.backup",
    ):
        (path.parent / name).write_text("x")
    assert [s.unit for s in state_files.standing(workspace)] == [NYC]


def test_no_file_is_no_state_and_an_empty_one_holds_nothing(workspace: Workspace) -> None:
    assert state_files.read(workspace, NYC) is None
    write(workspace, NYC, "")
    found = state_files.read(workspace, NYC)
    assert found
    assert found.resources == 0


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"resources": [{}]}', '{"resources": 1}'])
def test_a_broken_state_names_the_file(workspace: Workspace, text: str) -> None:
    write(workspace, CUPS, text)
    with pytest.raises(PressoError, match=r"nyc/cups: .*state/nyc/cups\.tfstate is not a Terraform state"):
        state_files.read(workspace, CUPS)
    write(workspace, NYC, state(1))
    assert [(s.unit, s.broken is None) for s in state_files.standing(workspace)] == [
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


def test_a_state_that_somebody_has_locked_is_not_forgotten(workspace: Workspace) -> None:
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

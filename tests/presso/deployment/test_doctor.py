"""presso doctor: what is wrong in a checkout, each with its repair; and the locks that it names."""

import json
import os
from pathlib import Path

import pytest

from presso.deployment import doctor, run_log, state_files, state_lock, unfinished, unsaved
from presso.deployment.doctor import Problem
from presso.errors import PressoError
from presso.units.unit import Unit
from presso.workspace import Workspace

CUPS = Unit("nyc", "cups")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "tenants").mkdir()
    return Workspace(tmp_path, tmp_path / ".presso")


def found(workspace: Workspace) -> list[Problem]:
    return doctor.examine(workspace)[1]


def write_lock(workspace: Workspace) -> Path:
    path = CUPS.state(workspace)
    path.parent.mkdir(parents=True)
    lock = path.with_name(f".{path.name}.lock.info")
    held = {"Who": "ada@bar", "Operation": "OperationTypeApply", "Created": "2026-05-01T10:00:00.1Z"}
    lock.write_text(json.dumps(held))
    return lock


def test_nothing_is_wrong_in_an_empty_checkout(workspace: Workspace) -> None:
    assert found(workspace) == []
    assert not workspace.home.exists()


def test_a_broken_and_an_unsaved_state_are_named(workspace: Workspace) -> None:
    state = CUPS.state(workspace)
    state.parent.mkdir(parents=True)
    state.write_text("")
    left = Unit("sfo").folder(workspace) / unsaved.FILE
    left.parent.mkdir(parents=True)
    left.write_text(json.dumps({"resources": []}))
    broken, lost = found(workspace)
    assert (broken.about, broken.message) == ("states", f"nyc/cups: {state} is empty: its content was lost.")
    assert f"rm {state}" in broken.repair
    assert lost.message.startswith("sfo: The last run could not save its state; it is in .presso/units/sfo/")
    assert lost.repair.startswith("Save it: mv .presso/units/sfo/errored.tfstate ")


def test_an_empty_state_of_a_terraform_that_was_killed_before_its_first_write_is_none(
    workspace: Workspace,
) -> None:
    write_lock(workspace)
    state = CUPS.state(workspace)
    state.touch()
    assert state_files.read(workspace, CUPS) is None
    state.with_name(f"{state.name}.before").touch()  # it had been written
    with pytest.raises(PressoError, match="is empty: its content was lost"):
        state_files.read(workspace, CUPS)


def test_a_run_that_was_cut_short_is_named_but_not_one_at_work(workspace: Workspace) -> None:
    unfinished.begin(workspace, CUPS, "apply")
    folder = CUPS.folder(workspace)
    folder.mkdir(parents=True)
    with run_log.claimed(folder):
        assert found(workspace) == []
    (cut,) = found(workspace)
    assert cut.message.startswith("nyc/cups: apply since 20")
    assert cut.repair == "Run it again: presso apply nyc/cups"


def test_a_lock_that_a_kill_left_is_named_and_removed(workspace: Workspace) -> None:
    lock = write_lock(workspace)
    (left,) = found(workspace)
    assert "of a Terraform of ada@bar that was killed" in left.message
    assert left.repair == f"rm {lock.relative_to(workspace.root)}"
    held = state_lock.find(workspace, CUPS)
    assert str(held) == "nyc/cups is locked by ada@bar: apply, since 2026-05-01T10:00:00 UTC"
    state_lock.remove(workspace, CUPS)
    assert state_lock.find(workspace, CUPS) is None


def test_the_lock_of_a_run_at_work_is_not_removed(workspace: Workspace) -> None:
    write_lock(workspace)
    folder = CUPS.folder(workspace)
    folder.mkdir(parents=True)
    with (
        run_log.claimed(folder),
        pytest.raises(PressoError, match="nyc/cups: a run on this machine works on it"),
    ):
        state_lock.find(workspace, CUPS)


def test_little_space_and_a_port_in_use_are_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.setattr(doctor, "_LEAST_SPACE", 1 << 60)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("PRESSO_PORT", str(server.getsockname()[1]))
        space, port = found(workspace)
    assert (space.about, port.about) == ("disk space", "port")
    assert port.repair == "Stop that program, or unset PRESSO_PORT."


def test_no_process_of_another_checkout_is_taken_for_this_ones(workspace: Workspace) -> None:
    from presso import processes

    own = [os.fsdecode(word) for word in Path("/proc/self/cmdline").read_bytes().split(b"\0")[:2]]
    assert os.getpid() not in [process.pid for process in processes.given(*own)]
    assert processes.given("presso.local_aws.daemon", "--folder", str(workspace.local)) == {}

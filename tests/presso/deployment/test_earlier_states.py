"""States of earlier versions of presso are moved into a folder for each unit, and never lost."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from presso.deployment import earlier_states, state_files
from presso.errors import PressoError
from presso.units.unit import Unit
from presso.workspace import Workspace

NYC = Unit("nyc")
CUPS = Unit("nyc", "cups")
TEXT = json.dumps({"serial": 1, "resources": [{"mode": "managed", "instances": [{}]}]})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A checkout with states as they were: of a platform and of an extension, with copies and a folder."""
    made = Workspace(tmp_path, tmp_path / "home")
    states = made.home / "state" / "nyc"
    states.mkdir(parents=True)
    for name in ("platform.tfstate", "cups.tfstate", "cups.tfstate.backup", "cups.tfstate.before"):
        (states / name).write_text(TEXT)
    (states / ".cups.tfstate.lock.info").write_text("{}")
    folder = CUPS.folder(made)
    folder.mkdir(parents=True)
    backend = {"local": {"path": "../../../state/nyc/cups.tfstate"}}
    (folder / "main.tf.json").write_text(json.dumps({"terraform": {"backend": backend}}))
    return made


def files(workspace: Workspace) -> list[str]:
    states = workspace.home / "state"
    return sorted(str(path.relative_to(states)) for path in states.rglob("*") if path.is_file())


MOVED = [
    "nyc/cups/.cups.tfstate.lock.info",
    "nyc/cups/cups.tfstate",
    "nyc/cups/cups.tfstate.backup",
    "nyc/cups/cups.tfstate.before",
    "nyc/platform/platform.tfstate",
]


def test_they_are_found_and_moved_with_their_copies(workspace: Workspace) -> None:
    assert [state.unit for state in state_files.deployed(workspace)] == [NYC, CUPS]
    assert files(workspace) == MOVED
    assert [state.unit for state in state_files.deployed(workspace)] == [NYC, CUPS]
    document = json.loads((CUPS.folder(workspace) / "main.tf.json").read_text())
    assert document["terraform"]["backend"]["local"]["path"] == "../../../state/nyc/cups/cups.tfstate"


def test_reading_one_moves_that_one(workspace: Workspace) -> None:
    found = state_files.read(workspace, CUPS)
    assert found
    assert found.resources == 1
    assert files(workspace) == sorted([*MOVED[:-1], "nyc/platform.tfstate"])


@pytest.mark.parametrize("step", range(1, 9))
def test_wherever_a_move_ends_the_next_command_ends_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    steps = iter(range(1, 100))

    def ending(work: Callable[..., object]) -> Callable[..., object]:
        def begun(*arguments: object, **options: object) -> object:
            if next(steps) >= step:
                raise KeyboardInterrupt
            return work(*arguments, **options)

        return begun

    with monkeypatch.context() as patched:
        for name in ("replace", "mkdir", "unlink"):
            patched.setattr(Path, name, ending(getattr(Path, name)))
        with contextlib.suppress(KeyboardInterrupt):
            earlier_states.move(workspace, CUPS)
    found = state_files.read(workspace, CUPS)
    assert found
    assert found.resources == 1
    assert [name for name in files(workspace) if "cups" in name] == MOVED[:-1]


def test_two_states_of_a_unit_are_an_error_and_stay(workspace: Workspace) -> None:
    CUPS.state(workspace).parent.mkdir()
    CUPS.state(workspace).write_text(TEXT.replace("1", "2", 1))
    with pytest.raises(
        PressoError, match=r"nyc/cups has two states: .*cups/cups\.tfstate, and .*nyc/cups\.tfst"
    ):
        state_files.read(workspace, CUPS)
    assert {"nyc/cups.tfstate", "nyc/cups/cups.tfstate"} <= {*files(workspace)}
    assert [(state.unit, state.broken is None) for state in state_files.deployed(workspace)] == [
        (NYC, True),
        (CUPS, False),
    ]


def test_a_backup_beside_a_newer_one_is_kept(workspace: Workspace) -> None:
    newer = CUPS.state(workspace).with_name("cups.tfstate.before")
    newer.parent.mkdir()
    newer.write_text("newer")
    earlier_states.move(workspace, CUPS)
    assert newer.read_text() == "newer"
    assert newer.with_name("cups.tfstate.before.earlier").read_text() == TEXT


@pytest.mark.slow
def test_one_that_terraform_holds_stays_until_it_is_free(workspace: Workspace) -> None:
    old = workspace.home / "state" / "nyc" / "cups.tfstate"
    code = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, 2); print(flush=True); input()"
    command = [sys.executable, "-c", code, str(old)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(PressoError, match="another run works with"):
            state_files.read(workspace, CUPS)
        assert old.read_text() == TEXT
        process.communicate(b"\n")
    assert state_files.read(workspace, CUPS)
    assert not old.exists()


def test_a_folder_for_a_state_in_a_bucket_stays_as_it_is(workspace: Workspace) -> None:
    folder = CUPS.folder(workspace)
    text = json.dumps({"terraform": {"backend": {"s3": {"bucket": "states"}}}})
    (folder / "main.tf.json").write_text(text)
    earlier_states.move(workspace, CUPS)
    assert (folder / "main.tf.json").read_text() == text

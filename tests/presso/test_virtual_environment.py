"""What the launcher's installation does when things go wrong inside it, or take long."""

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from presso import virtual_environment
from presso.virtual_environment import Failure, Installation, Job, VirtualEnvironment

pytestmark = pytest.mark.slow


@pytest.fixture
def guard() -> Iterator[int]:
    """A file that is open, as the lock is."""
    handle = os.open(os.devnull, os.O_RDONLY)
    yield handle
    os.close(handle)


@pytest.fixture
def here(tmp_path: Path) -> VirtualEnvironment:
    """The environment of an empty folder."""
    return VirtualEnvironment(tmp_path, sys.executable)


def test_an_installation_that_takes_long_shows_its_progress(
    tmp_path: Path, guard: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(virtual_environment, "PATIENCE", 0.05)
    script = "import time; print('Downloading much', flush=True); time.sleep(0.5)"
    job = Job([sys.executable, "-c", script], tmp_path, guard, {}, monotonic() - 60)
    assert job.succeeded()
    assert "presso: still installing after 60 s: Downloading much\n" in capsys.readouterr().err
    assert job.output == "Downloading much\n"


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EROFS, "Work in a clone of your own"),
        (errno.EACCES, "Work in a clone of your own"),
        (errno.EIO, "run it again"),
    ],
)
def test_a_file_that_cannot_be_written_is_named_with_the_way_out(
    here: VirtualEnvironment, monkeypatch: pytest.MonkeyPatch, number: int, way_out: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(here.mark))

    monkeypatch.setattr(Path, "touch", fail)
    with pytest.raises(Failure, match=way_out) as error:
        virtual_environment.prepare(here, ["presso"])
    assert str(error.value).startswith(f"{here.mark}: {os.strerror(number)}. ")
    assert not (here.root / ".venv.lock").exists()
    monkeypatch.undo()
    here.make()  # what was begun is not a hindrance
    assert here.is_usable()


def test_a_python_without_pip_is_an_error(
    here: VirtualEnvironment, guard: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no uv either
    monkeypatch.setattr(virtual_environment, "find_spec", lambda name: None)
    with pytest.raises(Failure, match=r"comes without pip\. Install its module venv"):
        Installation(here, guard).run(["presso"])


def test_a_file_system_without_locks_delays_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", fail)
    with virtual_environment.one_at_a_time(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
    assert not (tmp_path / "lock").exists()


def test_the_real_python_makes_an_environment_in_a_folder_of_any_name(tmp_path: Path) -> None:
    root = tmp_path / "ein Café ☕ $HOME 'x'"
    root.mkdir()
    made = VirtualEnvironment(root, sys.executable)
    made.make()
    assert made.is_usable()
    assert not VirtualEnvironment(tmp_path, sys.executable).is_usable()

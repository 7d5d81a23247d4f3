"""What presso has kept is read from regular files; a pipe in their place is waited for by no command."""

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from presso import file_errors, regular_file, text_file
from presso.catalog.rules import Rules
from presso.deployment import recorded_run, state_files, state_lock, unfinished, upgrade_waves
from presso.errors import PressoError
from presso.folders import contents
from presso.local_aws import record
from presso.regular_file import NotRegular
from presso.site.catalog_history import _Kept
from presso.units import unit_folder
from presso.units.unit import Unit
from presso.workspace import Workspace

NYC = Unit("nyc", "drinks")


def test_what_is_regular_is_read_and_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"caf\xc3\xa9\r\n")
    (tmp_path / "link").symlink_to("file")
    assert regular_file.contents(tmp_path / "link") == b"caf\xc3\xa9\r\n"
    assert regular_file.text(tmp_path / "link") == "café\n"
    (tmp_path / "file").write_bytes(b"\xff")
    assert regular_file.text(tmp_path / "file", "replace") == "\ufffd"


def test_the_null_device_is_an_empty_file() -> None:
    assert regular_file.contents(Path(os.devnull)) == b""


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_the_error_for_a_pipe_a_socket_or_a_device_has_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    path = Path("kept" if kind != "device" else "/dev/zero")
    if kind == "pipe":
        os.mkfifo(path)
    with socket.socket(socket.AF_UNIX) as server:
        if kind == "socket":
            server.bind(str(path))
        with pytest.raises(NotRegular) as refused:
            regular_file.contents(path)
        with pytest.raises(PressoError, match=re.escape(f"{path} cannot be read: Not a regular file.")):
            text_file.read(path, str(path))
    reported = file_errors.in_words(refused.value)
    assert reported
    assert (reported.message, "ls -l" in reported.hint) == (f"{path}: Not a regular file.", True)


def test_a_folder_and_what_is_not_there_stay_errors_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        regular_file.contents(tmp_path)
    assert contents(tmp_path) is None
    with pytest.raises(FileNotFoundError):
        regular_file.contents(tmp_path / "none")


# A file that presso keeps in its home, what reads it, and what that finds where it is a pipe.
KEPT: dict[str, tuple[Callable[[Workspace], Any], Any]] = {
    "runs/2026-01-01-a/run.jsonl": (lambda workspace: [*recorded_run.records(workspace)], []),
    "units/nyc/drinks/main.tf.json": (lambda workspace: unit_folder.target(workspace, NYC), None),
    "upgrades/drinks.json": (lambda workspace: upgrade_waves.read(workspace, "drinks"), None),
    "catalog/history.json": (lambda workspace: _Kept(workspace).known, {}),
    "catalog/rules.json": (lambda workspace: Rules.load(workspace).rules, ()),
    "local/local.json": (lambda workspace: record.read(workspace.local), NotRegular),
    "state/nyc/drinks/drinks.tfstate": (lambda workspace: state_files.read(workspace, NYC), NotRegular),
    "unfinished/nyc/drinks/1.json": (lambda workspace: unfinished.runs(workspace), NotRegular),
    "state/nyc/drinks/.drinks.tfstate.lock.info": (
        lambda workspace: state_lock.find(workspace, NYC),
        NotRegular,
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_pipe_in_place_of_a_kept_file_is_none_or_an_error(tmp_path: Path, name: str) -> None:
    workspace = Workspace(tmp_path, tmp_path / ".presso")
    path = workspace.home / name
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    read, expected = KEPT[name]
    if expected is NotRegular:
        with pytest.raises(NotRegular, match=re.escape(path.name)):
            read(workspace)
    else:
        assert read(workspace) == expected

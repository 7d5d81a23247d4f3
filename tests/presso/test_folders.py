"""What is below a folder, while others make files there and remove them."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from presso.errors import UsageError
from presso.folders import contents, files_below, files_like
from presso.workspace import Workspace


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for name in ("b/2", "b/1", "a/.terraform/x", "a/c/3", "4"):
        file = tmp_path / "top" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "top"


def names(top: Path, *left_out: str) -> list[str]:
    return [str(path.relative_to(top)) for path in files_below(top, left_out)]


def test_files_are_sorted_and_folders_can_be_left_out(top: Path) -> None:
    assert names(top) == ["4", "a/.terraform/x", "a/c/3", "b/1", "b/2"]
    assert names(top, ".terraform", "b") == ["4", "a/c/3"]
    assert names(top / "none") == []


def test_links_to_folders_lead_nowhere(top: Path) -> None:
    (top / "loop").symlink_to(top)
    assert len(names(top)) == 5


def test_a_folder_that_goes_meanwhile_is_not_there(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def gone(folder: Any) -> Any:
        if folder == str(top / "b"):
            shutil.rmtree(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", gone)
    assert names(top) == ["4", "a/.terraform/x", "a/c/3"]


def test_a_folder_that_goes_while_files_are_looked_for_is_not_there(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def gone(folder: Any) -> Any:
        if str(folder).endswith("/b"):
            shutil.rmtree(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", gone)
    assert files_like(top, "*/[0-9]") == []
    assert files_like(top, "*/*/3") == [top / "a" / "c" / "3"]
    assert files_like(top / "none", "*") == []


def test_a_file_that_has_gone_has_no_contents(top: Path) -> None:
    assert contents(top / "4") == b"4"
    assert [contents(top / name) for name in ("5", "4/5", "a")] == [None] * 3


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tenants").mkdir()
    monkeypatch.setenv("PRESSO_ROOT", str(tmp_path))


@pytest.mark.usefixtures("platform")
def test_a_home_is_a_folder_or_not_there_yet(tmp_path: Path) -> None:
    for name in ("tenants", "new", "new/er"):
        assert Workspace.find(tmp_path / name).home == tmp_path / name
    for path in (tmp_path / "file", Path(os.devnull)):
        if not path.exists():
            path.touch()
        with pytest.raises(UsageError, match="is a file"):
            Workspace.find(path)

"""Which checkout a command works on."""

from pathlib import Path

import pytest

from presso.errors import UsageError
from presso.workspace import Workspace


def checkout(folder: Path) -> Path:
    for name in ("tenants", "modules/tenant", "extensions/cups/src"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRESSO_ROOT", "_PRESSO_CHECKOUT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("below", ["", "tenants", "extensions/cups/src"])
def test_the_nearest_checkout_from_the_working_folder_upwards_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    root = checkout(tmp_path / "platform")
    monkeypatch.chdir(root / below)
    assert Workspace.find().root == root
    assert not Workspace.find().is_presso


def test_the_checkout_of_the_launcher_goes_before_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout(tmp_path / "here"))
    monkeypatch.setenv("_PRESSO_CHECKOUT", str(checkout(tmp_path / "launched")))
    assert Workspace.find().root == tmp_path / "launched"
    monkeypatch.setenv("PRESSO_ROOT", str(checkout(tmp_path / "named")))
    assert Workspace.find().root == tmp_path / "named"


def test_without_any_the_own_checkout_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Workspace.find().is_presso


def test_a_program_outside_any_checkout_names_the_way_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("presso.workspace.__file__", str(tmp_path / "lib" / "presso" / "workspace.py"))
    with pytest.raises(UsageError, match="is not in a checkout") as error:
        Workspace.find()
    assert "presso init DIR" in error.value.hint

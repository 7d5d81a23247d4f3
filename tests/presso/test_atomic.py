"""What is written is there whole, or what was there before is."""

from pathlib import Path

import pytest

from presso import atomic


def test_a_file_is_written_and_its_folder_with_it(tmp_path: Path) -> None:
    atomic.write(tmp_path / "new" / "file", "text\n")
    assert (tmp_path / "new" / "file").read_bytes() == b"text\n"


def test_a_file_that_cannot_be_replaced_is_as_it_was_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        atomic.write(file, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "old"


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path: Path, there: bool) -> None:
    folder, by, aside = (tmp_path / name for name in ("folder", "by", "aside"))
    by.mkdir()
    (by / "new").touch()
    if there:
        folder.mkdir()
    atomic.replace(folder, by, aside)
    assert (folder / "new").exists()
    assert aside.exists() == there


def test_a_folder_that_cannot_be_replaced_is_where_it_was(tmp_path: Path) -> None:
    folder, aside = tmp_path / "folder", tmp_path / "aside"
    folder.mkdir()
    (folder / "old").touch()
    with pytest.raises(FileNotFoundError):
        atomic.replace(folder, tmp_path / "missing", aside)
    assert (folder / "old").exists()
    assert not aside.exists()

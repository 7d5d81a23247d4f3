"""What exports write: whole or not at all, and never over files that presso did not write."""

from pathlib import Path

import pytest

from presso.catalog.exports.export_scope import Scope
from presso.catalog.exports.exported_files import MARKER, FileChanges, write_file, write_folder
from presso.errors import PressoError, UsageError
from presso.presenters import catalog_export

FILES = {"a.txt": "one\n", "below/b.txt": "two é\n"}


def found(folder: Path) -> dict[str, str]:
    """The files in a folder, without the marker."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def alone(folder: Path) -> bool:
    """Whether nothing was left beside the folder."""
    return [path.name for path in folder.parent.iterdir()] == [folder.name]


class TestFolder:
    def test_it_holds_what_is_to_be_in_it(self, tmp_path: Path) -> None:
        folder = tmp_path / "above" / "out"
        assert write_folder(folder, "x", FILES) == FileChanges(("a.txt", "below/b.txt"), (), 0)
        assert found(folder) == FILES
        assert alone(folder)

    def test_what_is_no_longer_there_goes(self, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        write_folder(folder, "x", FILES)
        changes = write_folder(folder, "x", {"a.txt": "one\n", "c/c.txt": "three"})
        assert changes == FileChanges(("c/c.txt",), ("below/b.txt",), 1)
        assert found(folder) == {"a.txt": "one\n", "c/c.txt": "three"}
        assert not (folder / "below").exists()
        assert alone(folder)

    def test_the_same_again_changes_no_byte_and_no_time(self, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        write_folder(folder, "x", FILES)
        before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}
        assert write_folder(folder, "x", FILES) == FileChanges((), (), 2)
        assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")} == before

    def test_an_empty_folder_is_taken_and_what_was_deleted_comes_back(self, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        write_folder(folder, "x", FILES)
        (folder / "a.txt").unlink()
        assert write_folder(folder, "x", FILES).written == ("a.txt",)
        assert found(folder) == FILES

    def test_a_link_to_a_folder_stays_one(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        write_folder(tmp_path / "link", "x", FILES)
        assert (tmp_path / "link").is_symlink()
        assert found(tmp_path / "real") == FILES

    @pytest.mark.parametrize(
        ("spoil", "reported"),
        [
            pytest.param(lambda out: (out / MARKER).unlink(), "was not created by", id="no marker"),
            pytest.param(lambda out: (out / MARKER).write_text("[]"), "was not created by", id="another"),
            pytest.param(lambda out: (out / "mine.txt").touch(), "mine.txt", id="a file more"),
            pytest.param(lambda out: (out / "a.txt").write_text("mine"), "a.txt", id="a file changed"),
            pytest.param(
                lambda out: (out / "l").symlink_to("/nowhere"),
                "no export created in this form: l",
                id="a link",
            ),
        ],
    )
    def test_files_that_presso_did_not_write_stay(self, tmp_path: Path, spoil: object, reported: str) -> None:
        folder = tmp_path / "out"
        write_folder(folder, "x", FILES)
        spoil(folder)  # type: ignore[operator]
        before = found(folder)
        with pytest.raises(UsageError, match=reported) as error:
            write_folder(folder, "x", {"new.txt": ""})
        assert error.value.hint
        assert found(folder) == before
        assert alone(folder)

    def test_another_format_has_a_folder_of_its_own(self, tmp_path: Path) -> None:
        write_folder(tmp_path / "out", "x", FILES)
        with pytest.raises(UsageError, match="holds another export: x"):
            write_folder(tmp_path / "out", "y", FILES)

    def test_a_file_is_not_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "out").touch()
        with pytest.raises(UsageError, match="is a file"):
            write_folder(tmp_path / "out", "x", FILES)

    def test_what_cannot_be_written_leaves_the_folder_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "out"
        write_folder(folder, "x", FILES)
        real = Path.rename

        def rename(path: Path, target: Path) -> Path:
            if path.name == "new":
                raise OSError(28, "No space left on device")
            return real(path, target)

        monkeypatch.setattr(Path, "rename", rename)
        with pytest.raises(PressoError, match="cannot be written: No space left"):
            write_folder(folder, "x", {"new.txt": ""})
        assert found(folder) == FILES
        assert alone(folder)


def test_with_any_names_every_file_is_within_the_folder(odd_scope: Scope) -> None:
    for form in ("asyncapi", "cloudevents", "eventcatalog", "openapi"):
        names = catalog_export._files(form, odd_scope)
        assert len(names) > 2
        assert not [name for name in names if ".." in Path(name).parts or Path(name).is_absolute()]


class TestFile:
    TEXT = "made by: presso catalog export\n"

    def test_it_is_written_with_the_folders_above_it(self, tmp_path: Path) -> None:
        file = tmp_path / "above" / "a.yaml"
        assert write_file(file, self.TEXT) == FileChanges(("a.yaml",), (), 0)
        assert write_file(file, self.TEXT) == FileChanges((), (), 1)
        assert write_file(file, f"{self.TEXT}more").written == ("a.yaml",)
        assert file.read_text() == f"{self.TEXT}more"
        assert alone(file)

    def test_files_that_presso_did_not_write_stay(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        file.write_text("mine\n")
        with pytest.raises(UsageError, match="was not created by"):
            write_file(file, self.TEXT)
        with pytest.raises(UsageError, match="is a folder"):
            write_file(tmp_path, self.TEXT)
        assert file.read_text() == "mine\n"

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(PressoError, match="cannot be written") as error:
            write_file(tmp_path / "file" / "a.yaml", self.TEXT)
        assert error.value.exit_code == 1
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

"""An extension is its regular files, read once; what is staged is exactly what was read."""

import os
import socket
from pathlib import Path

import pytest

from presso import extension_tree
from presso.errors import PressoError
from presso.extension_tree import ExtensionTree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a small extension."""
    folder = tmp_path / "extensions" / "wait-times"
    (folder / "src").mkdir(parents=True)
    (folder / "main.tf").write_text("locals {}\n")
    (folder / "src" / "handler.py").write_text("def handler(): ...\n")
    return folder


def found(root: Path) -> list[str]:
    return [fault.found for fault in ExtensionTree.read(root).faults]


def test_every_regular_file_is_in_the_tree_with_any_name(root: Path) -> None:
    named = ("x.tfstate.tf", "terraform.tfvars", "tests/plan.yaml", ".hidden/file", "with space", "Ü.md")
    for name in named:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("text")
    tree = ExtensionTree.read(root)
    assert {file.path for file in tree.files} == {"main.tf", "src/handler.py", *named}
    assert not tree.faults


def test_what_tools_leave_behind_is_in_no_tree_and_in_no_digest(root: Path) -> None:
    before = ExtensionTree.read(root).digest
    for name in sorted(extension_tree.LEFT_OUT_FOLDERS):
        (root / "src" / name).mkdir()
        (root / "src" / name / "main.tf").write_text("locals {}\n")
    (root / ".DS_Store").write_text("x")
    after = ExtensionTree.read(root)
    assert (after.digest, after.faults) == (before, ())


def test_a_link_is_a_fault_where_a_folder_would_be_left_out(root: Path) -> None:
    for name in sorted(extension_tree.LEFT_OUT_FOLDERS - {".git"}):
        (root / name).symlink_to("/")
    assert len(found(root)) == len(extension_tree.LEFT_OUT_FOLDERS) - 1


def test_a_digest_changes_with_a_name_a_byte_and_a_mode_and_with_nothing_else(root: Path) -> None:
    digests = [ExtensionTree.read(root).digest]
    (root / "src" / "handler.py").rename(root / "handler.py")
    digests.append(ExtensionTree.read(root).digest)
    (root / "handler.py").write_text("def handler(): ... \n")
    digests.append(ExtensionTree.read(root).digest)
    (root / "handler.py").chmod(0o755)
    digests.append(ExtensionTree.read(root).digest)
    assert len({*digests}) == 4
    os.utime(root / "handler.py", (0, 0))
    (root / "empty").mkdir()
    assert ExtensionTree.read(root).digest == digests[-1]


def test_two_trees_whose_names_and_contents_run_together_have_two_digests(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "ab").write_text("c")
    (other / "a").write_text("bc")
    assert ExtensionTree.read(one).digest != ExtensionTree.read(other).digest


@pytest.mark.parametrize("target", ["main.tf", "src", "../../secret", "/", "loop"])
def test_a_link_is_a_fault_wherever_it_leads(root: Path, target: str) -> None:
    (root / "src" / "loop").symlink_to(target)
    tree = ExtensionTree.read(root)
    assert [fault.found for fault in tree.faults] == ["src/loop is a link"]
    assert "src/loop" not in {file.path for file in tree.files}


def test_an_extension_that_is_itself_a_link_is_a_fault(root: Path) -> None:
    link = root.with_name("other")
    link.symlink_to(root)
    assert found(link) == ["other is a link"]


def test_a_pipe_and_a_socket_are_faults_and_are_not_waited_for(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        assert found(root) == ["pipe is not a regular file", "socket is not a regular file"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"\x1b[2Jpassed", r"\x1b[2Jpassed"),
        (b"new\nline", r"new\nline"),
        ("\u202emain.tf".encode(), r"\u202emain.tf"),
        (b"latin-\xe9", r"latin-\udce9"),
        ("\u2028".encode(), r"\u2028"),
    ],
    ids=["escape", "newline", "right to left", "not UTF-8", "line separator"],
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_name_that_would_not_show_is_a_fault_and_shown_with_escapes(
    root: Path, name: bytes, shown: str, kind: str
) -> None:
    path = os.path.join(os.fsencode(root), name)  # noqa: PTH118
    if kind == "file":
        os.close(os.open(path, os.O_CREAT))
    else:
        os.mkdir(path)  # noqa: PTH102
        Path(os.fsdecode(path), "main.tf").touch()
    (only,) = ExtensionTree.read(root).faults
    assert only.path == shown
    assert only.found.startswith(f"{shown} has a name with control characters")
    assert only.found.isprintable()


@pytest.mark.parametrize(
    ("one", "other"), [("src/Handler.py", "src/handler.py"), ("u\u0308.md", "\u00fc.md")]
)
def test_two_names_that_are_one_where_case_does_not_matter_are_a_fault(
    root: Path, one: str, other: str
) -> None:
    for name in (one, other):
        (root / name).write_text("text")
    if (root / one).samefile(root / other):
        assert found(root) == []  # there is only one here
    else:
        assert len(found(root)) == 1
        assert "is the same file as" in found(root)[0]


def test_a_file_or_a_folder_that_cannot_be_read_is_a_fault(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", denied)
        assert "main.tf cannot be read: Permission denied" in found(root)
    monkeypatch.setattr(os, "scandir", denied)
    assert found(root) == [". cannot be read: Permission denied"]


def test_too_many_files_too_many_bytes_and_too_many_folders_are_faults_of_size(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extension_tree, "MOST_BYTES", 40)
    (root / "z").write_text("x" * 40)
    assert [fault.too_large for fault in ExtensionTree.read(root).faults] == [True]
    monkeypatch.setattr(extension_tree, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(extension_tree, "MOST_FILES", 2)
    assert [fault.too_large for fault in ExtensionTree.read(root).faults] == [True]
    (root / "z").unlink()
    assert not ExtensionTree.read(root).faults
    (root / "1" / "2").mkdir(parents=True)
    assert [fault.too_large for fault in ExtensionTree.read(root).faults] == [True]


def test_a_path_too_long_to_be_staged_is_a_fault(root: Path) -> None:
    (root / ("d" * 200) / ("e" * 100)).mkdir(parents=True)
    (root / ("d" * 200) / ("f" * 100)).touch()
    (root / ("d" * 200) / ("g" * 10)).touch()
    assert [fault.endswith("is a path of more than 255 bytes") for fault in found(root)] == [True, True]


def test_a_file_that_is_marked_as_huge_is_not_read_whole(root: Path) -> None:
    with (root / "huge").open("wb") as file:
        file.truncate(1 << 42)
    (only,) = ExtensionTree.read(root).faults
    assert only.too_large


def test_a_tree_is_staged_as_it_was_read_though_the_folder_has_changed(root: Path, tmp_path: Path) -> None:
    (root / "src" / "run").write_text("#!/bin/sh\n")
    (root / "src" / "run").chmod(0o755)
    tree = ExtensionTree.read(root)
    (root / "main.tf").write_text("changed")
    (root / "more.tf").write_text("locals {}\n")
    (tmp_path / "modules" / "one").mkdir(parents=True)
    staged = tree.stage(tmp_path / "place", tmp_path / "modules")
    assert staged == tmp_path / "place" / "extensions" / "wait-times"
    assert ExtensionTree.read(staged).digest == tree.digest
    assert (staged / "../../modules/one").is_dir()


def test_staging_again_leaves_nothing_of_what_was_staged_before(root: Path, tmp_path: Path) -> None:
    (root / "old.tf").write_text("locals {}\n")
    place = tmp_path / "place"
    staged = ExtensionTree.read(root).stage(place, tmp_path)
    (staged / "node_modules").mkdir()
    (staged / "node_modules" / "x").touch()
    (root / "old.tf").unlink()
    ExtensionTree.read(root).stage(place, tmp_path)
    assert sorted(os.listdir(staged)) == ["main.tf", "src"]  # noqa: PTH208
    assert sorted(path.name for path in tmp_path.iterdir()) == ["extensions", "place"]


def test_a_staged_copy_is_replaced_when_and_only_when_it_is_not_the_same(root: Path, tmp_path: Path) -> None:
    tree, place = ExtensionTree.read(root), tmp_path / "place"
    modules = ExtensionTree.read(root, everything=True)

    def inode() -> int:
        tree.stage(place, modules)
        return place.stat().st_ino

    first = inode()
    assert inode() == first
    for changed in ("extensions/wait-times/main.tf", "extensions/wait-times/build/x", "modules/main.tf"):
        (place / changed).parent.mkdir(exist_ok=True)
        (place / changed).write_text("changed")
        assert inode() != first
        first = inode()
        assert ExtensionTree.read(place / "extensions" / "wait-times", everything=True).files == tree.files


def test_a_tree_with_a_fault_is_not_staged_and_the_error_names_fault_and_way_out(
    root: Path, tmp_path: Path
) -> None:
    for number in range(5):
        (root / f"link-{number}").symlink_to("main.tf")
    with pytest.raises(PressoError) as raised:
        ExtensionTree.read(root).stage(tmp_path / "place", tmp_path)
    assert "link-0 is a link; link-1 is a link; link-2 is a link; and 2 more" in raised.value.message
    assert "presso check wait-times" in raised.value.hint
    assert not (tmp_path / "place").exists()


def test_a_place_that_cannot_be_written_is_an_error_and_what_was_there_stays(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = ExtensionTree.read(root).stage(tmp_path / "place", tmp_path)
    (root / "more.tf").touch()
    tree = ExtensionTree.read(root)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PressoError, match="No space left"):
        tree.stage(tmp_path / "place", tmp_path)
    assert sorted(path.name for path in staged.iterdir()) == ["main.tf", "src"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["extensions", "place"]

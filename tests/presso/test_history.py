"""Folders of the checkout at a git ref: the very files of the commit, and nothing of git's runs."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from presso import history
from presso.errors import PressoError, UsageError
from presso.extension_tree import ExtensionTree

pytestmark = pytest.mark.slow

Commit = Callable[[], str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one extension, and without history yet."""
    folder = tmp_path / "checkout"
    (folder / "extensions" / "cups" / "src").mkdir(parents=True)
    (folder / "extensions" / "cups" / "main.tf").write_text("locals {}\n")
    (folder / "extensions" / "cups" / "src" / "run").write_bytes(b"\r\n\0binary\n")
    (folder / "extensions" / "cups" / "src" / "run").chmod(0o755)
    (folder / "extensions" / "cups-and-more").mkdir()
    (folder / "extensions" / "cups-and-more" / "main.tf").touch()
    git(folder, "init", "-q")
    return folder


def git(root: Path, *arguments: str) -> str:
    named = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", "-C", str(root), *named, *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def commit(root: Path) -> Commit:
    """`commit()` commits all there is."""

    def made() -> str:
        git(root, "add", "-A", "-f")
        git(root, "commit", "-qm", "x")
        return git(root, "rev-parse", "HEAD")

    return made


def test_a_folder_at_a_commit_is_what_it_was_in_the_working_tree(root: Path, commit: Commit) -> None:
    before = ExtensionTree.read(root / "extensions" / "cups")
    found = commit()
    (root / "extensions" / "cups" / "main.tf").write_text("changed")
    tree = history.tree(root, found, "extensions/cups")
    assert (tree.name, tree.digest, tree.faults) == ("cups", before.digest, ())
    assert [(file.path, file.executable) for file in tree.files] == [("main.tf", False), ("src/run", True)]


def test_it_does_not_matter_where_in_the_repository_the_checkout_is(root: Path, commit: Commit) -> None:
    found = commit()
    assert (
        history.tree(root / "extensions", found, "cups").files
        == history.tree(root, found, "extensions/cups").files
    )


def test_no_filter_of_the_repository_runs_or_changes_a_file(root: Path, commit: Commit) -> None:
    git(root, "config", "filter.evil.smudge", f"touch {root}/ran; cat")
    (root / "extensions" / "cups" / ".gitattributes").write_text(
        "* text eol=crlf filter=evil ident export-ignore\n"
    )
    tree = history.tree(root, commit(), "extensions/cups")
    assert {file.path: file.content for file in tree.files}["main.tf"] == b"locals {}\n"
    assert not (root / "ran").exists()


def test_links_and_repositories_within_are_faults(root: Path, commit: Commit) -> None:
    cups = root / "extensions" / "cups"
    (cups / "link").symlink_to("/etc/passwd")
    inner = cups / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    git(inner, "commit", "-q", "--allow-empty", "-m", "x")
    tree = history.tree(root, commit(), "extensions/cups")
    assert sorted(fault.found for fault in tree.faults) == [
        "inner is another repository (a submodule)",
        "link is a link",
    ]


def test_names_that_would_not_show_are_faults_and_what_tools_leave_is_left_out(
    root: Path, commit: Commit
) -> None:
    cups = root / "extensions" / "cups"
    (cups / "new\nline").touch()
    (cups / "node_modules").mkdir()
    (cups / "node_modules" / "main.tf").touch()
    tree = history.tree(root, commit(), "extensions/cups")
    assert [fault.path for fault in tree.faults] == [r"new\nline"]
    assert [file.path for file in tree.files] == ["main.tf", "src/run"]


def test_too_much_is_a_fault_and_is_not_read(
    root: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = commit()
    monkeypatch.setattr(history, "MOST_BYTES", 5)
    tree = history.tree(root, found, "extensions/cups")
    assert [(fault.too_large, tree.files) for fault in tree.faults] == [(True, ())]


@pytest.mark.parametrize("ref", ["v9", "-x", "HEAD:extensions", "0" * 40])
def test_a_ref_that_is_not_there_is_named(root: Path, commit: Commit, ref: str) -> None:
    commit()
    with pytest.raises(UsageError, match="There is no git ref") as raised:
        history.commit(root, ref)
    assert ref in raised.value.message


@pytest.mark.parametrize("ref", ["HEAD", "v1", "v2"])
def test_branches_tags_and_annotated_tags_name_a_commit(root: Path, commit: Commit, ref: str) -> None:
    found = commit()
    git(root, "tag", "v1")
    git(root, "tag", "-a", "-m", "x", "v2")
    assert history.commit(root, ref) == found


def test_what_is_not_there_is_an_empty_tree(root: Path, commit: Commit) -> None:
    tree = history.tree(root, commit(), "extensions/other")
    assert (tree.files, tree.faults) == ((), ())


def test_without_a_repository_or_without_git_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(PressoError, match="has no history: fatal: not a git repository"):
        history.commit(tmp_path, "HEAD")
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(PressoError, match="git cannot be started"):
        history.commit(tmp_path, "HEAD")

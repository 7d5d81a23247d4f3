"""Folders of the checkout at a git ref, read without a checkout: none of git's filters or hooks runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from presso.errors import PressoError, UsageError
from presso.extension_tree import (
    MOST_BYTES,
    ExtensionTree,
    TreeFault,
    TreeFile,
    fault_of_name,
    left_out,
    too_large,
)

_LINK, _EXECUTABLE = "120000", "100755"


def commit(root: Path, ref: str) -> str:
    """Return the id of the commit that a ref of the checkout's repository names.

    Raises:
        UsageError: There is no such ref.
        PressoError: There is no git, or no repository.
    """
    try:
        _git(root, "rev-parse", "--git-dir")
        return (
            _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
            .decode()
            .strip()
        )
    except subprocess.CalledProcessError as error:
        said = os.fsdecode(error.stderr).strip().splitlines()
        if said:
            raise PressoError(f"{root} has no history: {said[0]}") from error
        raise UsageError(
            f"There is no git ref {ref} in {root}.",
            hint="Correct it, or fetch it: git fetch --tags.",
        ) from error


def tree(root: Path, commit: str, folder: str) -> ExtensionTree:
    """Return a folder of the checkout, such as `extensions/wait-times`, at a commit; empty if there is none.

    Raises:
        PressoError: git cannot read it.
    """
    try:
        listed = _git(root, "ls-tree", "-r", "-z", "--long", commit, "--", f"{folder}/")
        entries = [_entry(line, folder) for line in listed.split(b"\0") if line]
        kept = [entry for entry in entries if not _is_left_out(entry[0])]
        found = _files(root, kept) if sum(size for *_, size in kept) <= MOST_BYTES else iter([too_large(".")])
        return ExtensionTree.gathered(Path(folder).name, found, f"{folder} at {commit[:12]}")
    except subprocess.CalledProcessError as error:
        said = os.fsdecode(error.stderr).strip()
        raise PressoError(f"git cannot read {folder} at {commit}: {said}") from error


def _entry(line: bytes, folder: str) -> tuple[str, str, str, int]:
    about, _, path = line.partition(b"\t")
    mode, _, name, size = about.decode().split()
    return os.fsdecode(path).removeprefix(f"{folder}/"), mode, name, 0 if size == "-" else int(size)


def _is_left_out(path: str) -> bool:
    *folders, last = path.split("/")
    return any(left_out(name, folder=True) for name in folders) or left_out(last, folder=False)


def _files(root: Path, entries: list[tuple[str, str, str, int]]) -> Iterator[TreeFile | TreeFault]:
    regular = []
    for path, mode, name, _ in entries:
        fault = fault_of_name(path)
        if fault or not mode.startswith("100"):
            what = "is a link" if mode == _LINK else "is another repository (a submodule)"
            yield fault or TreeFault(path, f"{path} {what}")
        else:
            regular.append((path, mode, name))
    asked = "".join(f"{name}\n" for _, _, name in regular)
    answer = _git(root, "cat-file", "--batch", given=asked.encode())
    for path, mode, _ in regular:
        head, _, rest = answer.partition(b"\n")
        size = int(head.split()[2])
        yield TreeFile(path, rest[:size], mode == _EXECUTABLE)
        answer = rest[size + 1 :]


def _git(root: Path, *arguments: str, given: bytes | None = None) -> bytes:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments], input=given, capture_output=True, check=True
        ).stdout
    except OSError as error:
        raise PressoError(f"git cannot be started: {error.strerror}.") from error

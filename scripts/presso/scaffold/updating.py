"""An extension updated to the current scaffold: the scaffold's changes, merged into its author's files.

The scaffold of then and the scaffold of now are rendered with the same answers; `git merge-file` puts the
difference into the author's files. The scaffold of then is found in git by its content, which the extension
names.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from presso.errors import PressoError, UsageError
from presso.folders import contents
from presso.hcl import module_docs
from presso.scaffold import predecessors
from presso.scaffold.rendering import ANSWERS, FOLDER
from presso.workspace import Workspace


@dataclass
class Merge:
    """What became of the files; `left` is `file:line` of what its author must change by hand."""

    changed: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do by hand."""
        return not (self.conflicts or self.left)


def earlier(workspace: Workspace, version: str, into: Path) -> Path:
    """Return the scaffold of then, unpacked.

    Rendering runs its hooks, and the version is what the extension's author wrote: only what the main branch
    has had as its scaffold, or the checkout has now, is one.

    Args:
        workspace: The checkout, in git.
        version: What git calls the scaffold's content, or a commit that has it.
        into: An empty folder.

    Raises:
        UsageError: Git does not know it, or it was never the scaffold.
    """
    found = _tree(workspace, f"{version}:{FOLDER}") or _tree(workspace, f"{version}^{{tree}}")
    if found not in _scaffolds(workspace):
        raise UsageError(
            f"The scaffold that created it ({version}) is not in this repository.",
            hint=f"Fetch its history (git fetch --unshallow), or write the commit of its creation into "
            f"{ANSWERS}.",
        )
    # A zip cannot leave the folder that it is unpacked in; of tar this is true from Python 3.11.4 on.
    done = _git(workspace, "archive", "--format=zip", found)
    with zipfile.ZipFile(BytesIO(done.stdout)) as archive:
        archive.extractall(into / FOLDER)
    return into / FOLDER


def _tree(workspace: Workspace, name: str) -> str:
    """The id of a tree in git; "" if there is none of that name."""
    done = _git(workspace, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    return done.stdout.decode().strip() if done.returncode == 0 else ""


def _scaffolds(workspace: Workspace) -> set[str]:
    """The ids of all trees that were the scaffold on the main branch, and of the present one.

    A branch under review may have had anything as its scaffold in between.
    """
    names = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "HEAD")
    base = next((name for name in names if _tree(workspace, f"{name}^{{tree}}")), "HEAD")
    commits = (
        _git(workspace, "log", "--full-history", "--format=%H", base, "--", FOLDER).stdout.decode().split()
    )
    asked = "".join(f"{commit}:{FOLDER}\n" for commit in (*commits, "HEAD"))
    listed = _git(workspace, "cat-file", "--batch-check", given=asked.encode()).stdout.decode()
    found = (line.split() for line in listed.splitlines())
    return {words[0] for words in found if words[1:2] == ["tree"]}


def _git(workspace: Workspace, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=workspace.root, capture_output=True, check=False, input=given)


def brought_over(own: Path, old: Path, new: Path) -> list[str]:
    """Change an extension, and what it was made from, to the shape of now; return its changed files.

    Both alike: what remains between them is what its author wrote, and the merge meets no other differences.

    Args:
        own: A copy of the extension.
        old: What its answers made of the scaffold of then.
        new: What they make of the scaffold of now.
    """
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    declaration = predecessors.declaration(new)
    if declaration and predecessors.takes_them(old):
        for folder in (own, old):
            predecessors.bring_over(folder, declaration)
    predecessors.take_table_block(own, old, new)
    for folder in (own, old):
        readme = folder / "README.md"
        with contextlib.suppress(PressoError, OSError, UnicodeError):  # it has no tables, or broken HCL
            readme.write_text(module_docs.updated(readme), encoding="utf-8")
    after = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    return sorted(str(path.relative_to(own)) for path in after if after[path] != before.get(path))


def merge(own: Path, old: Path, new: Path, into: Path) -> Merge:
    """Write what an extension becomes into a folder.

    Args:
        own: The extension as its author has it, in the shape of now.
        old: What its answers made of the scaffold of then.
        new: What they make of the scaffold of now.
        into: A folder that does not exist yet.

    Raises:
        PressoError: git cannot merge.
    """
    shutil.copytree(own, into, symlinks=True)
    merged = Merge()
    names = sorted(
        {str(path.relative_to(top)) for top in (old, new) for path in top.rglob("*") if path.is_file()}
    )
    for name in names:
        before, after, mine = (contents(top / name) for top in (old, new, own))
        if before == after or mine == after:
            continue
        target = into / name
        if after is None:  # the scaffold has it no more; what its author changed stays
            if mine == before:
                target.unlink()
                merged.changed.append(name)
            elif mine is not None:
                merged.conflicts.append(name)
            continue
        if mine is None and before is not None:
            continue  # its author has removed it
        target.parent.mkdir(parents=True, exist_ok=True)
        result, clean = (
            (after, True) if mine is None or mine == before else _merged(mine, before or b"", after)
        )
        target.write_bytes(result)
        (merged.changed if clean else merged.conflicts).append(name)
    return merged


def _merged(mine: bytes, before: bytes, after: bytes) -> tuple[bytes, bool]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("yours", "scaffold-then", "scaffold-now")]
        for path, content in zip(files, (mine, before, after), strict=True):
            path.write_bytes(content)
        labels = [word for path in files for word in ("-L", path.name)]
        done = subprocess.run(
            ["git", "merge-file", "-p", "--diff3", *labels, *map(str, files)],
            capture_output=True,
            check=False,
        )
    if done.returncode < 0 or done.returncode > 127:
        raise PressoError(f"git cannot merge: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout, done.returncode == 0

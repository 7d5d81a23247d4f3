"""What git knows of extensions: which of them a working tree changes, and files that no check reads."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePosixPath

from presso.errors import PressoError, UsageError
from presso.extension_tree import left_out
from presso.gate.model import Hit, Hits, Place
from presso.terminal import printable
from presso.workspace import Workspace

# The mode of a submodule, which is a folder where it is checked out.
_REPOSITORY = "160000"


def changed(workspace: Workspace, against: str) -> list[str]:
    """Return the extensions that differ from the commit where this branch left a ref, including new ones.

    A link in the place of an extension is included, removed extensions are not.

    Args:
        against: A git ref, such as `origin/main`.

    Raises:
        UsageError: There is no such ref.
        PressoError: This is not a git checkout, there is no git, or `extensions` is not a folder.
    """
    if against.startswith("-"):
        raise UsageError(f"{against} is not a git ref.", hint="presso check --changed --against origin/main")
    _git(workspace, "rev-parse", "--show-toplevel", hint="--changed needs git; name the extensions instead.")
    base = _git(
        workspace, "merge-base", "HEAD", against, hint=f"Set another ref than {against} with --against."
    ).strip()
    listed = _git(workspace, "diff", "--no-renames", "--name-only", "-z", base, "--", "extensions")
    listed += _git(workspace, "ls-files", "--others", "--exclude-standard", "-z", "--", "extensions")
    paths = [PurePosixPath(file) for file in filter(None, listed.split("\0"))]
    if workspace.extensions.is_symlink():
        raise PressoError("extensions is a link.", hint="It must be a folder of this checkout.")
    folders = {path.parts[1]: workspace.extensions / path.parts[1] for path in paths if len(path.parts) > 1}
    return sorted(name for name, folder in folders.items() if folder.is_dir() or folder.is_symlink())


def unread(workspace: Workspace, root: Path) -> Hits:
    """Return a finding for each file that git tracks in a folder that is in no tree, such as build/.

    Tools make such folders, and use what is in them in place of what was reviewed: a __pycache__ of Python's.

    Args:
        root: An extension's folder; of one outside of the checkout nothing is known.
    """
    if root.parent != workspace.extensions or not (workspace.root / ".git").exists():
        return []
    listed = _git(workspace, "ls-files", "-z", "--stage", "--", f":(literal)extensions/{root.name}")
    found = []
    for entry in filter(None, listed.split("\0")):
        state, _, name = entry.partition("\t")
        file = PurePosixPath(name).relative_to(PurePosixPath("extensions", root.name))
        folders = file.parts if state.startswith(_REPOSITORY) else file.parts[:-1]
        if any(left_out(part, folder=True) for part in folders):
            hit = Hit(Place(printable(str(file))), "git tracks it, but no check reads it")
            found.append(("S-007", hit))
    return found


def _git(workspace: Workspace, *arguments: str, hint: str = "") -> str:
    try:
        answer = subprocess.run(
            ["git", "-C", str(workspace.root), *arguments], capture_output=True, check=True
        )
    except OSError as error:
        raise PressoError(f"git cannot be started: {error.strerror}.", hint=hint) from error
    except subprocess.CalledProcessError as error:
        said = os.fsdecode(error.stderr).strip().splitlines()
        raise UsageError(f"git failed: {said[0] if said else 'no output'}", hint=hint) from error
    return os.fsdecode(answer.stdout)  # a file's name may not be UTF-8

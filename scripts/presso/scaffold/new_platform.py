"""A platform of one's own: a checkout with presso's modules and scaffold, an example, a tenant and CI.

`python -m presso.scaffold.new_platform` reports whether the modules and the scaffold are still as
`presso init` wrote them: an upgrade replaces both.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from string import Template

from presso import __version__, terminal, text_file
from presso.errors import PressoError, UsageError
from presso.extension_tree import LEFT_OUT_FOLDERS
from presso.folders import files_below
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

MARK = "presso.yaml"
# The modules' and the scaffold's files, each as git's id of its content and its path.
LOCK = "presso.lock"
# The other files as they were written, which the team may change: an upgrade merges them.
WRITTEN = ".presso-written"

_COPIED = ("modules", "cookiecutter-extension")
_EXAMPLE = "extensions/order-metrics"
_IGNORED = shutil.ignore_patterns(*LEFT_OUT_FOLDERS)
_FILES = Path(__file__).parent / "platform_files"
# They get their names when they are written: no tool takes them for this project's own.
_NAMES = {"gitignore": ".gitignore", "github": ".github", "pyproject": "pyproject.toml"}
_FILLED = ("README.md", "presso.yaml", "requirements.txt")
_LOCKED = re.compile(r"[0-9a-f]{40}  (modules|cookiecutter-extension)/.+")


def create(folder: Path) -> list[str]:
    """Create a platform in a folder that is empty or does not exist; return its files, sorted.

    The folder appears complete, or not at all.

    Raises:
        UsageError: The folder has files, is not a folder, or has a name that is not a title.
        PressoError: It cannot be written.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder.", hint="Name a new folder.")
    if not re.fullmatch(r"[\w.][\w. -]*", folder.name):
        raise UsageError(f"{folder.name!r} cannot be the name of a platform.", hint="Use letters and digits.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as place:
            new = Path(place) / "new"
            write(new, folder.name)
            shutil.copytree(_brought() / _EXAMPLE, new / _EXAMPLE, ignore=_IGNORED)
            new.rename(folder)  # replaces an empty folder
    except OSError as error:
        raise PressoError(f"{folder} cannot be written: {error.strerror}.", hint="Name another.") from None
    return [path.relative_to(folder).as_posix() for path in files_below(folder)]


def write(new: Path, title: str) -> None:
    """Write what this version of presso brings into a folder that does not exist yet; not the example.

    Raises:
        OSError: It cannot be written.
    """
    for part in _COPIED:
        shutil.copytree(_brought() / part, new / part, ignore=_IGNORED)
    copied = [path for part in _COPIED for path in files_below(new / part)]
    lines = [f"{blob_id(path.read_bytes())}  {path.relative_to(new).as_posix()}\n" for path in copied]
    (new / LOCK).write_text("".join(lines), encoding="utf-8")
    values = {"title": title, "version": __version__}
    for path in files_below(_FILES, LEFT_OUT_FOLDERS):
        first, *rest = path.relative_to(_FILES).parts
        name = Path(_NAMES.get(first, first), *rest)
        text = path.read_text(encoding="utf-8")
        filled = Template(text).substitute(values) if first in _FILLED else text
        # A tenant's file is the team's own from the start.
        for target in (new / name, new / WRITTEN / name) if first != "tenants" else (new / name,):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(filled, encoding="utf-8")


def _brought() -> Path:
    """Return the folder with presso's modules and scaffold: the package's, or its own checkout."""
    package = Path(__file__).parents[1]
    inside = package / "checkout"
    return inside if inside.is_dir() else package.parents[1]


def blob_id(content: bytes) -> str:
    """Return git's id of a file's content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects."""
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def locked(root: Path) -> dict[str, str]:
    """Return what `presso.lock` lists: ids of contents, by path.

    Raises:
        UsageError: It is missing or wrong.
    """
    lines = text_file.read(root / LOCK, LOCK).splitlines()
    for number, line in enumerate(lines, 1):
        if not _LOCKED.fullmatch(line) or ".." in line:
            raise UsageError(f"{LOCK}:{number}: not an id and a path.", hint="Restore the file from git.")
    return {line[42:]: line[:40] for line in lines}


def read_mark(root: Path) -> dict[str, str]:
    """Return what `presso.yaml` has: `presso` (a version) and `title`.

    Raises:
        UsageError: It is missing or wrong.
    """
    keys = ("presso", "title")
    file = YamlFile.read(root / MARK, MARK)
    file.check(needed=keys, known=keys)
    return {key: str(file.data[key]) for key in keys}


def faults(root: Path) -> Iterator[str]:
    """Yield what is not as `presso init` wrote it, or as this version of presso needs it.

    Raises:
        UsageError: `presso.yaml` or `presso.lock` is wrong.
    """
    if not (root / MARK).is_file():
        return  # not created by init
    version = read_mark(root)["presso"]
    if version != __version__:
        yield f"{MARK}: presso {version} wrote it, and this is {__version__}: presso upgrade-platform"
    for name, wanted in locked(root).items():
        path = root / name
        if not path.is_file() or blob_id(path.read_bytes()) != wanted:
            yield f"{name}: not as presso {version} has it; put modules of your own into new folders"


def main() -> int:
    """Print what is wrong in the checkout; return 1 if there is anything, else 0."""
    try:
        found = list(faults(Workspace.find().root))
    except PressoError as error:
        found = [error.message]
    for fault in found:
        terminal.error(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

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

from presso import __version__, terminal
from presso.errors import PressoError, UsageError
from presso.folders import files_below
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

MARK = "presso.yaml"
# Copied unchanged, and replaced by an upgrade.
KEPT = ("modules", "cookiecutter-extension")
_EXAMPLE = "extensions/order-metrics"
_LEFT_OUT = frozenset({".terraform", "__pycache__", "build", "node_modules", ".pytest_cache", ".ruff_cache"})
_FILES = Path(__file__).parent / "platform_files"
# Dots are added here, so that no tool takes these files for this project's own.
_DOTTED = {"gitignore": ".gitignore", "github": ".github"}
_FILLED = ("README.md", "presso.yaml", "requirements.txt")


def create(folder: Path) -> list[str]:
    """Create a platform in a folder that is empty or does not exist; return its files, sorted.

    The folder appears complete, or not at all.

    Raises:
        UsageError: The folder has files, is no folder, or has a name that is no title.
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
            _write(new, folder.name)
            new.rename(folder)  # replaces an empty folder
    except OSError as error:
        raise PressoError(
            f"{folder} cannot be written: {error.strerror}.", hint="Name another folder."
        ) from None
    return [path.relative_to(folder).as_posix() for path in files_below(folder)]


def _write(new: Path, name: str) -> None:
    for part in (*KEPT, _EXAMPLE):
        shutil.copytree(_brought() / part, new / part, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    values = {"name": name, "version": __version__, "digest": digest(new)}
    for path in files_below(_FILES):
        first, *rest = path.relative_to(_FILES).parts
        target = new.joinpath(_DOTTED.get(first, first), *rest)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(Template(text).substitute(values) if first in _FILLED else text, encoding="utf-8")


def _brought() -> Path:
    """Return the folder with presso's modules and scaffold: the package's, or its own checkout."""
    package = Path(__file__).parents[1]
    inside = package / "checkout"
    return inside if inside.is_dir() else package.parents[1]


def digest(root: Path) -> str:
    """Return a digest of the names and contents of the files that an upgrade replaces."""
    found = hashlib.sha256()
    for part in KEPT:
        for path in files_below(root / part, _LEFT_OUT):
            found.update(f"{path.relative_to(root).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{found.hexdigest()}"


def faults(root: Path) -> Iterator[str]:
    """Yield what is not as `presso init` wrote it, or as this version of presso needs it.

    Raises:
        UsageError: `presso.yaml` cannot be read.
    """
    path = root / MARK
    if not path.is_file():
        return  # not created by init
    file = YamlFile.read(path, MARK)
    file.check(needed=("presso", "digest"), known=("presso", "digest"))
    if file.data["presso"] != __version__:
        yield f"{MARK}: presso {file.data['presso']} wrote it, and this is {__version__}"
    if file.data["digest"] != digest(root):
        yield f"{MARK}: {' or '.join(KEPT)} has changed; put modules of your own into another folder"


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

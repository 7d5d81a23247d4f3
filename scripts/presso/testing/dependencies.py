"""Dependencies of an extension's functions, where its tests find them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from presso.extension_tree import ExtensionTree
from presso.packages import functions, npm, packages
from presso.packages.packages import Package
from presso.workspace import Workspace


def unpacked(extension: Path, place: Path) -> list[Path]:
    """Unpack the dependencies of functions in Python, without the code; return a folder for each package.

    Args:
        extension: The extension's folder.
        place: Where to.

    Raises:
        Uninstallable: One cannot be installed.
    """
    found = []
    for number, package in enumerate(_built(extension)):
        if package.function.declaration != npm.MANIFEST:
            folder = place / str(number)
            _unpack(package, folder, _own(extension, package))
            found.append(folder)
    return found


@contextmanager
def beside_code(extension: Path) -> Iterator[Path]:
    """Yield a folder in which the code in JavaScript has its dependencies beside it.

    It is a copy, if the extension has any, else the extension itself.

    Raises:
        Uninstallable: One cannot be installed.
    """
    built = [p for p in _built(extension) if p.function.declaration == npm.MANIFEST]
    if not built:
        yield extension
        return
    with tempfile.TemporaryDirectory(prefix="presso-test-") as place:
        copy = ExtensionTree.read(extension).stage(Path(place) / "tree", extension.parents[1] / "modules")
        for package in built:
            _unpack(package, copy / package.function.source, _own(extension, package))
        yield copy


def _built(extension: Path) -> list[Package]:
    root = extension.parents[1]
    return packages.of_extension(
        Workspace(root, root / ".presso"), ExtensionTree.read(extension), {}, local=True
    )


def _own(extension: Path, package: Package) -> set[str]:
    """The paths of the code in a package."""
    function: functions.Function = package.function
    return set(function.files(ExtensionTree.read(extension)))


def _unpack(package: Package, folder: Path, own: set[str]) -> None:
    with zipfile.ZipFile(package.file) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name not in own])

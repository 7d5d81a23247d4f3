"""Builds packages of functions, and prints what is in them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from presso import atomic, terminal
from presso.errors import UsageError
from presso.extension_tree import ExtensionTree
from presso.extensions import names_of
from presso.packages import functions, locking, packages
from presso.packages.packages import Package
from presso.suggestions import did_you_mean
from presso.workspace import Workspace


def build(workspace: Workspace, names: Sequence[str], *, lock: bool, json_wanted: bool) -> None:
    """Build the packages of extensions, and print them.

    Args:
        names: The extensions.
        lock: Whether to make the locks first.
        json_wanted: Print JSON.

    Raises:
        UsageError: An extension does not exist.
        Uninstallable: A dependency cannot be installed.
    """
    for name in names:
        if name not in names_of(workspace):
            hint = did_you_mean(name, names_of(workspace), "extensions")
            raise UsageError(f"There is no extension {name}.", hint=hint)
    found = {name: _built(workspace, name, lock=lock) for name in dict.fromkeys(names)}
    if json_wanted:
        terminal.as_json({name: [_as_json(package) for package in built] for name, built in found.items()})
        return
    for name, built in found.items():
        for package in built:
            _show(name, package)
        if not built:
            terminal.result(f"{name}: no function has dependencies")


def _built(workspace: Workspace, name: str, *, lock: bool) -> list[Package]:
    root = workspace.extensions / name
    tree = ExtensionTree.read(root).without_faults()  # without links, which would lead elsewhere
    if lock:
        for path in locking.write(root, functions.called(tree, {})):
            terminal.say(f"Wrote {workspace.shown(root / path)}.")
        tree = ExtensionTree.read(root).without_faults()
    built = packages.of_extension(workspace, tree, {})
    for folder in {(root / package.path).parent for package in built}:
        for old in folder.glob("*.zip"):
            if packages.is_named(old.name):
                old.unlink()
    for package in built:
        with atomic.draft_of(root / package.path) as draft:
            shutil.copyfile(package.file, draft)
    return built


def _show(name: str, package: Package) -> None:
    function = package.function
    size = _size(package.file)
    head = f"{name}: {function.source or '.'} for {function.runtime} on {function.architecture}, {size}"
    terminal.result(f"{head}, {len(package.contents)} packages")
    for content in package.contents:
        unrun = f"; {content.unrun}" if content.unrun else ""
        terminal.result(f"  {terminal.printable(str(content))}{unrun}")


def _size(file: Path) -> str:
    size = file.stat().st_size
    return f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{-(-size // 1024)} kB"


def _as_json(package: Package) -> dict[str, object]:
    function = package.function
    return {
        "source": function.source,
        "runtime": function.runtime,
        "architecture": function.architecture,
        "file": package.path,
        "bytes": package.file.stat().st_size,
        "packages": [asdict(content) for content in package.contents],
    }

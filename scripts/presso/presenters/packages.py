"""Builds packages of functions, and prints what is in them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from presso import atomic, terminal
from presso.errors import PressoError, UsageError
from presso.extension_tree import ExtensionTree
from presso.extensions import names_of
from presso.packages import functions, locking, packages, vulnerabilities
from presso.packages.contents import NPM, PYPI, Dependency
from presso.packages.packages import Package
from presso.packages.vulnerabilities import Vulnerability
from presso.suggestions import did_you_mean
from presso.workspace import Workspace

Known = dict[tuple[str, Dependency], list[Vulnerability]]


def build(workspace: Workspace, names: Sequence[str], *, lock: bool, audit: bool, json_wanted: bool) -> None:
    """Build the packages of extensions, and print them.

    Args:
        names: The extensions.
        lock: Whether to make the locks first.
        audit: Whether to look up known vulnerabilities.
        json_wanted: Print JSON.

    Raises:
        UsageError: An extension does not exist.
        Uninstallable: A dependency cannot be installed.
        PressoError: A dependency has known vulnerabilities, or they cannot be looked up.
    """
    for name in names:
        if name not in names_of(workspace):
            hint = did_you_mean(name, names_of(workspace), "extensions")
            raise UsageError(f"There is no extension {name}.", hint=hint)
    found = {name: _built(workspace, name, lock=lock) for name in dict.fromkeys(names)}
    known = _known([package for built in found.values() for package in built]) if audit else {}
    if json_wanted:
        shown = {
            name: [_as_json(package, known, audit) for package in built] for name, built in found.items()
        }
        terminal.as_json(shown)
    else:
        for name, built in found.items():
            for package in built:
                _show(name, package, known)
            if not built:
                terminal.result(f"{name}: no function has dependencies")
    if known:
        what = "1 package has" if len(known) == 1 else f"{len(known)} packages have"
        hint = (
            "Name a version without them in requirements.in or package.json, then: presso build NAME --lock"
        )
        raise PressoError(f"{what} known vulnerabilities.", hint=hint)


def _known(built: Sequence[Package]) -> Known:
    """The known vulnerabilities of what is in packages."""
    found: Known = {}
    for ecosystem in (PYPI, NPM):
        contents = [
            content for package in built if package.ecosystem == ecosystem for content in package.contents
        ]
        of_these = vulnerabilities.known(ecosystem, list(dict.fromkeys(contents)))
        found |= {(ecosystem, content): each for content, each in of_these.items()}
    return found


def _built(workspace: Workspace, name: str, *, lock: bool) -> list[Package]:
    root = workspace.extensions / name
    tree = ExtensionTree.read(root).without_faults()  # without links, which would lead elsewhere
    if lock:
        for path in locking.write(root, functions.called(tree, {})):
            terminal.say(f"Wrote {workspace.shown(root / path)}.")
        tree = ExtensionTree.read(root).without_faults()
    for path in functions.beside_no_code(tree, {}):
        terminal.say(f"{workspace.shown(root / path)} is in no function's source_dir: it is not installed.")
    built = packages.of_extension(workspace, tree, {})
    for folder in {(root / package.path).parent for package in built}:
        for old in folder.glob("*.zip"):
            if packages.is_named(old.name):
                old.unlink()
    for package in built:
        with atomic.draft_of(root / package.path) as draft:
            shutil.copyfile(package.file, draft)
    return built


def _show(name: str, package: Package, known: Known) -> None:
    function = package.function
    size = _size(package.file)
    head = f"{name}: {function.source or '.'} for {function.runtime} on {function.architecture}, {size}"
    terminal.result(f"{head}, {len(package.contents)} packages")
    for content in package.contents:
        unrun = f"; {content.unrun}" if content.unrun else ""
        terminal.result(f"  {terminal.printable(str(content))}{unrun}")
        for each in known.get((package.ecosystem, content), ()):
            terminal.result(f"    {terminal.printable(str(each))}")


def _size(file: Path) -> str:
    size = file.stat().st_size
    return f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{-(-size // 1024)} kB"


def _as_json(package: Package, known: Known, audit: bool) -> dict[str, object]:
    function = package.function
    listed: list[dict[str, object]] = [asdict(content) for content in package.contents]
    if audit:
        for entry, content in zip(listed, package.contents, strict=True):
            entry["vulnerabilities"] = [asdict(each) for each in known.get((package.ecosystem, content), ())]
    return {
        "source": function.source,
        "runtime": function.runtime,
        "architecture": function.architecture,
        "file": package.path,
        "bytes": package.file.stat().st_size,
        "packages": listed,
    }

"""The files of an extension's unit: the working tree, or a version from the repository's history."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from presso import history
from presso.errors import UsageError
from presso.extension_tree import ExtensionTree
from presso.tenants import ExtensionUse
from presso.workspace import Workspace


@dataclass(frozen=True)
class UnitTree:
    """An extension's files, and the platform's modules for it.

    Args:
        tree: The files.
        modules: The checkout's folder of modules; if a version is named, the modules of that version.
    """

    tree: ExtensionTree
    modules: Path | ExtensionTree

    def stage(self, place: Path, built: Mapping[str, Path]) -> Path:
        """Write both to a folder, with what was built, and return the extension's folder in it.

        Raises:
            PressoError: As `ExtensionTree.stage`.
        """
        return self.tree.stage(place, self.modules, built)


class Trees:
    """The trees of one command: each is read once, so that all units see the same files."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read: dict[tuple[str, str | None], UnitTree] = {}
        self._lock = threading.Lock()

    def of(self, use: ExtensionUse) -> UnitTree:
        """Return the tree of an extension in a tenant.

        Raises:
            UsageError: The version does not exist, or lacks the extension.
            PressoError: git cannot read it.
        """
        key = (use.name, use.version)
        with self._lock:
            if key not in self._read:
                self._read[key] = (
                    self._pinned(use.name, use.version) if use.version else self._working(use.name)
                )
            return self._read[key]

    def _working(self, name: str) -> UnitTree:
        return UnitTree(ExtensionTree.read(self._workspace.extensions / name), self._workspace.modules)

    def _pinned(self, name: str, version: str) -> UnitTree:
        root = self._workspace.root
        commit = history.commit(root, version)
        tree = history.tree(root, commit, f"extensions/{name}")
        if not tree.files and not tree.faults:
            raise UsageError(
                f"There is no extension {name} in version {version}.",
                hint=f"git log --oneline --all -- extensions/{name} lists the versions that have it.",
            )
        return UnitTree(tree, history.tree(root, commit, "modules"))

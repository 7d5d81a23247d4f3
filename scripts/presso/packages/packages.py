"""The packages of an extension's functions, kept by their content in `.presso/packages`.

Two kinds of files are kept: dependencies of a lock for a platform, and packages, which have the code too.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from presso import atomic, regular_file, terminal
from presso.errors import PressoError
from presso.extension_tree import ExtensionTree
from presso.packages import functions, npm, requirements_lock, wheels, zip_file
from presso.packages.contents import NPM, PYPI, Dependency
from presso.packages.faults import Uninstallable
from presso.packages.functions import Function
from presso.packages.npm import NpmLock
from presso.packages.platforms import Platform
from presso.workspace import Workspace

# Changes with what a package of the same files would hold.
_FORMAT = "presso packages 1"
_ZIP, _CONTENTS = "dependencies.zip", "contents.json"
_MOST_KEPT = 40
# Errors of names that a lock or a package has chosen: no fault of this machine.
_OF_NAMES = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP, errno.EISDIR, errno.ENOTDIR)
_lock = threading.Lock()


@dataclass(frozen=True)
class Package:
    """A package that is ready.

    Args:
        path: Where event-function looks for it, relative to the extension's folder.
        file: The zip file.
        function: What it is for.
        contents: What is in it beside the code.
    """

    path: str
    file: Path
    function: Function
    contents: tuple[Dependency, ...]

    @property
    def ecosystem(self) -> str:
        """Where its contents are from, as advisories name it."""
        return NPM if self.function.declaration == npm.MANIFEST else PYPI


def of_extension(
    workspace: Workspace, tree: ExtensionTree, variables: Mapping[str, Any], *, local: bool = False
) -> list[Package]:
    """Return the packages of an extension's functions with dependencies; install what is not kept.

    Args:
        tree: The extension's files.
        variables: Its own variables, as its tenant sets them.
        local: For this machine, in place of the functions' runtimes and architectures.

    Raises:
        Uninstallable: A dependency cannot be installed, or a package exceeds Lambda's limits.
        PressoError: A file cannot be written.
        Stopped: A stop is requested.
    """
    wanted = functions.with_dependencies(tree, variables)
    if not wanted:
        return []
    store = _Store(workspace.root / ".presso" / "packages")
    try:
        with _lock:
            return [store.package(tree, function, local=local) for function in wanted]
    except OSError as error:
        if error.errno in _OF_NAMES:
            function = wanted[0]
            what = f"a file of it cannot be installed: {error.strerror}"
            raise Uninstallable(what, function.path(function.declaration)) from error
        raise PressoError(f"{error.filename or store.folder} cannot be written: {error.strerror}.") from error


def key(function: Function, tree: ExtensionTree) -> str:
    """Return a package's name: of its files, runtime and architecture; event-function computes the same."""
    lines = [f"{file.sha256} {path}" for path, file in sorted(function.files(tree).items())]
    text = "\n".join([_FORMAT, function.runtime, function.architecture, *lines])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def is_named(file: str) -> bool:
    """Return whether a file is called as a package is."""
    return re.fullmatch(r"[0-9a-f]{32}\.zip", file) is not None


@dataclass(frozen=True)
class _Dependencies:
    """The dependencies of a lock, installed."""

    file: Path
    contents: tuple[Dependency, ...]
    universal: bool


@dataclass(frozen=True)
class _Store:
    """The folder of what is kept."""

    folder: Path

    def package(self, tree: ExtensionTree, function: Function, *, local: bool) -> Package:
        """Return a package; make it if it is not kept."""
        platform = Platform(function.runtime, function.architecture, local=local)
        name = key(function, tree)
        files = function.files(tree)
        lock = npm.LOCK if function.declaration == npm.MANIFEST else function.declaration
        installed = self._dependencies(tree, function, platform)
        digest = hashlib.sha256(f"{name} {installed.file.parent.name}".encode()).hexdigest()[:32]
        kept = self.folder / "functions" / f"{digest}.zip"
        if kept.exists():
            os.utime(kept)
        else:
            sources = [(path, file.content) for path, file in files.items()]
            with atomic.draft_of(kept) as draft:
                zip_file.complete(installed.file, sources, draft, function.path(lock))
            _prune(kept.parent)
        return Package(function.path(f"build/{name}.zip"), kept, function, installed.contents)

    def _dependencies(self, tree: ExtensionTree, function: Function, platform: Platform) -> _Dependencies:
        texts = {
            name: functions.decoded_file(file.content, function.path(name))
            for name, file in function.files(tree).items()
            if name in (requirements_lock.FILE, requirements_lock.DECLARED, npm.MANIFEST, npm.LOCK)
        }
        of_lambda = Platform(function.runtime, function.architecture)
        if function.declaration == npm.MANIFEST:
            start = function.path("")
            lock = NpmLock.read(texts[npm.MANIFEST], texts.get(npm.LOCK), start)
            if platform.local and lock.is_universal:
                platform = of_lambda
            own = {name: texts[name] for name in (npm.MANIFEST, npm.LOCK)}
            return self._kept(own, platform, lock, function)
        pins = requirements_lock.read(texts[requirements_lock.FILE], function.path(requirements_lock.FILE))
        if declared := texts.get(requirements_lock.DECLARED):
            requirements_lock.check_declared(pins, declared, function.path(requirements_lock.DECLARED))
        own = {requirements_lock.FILE: texts[requirements_lock.FILE]}
        if platform.local and all(pin.needed(platform) == pin.needed(of_lambda) for pin in pins):
            found = self._kept(own, of_lambda, pins, function)
            if found.universal:
                return found
        return self._kept(own, platform, pins, function)

    def _kept(
        self, texts: Mapping[str, str], platform: Platform, lock: Any, function: Function
    ) -> _Dependencies:
        digest = hashlib.sha256(json.dumps([_FORMAT, platform.key, texts]).encode()).hexdigest()[:32]
        folder = self.folder / "dependencies" / digest
        if not folder.is_dir():
            self._install(folder, platform, lock, function)
        read = json.loads(regular_file.text(folder / _CONTENTS))
        os.utime(folder)
        contents = tuple(Dependency(**each) for each in read["contents"])
        return _Dependencies(folder / _ZIP, contents, read["universal"])

    def _install(self, folder: Path, platform: Platform, lock: Any, function: Function) -> None:
        declared = function.path(function.declaration)
        terminal.say(f"Installing the dependencies in {declared} for {platform}.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as place:
            work, made = Path(place) / "work", Path(place) / "made"
            work.mkdir()
            made.mkdir()
            draft = zip_file.ZipDraft(lock.file if isinstance(lock, NpmLock) else declared)
            if isinstance(lock, NpmLock):
                contents, universal = lock.install(platform, work, draft.add), lock.is_universal
            else:
                contents, universal = wheels.install(lock, platform, work, declared, draft.add)
            draft.write(made / _ZIP)
            found = {"universal": universal, "contents": [asdict(each) for each in contents]}
            (made / _CONTENTS).write_text(json.dumps(found), encoding="utf-8")
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was faster
                    raise
        _prune(folder.parent)


def _prune(folder: Path) -> None:
    """Remove what has not been used for longest, when there is much."""
    kept = sorted((p for p in folder.iterdir() if p.name[0] != "."), key=lambda p: p.stat().st_mtime)
    for old in kept[:-_MOST_KEPT]:
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)

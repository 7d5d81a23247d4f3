"""The coffee bar's pages: built by Vite from modules/core/pages, kept by content in `.presso/packages`.

What is built is a function's folder: its code, and the pages in `site/`. npm's packages are those of the
lock; no script of theirs runs at installation.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from presso import file_lock, terminal
from presso.errors import PressoError
from presso.folders import files_below
from presso.packages import npm, programs
from presso.packages.faults import Uninstallable
from presso.packages.npm import NpmLock
from presso.packages.platforms import Platform
from presso.workspace import Workspace

# Changes with what the same sources become.
_FORMAT = "presso pages 1"
_SOURCES = "core/pages"
# The function's code, from the folder of all functions of the core.
_CODE = ("headers.py", "pages.py")
_LEFT_OUT = ("node_modules", "dist")
_VITE = "node_modules/vite/bin/vite.js"
_HINT = "Building them needs a network once. A bar without pages: core: {pages: false} in tenant.yaml."
_MOST_KEPT = 8


@dataclass(frozen=True)
class Pages:
    """The pages of a checkout.

    Args:
        workspace: The checkout.
    """

    workspace: Workspace

    @property
    def sources(self) -> dict[str, Path]:
        """The files that they are built from, by their path in the folder of the build."""
        top = self.workspace.modules / _SOURCES
        found = {path.relative_to(top).as_posix(): path for path in files_below(top, _LEFT_OUT)}
        return {name: path for name, path in found.items() if not name.endswith((".tf", ".md"))}

    @property
    def code(self) -> dict[str, Path]:
        """The files of the function that serves them."""
        return {name: self.workspace.modules / "core" / "functions" / name for name in _CODE}

    @property
    def folder(self) -> Path:
        """Where they are once they are built; its name is a hash of what they are built from."""
        files = sorted((self.sources | self.code).items())
        digests = [[name, hashlib.sha256(path.read_bytes()).hexdigest()] for name, path in files]
        return self._store / "pages" / _digest([_FORMAT, digests])

    @property
    def _store(self) -> Path:
        return self.workspace.root / ".presso" / "packages"

    def build(self) -> Path:
        """Return the folder of the built pages; build them if they are not kept.

        Raises:
            PressoError: They cannot be built: the message has the reason.
            Stopped: A stop is requested.
        """
        folder = self.folder
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with file_lock.on_folder(folder.parent):
                if not folder.is_dir():  # another process may have been faster
                    terminal.say("Building the pages of the coffee bar.")
                    self._build(folder)
        return folder

    def _build(self, folder: Path) -> None:
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as place:
            work, made = Path(place, "work"), Path(place, "made")
            made.mkdir()
            for name, source in self.sources.items():
                target = work / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
            (work / "node_modules").symlink_to(self.installed())
            self._run_vite(work)
            for name, source in self.code.items():
                shutil.copyfile(source, made / name)
            (work / "dist").rename(made / "site")
            made.rename(folder)
        _prune(folder.parent)

    def _run_vite(self, work: Path) -> None:
        node = _node()
        code, output = programs.run([node, _VITE, "build", "--logLevel", "error"], work, {"NO_COLOR": "1"})
        if code:
            words = [line.strip() for line in output.splitlines() if line.strip()] or ["no output"]
            raise PressoError("\n".join(["The pages cannot be built:", *words[:12]]))

    def installed(self) -> Path:
        """Return the folder of npm's packages, which are installed once for a lock and a machine.

        Raises:
            PressoError: They cannot be installed.
            Stopped: A stop is requested.
        """
        top = self.workspace.modules / _SOURCES
        texts = [(top / name).read_text(encoding="utf-8") for name in (npm.MANIFEST, npm.LOCK)]
        platform = Platform("nodejs22.x", "arm64", local=True)
        kept = self._store / "for-pages" / _digest([_FORMAT, platform.key, texts])
        if not kept.is_dir():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with file_lock.on_folder(kept.parent):
                if not kept.is_dir():  # another process may have been faster
                    _install(texts, platform, kept)
        return kept / "node_modules"


def _install(texts: list[str], platform: Platform, kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".new-", dir=kept.parent) as place:
        try:
            lock = NpmLock.read(texts[0], texts[1], f"modules/{_SOURCES}/")
            lock.install(platform, Path(place), lambda *_: None)
        except Uninstallable as error:
            raise PressoError(f"The pages cannot be built: {error.message}", hint=_HINT) from error
        made = Path(place, "made")
        made.mkdir()
        Path(place, "node_modules").rename(made / "node_modules")
        made.rename(kept)
    _prune(kept.parent)


def _node() -> str:
    """Node.js beside npm.

    Raises:
        PressoError: There is none.
    """
    found = programs.npm()
    beside = Path(found[0]).with_name("node") if found else None
    path = str(beside) if beside and beside.is_file() else shutil.which("node")
    if path is None:
        hint = f"Install Node.js 22 or newer, with npm. {_HINT}"
        raise PressoError("The pages cannot be built: there is no Node.js on this machine.", hint=hint)
    return path


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def _prune(folder: Path) -> None:
    """Remove what was made longest ago, when there is much."""
    kept = sorted((p for p in folder.iterdir() if p.name[0] != "."), key=lambda path: path.stat().st_mtime)
    for old in kept[:-_MOST_KEPT]:
        shutil.rmtree(old, ignore_errors=True)

"""The files of an extension: listed once, digested, and staged for every reader.

Terraform, the gate, the sandbox and the packaging of functions read a staged copy, never the author's folder.
Therefore none of them sees a file that is not in the tree.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
import stat
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from presso import atomic, interruption
from presso.errors import PressoError
from presso.terminal import printable

MOST_FILES = 1000
MOST_BYTES = 20 * 1024 * 1024
LONGEST_PATH = 255
# Folders that tools create where they run; git ignores them too.
LEFT_OUT_FOLDERS = frozenset(
    {
        *(".git", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".terraform", ".venv"),
        *("__pycache__", "build", "node_modules"),
    }
)
LEFT_OUT_FILES = frozenset({".DS_Store", ".git"})
_FORMAT = b"presso extension tree 1\n"  # changes with what a digest covers
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode's controls, format marks, lone surrogates, separators


@dataclass(frozen=True)
class TreeFile:
    """A regular file of an extension.

    Args:
        path: Seen from the extension's folder, with slashes.
        content: All of it.
        executable: Whether its owner may run it, which is all that git keeps of a mode.
    """

    path: str
    content: bytes
    executable: bool = False

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.content)

    @cached_property
    def sha256(self) -> str:
        """The digest of its content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class TreeFault:
    """Why a folder cannot be an extension.

    Args:
        path: The entry's, relative to the extension's folder; escaped so that it can be printed.
        found: A sentence without a full stop.
        too_large: Whether it is a matter of size, not of what the entry is.
    """

    path: str
    found: str
    too_large: bool = False


@dataclass(frozen=True)
class ExtensionTree:
    """An extension's files as they were when they were read.

    Args:
        name: The extension's.
        files: Sorted by path.
        faults: The folder's entries that an extension must not have; they are not among the files.
        source: Where the files are from, for messages.
    """

    name: str
    files: tuple[TreeFile, ...]
    faults: tuple[TreeFault, ...] = ()
    source: str = ""

    @classmethod
    def read(cls, root: Path, *, everything: bool = False, besides: Container[str] = ()) -> ExtensionTree:
        """Return the tree of a folder; entries that are not allowed or not readable are among its faults.

        Args:
            root: The folder, called as the extension is.
            everything: Leave nothing out.
            besides: Paths of files that are not read.
        """
        if root.is_symlink() or not root.is_dir():
            what = "a link" if root.is_symlink() else "no folder"
            return cls(root.name, (), (TreeFault(".", f"{printable(root.name)} is {what}"),), str(root))
        return cls.gathered(root.name, _walk(root, everything=everything, besides=besides), str(root))

    @classmethod
    def gathered(cls, name: str, found: Iterable[TreeFile | TreeFault], source: str) -> ExtensionTree:
        """Return the tree of these files and faults, up to the limits."""
        files: list[TreeFile] = []
        faults: list[TreeFault] = []
        for each in found:
            if isinstance(each, TreeFile):
                files.append(each)
            else:
                faults.append(each)
            if faults and faults[-1].too_large:
                break
            if len(files) + len(faults) > MOST_FILES:
                faults.append(too_large("."))
                break
        faults += _twins(files)
        return cls(name, tuple(sorted(files, key=lambda file: file.path)), tuple(faults), source)

    @cached_property
    def digest(self) -> str:
        """One SHA-256 for all paths, modes and contents."""
        digest = hashlib.sha256(_FORMAT)
        for file in self.files:
            line = f"{file.sha256} {'x' if file.executable else '-'} {file.path}\n"
            digest.update(line.encode())
        return digest.hexdigest()

    def without_faults(self) -> ExtensionTree:
        """Return the tree itself.

        Raises:
            PressoError: It has faults; the message names the first ones.
        """
        if not self.faults:
            return self
        some = "; ".join(fault.found for fault in self.faults[:3])
        more = f"; and {len(self.faults) - 3} more" if len(self.faults) > 3 else ""
        raise PressoError(
            f"{self.source or self.name} cannot be applied as an extension: {some}{more}.",
            hint=f"An extension consists of regular files, at most {MOST_FILES} and {MOST_BYTES >> 20} MB: "
            f"presso check {self.name}",
        )

    def stage(
        self, place: Path, modules: Path | ExtensionTree, built: Mapping[str, Path] | None = None
    ) -> Path:
        """Write the files to `place/extensions/<name>`, and return that folder.

        `place/modules` is the platform's modules, so that `../../modules/<name>` resolves. An earlier
        version of `place` is replaced in one step, and kept when it is the same.

        Args:
            place: A folder of presso's own.
            modules: The platform's modules: a folder, or their files.
            built: Files of presso's own, in folders of the extension's that no tree has (`LEFT_OUT_FOLDERS`):
                their paths there, and what to copy.

        Raises:
            PressoError: A tree has faults, or cannot be written.
        """
        self.without_faults()
        built = built or {}
        staged = place / "extensions" / self.name
        draft, aside = (place.with_name(f".{place.name}-{os.urandom(4).hex()}") for _ in range(2))
        try:
            if self._is_at(staged, built) and _leads_to(place / "modules", modules):
                return staged
            self._draft(draft, modules, built)
            atomic.replace(place, draft, aside)
        except OSError as error:
            raise PressoError(f"{place} cannot be written: {error.strerror}.") from error
        finally:
            with interruption.deferred():
                for left in (draft, aside):
                    shutil.rmtree(left, ignore_errors=True)
        return staged

    def _draft(self, place: Path, modules: Path | ExtensionTree, built: Mapping[str, Path]) -> None:
        self._write(place / "extensions" / self.name)
        for path, file in built.items():
            target = place / "extensions" / self.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        if isinstance(modules, Path):
            (place / "modules").symlink_to(modules)
        else:
            modules.without_faults()._write(place / "modules")

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            path.chmod(0o755 if file.executable else 0o644)

    def _is_at(self, folder: Path, built: Mapping[str, Path] | None = None) -> bool:
        """Whether a folder holds exactly these files, and those that were built."""
        built = built or {}
        if not all(_same(folder / path, file) for path, file in built.items()):
            return False
        there = ExtensionTree.read(folder, everything=True, besides=built)
        return (there.digest, there.faults) == (self.digest, ())


def _leads_to(link: Path, modules: Path | ExtensionTree) -> bool:
    if isinstance(modules, Path):
        return link.is_symlink() and link.readlink() == modules
    return modules._is_at(link)


def _same(left: Path, right: Path) -> bool:
    """Whether two files have the same content; the left one may be missing."""
    try:
        return not left.is_symlink() and filecmp.cmp(left, right, shallow=False)
    except FileNotFoundError:
        return False


def _walk(root: Path, *, everything: bool, besides: Container[str]) -> Iterator[TreeFile | TreeFault]:
    """Yield every file and every entry that is not a file, up to the limits."""
    waiting, folders, room = [""], 0, MOST_BYTES
    while waiting:
        folder = waiting.pop()
        folders += 1
        if folders > MOST_FILES:
            yield too_large(printable(folder))
            return
        try:
            with os.scandir(root / folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            shown = printable(folder) or "."
            yield TreeFault(shown, f"{shown} cannot be read: {error.strerror}")
            continue
        for entry in listed:
            is_folder = entry.is_dir(follow_symlinks=False)
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not everything and left_out(entry.name, folder=is_folder):
                continue
            if path in besides:
                continue
            if is_folder and fault_of_name(path) is None:
                waiting.append(path)
                continue
            found = _read(path, entry, room)
            room -= found.size if isinstance(found, TreeFile) else 0
            yield found


def left_out(name: str, *, folder: bool) -> bool:
    """Return whether entries of this name are excluded from every tree."""
    return name in (LEFT_OUT_FOLDERS if folder else LEFT_OUT_FILES)


def _read(path: str, entry: os.DirEntry[str], room: int) -> TreeFile | TreeFault:
    shown = printable(path)
    named = fault_of_name(path)
    if named:
        return named
    if entry.is_symlink():
        return TreeFault(shown, f"{shown} is a link")
    if not entry.is_file(follow_symlinks=False):
        return TreeFault(shown, f"{shown} is not a regular file")
    try:
        # The entry may have changed since: links are not followed, and pipes are not waited for.
        handle = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as opened:  # noqa: PTH123
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return TreeFault(shown, f"{shown} is not a regular file")
            content = opened.read(room + 1)
    except OSError as error:
        return TreeFault(shown, f"{shown} cannot be read: {error.strerror}")
    if len(content) > room:
        return too_large(shown)
    return TreeFile(path, content, bool(status.st_mode & stat.S_IXUSR))


def fault_of_name(path: str) -> TreeFault | None:
    """Return the fault of a path's name; None when it has none."""
    shown = printable(path)
    if _unprintable(path):
        return TreeFault(shown, f"{shown} has a name with control characters, or one that is not UTF-8")
    if len(path.encode()) > LONGEST_PATH:
        return TreeFault(shown, f"{shown} is a path of more than {LONGEST_PATH} bytes")
    return None


def _twins(files: Iterable[TreeFile]) -> Iterator[TreeFault]:
    """Yield paths that are one on file systems without case, or with normalised names, as on macOS."""
    seen: dict[str, str] = {}
    for file in sorted(files, key=lambda file: file.path):
        first = seen.setdefault(unicodedata.normalize("NFC", file.path).casefold(), file.path)
        if first != file.path:
            shown = printable(file.path)
            yield TreeFault(
                shown, f"{shown} is the same file as {printable(first)} where case does not matter"
            )


def too_large(path: str) -> TreeFault:
    """Return the fault for too many or too large files; `path` is where the limit was reached."""
    return TreeFault(path, f"more than {MOST_FILES} files or {MOST_BYTES >> 20} MB", too_large=True)


def _unprintable(name: str) -> bool:
    return any(unicodedata.category(character) in _UNPRINTABLE for character in name)

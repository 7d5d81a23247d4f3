"""A function's package as a zip file: the same bytes from the same files, within Lambda's limits."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from presso.aws_limits import PACKAGE_BYTES, PACKAGE_ZIPPED_BYTES
from presso.packages.faults import Uninstallable

_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
_MB = 1 << 20
_MOST_NAMED = 3


class ZipDraft:
    """The files of a package that is being made.

    Args:
        lock: The lock that they come from, for errors.
    """

    def __init__(self, lock: str) -> None:
        self._lock = lock
        self._files: dict[str, tuple[bytes, bool]] = {}
        self._size = 0

    def add(self, path: str, content: bytes, executable: bool) -> None:
        """Add a file.

        Raises:
            Uninstallable: Another package has a different file there, or they are too large together.
        """
        there = self._files.get(path)
        if there is not None and there[0] != content:
            raise Uninstallable(f"two packages have different files {path}", self._lock)
        self._size += 0 if there else len(content)
        self._files[path] = (content, executable)
        if self._size > PACKAGE_BYTES:
            what = f"the dependencies have more than {PACKAGE_BYTES // _MB} MB, which Lambda's limit is"
            raise Uninstallable(f"{what}; the largest until then: {self._largest()}", self._lock)

    def _largest(self) -> str:
        """The folders with most in them."""
        sizes: Counter[str] = Counter()
        for path, (content, _) in self._files.items():
            sizes[path.removeprefix("node_modules/").partition("/")[0]] += len(content)
        return ", ".join(f"{name} {size // _MB} MB" for name, size in sizes.most_common(_MOST_NAMED))

    def write(self, target: Path) -> None:
        """Write the files to a zip file."""
        with zipfile.ZipFile(target, "w") as archive:
            for path, (content, executable) in sorted(self._files.items()):
                _write(archive, path, content, executable)


def complete(dependencies: Path, sources: Iterable[tuple[str, bytes]], target: Path, lock: str) -> None:
    """Write a package: the dependencies as they were compressed, and the author's code.

    Args:
        dependencies: The zip file of a draft.
        sources: The path and content of each file of the code.
        target: The file to write.
        lock: The lock, for errors.

    Raises:
        Uninstallable: A file of the code is also one of a dependency, or the package is too large.
    """
    shutil.copyfile(dependencies, target)
    with zipfile.ZipFile(target, "a") as archive:
        there = set(archive.namelist())
        for path, content in sorted(sources):
            if path in there:
                raise Uninstallable(f"{path} of the code is also a file of a dependency: rename it", lock)
            _write(archive, path, content, executable=False)
        size = sum(info.file_size for info in archive.infolist())
    _keep_limit(size, PACKAGE_BYTES, "", lock)
    _keep_limit(target.stat().st_size, PACKAGE_ZIPPED_BYTES, "zipped ", lock)


def _keep_limit(size: int, most: int, how: str, lock: str) -> None:
    if size > most:
        what = f"the function's package has {-(-size // _MB)} MB {how}with its dependencies; "
        what += f"Lambda takes {most // _MB}"
        hint = "Leave out dependencies, or choose smaller ones: presso build NAME lists them."
        raise Uninstallable(what, lock, hint=hint)


def _write(archive: zipfile.ZipFile, path: str, content: bytes, executable: bool) -> None:
    info = zipfile.ZipInfo(path, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    archive.writestr(info, content, compresslevel=_LEVEL)

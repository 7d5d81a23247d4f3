"""What is in a package beside the author's code."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from presso.packages.faults import Uninstallable

Add = Callable[[str, bytes, bool], None]
"""Adds a file to a package: its path there, its content, whether it may be run."""
# Where packages are from, as advisories name it.
PYPI, NPM = "PyPI", "npm"
UNSTATED = "licence not stated"
_LONGEST_LICENCE = 60


@dataclass(frozen=True)
class Dependency:
    """A distribution of PyPI, or a package of npm.

    Args:
        name: Its name.
        version: Its version.
        licence: As it states it.
        unrun: Why it may not work as it is installed; "" for no reason.
    """

    name: str
    version: str
    licence: str
    unrun: str = ""

    def __str__(self) -> str:
        """As a report lists it."""
        return f"{self.name} {self.version} ({self.licence})"


def licence(*texts: str | None) -> str:
    """Return the first text that names a licence, not quotes it."""
    for text in texts:
        words = " ".join((text or "").split())
        if words and len(words) <= _LONGEST_LICENCE and words.upper() != "UNKNOWN":
            return words
    return UNSTATED


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, package: str, file: str) -> bytes:
    """Return a file of a package's archive; at most the size in the archive's directory.

    Raises:
        Uninstallable: It cannot be unpacked, or has another content.
    """
    try:
        with archive.open(info) as packed:
            found = packed.read(info.file_size)
            if len(found) == info.file_size and not packed.read(1):
                return found
            what = "it has another size than in the directory"
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, zlib.error) as error:
        what = str(error)
    raise Uninstallable(f"{package} has a file that cannot be unpacked, {info.filename}: {what}", file)


def path_checked(path: str, package: str, file: str) -> str:
    """Return the path of a file in a package.

    Raises:
        Uninstallable: It leads out of the package, or no zip file can have it.
    """
    parts = path.split("/")
    if "\\" in path or not path.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise Uninstallable(f"{package} has a file with the path {path!r}", file)
    return path

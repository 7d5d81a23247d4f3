"""requirements.txt with hashes, as `uv pip compile --generate-hashes` and pip-compile write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from presso.packages.faults import Uninstallable
from presso.packages.platforms import Platform

FILE, DECLARED = "requirements.txt", "requirements.in"
_HASH = re.compile(r"\s--hash[=\s](\S+)")
_KNOWN_HASH = re.compile(r"sha(256|384|512):[0-9a-f]{64,128}")
_COMMENT = re.compile(r"(^|\s)#.*$")
MOST_PACKAGES = 500
LOCK = "Name it in requirements.in, and make requirements.txt of that: presso build NAME --lock"


@dataclass(frozen=True)
class Pinned:
    """A distribution that is to be installed.

    Args:
        name: Its normalised name.
        version: Its only version.
        hashes: Of its files: the algorithm, a colon, the digest.
        marker: Where it is needed; None for everywhere.
        line: Its line.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: Marker | None
    line: int

    def __str__(self) -> str:
        """As pip and people write it."""
        return f"{self.name}=={self.version}"

    def needed(self, platform: Platform) -> bool:
        """Return whether it is needed there."""
        return self.marker is None or self.marker.evaluate(platform.markers())


def read(text: str, file: str) -> list[Pinned]:
    """Return what a lock pins.

    Args:
        text: The content of requirements.txt.
        file: Its path, for errors.

    Raises:
        Uninstallable: A line is not a pinned requirement with hashes.
    """
    found: dict[str, Pinned] = {}
    for line, words in _lines(text):
        pinned = _pinned(words, file, line)
        before = found.setdefault(f"{pinned.name};{pinned.marker}", pinned)
        if before is not pinned:
            raise Uninstallable(f"{pinned.name} is listed twice", file, line, hint=LOCK)
        if len(found) > MOST_PACKAGES:
            raise Uninstallable(f"it pins more than {MOST_PACKAGES} distributions", file, line)
    return list(found.values())


def check_declared(pins: Sequence[Pinned], text: str, file: str) -> None:
    """Check that a lock pins what requirements.in names.

    Args:
        pins: What the lock pins.
        text: The content of requirements.in.
        file: Its path, for errors.

    Raises:
        Uninstallable: The lock lacks a requirement, or pins another version: it is older.
    """
    for line, _, requirement in declared(text):
        if requirement is None or requirement.marker:
            continue  # making the lock refuses it, or no platform of the lock may need it
        versions = [pin.version for pin in pins if pin.name == canonicalize_name(requirement.name)]
        if not any(requirement.specifier.contains(version, prereleases=True) for version in versions):
            raise Uninstallable(f"{requirement} is not what {FILE} pins", file, line, hint=LOCK)


def declared(text: str) -> Iterator[tuple[int, str, Requirement | None]]:
    """Yield each line of requirements.in, where it begins, and its requirement; None for any other line."""
    for line, words in _lines(text):
        try:
            yield line, words, None if words.startswith("-") else Requirement(words)
        except (InvalidRequirement, RecursionError):
            yield line, words, None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines without comments, joined where one ends in a backslash; and where each begins."""
    gathered, begun = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).rstrip()
        begun = begun or number
        gathered += line.removesuffix("\\") + " "
        if not line.endswith("\\"):
            if gathered.strip():
                yield begun, gathered.strip()
            gathered, begun = "", 0
    if gathered.strip():
        yield begun, gathered.strip()


def _pinned(words: str, file: str, line: int) -> Pinned:
    if words.startswith("-"):
        option = words.split()[0].partition("=")[0]
        what = f"{option} is not read: an extension chooses neither an index nor other files"
        raise Uninstallable(
            what, file, line, hint="Leave the line out. An index is set in the user's pip.conf."
        )
    hashes = tuple(_HASH.findall(words))
    text = _HASH.sub("", words).strip()
    try:
        requirement = Requirement(text)
        if requirement.marker:
            requirement.marker.evaluate()
    except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName, RecursionError) as error:
        what = f"{text[:100]} is not a requirement: {' '.join(str(error).split())}"
        raise Uninstallable(what, file, line) from None
    name = canonicalize_name(requirement.name)
    pins = [
        each for each in requirement.specifier if each.operator == "==" and not each.version.endswith("*")
    ]
    if requirement.url:
        what = f"{name} comes from {requirement.url}: only distributions of a package index are installed"
        raise Uninstallable(what, file, line, hint=LOCK)
    if len(pins) != 1 or len(requirement.specifier) != 1:
        raise Uninstallable(f"{name} is not pinned to one version with ==", file, line, hint=LOCK)
    if not hashes:
        raise Uninstallable(f"{name} has no hash", file, line, hint=LOCK)
    if wrong := next((each for each in hashes if not _KNOWN_HASH.fullmatch(each)), None):
        raise Uninstallable(f"{name} has a hash that is not SHA-256, -384 or -512: {wrong}", file, line)
    return Pinned(name, pins[0].version, hashes, requirement.marker, line)

"""Checkouts of community modules, and copies of them in which registry sources are local folders."""

from __future__ import annotations

import re
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

_SOURCE = re.compile(
    r'(?P<start>\bsource\s*=\s*)"(?P<owner>[\w-]+)/(?P<name>[\w-]+)/aws(?://(?P<inner>[\w./-]+))?"'
    r'(?P<version>\s*?\n\s*version\s*=\s*"(?P<wanted>[^"]*)")?'
)
_FILE = re.compile(r"https://raw\.githubusercontent\.com/[\w-]+/(?P<name>terraform-aws-[\w-]+)/[\w.-]+/")
_CONDITION = re.compile(r"(~>|>=|<=|!=|=|>|<)?\s*v?([\d.]+)")


class NoSuchModule(Exception):
    """A module of the registry that is among no checkouts; the message names it."""


@dataclass(frozen=True)
class Example:
    """One example: the module's folder among the checkouts, and its path within."""

    module: str
    path: str

    def __str__(self) -> str:
        return f"{self.module.removeprefix('terraform-aws-')} {Path(self.path).name}"


@dataclass
class Checkouts:
    """A folder of Git checkouts, each named as its repository (`terraform-aws-sqs`).

    Args:
        folder: It is only read.
        copies: Where copies of the versions that examples ask for are laid down.
    """

    folder: Path
    copies: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def examples(self, module: str) -> list[Example]:
        """Return the examples of a checkout that have a main.tf."""
        found = (self.folder / module / "examples").glob("*/main.tf")
        return [Example(module, f"examples/{file.parent.name}") for file in sorted(found)]

    def version(self, module: str) -> str:
        """Return the checkout's version, as `git describe` prints it."""
        return self._git(module, "describe", "--tags", "--always").decode().strip()

    def copy(self, module: str, commit: str, into: Path) -> Path:
        """Copy a module at a commit; what it takes from registry and GitHub becomes paths of other copies.

        Raises:
            NoSuchModule: A source is not among the checkouts.
        """
        with tarfile.open(fileobj=BytesIO(self._git(module, "archive", commit))) as archive:
            archive.extractall(into, filter="data")
        for file in into.rglob("*.tf"):
            text = file.read_text()
            changed = _FILE.sub(self._file, _SOURCE.sub(self._source, text))
            if changed != text:
                file.write_text(changed)
        return into

    def _source(self, source: re.Match[str]) -> str:
        module = f"terraform-aws-{source['name']}"
        if not (self.folder / module).is_dir():
            return source[0]  # Terraform names the missing one where it is used
        into = self._other(module, self._newest(module, source["wanted"] or ""))
        return f'{source["start"]}"{into / (source["inner"] or "")}"'

    def _file(self, address: re.Match[str]) -> str:
        if not (self.folder / address["name"]).is_dir():
            return address[0]
        return f"file://{self._other(address['name'], 'HEAD')}/"

    def _other(self, module: str, commit: str) -> Path:
        into = self.copies / f"{module}-{commit}"
        with self._lock:
            new = not into.exists()
            into.mkdir(parents=True, exist_ok=True)
        if new:
            self.copy(module, commit, into)
        return into

    def _newest(self, module: str, wanted: str) -> str:
        """Return the newest released version that fulfils these conditions, as the registry chooses it."""
        tags = self._git(module, "tag", "--list", "v*").decode().split()
        fitting = [tag for tag in tags if all(_fulfils(tag, *each) for each in _conditions(wanted))]
        if not fitting:
            raise NoSuchModule(f"no version of {module} is {wanted}")
        return max(fitting, key=_numbers)

    def _git(self, module: str, *arguments: str) -> bytes:
        return subprocess.run(
            ["git", "-C", str(self.folder / module), *arguments], capture_output=True, check=True
        ).stdout


def _conditions(wanted: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    for operator, version in _CONDITION.findall(wanted):
        yield operator or "=", _numbers(version)


def _fulfils(tag: str, operator: str, version: tuple[int, ...]) -> bool:
    have = _numbers(tag)
    if operator == "~>":
        return have >= version and have[: len(version) - 1] == version[:-1]
    return {
        "=": have == version,
        "!=": have != version,
        ">": have > version,
        ">=": have >= version,
        "<": have < version,
        "<=": have <= version,
    }[operator]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))

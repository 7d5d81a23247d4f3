"""Packages of npm: what package-lock.json pins, installed by `npm ci` without any script of theirs.

npm is given a manifest and a lock that presso has written: the dependencies alone, from the configured
registry, by name, version and integrity. The format: https://docs.npmjs.com/cli/configuring-npm/package-lock-json
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso.json_text import NotJson, loads
from presso.packages import programs
from presso.packages.contents import UNSTATED, Add, Dependency, licence, path_checked
from presso.packages.faults import Uninstallable
from presso.packages.platforms import Platform

MANIFEST, LOCK = "package.json", "package-lock.json"
_MODULES = "node_modules/"
_UNBUNDLED = "Use a package that has its dependencies in the registry: one within another has no integrity."
_HINT = "Make package-lock.json of package.json: presso build NAME --lock"
DEPENDENCIES = ("dependencies", "optionalDependencies", "peerDependencies", "overrides")
_NAME = re.compile(r"(?:@[\w~-][\w.~-]{0,100}/)?[\w~-][\w.~-]{0,213}", re.ASCII)
_VERSION = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][\w.+-]{1,100})?", re.ASCII)
# A range of versions or a tag, of the package itself or of another by `npm:`: no address, path or repository.
_SPEC = re.compile(r"(?:npm:(?:@[\w.~-]{1,100}/)?[\w.~-]{1,214}(?:@|\Z))?[^/:@]{0,500}")
_INTEGRITY = re.compile(r"(sha512|sha384|sha256)-[A-Za-z0-9+/=]+")
# The keys of a package in a lock that npm needs: no other one may lead it anywhere.
_OF_PACKAGE = frozenset(
    {
        *("version", "name", "integrity", "dependencies", "optionalDependencies", "peerDependencies"),
        *("peerDependenciesMeta", "bundleDependencies", "engines", "os", "cpu", "libc", "optional", "peer"),
        *("devOptional", "inBundle", "hasInstallScript", "license"),
    }
)
# What is not pinned by a version and an integrity comes by git, which no package of a registry needs.
_OWN = (
    *("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--ignore-scripts"),
    f"--git={os.devnull}",
)
_SETTINGS = {"NODE_USE_SYSTEM_CA": "1", "NO_COLOR": "1"}
_OF_LOCK = ("Missing: ", "Invalid: ")  # what package-lock.json lacks of package.json
_MOST_PACKAGES = 2_000
_LONGEST_PLACE = 600  # of a path, Linux takes 4096 characters
# What npm writes for itself; the commands there are links.
_LEFT_OUT = (".bin", ".cache", ".package-lock.json")


@dataclass(frozen=True)
class NpmLock:
    """What a function needs of npm.

    Args:
        manifest: The manifest that npm gets.
        packages: By place, such as `node_modules/a/node_modules/b`, what the lock pins there.
        file: The path of package-lock.json, for errors.
    """

    manifest: Mapping[str, Any]
    packages: Mapping[str, Mapping[str, Any]]
    file: str

    @classmethod
    def read(cls, manifest: str, lock: str | None, folder: str) -> NpmLock:
        """Read both files.

        Args:
            manifest: The content of package.json.
            lock: The content of package-lock.json; None where there is none.
            folder: The folder that they are in, with a slash at its end.

        Raises:
            Uninstallable: One is not readable, or pins something that is not a package of a registry.
        """
        file = f"{folder}{LOCK}"
        wanted = manifest_of(manifest, f"{folder}{MANIFEST}")
        if lock is None:
            raise Uninstallable(
                "it has dependencies, and no package-lock.json", f"{folder}{MANIFEST}", hint=_HINT
            )
        packages = _object(lock, file).get("packages")
        if not isinstance(packages, dict):
            raise Uninstallable("it is a lock of npm 6 or older", file, hint=_HINT)
        found = {place: _checked(place, entry, file) for place, entry in packages.items() if place}
        if len(found) > _MOST_PACKAGES:
            raise Uninstallable(f"it pins more than {_MOST_PACKAGES:,} packages", file)
        kept = {place: entry for place, entry in found.items() if entry is not None}
        return cls({"name": "function", "version": "1.0.0", **wanted}, kept, file)

    @property
    def used(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The packages by name."""
        for place, entry in self.packages.items():
            yield _name(place, entry), entry

    @property
    def is_universal(self) -> bool:
        """Return whether no package is for some machines only."""
        return not any(entry.get(key) for _, entry in self.used for key in ("os", "cpu", "libc"))

    def install(self, platform: Platform, folder: Path, add: Add) -> list[Dependency]:
        """Install the packages, and add their files to a package.

        Args:
            platform: What they are for.
            folder: An empty folder, for npm.
            add: Adds a file to the package.

        Raises:
            Uninstallable: One cannot be had, or is for other machines.
            Stopped: A stop is requested.
        """
        for name, entry in self.used:
            if unlike := _unlike(entry, platform):
                what = f"{name} {entry.get('version')} is not for {platform}: its {unlike}"
                hint = "Use another package, or set architecture of the function to one that it is for."
                raise Uninstallable(what, self.file, hint=hint)
        self._run(platform, folder)
        self._check_installed(folder)
        for path, content, executable in _files(folder / _MODULES):
            add(path_checked(f"{_MODULES}{path}", "npm's node_modules", self.file), content, executable)
        found = dict.fromkeys(self._contents(folder))
        return sorted(found, key=lambda content: (content.name, content.version))

    def _run(self, platform: Platform, folder: Path) -> None:
        npm = programs.npm()
        if npm is None:
            hint = "Install Node.js 20 or newer, with npm, so that `npm` is on PATH."
            raise Uninstallable("npm, which installs it, is not on this machine", self.file, hint=hint)
        (folder / MANIFEST).write_text(json.dumps(self.manifest), encoding="utf-8")
        whole = {"name": "function", "version": "1.0.0", "lockfileVersion": 3, "requires": True}
        lock = {**whole, "packages": {"": self.manifest, **self.packages}}
        (folder / LOCK).write_text(json.dumps(lock), encoding="utf-8")
        options = [f"--{name}={value}" for name, value in platform.of_npm().items()]
        code, output = programs.run([*npm, "ci", "--omit=dev", *_OWN, *options], folder, _SETTINGS)
        if code:
            said = [line.removeprefix("npm error").strip() for line in output.splitlines()]
            lines = [line for line in said if line and not line.startswith(("code ", "errno "))]
            words = next(
                (line for line in lines if line.startswith(_OF_LOCK)), next(iter(lines), "no output")
            )
            raise Uninstallable(
                f"npm cannot install the dependencies: {words.rstrip('.')}", self.file, hint=_HINT
            )

    def _check_installed(self, folder: Path) -> None:
        """Refuse packages that npm has taken from elsewhere than the lock pins.

        Raises:
            Uninstallable: There is one.
        """
        by_npm = folder / _MODULES / ".package-lock.json"
        installed = _object(by_npm.read_text(encoding="utf-8"), self.file) if by_npm.is_file() else {}
        for place, entry in (installed.get("packages") or {}).items():
            pinned = self.packages.get(place, {}).get("integrity")
            if not pinned or entry.get("integrity") != pinned:
                what = f"{_name(place, entry)} is not installed from what the lock pins"
                raise Uninstallable(what, self.file, hint=_UNBUNDLED)

    def _contents(self, folder: Path) -> Iterator[Dependency]:
        for place, entry in self.packages.items():
            own = folder / place / MANIFEST
            if not own.is_file():
                continue
            said = entry.get("license")
            if not isinstance(said, str):
                said = _licence_in(own)
            unrun = "its install script is not run" if entry.get("hasInstallScript") else ""
            yield Dependency(_name(place, entry), str(entry.get("version")), licence(said), unrun)


def declares(manifest: str, file: str) -> bool:
    """Return whether a package.json has dependencies; else it sets the kind of modules only.

    Args:
        manifest: Its content.
        file: Its path, for errors.

    Raises:
        Uninstallable: It is not a JSON object.
    """
    return bool(_object(manifest, file).get("dependencies"))


def _object(text: str, file: str) -> dict[str, Any]:
    try:
        found = loads(text)
    except NotJson as error:
        raise Uninstallable(f"it is not JSON: {error.reason}", file, error.line) from None
    if not isinstance(found, dict):
        raise Uninstallable("it is not a JSON object", file)
    return found


def manifest_of(text: str, file: str, kinds: Sequence[str] = DEPENDENCIES) -> dict[str, Any]:
    """Return the dependencies of a package.json, each of a registry.

    Args:
        text: Its content.
        file: Its path, for errors.
        kinds: The kinds of dependencies that are wanted.

    Raises:
        Uninstallable: One comes from elsewhere.
    """
    wanted = _object(text, file)
    if "workspaces" in wanted:
        raise Uninstallable("workspaces are not installed: they are links", file)
    found = {kind: wanted[kind] for kind in kinds if kind in wanted}
    for value in found.values():
        _check_specs(value, file)
    return found


def _check_specs(value: Any, file: str) -> None:
    for name, spec in value.items() if isinstance(value, dict) else [("it", value)]:
        if isinstance(spec, dict):  # in overrides
            _check_specs(spec, file)
        elif not isinstance(spec, str) or not _SPEC.fullmatch(spec):
            what = f"{name} comes from {spec}: only packages of a registry are installed"
            raise Uninstallable(what, file)


def _name(place: str, entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or place.rpartition(_MODULES)[2])


def _checked(place: str, entry: Any, file: str) -> dict[str, Any] | None:
    """What the lock pins, without the address that it names; None for what is only for development."""
    name = place.rpartition(_MODULES)[2]
    if not isinstance(entry, dict) or entry.get("link") or not place.startswith(_MODULES):
        raise Uninstallable(
            f"{name or place} is a folder or a link, not a package of a registry", file, hint=_HINT
        )
    if len(place) > _LONGEST_PLACE:
        raise Uninstallable(f"{name[:_LONGEST_PLACE]} is in folders too deep to install it", file, hint=_HINT)
    if entry.get("dev"):
        return None
    found = {key: value for key, value in entry.items() if key in _OF_PACKAGE}
    above = [part.strip("/") for part in place.split(_MODULES)[1:]]
    if not all(_NAME.fullmatch(part) for part in (*above, _name(place, entry))):
        raise Uninstallable(f"{name} is not a package name", file, hint=_HINT)
    if not _VERSION.fullmatch(str(entry.get("version"))):
        what = f"{name} comes from {entry.get('version')}: only packages of a registry are installed"
        raise Uninstallable(what, file, hint=_HINT)
    for kind in DEPENDENCIES:
        _check_specs(entry.get(kind, {}), file)
    for key in ("os", "cpu", "libc"):
        values = entry.get(key, [])
        if not isinstance(values, (str, list)) or not all(isinstance(each, str) for each in values):
            raise Uninstallable(f"{name} has an invalid {key}", file, hint=_HINT)
    if entry.get("inBundle") and entry.get("optional"):
        return found  # of a package for other machines, or `_check_installed` refuses it
    resolved = str(entry.get("resolved") or "https:")
    if not resolved.startswith(("https:", "http:")):
        raise Uninstallable(f"{name} comes from {resolved}, not from a registry", file, hint=_HINT)
    if not _INTEGRITY.search(str(entry.get("integrity") or "")):
        raise Uninstallable(f"{name} has no integrity of SHA-256 or better", file, hint=_HINT)
    return found


def _unlike(entry: Mapping[str, Any], platform: Platform) -> str:
    """How a package that must be installed is not for a platform; "" when it is."""
    if entry.get("optional"):
        return ""
    for key, wanted in platform.of_npm().items():
        said = entry.get(key) or []
        named = [said] if isinstance(said, str) else [str(each) for each in said]
        allowed = [each for each in named if not each.startswith("!")]
        if f"!{wanted}" in named or (allowed and wanted not in allowed):
            return f"{key} is {', '.join(named)}"
    return ""


def _files(modules: Path) -> Iterator[tuple[str, bytes, bool]]:
    """The files that npm has installed: path, content, whether it may be run."""
    for parent, folders, files in os.walk(modules):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(files):
            path = Path(parent, name)
            if name not in _LEFT_OUT and not path.is_symlink():
                executable = bool(path.stat().st_mode & 0o100)
                yield path.relative_to(modules).as_posix(), path.read_bytes(), executable


def _licence_in(manifest: Path) -> str:
    try:
        found = loads(manifest.read_text(encoding="utf-8"))
    except (NotJson, OSError, UnicodeDecodeError):
        return UNSTATED
    said = found.get("license") if isinstance(found, dict) else None
    return str(said.get("type")) if isinstance(said, dict) else str(said or "")

"""Distributions of PyPI: wheels that pip downloads by their hashes. Nothing is built, no code of them runs.

Their files are taken from the wheels, not from an installation: what an installer adds (RECORD, scripts with
this machine's paths) differs from machine to machine. The format: https://packaging.python.org/specifications/
binary-distribution-format/
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from presso.aws_limits import PACKAGE_BYTES
from presso.packages import programs
from presso.packages.contents import Add, Dependency, licence, path_checked, unpacked
from presso.packages.faults import Uninstallable
from presso.packages.platforms import Platform
from presso.packages.requirements_lock import LOCK, Pinned

_NONE_FOUND = re.compile(r"No matching distribution found for ([^\s=;(]+)")
_UNLIKE = re.compile(r"^[^\S\n]+([\w.-]+)==\S+ from ", re.MULTILINE)
_FILES = re.compile(r"(?<![\w.+!-])[\w.+!-]+\.(?:whl|tar\.gz|tar\.bz2|zip|tgz)\b")
_DATA = re.compile(r"[^/]+\.data/(\w+)/(.+)")
_TOP = re.compile(r"[^/]+\.dist-info/METADATA")
_CLASSIFIER = "License :: "
_MOST_NAMED = 4
_MOST_METADATA_BYTES = 4 * 1024**2
_UNREACHED = re.compile(
    r"\b(connection error|ConnectTimeout|MaxRetry|NameResolution|NewConnection|Proxy|SSL)"
)
_NETWORK = "A network is needed once, then the package is kept. An index or proxy is set in pip.conf."
_OF_OTHERS = (
    "It is not for Linux, which Lambda is: pin a version, or another package, that has wheels for it."
)
_SETTINGS = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def install(
    pins: Sequence[Pinned], platform: Platform, folder: Path, file: str, add: Add
) -> tuple[list[Dependency], bool]:
    """Download wheels, and add their files to a package; return what it has, and whether nothing is compiled.

    Args:
        pins: What the lock pins.
        platform: What it is for.
        folder: An empty folder, for the downloads.
        file: The lock, for errors.
        add: Adds a file to the package.

    Raises:
        Uninstallable: One cannot be had, or one that is needed is not pinned.
        Stopped: A stop is requested.
    """
    wanted = [pin for pin in pins if pin.needed(platform)]
    wheels = _downloaded(wanted, platform, folder, file) if wanted else []
    by_name = {pin.name: pin for pin in wanted}
    found = []
    for wheel in wheels:
        name, version, _, _ = parse_wheel_filename(wheel.name)
        pin = by_name[name]
        with zipfile.ZipFile(wheel) as archive:
            metadata = _metadata(archive, str(pin), file)
            if lacking := next(_lacking(metadata, by_name, platform), None):
                what = f"{pin} needs {lacking}, which is not pinned"
                raise Uninstallable(what, file, pin.line, hint=LOCK)
            _add(archive, str(pin), file, add)
        found.append(Dependency(name, str(version), _licence(metadata)))
    universal = all(wheel.name.endswith("-none-any.whl") for wheel in wheels)
    return sorted(found, key=lambda content: content.name), universal


def _downloaded(pins: Sequence[Pinned], platform: Platform, folder: Path, file: str) -> list[Path]:
    code, output = _pip(pins, platform, folder)
    if code:
        raise _fault(output, pins, platform, file)
    return sorted(folder.glob("*.whl"))


def _pip(pins: Sequence[Pinned], platform: Platform, folder: Path) -> tuple[int, str]:
    """Run pip; with -vv it lists the files that it finds and does not take."""
    pip = programs.pip()
    if pip is None:
        return 1, "ERROR: this Python comes without pip (Debian: apt install python3-venv)"
    lock = folder / "lock.txt"
    lock.write_text("".join(f"{pin} {' '.join(f'--hash={h}' for h in pin.hashes)}\n" for pin in pins))
    command = [*pip, "download", "-vv", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--progress-bar", "off", *platform.of_pip(), "--dest", ".", "-r", lock.name]
    return programs.run(command, folder, _SETTINGS)


def _fault(output: str, pins: Sequence[Pinned], platform: Platform, file: str) -> Uninstallable:
    """Return why pip has failed: by the name that it gives, and the files that it finds of that one."""
    if unlike := _UNLIKE.search(output):
        pin = _named(unlike[1], pins)
        hint = "The lock is of other files. Make it anew, and look at what changed: presso build NAME --lock"
        return Uninstallable(
            f"{pin}: its file in the package index has another hash", file, pin.line, hint=hint
        )
    none = _NONE_FOUND.search(output)
    if none is None:
        errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
        last = (errors or output.strip().splitlines() or ["no output"])[-1].removeprefix("ERROR: ")
        return Uninstallable(f"pip cannot download the dependencies: {last.rstrip('.')}", file, hint=_NETWORK)
    pin = _named(none[1], pins)
    wheels, sdists = _files_of(pin, output)
    if wheels:
        of_linux = [tags for tags in wheels if "linux" in tags]
        named = of_linux or wheels
        tags = ", ".join(named[:_MOST_NAMED]) + (" and others" if len(wheels) > _MOST_NAMED else "")
        what = f"{pin} has no wheel for {platform}; it has wheels for {tags}"
        hint = "Pin a version that has one, or set architecture or runtime of the function to one of these."
        return Uninstallable(what, file, pin.line, hint=hint if of_linux else _OF_OTHERS)
    if sdists:
        what = f"{pin} is a source distribution only ({sdists[0]}): installing it would run its own build"
        return Uninstallable(what, file, pin.line, hint="Pin a version, or another package, that has wheels.")
    if _UNREACHED.search(output):
        what = f"the package index cannot be reached for {pin}"
        return Uninstallable(what, file, pin.line, hint=_NETWORK)
    what = f"{pin} is not in the package index"
    return Uninstallable(
        what, file, pin.line, hint="Check its name and version; an index is set in pip.conf."
    )


def _named(name: str, pins: Sequence[Pinned]) -> Pinned:
    return next((pin for pin in pins if pin.name == canonicalize_name(name)), pins[0])


def _files_of(pin: Pinned, output: str) -> tuple[list[str], list[str]]:
    """The platforms of a version's wheels, and its source distributions, among files that pip names."""
    wheels: dict[str, None] = {}
    sdists: dict[str, None] = {}
    for name in dict.fromkeys(_FILES.findall(output)):
        try:
            if name.endswith(".whl"):
                found, version, _, tags = parse_wheel_filename(name)
            else:
                found, version = parse_sdist_filename(name)
                tags = frozenset()
        except (InvalidSdistFilename, InvalidWheelFilename):
            continue
        if found == pin.name and version == Version(pin.version):
            if tags:
                wheels["-".join(name.removesuffix(".whl").split("-")[-3:])] = None
            else:
                sdists[name] = None
    return list(wheels), list(sdists)


def _metadata(archive: zipfile.ZipFile, package: str, file: str) -> Message:
    found = next((info for info in archive.infolist() if _TOP.fullmatch(info.filename)), None)
    is_read = found is not None and found.file_size <= _MOST_METADATA_BYTES
    text = unpacked(archive, found, package, file) if found and is_read else b""
    return BytesParser().parsebytes(text, headersonly=True)


def _lacking(metadata: Message, pinned: dict[str, Pinned], platform: Platform) -> Iterator[str]:
    """Yield what a distribution needs there and the lock does not pin; extras are the author's choice."""
    for text in metadata.get_all("Requires-Dist") or ():
        try:
            needed = Requirement(str(text))
        except InvalidRequirement:
            continue
        if needed.marker is not None and not needed.marker.evaluate(platform.markers()):
            continue
        if canonicalize_name(needed.name) not in pinned:
            yield needed.name


def _licence(metadata: Message) -> str:
    classifiers = [str(text) for text in metadata.get_all("Classifier") or ()]
    named = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith(_CLASSIFIER)]
    return licence(metadata["License-Expression"], metadata["License"], ", ".join(named))


def _add(archive: zipfile.ZipFile, package: str, file: str, add: Add) -> None:
    """Add the files of a wheel: what is importable; scripts, headers and data have no place in Lambda."""
    if len(archive.NameToInfo) < len(archive.infolist()):
        raise Uninstallable(f"{package} has a file twice", file)
    for info in archive.infolist():
        path = info.filename
        if inside := _DATA.fullmatch(path):
            path = inside[2] if inside[1] in ("purelib", "platlib") else ""
        if not path or info.is_dir():
            continue
        if info.file_size > PACKAGE_BYTES:
            raise Uninstallable(f"{package} has a file of more than {PACKAGE_BYTES >> 20} MB: {path}", file)
        executable = bool(info.external_attr >> 16 & 0o100)
        add(path_checked(path, package, file), unpacked(archive, info, package, file), executable)

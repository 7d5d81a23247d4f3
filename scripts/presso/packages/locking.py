"""Makes locks: requirements.txt of requirements.in, package-lock.json of package.json.

An extension's author writes both, so that uv and npm get names and versions alone, in a folder of presso's:
an address, a path or an option would make them build and run code, and so would settings beside them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from presso import atomic, regular_file
from presso.packages import npm, programs, requirements_lock
from presso.packages.faults import Uninstallable
from presso.packages.functions import DEFAULTS, Function, decoded_file
from presso.packages.platforms import Platform

_SETTINGS = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", "NODE_USE_SYSTEM_CA": "1", "NO_COLOR": "1"}
# What npm prints beside the reason.
_BESIDE = re.compile(r"npm (?:notice|warn)\b|npm error(?:\s*$|\s+(?:code|errno|A complete log|/))")


def write(root: Path, functions: Iterable[Function]) -> list[str]:
    """Write the lock of every folder of an extension that declares dependencies; return their paths.

    Args:
        root: The extension's folder.
        functions: Its functions, whose versions of Python the locks are for.

    Raises:
        Uninstallable: A program for it is missing, or fails.
        Stopped: A stop is requested.
    """
    versions: dict[str, int] = {}
    for function in functions:
        minor = Platform(function.runtime, function.architecture).minor
        versions[function.source] = min(minor, versions.get(function.source, minor))
    written = []
    for path in sorted(
        path for path in root.rglob("*") if path.name in (requirements_lock.DECLARED, npm.MANIFEST)
    ):
        folder = path.parent.relative_to(root).as_posix()
        if _is_left_out(folder):
            continue
        shown = path.relative_to(root).as_posix()
        if path.name == requirements_lock.DECLARED:
            default = Platform(DEFAULTS["runtime"], DEFAULTS["architecture"]).minor
            _of_python(path, min(versions.get(folder, default), sys.version_info.minor), shown)
            written.append(path.with_name(requirements_lock.FILE).relative_to(root).as_posix())
        elif npm.declares(_text(path, shown), shown):
            _of_npm(path, shown)
            written.append(path.with_name(npm.LOCK).relative_to(root).as_posix())
    return written


def _is_left_out(folder: str) -> bool:
    from presso.extension_tree import left_out

    return any(left_out(part, folder=True) for part in folder.split("/"))


def _text(path: Path, shown: str) -> str:
    return decoded_file(regular_file.contents(path), shown)


def _of_python(declared: Path, minor: int, shown: str) -> None:
    """Run uv: for all platforms, from this version of Python on; functions and local runs share a lock."""
    own = Path(sys.prefix) / "bin" / "uv"
    uv = str(own) if own.is_file() else shutil.which("uv")
    if uv is None:
        raise Uninstallable(
            "uv, which locks it, is not on this machine", shown, hint="Install it: pip install uv"
        )
    command = [uv, "pip", "compile", declared.name, "--universal", "--python-version", f"3.{minor}"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", "--no-config", "--no-build"]
    command += ["-o", requirements_lock.FILE]
    files = {declared.name: _requirements(_text(declared, shown), shown)}
    lock = declared.with_name(requirements_lock.FILE)
    if lock.is_file() and _is_lock(text := lock.read_text(encoding="utf-8", errors="replace")):
        files[lock.name] = text  # what it pins stays where it can
    atomic.write(lock, _run(command, files, lock.name, shown))


def _requirements(text: str, shown: str) -> str:
    """The requirements, each a name and its versions.

    Raises:
        Uninstallable: A line is another one.
    """
    found = []
    for line, words, requirement in requirements_lock.declared(text):
        if requirement is None or requirement.url:
            what = f"{words} is not the name of a distribution and its versions"
            hint = "Write lines such as: humanize>=4. A package index is set in the user's pip.conf."
            raise Uninstallable(what, shown, line, hint=hint)
        found.append(f"{requirement}\n")
    return "".join(found)


def _is_lock(text: str) -> bool:
    try:
        return bool(requirements_lock.read(text, ""))
    except Uninstallable:
        return False


def _of_npm(manifest: Path, shown: str) -> None:
    found = programs.npm()
    if found is None:
        hint = "Install Node.js 20 or newer, with npm, so that `npm` is on PATH."
        raise Uninstallable("npm, which locks it, is not on this machine", shown, hint=hint)
    options = ["--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    kinds = (*npm.DEPENDENCIES, "devDependencies")
    wanted = npm.manifest_of(_text(manifest, shown), shown, kinds)
    files = {npm.MANIFEST: json.dumps({"name": "function", "version": "1.0.0", **wanted})}
    command = [*found, "install", *options, f"--git={os.devnull}"]
    atomic.write(manifest.with_name(npm.LOCK), _run(command, files, npm.LOCK, shown))


def _run(command: list[str], files: Mapping[str, str], made: str, shown: str) -> str:
    """Run a program in a folder with these files; return the file that it makes."""
    with tempfile.TemporaryDirectory(prefix="presso-lock-") as place:
        for name, text in files.items():
            (Path(place) / name).write_text(text, encoding="utf-8")
        code, output = programs.run(command, Path(place), _SETTINGS)
        if not code:
            return (Path(place) / made).read_text(encoding="utf-8")
    said = "\n".join(line for line in output.splitlines() if not _BESIDE.match(line))
    words = " ".join(re.sub(r"npm error(?: notsup)?|[^\x20-\x7e]+|error:", " ", said).split())
    raise Uninstallable(f"no lock can be made: {words[:400] or 'no output'}", shown)

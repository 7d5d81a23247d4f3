"""Makes locks: requirements.txt of requirements.in, package-lock.json of package.json."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from presso.packages import npm, programs, requirements_lock
from presso.packages.faults import Uninstallable
from presso.packages.functions import DEFAULTS, Function
from presso.packages.platforms import Platform

_SETTINGS = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", "NODE_USE_SYSTEM_CA": "1", "NO_COLOR": "1"}


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
        elif npm.declares(path.read_text(encoding="utf-8")):
            _of_npm(path, shown)
            written.append(path.with_name(npm.LOCK).relative_to(root).as_posix())
    return written


def _is_left_out(folder: str) -> bool:
    from presso.extension_tree import left_out

    return any(left_out(part, folder=True) for part in folder.split("/"))


def _of_python(declared: Path, minor: int, shown: str) -> None:
    """Run uv: for all platforms, from this version of Python on; functions and local runs share a lock."""
    own = Path(sys.prefix) / "bin" / "uv"
    uv = str(own) if own.is_file() else shutil.which("uv")
    if uv is None:
        raise Uninstallable(
            "there is no uv on this machine to make its lock", shown, hint="Install it: pip install uv"
        )
    lock = declared.with_name(requirements_lock.FILE)
    command = [uv, "pip", "compile", str(declared), "--universal", "--python-version", f"3.{minor}"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", "-o", str(lock)]
    _run(command, shown)


def _of_npm(manifest: Path, shown: str) -> None:
    found = programs.npm()
    if found is None:
        hint = "Install Node.js 20 or newer, with npm, so that `npm` is on PATH."
        raise Uninstallable("there is no npm on this machine to make its lock", shown, hint=hint)
    options = ["--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    _run([*found, "install", "--prefix", str(manifest.parent), *options], shown)


def _run(command: list[str], shown: str) -> None:
    with tempfile.TemporaryDirectory(prefix="presso-lock-") as place:
        code, output = programs.run(command, Path(place), _SETTINGS)
    if code:
        words = " ".join(re.sub(r"npm error|[^\x20-\x7e]+|error:", " ", output).split())
        raise Uninstallable(f"no lock can be made: {words[:400] or 'no output'}", shown)

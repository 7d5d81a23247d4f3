"""pip and npm, as programs: none of them runs code of what it downloads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from presso import child, interruption

_LOOKED_EVERY = 0.1
# The user's settings of where packages come from; all others could change what is installed.
_OF_PIP = frozenset(
    {
        *("CACHE_DIR", "CERT", "CLIENT_CERT", "CONFIG_FILE", "EXTRA_INDEX_URL", "FIND_LINKS", "INDEX_URL"),
        *("KEYRING_PROVIDER", "NO_CACHE_DIR", "NO_INDEX", "PROXY", "RETRIES", "TIMEOUT", "TRUSTED_HOST"),
    }
)


def pip() -> list[str] | None:
    """Return how to run pip: of the environment, or the one that comes with Python; None without one."""
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    bundled = find_spec("ensurepip")
    inside = Path(bundled.origin).with_name("_bundled") if bundled and bundled.origin else None
    for folder in (sysconfig.get_config_var("WHEEL_PKG_DIR"), inside):
        for wheel in sorted(Path(folder).glob("pip-*.whl")) if folder else ():
            return [sys.executable, str(wheel / "pip")]
    return None


def npm() -> list[str] | None:
    """Return how to run npm: of the environment, or what is on PATH; None where there is none."""
    own = Path(sys.prefix) / "bin" / "npm"
    found = str(own) if own.is_file() else shutil.which("npm")
    return [found] if found else None


def run(command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> tuple[int, str]:
    """Run a program to its end; return its exit code and output.

    Raises:
        Stopped: A stop is requested; the program was killed.
    """
    env = {name: value for name, value in os.environ.items() if _is_kept(name)} | dict(settings)
    output = folder / "output"
    with (
        output.open("wb") as sink,
        child.running(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        while True:
            try:
                code = process.wait(timeout=_LOOKED_EVERY)
                break
            except subprocess.TimeoutExpired:
                interruption.check()
    return code, output.read_text(encoding="utf-8", errors="replace")


def _is_kept(name: str) -> bool:
    if name.startswith("PIP_"):
        return name.removeprefix("PIP_") in _OF_PIP
    return name not in ("PYTHONHOME", "PYTHONPATH", "NODE_OPTIONS", "NODE_PATH")

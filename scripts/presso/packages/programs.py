"""pip and npm, as programs: none of them runs code of what it downloads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from presso import child, folder_size, interruption

_LOOKED_EVERY = 0.1
# A package has at most 250 MB: what takes or writes more than this is of no use for one.
MOST_SECONDS = 900.0
MOST_BYTES = 2 * 1024**3
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
    """Run a program to its end; return its exit code and output. One that takes or writes too much is killed.

    Args:
        command: The program.
        folder: Where it runs; what it writes for a time is there, too.
        settings: Variables of its environment.

    Raises:
        Stopped: A stop is requested; the program was killed.
    """
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    env = {name: value for name, value in os.environ.items() if _is_kept(name)} | dict(settings)
    env["TMPDIR"] = str(temporary)
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
        code, exceeded = _awaited(process, folder)
    return code, exceeded or output.read_text(encoding="utf-8", errors="replace")


def _awaited(process: subprocess.Popen[bytes], folder: Path) -> tuple[int, str]:
    """The exit code of a program when it has ended, or why it is not awaited any longer."""
    until, looked = time.monotonic() + MOST_SECONDS, time.monotonic()
    while True:
        try:
            return process.wait(timeout=_LOOKED_EVERY), ""
        except subprocess.TimeoutExpired:
            interruption.check()
        now = time.monotonic()
        if now > until:
            return 1, f"ERROR: it took more than {MOST_SECONDS / 60:.0f} minutes"
        if now - looked > 1:
            looked = now
            if folder_size.measured(folder) > MOST_BYTES:
                return 1, f"ERROR: it wrote more than {MOST_BYTES >> 20:,} MB"


def _is_kept(name: str) -> bool:
    if name.startswith("PIP_"):
        return name.removeprefix("PIP_") in _OF_PIP
    return name not in ("PYTHONHOME", "PYTHONPATH", "NODE_OPTIONS", "NODE_PATH")

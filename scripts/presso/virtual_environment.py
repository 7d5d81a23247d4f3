"""The environment of ./presso, `.venv`: made from the lock files on first use, and again when they change.

The launcher runs this file with any Python of at least 3.11.0, so it imports nothing but the
standard library, and of presso what needs no more:

    python -I virtual_environment.py PYTHON ROOT "GROUP GROUP…" [ARGUMENT…]

installs the groups and becomes `presso ARGUMENT…`.
"""

from __future__ import annotations

import errno
import getpass
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[1]))  # nothing is installed yet

from presso import file_lock, interruption

PATIENCE = 5.0  # seconds between two lines about the progress
_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ProxyError|ConnectTimeout|\(Connect\)"
    r"|\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT)\b"
)
_PIP_SETTING = re.compile(r"^[^\S\n]*(index[-_]url|proxy)[^\S\n]*[=:]", re.MULTILINE | re.IGNORECASE)
_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|\bENOSPC\b|\bEDQUOT\b")
_FREE_SPACE = "The disk is full: the environment needs up to 1.5 GB. Free some space and run this again."
_CONNECT = (
    "The package index could not be reached: the first run needs a network. Behind a proxy, set HTTPS_PROXY; "
    "with an index of your own, set PIP_INDEX_URL. Then run this again."
)
_VENV_MISSING = (
    "Install its module venv (Debian: apt install python3-venv), or name another Python: "
    "PYTHON=/path/to/python3 ./presso"
)
# These settings would make pip or uv install into another folder than the environment.
_MISLEADING = {
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "UV_SYSTEM_PYTHON",
    "PYTHONHOME",
    "PYTHONPATH",
}


class Failure(Exception):
    """What went wrong and what to do about it."""


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _MISLEADING}


def say(text: str) -> None:
    """Print a line on stderr."""
    with suppress(OSError, ValueError):  # a closed stderr must not stop the installation
        print(f"presso: {text}", file=sys.stderr, flush=True)


class Job:
    """A program that installs something. Its output is kept in memory: the disk may be full.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        guard: The lock, which the program holds as well: it may outlive this process.
        settings: Environment variables.
        begun: When the installation began.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, guard: int, settings: dict[str, str], begun: float
    ) -> None:
        self._begun = begun
        self._lines: deque[str] = deque(maxlen=500)
        self._process = subprocess.Popen(
            command, cwd=folder, env={**_variables(), **settings}, pass_fds=(guard,),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(self._process.stdout)

    def succeeded(self) -> bool:
        """Wait for the end; return whether the exit code is 0."""
        while True:
            try:
                code = self._process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                last = self._lines[-1].strip() if self._lines else ""
                say(f"still installing after {monotonic() - self._begun:.0f} s: {last[:70]}".rstrip(": "))
            else:
                self._reader.join(timeout=1)
                return code == 0

    def stop(self) -> None:
        """End it, if it still runs; at a second Ctrl-C kill it."""
        if self._process.poll() is None:
            self._process.terminate()
        while self._process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.2)
            if interruption.hurried():
                self._process.kill()

    @property
    def output(self) -> str:
        """The last lines of its output."""
        return "".join(list(self._lines))


@dataclass(frozen=True)
class VirtualEnvironment:
    """The environment of a checkout.

    Args:
        root: The checkout.
        word: The Python to create it with, as the launcher names it.
    """

    root: Path
    word: str

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def mark(self) -> Path:
        """The file that marks it as the launcher's: the checkout and the Python that it was made for."""
        return self.folder / "made-for"

    def lock_file(self, group: str) -> Path:
        """Return what pins the packages of a group."""
        return self.root / "locks" / ("node/package-lock.json" if group == "node" else f"{group}.txt")

    def has(self, group: str) -> bool:
        """Return whether a group is installed as its lock file pins it now."""
        done = self.folder / "locks" / f"{group}.txt"
        return done.is_file() and done.read_bytes() == self.lock_file(group).read_bytes()

    def note(self, group: str) -> None:
        """Record that a group is installed."""
        done = self.folder / "locks" / f"{group}.txt"
        part = done.with_suffix(".new")
        part.write_bytes(self.lock_file(group).read_bytes())
        part.replace(done)

    def is_usable(self) -> bool:
        """Return whether it was created here, with the requested Python, and that Python runs."""
        try:
            made_for, made_with = (*os.fsdecode(self.mark.read_bytes()).splitlines(), "", "")[:2]
            asked_for = os.environ.get("PYTHON") or made_with
            return (
                made_for == str(self.root)
                and made_with in ("", asked_for)
                and subprocess.run([self.python, "-c", ""], capture_output=True, check=False).returncode == 0
            )
        except (OSError, ValueError):
            return False

    def make(self) -> None:
        """Create it anew, without packages.

        Raises:
            Failure: Something else is in its place, or this Python cannot create it.
        """
        # The versioned name behind `python3`: after an upgrade of the system `python3` is another Python.
        # Looked up first, since the environment to be replaced may be the active one.
        python = os.path.realpath(shutil.which(self.word) or self.word)
        self._remove()
        self.folder.mkdir(exist_ok=True)
        self.mark.touch()  # first: an environment that was only partly created may be removed
        command = [python, "-m", "venv", "--without-pip", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            output = f"{done.stdout}{done.stderr}"
            sys.stderr.write(output)
            hint = _FREE_SPACE if _NO_SPACE.search(output) else _VENV_MISSING
            raise Failure(f"{python} could not create {self.folder}; see above. {hint}")
        (self.folder / "locks").mkdir()
        self.mark.write_bytes(os.fsencode(f"{self.root}\n{self.word}\n"))

    def _remove(self) -> None:
        if not os.path.lexists(self.folder):
            return
        empty = self.folder.is_dir() and not any(self.folder.iterdir())
        if self.folder.is_symlink() or not (empty or self.mark.is_file()):
            raise Failure(
                f"{self.folder} was not created by presso, which needs this name for its own environment. "
                "Move it away or, if it is no longer needed, remove it; then run this again."
            )
        try:
            shutil.rmtree(self.folder)
        except PermissionError as error:
            raise Failure(
                f"{self.folder} can neither be used nor replaced by {_user()} ({error.strerror}: "
                f"{error.filename}). Work in a clone of your own, or let its owner remove it."
            ) from None


class Installation:
    """Packages on their way into an environment.

    Args:
        environment: The environment.
        guard: The lock that is held meanwhile.
    """

    def __init__(self, environment: VirtualEnvironment, guard: int) -> None:
        self._environment = environment
        self._guard = guard
        self._begun = monotonic()
        self._jobs: list[Job] = []

    def run(self, groups: Sequence[str]) -> None:
        """Install groups, npm's beside Python's.

        Raises:
            Failure: Something could not be installed.
        """
        say(f"installing {self._names(groups)} (once)")
        try:
            installer = self._installer()
            packages = [group for group in groups if group != "node"]
            if {"node", "nodejs"} <= set(groups):  # npm comes with the package of Node.js
                packages.remove("nodejs")
                self._finish(self._packages(installer, ["nodejs"]), ["nodejs"])
            job = self._packages(installer, packages) if packages else None
            if "node" in groups:
                self._finish(self._npm(), ["node"])
            if job:
                self._finish(job, packages, installer)
        finally:
            with interruption.deferred():
                for job in self._jobs:
                    job.stop()

    def _names(self, groups: Sequence[str]) -> str:
        files = [self._environment.lock_file(group) for group in groups]
        return ", ".join(str(file.relative_to(self._environment.root)) for file in files)

    def _start(self, command: Sequence[str], **settings: str) -> Job:
        with interruption.deferred():
            job = Job(command, self._environment.root, self._guard, settings, self._begun)
            self._jobs.append(job)
        return job

    def _packages(self, installer: Sequence[str], groups: Sequence[str]) -> Job:
        locks = [part for group in groups for part in ("-r", str(self._environment.lock_file(group)))]
        return self._start([*installer, "--require-hashes", *locks], **_SETTINGS)

    def _finish(self, job: Job, groups: Sequence[str], installer: Sequence[str] = ()) -> None:
        """Wait for the packages of groups, add presso itself if it is among them, record the groups."""
        _check(job, self._names(groups))
        if "presso" in groups:
            # In place: the sources stay where they are.
            own = ["--no-deps", "--no-build-isolation", "--editable", str(self._environment.root)]
            _check(self._start([*installer, *own], **_SETTINGS), "presso itself")
        for group in groups:
            self._environment.note(group)

    def _npm(self) -> Job:
        """Start npm. No package's script may run. The system's certificates count, as for pip and uv."""
        folder = self._environment.folder / "node"
        folder.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self._environment.root / "locks" / "node" / name, folder)
        npm = [str(self._environment.folder / "bin" / "npm"), "ci", "--prefix", str(folder)]
        return self._start([*npm, "--ignore-scripts", "--no-audit", "--no-fund"], NODE_USE_SYSTEM_CA="1")

    def _installer(self) -> list[str]:
        """Return the command line that installs its further arguments: uv if it is available, else pip."""
        there = self._environment
        uv = shutil.which("uv")
        if uv is None:
            pip = [str(there.python), *self._pip()]
            if _pip_is_configured() or not self._bring_uv(pip):
                return [*pip, "install", "--no-compile"]
            uv = str(there.folder / "bin" / "uv")
        cache = [] if _has_cache(uv) else ["--no-cache"]
        return [uv, "pip", "install", *cache, "--python", str(there.python)]

    def _pip(self) -> list[str]:
        """Return how to run the pip bundled with a Python; from its wheel, since that is faster."""
        ensurepip = find_spec("ensurepip")
        if ensurepip is None or ensurepip.origin is None:
            raise Failure(f"{self._environment.word} comes without pip. {_VENV_MISSING}")
        for folder in (
            sysconfig.get_config_var("WHEEL_PKG_DIR"),
            Path(ensurepip.origin).with_name("_bundled"),
        ):
            for wheel in Path(folder).glob("pip-*.whl") if folder else ():
                return [str(wheel / "pip")]
        _check(self._start([str(self._environment.python), "-m", "ensurepip"]), "pip")
        return ["-m", "pip"]

    def _bring_uv(self, pip: Sequence[str]) -> bool:
        """Install uv into the environment; return whether it exists for this system."""
        if self._environment.has("uv") and (self._environment.folder / "bin" / "uv").exists():
            return True
        options = ["--no-compile", "--only-binary", ":all:", "--retries", "2"]
        job = self._packages([*pip, "install", *options], ["uv"])
        if job.succeeded():
            self._environment.note("uv")
            return True
        if _hint(job.output):
            _check(job, self._names(["uv"]))
        return False


_SETTINGS = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}


def _hint(output: str) -> str:
    if _NO_SPACE.search(output):
        return _FREE_SPACE
    return _CONNECT if _NO_NETWORK.search(output) else ""


def _check(job: Job, what: str) -> None:
    if not job.succeeded():
        sys.stderr.write(job.output)
        raise Failure(f"could not install {what}; see above. {_hint(job.output)}".rstrip())


def _has_cache(uv: str) -> bool:
    """Return whether uv can cache its downloads; it cannot without a home folder."""
    done = subprocess.run([uv, "cache", "dir"], env=_variables(), capture_output=True, text=True, check=False)
    try:
        folder = Path(done.stdout.strip())
        folder.mkdir(parents=True, exist_ok=True)
        return done.returncode == 0 and os.access(folder, os.W_OK)
    except OSError:
        return False


def _pip_is_configured() -> bool:
    """Return whether pip has an index or a proxy of its own: uv does not read pip's settings.

    The files are those of https://pip.pypa.io/en/stable/topics/configuration/.
    """
    if os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL"):
        return False
    home = Path(os.environ.get("HOME", "/"))
    folders = [
        *(Path(folder, "pip") for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")),
        Path("/etc"),
        home / ".pip",
        Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip"),
        *(Path(top, "Library/Application Support/pip") for top in ("/", home)),
    ]
    texts = [f"{name[4:]}={value}" for name, value in os.environ.items() if name.startswith("PIP_")]
    for file in (*(folder / "pip.conf" for folder in folders), Path(os.environ.get("PIP_CONFIG_FILE", "/"))):
        with suppress(OSError):
            texts.append(file.read_text(encoding="utf-8", errors="replace"))
    return any(_PIP_SETTING.search(text) for text in texts)


@contextmanager
def one_at_a_time(file: Path) -> Iterator[int]:
    """Hold a lock, waiting for it if need be. The kernel releases it with the last process that has it open.

    Args:
        file: The lock; it exists only while it is held.
    """
    handle = _locked(file)
    try:
        yield handle
    finally:
        file.unlink(missing_ok=True)
        os.close(handle)


def _locked(file: Path) -> int:
    while True:
        if file.is_symlink():  # how earlier versions locked
            file.unlink(missing_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        with suppress(OSError):  # a file system that has no locks
            if not file_lock.take(handle):
                holder = os.read(handle, 20).decode(errors="replace")
                say(f"waiting for another run{f' (process {holder})' if holder else ''} to install")
                file_lock.wait_for(handle)
        with suppress(FileNotFoundError):  # the holder before may have removed it meanwhile
            if os.path.samestat(os.fstat(handle), file.stat()):
                os.truncate(handle, 0)
                os.pwrite(handle, str(os.getpid()).encode(), 0)
                return handle
        os.close(handle)


def prepare(environment: VirtualEnvironment, groups: Sequence[str]) -> None:
    """Create the environment if there is none, and install the groups that it lacks.

    Raises:
        Failure: It cannot be done.
    """
    try:
        with one_at_a_time(environment.root / ".venv.lock") as guard:
            if not environment.is_usable():
                environment.make()
            missing = [group for group in groups if not environment.has(group)]
            if missing:
                Installation(environment, guard).run(missing)
    except OSError as error:
        raise Failure(
            f"{error.filename or environment.folder}: {error.strerror}. {_way_out(error)}"
        ) from None


def _way_out(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _FREE_SPACE
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return (
            f"presso installs packages into .venv, so {_user()} must be able to write to the checkout. "
            "Work in a clone of your own, on a disk that is not read-only."
        )
    return "Correct this and run it again."


def _user() -> str:
    try:
        return f"user {getpass.getuser()}"
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def main(word: str, root: str, groups: str, *arguments: str) -> None:
    """Install groups, then become presso."""
    environment = VirtualEnvironment(Path(root), word)
    try:
        prepare(environment, groups.split())
    except Failure as failure:
        say(str(failure))
        raise SystemExit(1) from None
    with interruption.handed_over():
        os.execv(environment.python, [str(environment.python), "-m", "presso", *arguments])  # noqa: S606


if __name__ == "__main__":
    with interruption.handled():
        main(*sys.argv[1:])

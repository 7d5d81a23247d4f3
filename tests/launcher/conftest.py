"""The launcher in a checkout of its own, with stand-ins for Python, uv, pip and Terraform.

Nothing is downloaded: the stand-ins write down what they are asked for, and can fail or wait.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.patience import PATIENCE

# All that the launcher may need of a system, beside Python.
TOOLS = ("cat", "cmp", "dirname", "grep", "readlink")
# What the stand-ins need.
TOOLS_OF_STAND_INS = ("cp", "ls", "mkdir", "sh", "sleep", "touch")
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"], "sh": ["sh"]}
FOUND = {name: words for name, words in SHELLS.items() if shutil.which(words[0])}

PYTHON = f"""#!/bin/sh
# Replaces python3, and the Python, the pip and the npm of the environment that it makes.
case "$*" in
    *sys.version_info*) [ "${{FAKE_VERSION:-new}}" = new ] ;;
    --version) echo "Python 3.9.2" ;;
    "-I "*/virtual_environment.py*)
        [ -n "${{FAKE_INSTALLATION:-}}" ] || exec {sys.executable} "$@"
        echo "would install $5" ;;
    "-m venv --without-pip "*)
        for folder in "$@"; do :; done
        echo "venv $folder" >>"$FAKE_LOG"
        [ "${{FAKE_VENV:-there}}" = there ] || exit 1
        mkdir -p "$folder/bin"
        cp "$0" "$folder/bin/python"
        cp "$0" "$folder/bin/npm" ;;
    */pip" install "* | "-m pip install "*) exec "$FAKE_PIP" "${{0%/*}}" "$@" ;;
    "ci --prefix "*)
        ls "$3" >>"$FAKE_LOG.npm"
        echo "$4" >>"$FAKE_LOG.npm"
        exec "$FAKE_PIP" "" npm.txt ;;
    "-m presso"*)
        shift 2
        echo "presso $*" ;;
esac
"""
PIP = """#!/bin/sh
# Replaces pip: notes what is installed, fails and waits where a test wants it to.
bin=$1 names=
for argument in "$@"; do
    case $argument in
        --editable) names="$names presso-itself" ;;
        *.txt) name=${argument##*/} names="$names ${name%.txt}" ;;
    esac
done
echo "install$names" >>"$FAKE_LOG"
echo "a long story about$names"
for name in $names; do
    if [ "$name" = "${FAKE_STOP:-}" ]; then
        touch "$FAKE_LOG.waiting"
        while [ ! -e "$FAKE_LOG.go" ]; do sleep 0.02; done
    fi
    if [ "$name" = "${FAKE_FAIL:-}" ]; then echo "${FAKE_REASON:-}" && exit 1; fi
    if [ "$name" = uv ]; then cp "$FAKE_UV" "$bin/uv"; fi
done
"""
UV = """#!/bin/sh
case $1 in
    cache) echo "${FAKE_CACHE:-$FAKE_LOG.cache}" ;;
    *)
        cache=
        case "$*" in *" --no-cache "*) cache=" without cache" ;; esac
        echo "uv$cache" >>"$FAKE_LOG"
        exec "$FAKE_PIP" "" "$@" ;;
esac
"""
TERRAFORM = """#!/bin/sh
echo "Terraform vVERSION"
echo "asked${CHECKPOINT_DISABLE:+, not the internet}" >>"$FAKE_LOG.terraform"
"""


@dataclass
class Launcher:
    """A checkout that has only the launcher and lock files, and a PATH on which only stand-ins are.

    Args:
        root: The checkout.
        bin: The folder on PATH.
        shell: The command line of the shell that runs it.
    """

    root: Path
    bin: Path
    shell: list[str]
    env: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What the stand-ins were asked for."""
        return self.bin.parent / "log"

    def stand_in(self, name: str, text: str) -> Path:
        """Put a program on PATH."""
        file = self.bin / name
        file.write_text(text)
        file.chmod(0o755)
        return file

    def has_uv(self) -> None:
        """Put uv on PATH."""
        self.stand_in("uv", UV)

    def has_file(self, path: str, text: str = "") -> Path:
        """Write a file in the checkout."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def has_terraform(self, version: str = "1.11.4") -> None:
        """Put a Terraform on PATH."""
        self.stand_in("terraform", TERRAFORM.replace("VERSION", version))

    def start(
        self, *arguments: str, by: Path | None = None, bound: bool = False, **env: str
    ) -> subprocess.Popen[str]:
        """Start the launcher as the leader of a process group of its own.

        Args:
            arguments: Its arguments.
            by: What it is called by, when that is not its place in the checkout.
            bound: Whether the permissions of files bind it, even if root runs the tests.
            env: Environment variables.
        """
        fakes = {name: str(self.bin / name.lower().replace("_", "-")) for name in ("FAKE_PIP", "FAKE_UV")}
        process = subprocess.Popen(
            [*self.shell, str(by or self.root / "presso"), *arguments],
            env={"PATH": str(self.bin), "FAKE_LOG": str(self.log), **fakes, **self.env, **env},
            cwd=self.bin.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_obey_permissions if bound and os.getuid() == 0 else None,
        )
        self.processes.append(process)
        return process

    def run(
        self, *arguments: str, by: Path | None = None, bound: bool = False, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the launcher to its end; the arguments are those of `start`."""
        process = self.start(*arguments, by=by, bound=bound, **env)
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def asked(self) -> list[str]:
        """What the stand-ins were asked for since the last time."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.replace(str(self.root), ".") for line in lines]

    def lock(self, group: str, text: str) -> None:
        """Write a lock file."""
        self.has_file("locks/node/package-lock.json" if group == "node" else f"locks/{group}.txt", text)

    def left_over(self) -> list[str]:
        """What is left of a lock."""
        return [path.name for path in self.root.iterdir() if path.name.startswith(".venv.")]


def _obey_permissions() -> None:
    """Give up, from the next program on, root's powers to pass over the permissions of files (Linux)."""
    drop, powers = 24, (1, 2, 3)  # PR_CAPBSET_DROP; CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
    for power in powers:
        ctypes.CDLL(None).prctl(drop, power, 0, 0, 0)


@contextmanager
def checked_out(folder: Path, checkout: Path, shell: list[str]) -> Iterator[Launcher]:
    """A launcher in a checkout, with a Python that has venv and pip; neither uv nor Terraform on PATH."""
    made = Launcher(folder / "Café check out", folder / "bin", [str(shutil.which(shell[0])), *shell[1:]])
    made.bin.mkdir()
    parts = [f"scripts/presso/{name}.py" for name in ("virtual_environment", "interruption", "terminal")]
    for name in ("presso", *parts):
        shutil.copymode(checkout / name, made.has_file(name, (checkout / name).read_text(encoding="utf-8")))
    for tool in (*TOOLS, *TOOLS_OF_STAND_INS):
        (made.bin / tool).symlink_to(str(shutil.which(tool)))
    made.stand_in("python3", PYTHON)
    made.stand_in("fake-pip", PIP)
    made.stand_in("fake-uv", UV)
    for group in ("presso", "site", "cluster", "test", "dev", "terraform", "nodejs", "node", "uv"):
        made.lock(group, f"{group}==1\n")
    made.has_file("locks/node/package.json", "{}")
    yield made
    for process in made.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture(params=[name for name in FOUND if name != "sh"] or ["sh"])
def launcher(request: pytest.FixtureRequest, tmp_path: Path, checkout: Path) -> Iterator[Launcher]:
    """A launcher in a checkout, once for each shell here: for what the shell script decides."""
    with checked_out(tmp_path, checkout, FOUND[request.param]) as made:
        yield made


@pytest.fixture
def installer(tmp_path: Path, checkout: Path) -> Iterator[Launcher]:
    """A launcher in a checkout: for what happens in Python."""
    with checked_out(tmp_path, checkout, FOUND["sh"]) as made:
        yield made


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """`until(condition)` waits for the condition, and fails when it does not come about."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "waited for too long"
            time.sleep(0.02)

    return wait

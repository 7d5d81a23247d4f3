"""The launcher in a checkout of its own, with stand-ins for Python, uv, pip and Terraform.

Nothing is downloaded: the stand-ins write down what they are asked for, and can fail or wait.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

# All that the launcher may need of a system, beside Python.
TOOLS = (
    "cat",
    "cmp",
    "cp",
    "dirname",
    "env",
    "grep",
    "ln",
    "ls",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "sleep",
    "touch",
)
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"], "sh": ["sh"]}
FOUND = {name: words for name, words in SHELLS.items() if shutil.which(words[0])}

PYTHON = """#!/bin/sh
# Stands in for python3, and for the Python, the pip and the npm of the environment that it makes.
case "$*" in
    *sys.version_info*) [ "${FAKE_VERSION:-new}" = new ] ;;
    --version) echo "Python 3.9.2" ;;
    "-c import ensurepip, venv") [ "${FAKE_VENV:-there}" = there ] ;;
    "-m venv "*)
        echo "venv $3" >>"$FAKE_LOG"
        mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"
        cp "$0" "$3/bin/npm" ;;
    "-m pip install "*) exec "$FAKE_PIP" "$@" ;;
    "ci --prefix "*)
        ls "$3" >>"$FAKE_LOG.npm"
        echo "$4" >>"$FAKE_LOG.npm"
        exec "$FAKE_PIP" npm ;;
    "-m presso"*)
        shift 2
        echo "presso $*" ;;
esac
"""
PIP = """#!/bin/sh
# Stands in for pip: notes what is installed, fails at what it is told to, waits where it is told to.
for last in "$@"; do :; done
name=${last##*/}
echo "install $name" >>"$FAKE_LOG"
echo "pip tells a long story about $name"
if [ "$name" = "${FAKE_STOP:-}" ]; then
    touch "$FAKE_LOG.waiting"
    while [ ! -e "$FAKE_LOG.go" ]; do sleep 0.02; done
fi
[ "$name" != "${FAKE_FAIL:-}" ]
"""
UV = """#!/bin/sh
echo "uv $1" >>"$FAKE_LOG"
case $1 in
    venv)
        for folder in "$@"; do :; done
        mkdir -p "$folder/bin"
        cp "$(command -v "$5")" "$folder/bin/python"
        cp "$(command -v "$5")" "$folder/bin/npm" ;;
    *) exec "$FAKE_PIP" "$@" ;;
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

    def has_terraform(self, version: str = "1.11.4") -> None:
        """Put a Terraform on PATH."""
        self.stand_in("terraform", TERRAFORM.replace("VERSION", version))

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start the launcher as the leader of a process group of its own."""
        fakes = {"FAKE_LOG": str(self.log), "FAKE_PIP": str(self.bin / "fake-pip")}
        process = subprocess.Popen(
            [*self.shell, str(self.root / "presso"), *arguments],
            env={"PATH": str(self.bin), **fakes, **self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the launcher to its end."""
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=30)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def asked(self) -> list[str]:
        """What the stand-ins were asked for since the last time."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.replace(str(self.root), ".") for line in lines]

    def lock(self, group: str, text: str) -> None:
        """Write a lock file."""
        file = self.root / "locks" / ("node/package-lock.json" if group == "node" else f"{group}.txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture(params=[name for name in FOUND if name != "sh"] or ["sh"])
def launcher(request: pytest.FixtureRequest, tmp_path: Path, checkout: Path) -> Iterator[Launcher]:
    """A launcher with a Python, a venv and a pip, neither uv nor Terraform; once for each shell here."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    root = tmp_path / "check out"
    root.mkdir()
    shutil.copy(checkout / "presso", root)
    shell = FOUND[request.param]
    made = Launcher(root, bin_folder, [str(shutil.which(shell[0])), *shell[1:]])
    for tool in (*TOOLS, "sh"):
        (bin_folder / tool).symlink_to(str(shutil.which(tool)))
    made.stand_in("python3", PYTHON)
    made.stand_in("fake-pip", PIP)
    for group in ("presso", "site", "dev", "terraform", "node"):
        made.lock(group, f"{group}==1\n")
    (root / "locks" / "node" / "package.json").write_text("{}")
    yield made
    for process in made.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """`until(condition)` waits for the condition, and fails after half a minute."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "waited for too long"
            time.sleep(0.02)

    return wait

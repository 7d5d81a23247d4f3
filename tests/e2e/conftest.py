"""Checkouts of their own with the real modules, and presso in them as a user runs it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE

from presso import snapshot
from presso.aws_access import Access, local_access
from presso.local_aws import LocalAws, Running
from presso.snapshot import Snapshot

Done = subprocess.CompletedProcess[str]


@dataclass
class Site:
    """A checkout in a folder of its own, with the tenants nyc and sfo, and presso in it.

    Args:
        folder: Holds the checkout and the temporary folder of everything that is started.
        env: Of what is started, beside this process's own.
    """

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    accesses: dict[str, Access] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The checkout."""
        return self.folder / "checkout"

    @property
    def home(self) -> Path:
        """Where presso keeps its files."""
        return self.root / ".presso"

    @property
    def local(self) -> LocalAws:
        """The local AWS; ends with this process when it is started from here."""
        return LocalAws.of_this_process(self.home / "local")

    def running(self) -> Running:
        """What runs of the local AWS."""
        found = self.local.running()
        assert found
        return found

    def aws(self) -> Access:
        """A way into the tenants' account."""
        endpoint = self.running().endpoint
        return self.accesses.setdefault(endpoint, local_access(endpoint))

    def snapshot(self) -> Snapshot:
        """Everything in the tenants' account."""
        return snapshot.take(self.aws().client)

    def pid(self, part: str) -> int:
        """The process of the emulator or of the provider server."""
        found = {p.name: p.pid for p in self.local.status().parts}[part]
        assert found
        return found

    def write(self, path: str, text: str) -> None:
        """Write a file of the checkout."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def tenant(self, name: str, *extensions: str) -> None:
        """Write a tenant's file."""
        listed = ", ".join(extensions)
        self.write(f"tenants/{name}/tenant.yaml", f"name: {name}\ntitle: Summit\nextensions: [{listed}]\n")

    def run(self, *command: str) -> subprocess.Popen[str]:
        """Start any program in the checkout, as the leader of a process group of its own."""
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env={**os.environ, "TMPDIR": str(self.folder / "tmp"), **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start presso."""
        return self.run(sys.executable, "-m", "presso", *arguments)

    def presso(self, *arguments: str) -> Done:
        """Run presso to its end."""
        return ended(self.start(*arguments))

    def done(self, *arguments: str) -> str:
        """Run presso, which must succeed; what it prints."""
        done = self.presso(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def left_running(self) -> list[str]:
        """Processes that were given a path of this checkout or of its temporary folder."""
        asked = subprocess.run(["ps", "-Awwo", "pid=,args="], capture_output=True, text=True, check=True)
        return [line for line in asked.stdout.splitlines() if f"{self.folder}/" in line]

    def left_behind(self) -> list[str]:
        """Temporary files."""
        return [str(path) for path in (self.folder / "tmp").rglob("*")]


def ended(process: subprocess.Popen[str]) -> Done:
    """Wait for a process's end."""
    out, err = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@contextlib.contextmanager
def sites(checkout: Path) -> Iterator[Callable[[], Site]]:
    """Yield what makes a checkout in a folder with a short name, for the sockets in it; all go in the end."""
    made: list[Site] = []

    def make() -> Site:
        folder = Path(tempfile.mkdtemp(prefix="e2e-")).resolve()
        site = Site(folder, {"PRESSO_ROOT": str(folder / "checkout")})
        made.append(site)
        (folder / "tmp").mkdir()
        site.root.mkdir()
        (site.root / "modules").symlink_to(checkout / "modules")
        (site.root / "extensions").mkdir()
        extension = checkout / "extensions" / "order-metrics"
        shutil.copytree(extension, site.root / "extensions" / "order-metrics")
        for name in ("nyc", "sfo"):
            site.tenant(name, "order-metrics")
        return site

    try:
        yield make
    finally:
        for site in made:
            for process in site.processes:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            for home in (site.home, site.home / "demo"):
                LocalAws(home / "local").stop()
            shutil.rmtree(site.folder)


@pytest.fixture
def make_site(checkout: Path) -> Iterator[Callable[[], Site]]:
    """`make_site()`: a checkout of this test's own."""
    with sites(checkout) as make:
        yield make


@pytest.fixture
def site(make_site: Callable[[], Site]) -> Site:
    """One checkout, nothing applied, nothing running."""
    return make_site()


@pytest.fixture
def without_terraform(tmp_path: Path) -> str:
    """A PATH on which everything is that is on PATH, but Terraform."""
    folders = []
    for number, folder in enumerate(map(Path, os.get_exec_path())):
        if not (folder / "terraform").exists():
            folders.append(str(folder))
            continue
        replaced = tmp_path / "path" / str(number)
        replaced.mkdir(parents=True)
        for program in folder.iterdir():
            if program.name != "terraform":
                (replaced / program.name).symlink_to(program)
        folders.append(str(replaced))
    path = os.pathsep.join(folders)
    assert shutil.which("terraform", path=path) is None
    return path


def listens(port: int) -> bool:
    """Whether anything accepts connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """`until(condition)` waits until the condition holds, and returns what it gave."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline, pause = time.monotonic() + PATIENCE, 0.02
        while not (result := condition()):
            assert time.monotonic() < deadline, "waited for too long"
            time.sleep(pause)
            pause = min(pause * 1.2, 0.1)  # asking takes time of its own
        return result

    return wait


@pytest.fixture
def assert_gone(until: Callable[[Callable[[], Any]], Any]) -> Callable[..., None]:
    """`assert_gone(site, port)`: no process, no port, no temporary file is left of a checkout."""

    def check(site: Site, port: int | None = None) -> None:
        until(lambda: not site.left_running())
        assert port is None or not listens(port)
        assert site.left_behind() == []

    return check

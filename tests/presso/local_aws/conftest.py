"""A local AWS whose provider server only listens: these tests are about processes and about the emulator."""

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE

from presso.local_aws import LocalAws, Running
from presso.processes import Process, identify, start_of, this_process, wait_until

PROVIDER = """
import signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[2])
server.listen()
print("ready", flush=True)
signal.sigwait({signal.SIGTERM})
"""

ALONE = """
import sys, types
sys.modules["presso.local_aws.emulator_patches"] = types.SimpleNamespace(apply=lambda port, allowed: None)
from presso.local_aws import emulator
emulator.main(sys.argv[1:])
"""


class WithoutTerraform(LocalAws):
    """A local AWS with a stand-in for the offline provider, which is another package's work."""

    def __init__(self, folder: Path, *, enforce_iam: bool = False) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        provider = folder.parent / "provider.py"
        provider.write_text(PROVIDER)
        super().__init__(folder, owner=this_process(), provider=str(provider), enforce_iam=enforce_iam)

    def _write_mirror(self, control: Path) -> Path:
        path = self.folder / "terraform.rc"
        path.write_text(f"# {control}\n")
        return path


@pytest.fixture
def make_local_aws(tmp_path: Path) -> Iterator[Callable[[str], LocalAws]]:
    """`make_local_aws("one")`: the local AWS of the folder `one`. All of them are stopped at the end."""
    made: list[LocalAws] = []

    def make(name: str = "local", *, enforce_iam: bool = False) -> LocalAws:
        made.append(WithoutTerraform(tmp_path / name, enforce_iam=enforce_iam))
        return made[-1]

    yield make
    for local in made:
        local.stop()


@contextlib.contextmanager
def emulator_alone(folder: Path, *options: str) -> Iterator[str]:
    """The endpoint of an emulator with its gaps; it ends when these tests do, however they end."""
    program = folder / "alone.py"
    program.write_text(ALONE)
    owner = this_process()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
        arguments = ["--folder", str(folder), "--socket", str(listening.fileno()), *options]
        emulator = subprocess.Popen(
            [
                *(sys.executable, "-m", "presso.local_aws.daemon", "--folder", str(folder)),
                *("--owner", f"{owner.pid}:{owner.started}", str(program), *arguments),
            ],
            pass_fds=[listening.fileno()],
            stdout=subprocess.PIPE,
        )
    assert emulator.stdout is not None
    try:
        assert emulator.stdout.readline() == b"ready\n"
        yield endpoint
    finally:
        emulator.send_signal(signal.SIGTERM)
        emulator.wait(PATIENCE)
        emulator.stdout.close()


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of an emulator with its gaps."""
    with emulator_alone(tmp_path_factory.mktemp("alone")) as endpoint:
        yield endpoint


def root_clients(endpoint: str, account: str) -> Callable[[str], Any]:
    import boto3

    keys = {"aws_access_key_id": account, "aws_secret_access_key": "local"}
    session = boto3.Session(region_name="us-east-1", **keys)
    return functools.cache(lambda service: session.client(service, endpoint_url=endpoint))


@pytest.fixture
def aws_alone(alone: str, account: str) -> Callable[[str], Any]:
    """As `aws`, for the emulator alone."""
    return root_clients(alone, account)


def created_function(aws: Callable[[str], Any], runtime: str, file: str, code: str, **settings: Any) -> str:
    """Create a function of one file and return its ARN; without settings, `f` with `handler.handler`.

    Its time limit is far away: on a busy machine Lambda's default, three seconds, is exceeded by itself.
    """
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr(file, code)
    usual = {
        "FunctionName": "f",
        "Handler": "handler.handler",
        "Role": "arn:aws:iam::111111111111:role/worker",
        "Timeout": 60,
    }
    made = aws("lambda").create_function(
        **{**usual, "Runtime": runtime, "Code": {"ZipFile": archive.getvalue()}, **settings}
    )
    return str(made["FunctionArn"])


class Probe:
    """Looks at processes and ports from outside, and at what is in an emulator."""

    def pids(self, local: LocalAws) -> dict[str, int | None]:
        return {part.name: part.pid for part in local.status().parts}

    def pid(self, local: LocalAws, part: str) -> int:
        found = self.pids(local)[part]
        assert found is not None
        return found

    def kill(self, local: LocalAws, part: str) -> None:
        """End a part as the system does when memory is short."""
        victim = identify(self.pid(local, part))
        os.kill(victim.pid, signal.SIGKILL)
        assert wait_until(lambda: not victim.alive(), PATIENCE)

    @contextlib.contextmanager
    def another_process(self) -> Iterator[Process]:
        """A process that has nothing to do with presso."""
        other = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        try:
            yield identify(other.pid)
        finally:
            other.kill()
            other.wait()

    def running_below(self, folder: Path) -> list[int]:
        """Processes that were given a path below this folder."""
        asked = subprocess.run(["ps", "-Awwo", "pid=,args="], capture_output=True, text=True, check=True)
        found = [line.split(maxsplit=1) for line in asked.stdout.splitlines() if f"{folder}/" in line]
        return [int(pid) for pid, *_ in found if int(pid) != os.getpid() and start_of(int(pid))]

    def listens(self, port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def port_of(self, running: Running) -> int:
        return int(running.endpoint.rpartition(":")[2])

    def listening_sockets(self, pid: int) -> set[tuple[str, int]]:
        """Addresses that a process listens on."""
        inodes = set()
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                inodes.add(str(descriptor.readlink()))
        found = set()
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                if state == "0A" and f"socket:[{rest[5]}]" in inodes:
                    host, port = local.split(":")
                    address = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if table == "tcp" else host
                    found.add((address, int(port, 16)))
        return found

    def client(self, running: Running, service: str, config: Any = None) -> Any:
        import boto3

        keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "local", "config": config}
        return boto3.client(service, endpoint_url=running.endpoint, region_name="us-east-1", **keys)

    def make_function(
        self,
        running: Running,
        source: str,
        *,
        variables: dict[str, str] | None = None,
        snap_start: bool = False,
    ) -> None:
        created_function(
            functools.partial(self.client, running),
            "python3.13",
            "handler.py",
            source,
            FunctionName="worker",
            Handler="handler.handle",
            Environment={"Variables": variables or {}},
            SnapStart={"ApplyOn": "PublishedVersions" if snap_start else "None"},
            Publish=snap_start,
        )

    def invoke(self, running: Running) -> Any:
        return json.loads(self.client(running, "lambda").invoke(FunctionName="worker")["Payload"].read())


@pytest.fixture
def probe() -> Probe:
    """What tests of processes look through."""
    return Probe()

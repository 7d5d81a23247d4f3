"""What remains when Terraform, the provider server or their parent process is stopped in the middle."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.offline_aws.conftest import Folder, environment
from tests.patience import PATIENCE
from tests.terraform import Terraform

from offline_aws import control
from offline_aws.mirror import write_mirror
from presso.local_aws import Running

TWO = """
resource "aws_sqs_queue" "first" { name = "first" }
resource "aws_sqs_queue" "second" {
  name = "second"
  tags = { first = aws_sqs_queue.first.arn }
}
"""


@dataclass
class Server:
    """A provider server of one test.

    Args:
        process: Its process.
        control: Its control socket.
    """

    process: subprocess.Popen[str]
    control: Path


@contextlib.contextmanager
def provider_server(control: Path) -> Iterator[Server]:
    """A provider server of its own, which the test may kill."""
    process = subprocess.Popen(
        [sys.executable, "-m", "offline_aws.server", "--control", str(control)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Server(process, control)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def server(short_path: Path) -> Iterator[Server]:
    with provider_server(short_path / "control") as found:
        yield found


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for the name of a Unix socket."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="p") as found:
        yield Path(found)


class Gate:
    """A proxy before the emulator that holds back the calls which a test waits for.

    Args:
        endpoint: The emulator.
    """

    def __init__(self, endpoint: str) -> None:
        self.arrived = threading.Event()
        self.opened = threading.Event()
        self.held: Callable[[str], bool] = lambda target: False
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                target = self.headers.get("X-Amz-Target", "") + body.decode(errors="replace")
                if gate.held(target):
                    gate.arrived.set()
                    gate.opened.wait(PATIENCE)
                headers = {key: text for key, text in self.headers.items() if key.lower() != "host"}
                call = urllib.request.Request(endpoint, body, headers, method="POST")
                try:
                    with urllib.request.urlopen(call) as answer:
                        status, found = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, found = error.code, error.read()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(found)))
                    self.end_headers()
                    self.wfile.write(found)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture
def gate(local_aws: Running) -> Iterator[Gate]:
    found = Gate(local_aws.endpoint)
    thread = threading.Thread(target=found.http.serve_forever, daemon=True)
    thread.start()
    yield found
    found.opened.set()
    found.http.shutdown()
    found.http.server_close()
    thread.join()


@pytest.fixture(params=["attached", "launched"])
def own_folder(
    request: pytest.FixtureRequest, tmp_path: Path, server: Server, gate: Gate, account: str
) -> Folder:
    """A folder with a provider server of its own, behind the gate."""
    path = tmp_path / "folder"
    path.mkdir()
    config = write_mirror(tmp_path / "mirror", server.control, sys.executable)
    launched = config if request.param == "launched" else None
    return Folder(path, server.control, environment(gate.endpoint, account), launched)


@contextlib.contextmanager
def applying(folder: Folder) -> Iterator[subprocess.Popen[str]]:
    with folder.environment() as env:
        process = Terraform(folder.path, env).start("apply", "-auto-approve", "-no-color")
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def holding(gate: Gate, text: str) -> None:
    gate.held = lambda target: text in target


def test_ctrl_c_finishes_what_was_begun_and_starts_nothing_new(own_folder: Folder, gate: Gate) -> None:
    own_folder.write(TWO).init()
    holding(gate, '"QueueName": "first"')
    with applying(own_folder) as process:
        assert gate.arrived.wait(PATIENCE)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: Terraform and its plugins alike
        gate.opened.set()
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Interrupt received" in said
    assert list(own_folder.state()) == ["aws_sqs_queue.first"]
    assert own_folder.changes() == {"aws_sqs_queue.second": ["create"]}
    own_folder.apply()
    assert own_folder.changes() == {}


def test_a_server_killed_in_mid_apply_is_a_clear_error_and_the_next_run_works(
    own_folder: Folder, gate: Gate, server: Server
) -> None:
    own_folder.write(TWO).init()
    holding(gate, '"QueueName": "second"')
    with applying(own_folder) as process:
        assert gate.arrived.wait(PATIENCE)
        server.process.kill()
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Error:" in said
    assert "panic" not in said
    gate.opened.set()
    with provider_server(server.control):
        assert list(own_folder.state()) == ["aws_sqs_queue.first"]
        own_folder.apply()
        assert own_folder.changes() == {}


def test_without_a_server_the_launcher_prints_what_to_do(own_folder: Folder, server: Server) -> None:
    own_folder.write(TWO).init()
    server.process.terminate()
    server.process.wait(PATIENCE)
    if own_folder.cli_config:
        said = own_folder.refused("plan")
        assert "the offline AWS provider's server does not answer" in said
        assert "presso up" in said
    else:
        with pytest.raises(control.Unreachable, match="presso up"):
            own_folder.run("plan")


def test_what_a_killed_terraform_had_begun_is_found_again(own_folder: Folder, gate: Gate) -> None:
    own_folder.write('resource "aws_sqs_queue" "default" { name = "q" }\n').init()
    holding(gate, "AmazonSQS.GetQueueAttributes")
    with applying(own_folder) as process:
        assert gate.arrived.wait(PATIENCE)
        process.kill()
        process.wait()
        gate.opened.set()
    # Nothing was recorded; SQS gives the queue that it has when it is to make an equal one.
    own_folder.apply(None, "-lock=false")
    assert own_folder.changes("-lock=false") == {}


@pytest.mark.slow
def test_the_server_ends_on_sigterm_and_leaves_no_file(short_path: Path) -> None:
    with provider_server(short_path / "s" / "control") as server:
        connection, answer = control.connect(server.control, "aws", Path("/"), {})
        assert Path(answer["address"]).is_socket()
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
        assert connection.recv(1) == b""
        connection.close()
    assert list((short_path / "s").iterdir()) == []


@pytest.mark.slow
def test_an_endpoint_ends_with_the_process_that_asked_for_it_and_all_with_the_control_socket(
    server: Server,
) -> None:
    connection, answer = control.connect(server.control, "aws", Path("/"), {})
    address = Path(answer["address"])
    assert address.is_socket()
    connection.close()
    _until(lambda: not address.exists())
    server.control.unlink()
    assert server.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("own_folder", ["launched"], indirect=True)
def test_a_launcher_ends_when_terraform_is_killed(own_folder: Folder, gate: Gate) -> None:
    assert own_folder.cli_config
    own_folder.write(TWO).init()
    holding(gate, '"QueueName": "first"')
    with applying(own_folder) as process:
        assert gate.arrived.wait(PATIENCE)
        launchers = _launchers(own_folder.cli_config.parent)
        assert launchers
        process.kill()
        process.wait()
        gate.opened.set()
        _until(lambda: not set(launchers) & set(_launchers(own_folder.cli_config.parent)))


def _launchers(mirror: Path) -> list[int]:
    found = subprocess.run(
        ["ps", "-axww", "-o", "pid=", "-o", "args="], capture_output=True, text=True
    ).stdout
    return [int(line.split()[0]) for line in found.splitlines() if f"{mirror}/control" in line]


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


NO_REQUESTS = {
    "nothing": "",
    "no JSON": "no JSON\n",
    "no fields": "{}\n",
    "an unknown provider": '{"provider": "google", "cwd": "/", "env": {}}\n',
    "a list": "[1]\n",
}


@pytest.mark.slow
def test_requests_that_make_no_sense_are_refused(server: Server) -> None:
    answers = {}
    for name, line in NO_REQUESTS.items():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(server.control))
            connection.sendall(line.encode())
            connection.shutdown(socket.SHUT_WR)
            answer: dict[str, Any] = json.loads(connection.makefile().readline())
        answers[name] = answer["error"]
        other, _ = control.connect(server.control, "aws", Path("/"), {})
        other.close()
    assert [name for name, error in answers.items() if "refuses the request" not in error] == []

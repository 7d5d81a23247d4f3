"""What remains when Terraform, the provider server or their parent process is stopped in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from offline_aws import control

if TYPE_CHECKING:
    from tests.offline_aws.conftest import Folder, Gate, Server

    StartServer = Callable[[Path], contextlib.AbstractContextManager[Server]]

TWO = """
resource "aws_sqs_queue" "first" { name = "first" }
resource "aws_sqs_queue" "second" {
  name = "second"
  tags = { first = aws_sqs_queue.first.arn }
}
"""


@contextlib.contextmanager
def applying(folder: Folder) -> Iterator[subprocess.Popen[str]]:
    with folder.environment() as env:
        process = subprocess.Popen(
            [*folder.command, "apply", "-auto-approve", "-no-color"],
            cwd=folder.path,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
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
        assert gate.arrived.wait(30)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: Terraform and its plugins alike
        gate.opened.set()
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Interrupt received" in said
    assert list(own_folder.state()) == ["aws_sqs_queue.first"]
    assert own_folder.changes() == {"aws_sqs_queue.second": ["create"]}
    own_folder.apply()
    assert own_folder.changes() == {}


def test_a_server_killed_in_mid_apply_is_a_clear_error_and_the_next_run_works(
    own_folder: Folder, gate: Gate, server: Server, start_server: StartServer
) -> None:
    own_folder.write(TWO).init()
    holding(gate, '"QueueName": "second"')
    with applying(own_folder) as process:
        assert gate.arrived.wait(30)
        server.process.kill()
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Error:" in said
    assert "panic" not in said
    gate.opened.set()
    with start_server(server.control):
        assert list(own_folder.state()) == ["aws_sqs_queue.first"]
        own_folder.apply()
        assert own_folder.changes() == {}


def test_without_a_server_the_launcher_prints_what_to_do(own_folder: Folder, server: Server) -> None:
    own_folder.write(TWO).init()
    server.process.terminate()
    server.process.wait(10)
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
        assert gate.arrived.wait(30)
        process.kill()
        process.wait()
        gate.opened.set()
    # Nothing was recorded; SQS gives the queue that it has when it is to make an equal one.
    own_folder.apply(None, "-lock=false")
    assert own_folder.changes("-lock=false") == {}


@pytest.mark.slow
def test_the_server_ends_on_sigterm_and_leaves_no_file(short_path: Path, start_server: StartServer) -> None:
    with start_server(short_path / "s" / "control") as server:
        connection, answer = control.connect(server.control, "aws", Path("/"), {})
        assert Path(answer["address"]).is_socket()
        server.process.terminate()
        assert server.process.wait(10) == 0
        assert connection.recv(1) == b""
        connection.close()
    assert list((short_path / "s").iterdir()) == []


@pytest.mark.slow
def test_the_server_ends_when_its_control_socket_is_removed(
    short_path: Path, start_server: StartServer
) -> None:
    with start_server(short_path / "control") as server:
        server.control.unlink()
        assert server.process.wait(10) == 0


@pytest.mark.slow
def test_an_endpoint_ends_with_the_process_that_asked_for_it(server: Server) -> None:
    connection, answer = control.connect(server.control, "aws", Path("/"), {})
    address = Path(answer["address"])
    assert address.is_socket()
    connection.close()
    _until(lambda: not address.exists())


@pytest.mark.parametrize("own_folder", ["launched"], indirect=True)
def test_a_launcher_ends_when_terraform_is_killed(own_folder: Folder, gate: Gate) -> None:
    assert own_folder.cli_config
    own_folder.write(TWO).init()
    holding(gate, '"QueueName": "first"')
    with applying(own_folder) as process:
        assert gate.arrived.wait(30)
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
    deadline = time.monotonic() + 15
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["", "no JSON\n", "{}\n", '{"provider": "google", "cwd": "/", "env": {}}\n', "[1]\n"],
    ids=["nothing", "no JSON", "no fields", "an unknown provider", "a list"],
)
def test_a_request_that_makes_no_sense_is_refused(server: Server, line: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.control))
        connection.sendall(line.encode())
        connection.shutdown(socket.SHUT_WR)
        answer: dict[str, Any] = json.loads(connection.makefile().readline())
    assert "refuses the request" in answer["error"]
    other, _ = control.connect(server.control, "aws", Path("/"), {})
    other.close()

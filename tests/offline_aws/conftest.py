"""Real Terraform with the offline provider, both ways of finding it; and the provider without Terraform."""

import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from offline_aws.attach import attached
from offline_aws.mirror import write_mirror
from presso.local_aws import Running
from presso.terraform import terraform_cli

HEADER = """
terraform {
  required_providers {
    archive = { source = "hashicorp/archive" }
    aws     = { source = "hashicorp/aws", version = ">= 6.0" }
  }
}
"""


@dataclass
class Folder:
    """A folder in which Terraform runs with the offline provider.

    Args:
        path: The folder.
        control: The provider server's control socket.
        env: The environment of Terraform.
        cli_config: Where set, Terraform finds the provider by this mirror, else by being attached.
    """

    path: Path
    control: Path
    env: dict[str, str]
    cli_config: Path | None
    command: tuple[str, ...] = field(default_factory=lambda: terraform_cli.find().command)

    def write(self, text: str) -> "Folder":
        """Make this the configuration."""
        (self.path / "main.tf").write_text(HEADER + text)
        return self

    @contextlib.contextmanager
    def environment(self, extra: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
        env = {**self.env, **(extra or {})}
        if self.cli_config:
            yield {**env, "TF_CLI_CONFIG_FILE": str(self.cli_config)}
            return
        with attached(self.control, self.path, env) as reattach:
            yield {**env, "TF_CLI_CONFIG_FILE": os.devnull, "TF_REATTACH_PROVIDERS": reattach}

    def run(
        self, *arguments: str, ok: tuple[int, ...] = (0,), env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one Terraform command to its end."""
        with self.environment(env) as environment:
            done = subprocess.run(
                [*self.command, *arguments],
                cwd=self.path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert done.returncode in ok, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def init(self) -> "Folder":
        self.run("init", "-no-color")
        return self

    def apply(self, text: str | None = None, *arguments: str) -> dict[str, Any]:
        """Apply, and return the outputs."""
        if text is not None:
            self.write(text).init()
        self.run("apply", "-auto-approve", "-no-color", *arguments)
        outputs = json.loads(self.run("output", "-json").stdout)
        return {name: output["value"] for name, output in outputs.items()}

    def refused(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """What Terraform prints when it fails, without its frames and line breaks."""
        done = self.run(*arguments, "-no-color", ok=(1,), env=env)
        return " ".join(
            (done.stdout + done.stderr).replace("│", " ").replace("╷", "").replace("╵", "").split()
        )

    def changes(self, *arguments: str) -> dict[str, list[str]]:
        """The planned actions by address; {} when nothing is to change."""
        plan = self.planned(*arguments)
        actions = {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}
        return {address: found for address, found in actions.items() if found not in (["no-op"], ["read"])}

    def planned(self, *arguments: str) -> dict[str, Any]:
        """The plan as `terraform show -json` has it."""
        self.run("plan", "-out=plan", "-no-color", *arguments)
        found: dict[str, Any] = json.loads(self.run("show", "-json", "plan").stdout)
        found.setdefault("resource_changes", [])
        return found

    def state(self) -> dict[str, dict[str, Any]]:
        """Stored values by address."""
        found = json.loads(self.run("show", "-json").stdout)
        root = found.get("values", {}).get("root_module", {})
        return {resource["address"]: resource["values"] for resource in root.get("resources", ())}

    def destroy(self) -> None:
        self.run("destroy", "-auto-approve", "-no-color")
        assert self.state() == {}


def environment(endpoint: str, account: str) -> dict[str, str]:
    """What Terraform needs around it, and nothing of the user who runs the tests."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "local",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }


@pytest.fixture(params=["attached", "launched"])
def way(request: pytest.FixtureRequest) -> str:
    """How Terraform finds the provider."""
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path, local_aws: Running, account: str, way: str) -> Folder:
    """An empty folder, tried both ways."""
    path = tmp_path / "folder"
    path.mkdir()
    config = local_aws.cli_config if way == "launched" else None
    return Folder(path, local_aws.control, environment(local_aws.endpoint, account), config)


@pytest.fixture
def attached_folder(tmp_path: Path, local_aws: Running, account: str) -> Folder:
    """An empty folder in which Terraform is attached to the server."""
    path = tmp_path / "folder"
    path.mkdir()
    return Folder(path, local_aws.control, environment(local_aws.endpoint, account), None)


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
        process.wait(10)
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def start_server() -> Callable[[Path], contextlib.AbstractContextManager[Server]]:
    """Starts a provider server on a control socket; as a context manager."""
    return provider_server


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
                    gate.opened.wait(60)
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

"""Real Terraform with the offline provider, both ways of finding it; and the provider without Terraform."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.terraform import Terraform

from offline_aws.attach import attached
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
            return Terraform(self.path, environment, self.command).run(*arguments, ok=ok)

    def init(self) -> "Folder":
        self.run("init", "-no-color")
        return self

    def apply(self, text: str | None = None, *arguments: str) -> dict[str, Any]:
        """Apply, and return the outputs."""
        if text is not None:
            self.write(text).init()
        self.run("apply", "-auto-approve", "-no-color", *arguments)
        return self.outputs()

    def refused(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """What Terraform prints when it fails, without its frames and line breaks."""
        done = self.run(*arguments, "-no-color", ok=(1,), env=env)
        return " ".join(
            (done.stdout + done.stderr).replace("│", " ").replace("╷", "").replace("╵", "").split()
        )

    def changes(self, *arguments: str) -> dict[str, list[str]]:
        """The planned actions by address; {} when nothing is to change."""
        done = self.run("plan", "-out=plan", "-no-color", "-detailed-exitcode", *arguments, ok=(0, 2))
        if done.returncode == 0:
            return {}
        plan: dict[str, Any] = json.loads(self.run("show", "-json", "plan").stdout)
        actions = {
            change["address"]: change["change"]["actions"] for change in plan.get("resource_changes", ())
        }
        return {address: found for address, found in actions.items() if found not in (["no-op"], ["read"])}

    def outputs(self) -> dict[str, Any]:
        """The stored outputs."""
        return {name: output["value"] for name, output in self._stored().get("outputs", {}).items()}

    def state(self, part: str = "attributes") -> dict[str, dict[str, Any]]:
        """Stored values by address; with ``part="identity"``, resource identities."""
        return {
            f"{resource['type']}.{resource['name']}": resource["instances"][0][part]
            for resource in self._stored().get("resources", ())
            if resource["mode"] == "managed"
        }

    def _stored(self) -> dict[str, Any]:
        """The state, from its file: Terraform's own commands that print it take a process each."""
        file = self.path / "terraform.tfstate"
        found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def destroy(self) -> None:
        self.run("destroy", "-auto-approve", "-no-color")
        assert self.state() == {}


def environment(endpoint: str, account: str) -> dict[str, str]:
    """What Terraform needs around it, and nothing of the user who runs the tests."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        **terraform_cli.RARELY_COLLECTED,
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

"""A small checkout of what is built into Terraform, so that no provider is needed."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from presso.units import runs, surroundings, unit_folder
from presso.units.outcome import Outcome
from presso.units.progress import Silent
from presso.workspace import Workspace

SMALL_PRESSO = Path(__file__).parent / "resources" / "small_presso.py"

TENANT_MODULE = """
variable "name" {}
variable "region" {}
resource "terraform_data" "bus" {
  input = var.name
}
output "tenant" {
  value = { name = terraform_data.bus.output }
}
"""
PLAYER_MODULE = """
variable "tenant" {}
resource "terraform_data" "player" {
  input = var.tenant.name
}
"""
FENCE_MODULE = """
variable "tenant" {}
variable "extension" {}
output "fence" {
  value = { prefix = "${var.tenant.name}--${var.extension}--" }
}
"""
EXTENSION = """
variable "tenant" {}
variable "fence" {}
variable "size" {
  default = "small"
}
resource "terraform_data" "table" {
  input = "${var.fence.prefix}${var.size}"
  %s
}
"""


@dataclass
class Small:
    """A small checkout, and presso on it in this process or as one of its own."""

    workspace: Workspace
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the checkout."""
        file = self.workspace.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def tenant(self, name: str, *extensions: str, **keys: str) -> None:
        """Write a tenant's file."""
        more = "".join(f"{key}: {value}\n" for key, value in keys.items())
        listed = ", ".join(extensions)
        text = f"name: {name}\ntitle: Summit {name}\nextensions: [{listed}]\n{more}"
        self.write(f"tenants/{name}/tenant.yaml", text)

    def extension(self, name: str, body: str = "") -> None:
        """Write an extension of one resource; `body` goes into the resource."""
        self.write(f"extensions/{name}/main.tf", EXTENSION % body)

    def run(self, action: runs.Action, *patterns: str, **options: Any) -> dict[str, Outcome]:
        """Run plan, apply or destroy in this process; the outcomes by unit."""
        display = options.pop("display", None) or Silent()
        parallel = options.pop("parallel", 2)
        options.setdefault("everything", not patterns)
        selection = runs.select(self.workspace, action, patterns, **options)
        ground = surroundings.Ground.under(self.workspace, selection.targets())
        run = runs.Runs(self.workspace, selection, action, ground.of, display, parallel=parallel)
        return {str(outcome.unit): outcome for outcome in run.execute()}

    def start(
        self, *arguments: str, preexec: Callable[[], None] | None = None, **env: str
    ) -> subprocess.Popen[str]:
        """Start presso as a process; `preexec` is called in it before."""
        process = subprocess.Popen(
            [sys.executable, str(SMALL_PRESSO), *arguments],
            env={**os.environ, "PRESSO_ROOT": str(self.workspace.root), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=preexec,
        )
        self.processes.append(process)
        return process

    def presso(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run presso as a process to its end."""
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    """The tenants nyc and sfo, each with the extensions `cups` and `queue`."""
    checkout = Small(Workspace(tmp_path / "checkout", tmp_path / "checkout" / ".presso"))
    checkout.write("modules/tenant/main.tf", TENANT_MODULE)
    checkout.write("modules/event-player/main.tf", PLAYER_MODULE)
    checkout.write("modules/extension-fence/main.tf", FENCE_MODULE)
    for name in ("cups", "queue"):
        checkout.extension(name)
    for name in ("nyc", "sfo"):
        checkout.tenant(name, "cups", "queue")
    for name in ("AWS_PROVIDER", "provider"):  # put back at the end
        monkeypatch.setattr(unit_folder, name, getattr(unit_folder, name))
    monkeypatch.setattr(runs.Runs, "judge", runs.Runs.judge)
    for name in ("under", "of"):
        monkeypatch.setattr(surroundings.Ground, name, surroundings.Ground.__dict__[name])
    _loaded(SMALL_PRESSO).without_provider()
    yield checkout
    for process in checkout.processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("small_presso", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """`until(condition)` waits for the condition, and fails after half a minute."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "waited for too long"
            time.sleep(0.02)

    return wait

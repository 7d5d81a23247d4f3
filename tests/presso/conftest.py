"""Small checkouts: one of Terraform's built-in resources alone, and one with a catalog of its own."""

import importlib.util
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.patience import PATIENCE
from typer.testing import CliRunner

from presso.catalog.events import Catalog
from presso.catalog.rules import Rules
from presso.cli import app, globals_first
from presso.deployment import runs, target_environment, unit_selection
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.units import unit_folder
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
CONTEXT_MODULE = """
variable "tenant" {}
variable "extension" {}
output "context" {
  value = { tenant = var.tenant.name, prefix = "${var.tenant.name}--${var.extension}--" }
}
"""
EXTENSION = """
variable "context" {}
variable "size" {
  default = "small"
}
resource "terraform_data" "table" {
  input = "${var.context.prefix}${var.size}"
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

    def run(self, action: Action, *patterns: str, **options: Any) -> dict[str, Outcome]:
        """Run plan, apply or destroy in this process; the outcomes by unit."""
        display = options.pop("display", None) or Silent()
        parallel, limit = options.pop("parallel", 2), options.pop("time_limit", None)
        options.setdefault("everything", not patterns)
        selection = unit_selection.select(self.workspace, action, patterns, **options)
        environments = target_environment.Environments.under(self.workspace, selection.targets())
        run = runs.Runs(self.workspace, selection, action, environments.of, display, parallel=parallel)
        run.time_limit = limit
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
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def here(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run presso in this process: starting one takes most of the time of what is refused at once."""
        ran = CliRunner().invoke(
            app,
            globals_first(arguments),
            prog_name="presso",
            env={"PRESSO_ROOT": str(self.workspace.root)},
        )
        return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    """The tenants nyc and sfo, each with the extensions `cups` and `queue`."""
    checkout = Small(Workspace(tmp_path / "checkout", tmp_path / "checkout" / ".presso"))
    checkout.write("modules/tenant/main.tf", TENANT_MODULE)
    checkout.write("modules/event-player/main.tf", PLAYER_MODULE)
    checkout.write("modules/extension-context/main.tf", CONTEXT_MODULE)
    for name in ("cups", "queue"):
        checkout.extension(name)
    for name in ("nyc", "sfo"):
        checkout.tenant(name, "cups", "queue")
    for name in ("AWS_PROVIDER", "provider"):  # put back at the end
        monkeypatch.setattr(unit_folder, name, getattr(unit_folder, name))
    monkeypatch.setattr(runs.Runs, "run_gate", runs.Runs.run_gate)
    for name in ("under", "of"):
        monkeypatch.setattr(
            target_environment.Environments, name, target_environment.Environments.__dict__[name]
        )
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
    """`until(condition)` waits for the condition, and fails when it does not come about."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "waited for too long"
            time.sleep(0.02)

    return wait


ORDERED = {
    "detail-type": "Bar.Ordered",
    "title": "Ordered",
    "summary": "A guest ordered.",
    "when": "When a guest orders.",
    "producer": "Bar",
    "version": "1.0.0",
    "since": "0.1.0",
    "detail": {
        "type": "object",
        "required": ["orderId", "drink"],
        "properties": {
            "orderId": {"type": "string", "format": "uuid", "description": "The order's id."},
            "drink": {"type": "string", "description": "The drink.", "examples": ["Espresso"]},
        },
    },
    "examples": [
        {"title": "One", "detail": {"orderId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "drink": "Espresso"}}
    ],
}


def with_rules(home: Path, factory: pytest.TempPathFactory) -> Path:
    """A home of presso's with the rules that an earlier test has parsed, in whichever process."""
    own = factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "rules-by-content"
    for folder in (shared, home):
        folder.mkdir(exist_ok=True)
    if not (home / "catalog").exists():
        (home / "catalog").symlink_to(shared)
    return home


@pytest.fixture(scope="session")
def workspace(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The real checkout, with a home of the tests' own."""
    return Workspace(checkout, with_rules(tmp_path_factory.mktemp("home"), tmp_path_factory))


@pytest.fixture(scope="session")
def catalog(workspace: Workspace) -> Catalog:
    """The real catalog."""
    return Catalog.load(workspace)


@dataclass
class Bench:
    """A small checkout."""

    workspace: Workspace

    def write(self, path: str, text: str) -> Path:
        """Write a file of it."""
        file = self.workspace.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def event(self, document: dict[str, Any]) -> None:
        """Write an event of the core."""
        name = document["detail-type"]
        self.write(f"modules/event-catalog/events/{name}.yaml", yaml.safe_dump(document, sort_keys=False))

    def extension(self, name: str, terraform: str, *, more: str = "", **sources: str) -> None:
        """Write an extension: its Terraform, more keys of its own file, and sources by file name."""
        self.write(f"extensions/{name}/main.tf", terraform)
        self.write(f"extensions/{name}/extension.yaml", f"name: {name}\n{textwrap.dedent(more)}")
        for file, text in sources.items():
            self.write(f"extensions/{name}/src/{file.replace('_dot_', '.')}", text)

    @property
    def catalog(self) -> Catalog:
        """Its catalog as it is now."""
        return Catalog.load(self.workspace)

    @property
    def rules(self) -> Rules:
        """Its rules as they are now."""
        return Rules.load(self.workspace)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A small checkout with the event Bar.Ordered and no extension."""
    small = Bench(Workspace(tmp_path / "checkout", tmp_path / "home"))
    (tmp_path / "checkout" / "tenants").mkdir(parents=True)
    small.event(ORDERED)
    return small

"""presso on the local AWS with the real modules: what breaks in the middle."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.patience import PATIENCE

from presso.local_aws import LocalAws
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

Until = Callable[[Callable[[], object]], None]


@dataclass
class Real:
    """A checkout with the real modules, one tenant, and a local AWS of its own."""

    workspace: Workspace
    local: LocalAws

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start presso as a process."""
        return subprocess.Popen(
            [sys.executable, "-m", "presso", *arguments],
            env={**os.environ, "PRESSO_ROOT": str(self.workspace.root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def presso(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run presso as a process to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def pid(self, part: str) -> int:
        """The process of the emulator or of the provider server."""
        found = {p.name: p.pid for p in self.local.status().parts}[part]
        assert found
        return found

    def assert_whole(self) -> None:
        """The next apply works, and what is deployed is what was asked for."""
        applied = self.presso("apply", "--all")
        assert applied.returncode == 0, applied.stderr
        planned = self.presso("plan", "--all", "--refresh", "--detailed-exitcode")
        assert planned.returncode == 0, planned.stdout + planned.stderr


@pytest.fixture
def real(tmp_path: Path, checkout: Path) -> Iterator[Real]:
    root = tmp_path / "checkout"
    for name in ("modules", "extensions"):
        shutil.copytree(checkout / name, root / name, ignore=shutil.ignore_patterns(".terraform*"))
    file = root / "tenants" / "nyc" / "tenant.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("name: nyc\ntitle: New York\nextensions: [order-metrics]\n")
    workspace = Workspace(root, root / ".presso")
    local = LocalAws.of_this_process(workspace.local)
    local.ensure()
    yield Real(workspace, local)
    local.stop()


def stop_when(
    condition: Callable[[], object], act: Callable[[], None], process: subprocess.Popen[str]
) -> None:
    """Act as soon as the condition holds while the process runs."""
    while process.poll() is None:
        if condition():
            act()
            return
        threading.Event().wait(0.005)


def test_the_environment_can_be_evaluated_by_a_shell(real: Real) -> None:
    lines = real.presso("env", "nyc").stdout
    shown = subprocess.run(
        ["/bin/sh", "-c", f'{lines}\necho "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID"'],
        capture_output=True,
        text=True,
        check=True,
    )
    running = real.local.running()
    assert running
    assert shown.stdout == f"{running.endpoint} 111111111111\n"
    variables = json.loads(real.presso("env", "nyc", "--json").stdout)
    assert variables["AWS_ENDPOINT_URL"] == running.endpoint
    assert variables["AWS_ACCESS_KEY_ID"] == "111111111111"


def test_a_killed_presso_lets_terraform_end_what_it_began(real: Real, until: Until) -> None:
    process = real.start("apply", "nyc")
    states = real.workspace.home / "state" / "nyc" / "platform"
    stop_when((states / "platform.tfstate").exists, process.kill, process)
    process.wait()
    until(lambda: not list(states.glob(".*.lock.info")))
    planned = real.presso("plan", "nyc", "--detailed-exitcode")
    assert planned.returncode == 0, planned.stdout + planned.stderr


@pytest.mark.parametrize("part", ["emulator", "provider"])
def test_when_the_local_aws_dies_in_the_middle_the_error_names_its_log_and_the_next_run_works(
    real: Real, part: str
) -> None:
    victim = real.pid(part)
    process = real.start("apply", "--all", "--parallel", "1")
    state = real.workspace.home / "state" / "nyc" / "platform" / "platform.tfstate"
    stop_when(state.exists, lambda: os.kill(victim, signal.SIGKILL), process)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    assert f"The local AWS stopped during the run: its {part} ended" in err
    assert f".presso/local/{part}.log" in err
    assert "nyc/order-metrics: skipped" in err
    real.assert_whole()


def test_a_change_behind_terraforms_back_shows_and_is_mended(real: Real) -> None:
    from presso.aws_access import local_access

    (real.workspace.tenants / "nyc" / "tenant.yaml").write_text("name: nyc\ntitle: New York\n")
    assert real.presso("apply", "nyc").returncode == 0
    running = real.local.running()
    assert running
    local_access(running.endpoint).client("events").delete_archive(ArchiveName="nyc--archive")
    planned = real.presso("plan", "nyc", "--detailed-exitcode")
    assert planned.returncode == 2
    assert "nyc: ! module.tenant.aws_cloudwatch_event_archive.default was changed outside" in planned.stdout
    assert "nyc: + module.tenant.aws_cloudwatch_event_archive.default" in planned.stdout
    assert real.presso("apply", "--all", "--refresh").returncode == 0
    real.assert_whole()

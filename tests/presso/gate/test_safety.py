"""The gate itself cannot be made to run, read, reach or wait for anything."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.gate.conftest import Case, needs_boxes

from presso.confinement import Limits
from presso.gate import limits
from presso.gate.gate import Gate
from presso.gate.model import Facts
from presso.gate.planner import Planner
from presso.linux import landlock
from presso.packages import packages
from presso.terraform.confined_terraform import Refused, environment
from presso.terraform.terraform_cli import TooLong
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

needs_landlock = pytest.mark.skipif(landlock.version() < 4, reason="this kernel's Landlock knows too little")
how = [
    pytest.param(True, id="in a box", marks=needs_boxes),
    pytest.param(False, id="by Landlock alone", marks=needs_landlock),
]


def run(
    program: str, write: Sequence[Path] = (), *, box: bool, **more: Any
) -> subprocess.CompletedProcess[str]:
    system = ("/usr", "/lib", "/lib64", "/bin", "/etc", sys.prefix, sys.base_prefix)
    command = Limits(system, tuple(map(str, write)), **more).command([sys.executable, "-c", program], box=box)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize("box", how)
def test_a_confined_program_reads_and_writes_only_what_it_may(box: bool, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "secret").write_text("key")
    own = tmp_path / "own" / "file"
    assert run(f"open({str(own)!r}, 'w').write('x')", [tmp_path / "own"], box=box).returncode == 0
    assert own.read_text() == "x"
    for program in (
        f"open({str(tmp_path / 'secret')!r}).read()",
        f"open({str(tmp_path / 'new')!r}, 'w')",
    ):
        done = run(program, [tmp_path / "own"], box=box)
        assert ("No such file" if box else "PermissionError") in done.stderr or "Read-only" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("box", how)
def test_a_confined_program_reaches_no_network(box: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        assert "PermissionError" in run(program, box=box).stderr


@pytest.mark.parametrize("box", how)
def test_a_confined_program_starts_no_other_when_it_may_not(box: bool) -> None:
    program = "import subprocess; subprocess.run(['/bin/true'])"
    assert run(program, box=box).returncode == 0
    assert "PermissionError" in run(program, box=box, run=()).stderr


def test_terraform_sees_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("TF_VAR_evil", "secret")
    assert not {"AWS_SECRET_ACCESS_KEY", "TF_VAR_evil"} & environment(tmp_path).keys()
    assert set(environment(tmp_path).values()).isdisjoint({os.environ["HOME"], os.environ["PATH"]})


def extension(folder: Path, text: str) -> Path:
    root = folder / "drinks"
    root.mkdir()
    (root / "main.tf").write_text('variable "context" {}\n' + text)
    return root


def test_a_plan_that_asks_aws_is_refused(planner: Planner, tmp_path: Path) -> None:
    root = extension(tmp_path, 'data "aws_sqs_queue" "core" {\n  name = "core"\n}\n')
    with pytest.raises(Refused, match="calls AWS"):
        planner.plan(root, Facts.made_up("drinks"))


def test_a_plan_that_does_not_end_is_stopped(workspace: Workspace, tmp_path: Path) -> None:
    tens = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    sets = ", ".join([tens] * 6)
    text = f'output "x" {{\n  value = length([for p in setproduct({sets}) : sum(p) if sum(p) > 99])\n}}\n'
    root = extension(tmp_path, text)
    with Planner(workspace, seconds=0.3) as short, pytest.raises(TooLong):
        short.plan(root, Facts.made_up("drinks"))


def test_a_provisioner_that_the_reader_missed_is_not_run(planner: Planner, tmp_path: Path) -> None:
    text = f"""
resource "aws_sqs_queue" "default" {{
  name = "${{var.context.prefix}}x"
  provisioner "local-exec" {{
    command = "touch {tmp_path / "ran"}"
  }}
}}
data "aws_iam_policy_document" "default" {{
  statement {{
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.default.arn]
  }}
}}
"""
    with pytest.raises(Refused, match="provisioner"):
        planner.plan(extension(tmp_path, text), Facts.made_up("drinks"))
    assert not (tmp_path / "ran").exists()


def test_any_error_in_reading_dependencies_is_a_finding_about_that_extension(
    workspace: Workspace, planner: Planner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise TypeError("a lock of another kind")

    monkeypatch.setattr(packages, "of_extension", fails)
    root = Case("drinks", "", "drinks", {}).write(tmp_path)
    report = Gate(workspace, "plan", planner).check(str(root))
    assert [finding.check.id for finding in report.findings] == ["S-001"]
    assert "TypeError: a lock of another kind" in report.findings[0].found
    assert not report.passed


def test_nothing_is_left_of_a_plan(workspace: Workspace, tmp_path: Path) -> None:
    with Planner(workspace) as planner:
        planner.plan(extension(tmp_path, ""), Facts.made_up("drinks"))
        folder = planner.folder
        assert sorted(path.name for path in folder.iterdir()) == ["s", "server.log"]
    assert not folder.exists()


def test_an_extension_that_ends_the_provider_server_does_not_keep_the_next_one_from_being_planned(
    workspace: Workspace, tmp_path: Path
) -> None:
    with Planner(workspace) as planner:
        planner._server.kill()
        planner._server.wait()
        plan = planner.plan(extension(tmp_path, 'output "x" {\n  value = 1\n}\n'), Facts.made_up("drinks"))
    assert "extension" in plan["configuration"]["root_module"]["module_calls"]


KILLED = """
import os, signal, sys
from pathlib import Path
from presso.gate.planner import Planner
from presso.workspace import Workspace
with Planner(Workspace(Path(sys.argv[1]), Path(sys.argv[2]))) as planner:
    print(planner.control, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_provider_server_ends_when_its_check_is_killed(
    workspace: Workspace, tmp_path: Path, until: Callable[[Callable[[], object]], None]
) -> None:
    program = [sys.executable, "-c", KILLED, str(workspace.root), str(tmp_path)]
    killed = subprocess.run(program, capture_output=True, text=True, check=False, timeout=PATIENCE)
    control = Path(killed.stdout.strip())
    try:
        assert (killed.returncode, control.parent.name) == (-signal.SIGKILL, "s")
        until(lambda: not control.exists())
    finally:
        shutil.rmtree(control.parents[1], ignore_errors=True)


def test_reading_that_takes_too_long_is_stopped() -> None:
    def read() -> None:
        with limits.within(0.05):
            while True:
                pass

    with pytest.raises(limits.Exceeded, match="more than"):
        read()


def test_the_tenant_is_another_every_time() -> None:
    assert len({Facts.made_up("drinks").tenant for _ in range(20)}) == 20


def test_a_region_that_the_author_wrote_is_not_the_drawn_one_by_chance() -> None:
    written = b'region = ["us-east-1", "af-south-1"]'
    assert not {Facts.made_up("drinks", written=written).region for _ in range(200)} & {
        "us-east-1",
        "af-south-1",
    }


def test_an_author_who_writes_most_regions_does_not_choose_the_drawn_one() -> None:
    regions = sorted({Facts.made_up("drinks").region for _ in range(1000)})
    written = " ".join(regions[1:]).encode()
    assert len({Facts.made_up("drinks", written=written).region for _ in range(200)}) > 1

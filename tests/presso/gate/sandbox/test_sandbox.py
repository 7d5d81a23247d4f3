"""What only running an extension shows, and that running it does no harm."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.presso.gate.conftest import Case, Group, groups, needs_boxes
from tests.presso.packages.conftest import only_index

from presso import confinement
from presso.catalog.events import Catalog
from presso.errors import PressoError
from presso.gate.checks import all_checks
from presso.gate.folder import read as read_extension
from presso.gate.gate import Gate
from presso.gate.model import Facts, Model
from presso.gate.planner import Planner
from presso.gate.report import Report
from presso.gate.sandbox import sandbox
from presso.gate.sandbox.sandbox import Sandbox
from presso.gate.sandbox.sandbox_run import SandboxRun
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

# What a function may try; each raises where it is kept from it.
TRIES = """
import os, socket, urllib.request
import boto3

def handler(event, context):
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    account = context.invoked_function_arn.split(":")[4]

    def root():
        boto3.client("dynamodb", aws_access_key_id=account, aws_secret_access_key="local",
                     aws_session_token=None).list_tables()

    tries = {
        "read": lambda: open(SECRET).read(),
        "write": lambda: open(SECRET + "-2", "w"),
        "others": lambda: open(os.path.dirname(os.path.dirname(os.getcwd())) + "/x", "w"),
        "connect": lambda: socket.create_connection(("127.0.0.1", PORT), 2),
        "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "signal": lambda: os.kill(PROCESS, 0),
        "settings": lambda: urllib.request.urlopen(endpoint + "/_ministack/config", b"{}"),
        "root": root,
        "environment": lambda: os.environ["PRESSO_SECRET"],
        "memory": lambda: bytearray(3 << 30),
        "own": lambda: open(os.path.join(os.environ["TMPDIR"], "own"), "w"),
    }
    done = []
    for name, what in tries.items():
        try:
            what()
            done.append(name)
        except BaseException:
            pass
    raise RuntimeError("could: " + " ".join(done))
"""


def reported(report: Report) -> str:
    """A report's text, for a failing test."""
    return "\n".join(f"{f.check.id} {f.file}:{f.line} {f.found}" for f in report.findings)


def broken(report: Report) -> set[str]:
    """The checks that a report lists as broken."""
    return {finding.check.id for finding in report.findings}


def test_what_only_running_shows_is_found_by_its_own_check(
    running: Any, sandbox_gate: Gate, tmp_path: Path
) -> None:
    report = sandbox_gate.check(str(running.write(tmp_path)))
    assert broken(report) == {running.breaks}, reported(report)
    assert report.passed == (all_checks()[running.breaks].severity == "warning")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", groups("hostile/running"), ids=lambda group: group.name)
def test_what_only_running_shows_is_found_in_each_of_many_files_by_its_own_check(
    group: Group, sandbox_gate: Gate, tmp_path: Path
) -> None:
    report = sandbox_gate.check(str(group.write(tmp_path)))
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        named = (part for part, words in group.found.items() if words in finding.found)
        found.setdefault(next(named, Path(finding.file).stem), set()).add(finding.check.id)
        assert finding.counts == (all_checks()[finding.check.id].severity != "warning")
    assert found == group.breaks, reported(report)
    assert not report.passed


@needs_boxes
def test_a_function_is_kept_to_its_own(
    sandbox_gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    monkeypatch.setenv("PRESSO_SECRET", "key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        known = f"SECRET = {str(secret)!r}\nPORT = {server.getsockname()[1]}\nPROCESS = {os.getpid()}\n"
        case = Case("tries", "", "drinks", {"src/handler.py": known + TRIES})
        report = sandbox_gate.check(str(case.write(tmp_path)))
    assert broken(report) == {"P1-026", "P2-010"}, reported(report)
    fails = [f.found.partition("could: ")[2] for f in report.findings if f.check.id == "P2-010"]
    assert [words.partition(" (")[0] for words in fails] == ["own"]
    forged = " ".join(f.found for f in report.findings if f.check.id == "P1-026")
    assert "POST / (" in forged
    assert "POST /_ministack/config (" in forged
    assert not (tmp_path / "secret-2").exists()


@pytest.mark.parametrize("base", ["drinks", "counters", "sayings"])
def test_a_good_extension_passes_and_the_report_lists_what_it_did(
    base: str, sandbox_gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = {}
    if base == "counters":  # with a compiled library, for Lambda and for this machine
        index = only_index(tmp_path / "index", monkeypatch)
        lock = index.compiled("fast", index.ARM, index.OWN)
        handler = "import fast\n\n\ndef handler(event, context):\n    assert fast.TAG == " + repr(index.OWN)
        change = {
            "src/requirements.txt": lock,
            "src/handler.py": handler + '\n    return {"batchItemFailures": []}\n',
        }
    report = sandbox_gate.check(str(Case(base, "", base, change).write(tmp_path)))
    assert report.passed, reported(report)
    assert report.findings == ()
    did = json.loads(json.dumps(report.as_json()))["did"]
    assert did["consumed"] == did["played"]
    assert did["consumed"]["OrderManager.OrderCompleted"] > 10
    assert did["emitted"] == (
        [
            {
                "source": "serverlesspresso.extension.sayings",
                "detail-type": "Drinks.Counted",
                "count": did["consumed"]["OrderManager.OrderCompleted"],
            }
        ]
        if base == "sayings"
        else []
    )
    assert [sum(tally.values()) > 0 for tally in did["invocations"].values()] == [True]
    assert did["denied"] == []
    assert list(map(str, report.brought_in)) == (["fast 1.0 (MIT-0)"] if base == "counters" else [])
    assert {"apply", "play", "plan", "destroy"} <= did["seconds"].keys()


def test_a_runtime_that_is_not_here_is_not_a_broken_promise(
    sandbox_gate: Gate, tmp_path: Path, program_missing: Callable[[str], None]
) -> None:
    program_missing("node")
    change = {
        "main.tf": {"replace": {'"python3.12"': '"nodejs22.x"'}},
        "src/handler.mjs": "export const handler = async () => ({});\n",
    }
    report = sandbox_gate.check(str(Case("node", "", "drinks", change).write(tmp_path)))
    assert broken(report) == {"S-012"}, reported(report)
    assert "node is not installed here" in reported(report)
    assert not report.passed
    assert all(report.state(promise) != "broken" for promise in ("P1", "P2", "P3"))


@pytest.fixture
def program_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """`program_missing("node")` makes a program one that is not installed here."""

    def missing(name: str) -> None:
        hidden = tmp_path / "bin"
        hidden.mkdir()
        for folder in os.environ["PATH"].split(os.pathsep):
            for program in Path(folder).glob("*") if folder else ():
                if not program.name.startswith(name) and not (hidden / program.name).exists():
                    (hidden / program.name).symlink_to(program)
        monkeypatch.setenv("PATH", str(hidden))

    return missing


def test_where_nothing_can_be_confined_the_sandbox_is_refused_unless_that_is_wanted(
    workspace: Workspace, planner: Planner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confinement, "lacking", lambda: "this system has no namespaces")
    root = str(Case("drinks", "", "drinks", {}).write(tmp_path))
    with Gate(workspace, "sandbox", planner) as gate, pytest.raises(PressoError) as refusal:
        gate.check(root)
    assert "no namespaces" in refusal.value.message
    assert "--allow-weak-sandbox" in str(refusal.value.hint)
    with Gate(workspace, "sandbox", planner, weak=True) as gate:
        report = gate.check(root)
    assert report.passed, reported(report)
    assert report.did is not None
    assert any("weakly: this system has no namespaces" in line for line in report.did.lines())


def test_what_goes_wrong_in_a_run_is_a_finding_about_that_extension(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    class Run(SandboxRun):
        def run(self) -> Model:
            raise TypeError("list indices must be integers or slices, not str")

    monkeypatch.setattr(sandbox, "SandboxRun", Run)
    monkeypatch.setattr(Sandbox, "_begin_again", lambda _: begun.append("again"))
    monkeypatch.setattr(Sandbox, "environment", object())
    text = read_extension(workspace.extensions / "order-metrics")
    catalog = Catalog.load(workspace)
    model = Model(Facts.made_up("drinks"), text, (), "plan", None, catalog, lambda: pytest.fail("not needed"))
    tried = Sandbox(workspace).tried(model)
    assert tried.record.broken.startswith("the sandbox run did not finish: list indices")
    assert begun == ["again"]

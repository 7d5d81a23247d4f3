"""The gate in a process of its own: the same verdicts, and never one from a process that is gone."""

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from presso.errors import PressoError
from presso.extension_tree import ExtensionTree
from presso.gate import judge_process
from presso.gate.case import Case
from presso.gate.judge import Judge
from presso.gate.judge_process import Judged, JudgeProcess
from presso.gate.model import Facts
from presso.interruption import Stopped
from presso.packages.faults import Uninstallable
from presso.quotas import Quotas
from presso.units.unit_tree import UnitTree
from presso.workspace import Workspace

NYC = Facts("drinks", "nyc", "111111111111", "us-east-1", given={"sizes": ["small", 3]})


def case(folder: Path, workspace: Workspace, name: str, text: str) -> Case:
    """An extension that is rejected without a plan, or that the gate fails at."""
    root = folder / name
    root.mkdir()
    (root / "main.tf").write_text(text)
    return Case(UnitTree(ExtensionTree.read(root), workspace.modules), NYC, Quotas())


@pytest.mark.slow
def test_it_judges_as_the_gate_in_this_process_does(tmp_path: Path, workspace: Workspace) -> None:
    broken = case(tmp_path, workspace, "drinks", "resource {")
    runs = case(tmp_path, workspace, "other", 'data "external" "x" {\n  program = ["sh"]\n}\n')
    with JudgeProcess(workspace) as process, Judge(workspace) as judge:
        for cases in ([broken, runs], [runs]):  # two orders of one process
            here = dict(judge.judge_all([[each] for each in cases], 1))
            found = [*process.verdicts([[each] for each in cases], 1, lambda: False)]
            assert [id(each) for each, _ in found] == [id(each) for each in cases]
            assert all(verdict == judge_process.judged(here[each]) for each, verdict in found)
            assert all(isinstance(verdict, Judged) and verdict.findings for _, verdict in found)


def test_what_the_gate_itself_fails_at_arrives_with_its_traceback() -> None:
    class Odd(Exception):
        """It cannot be sent: no other process has it."""

    for error in (KeyError("x"), Odd("milk")):
        try:
            raise error
        except Exception as raised:
            sent = judge_process._wire(raised)
        assert isinstance(sent, KeyError | RuntimeError)
        assert "test_judge_process.py" in sent.__notes__[0]
    assert str(sent) == "Odd: milk"
    unlike = judge_process._wire(Uninstallable("milk is out", "src/requirements.txt"))
    assert str(pickle.loads(pickle.dumps(unlike))).endswith("src/requirements.txt:1: milk is out.")
    said = judge_process._wire(PressoError("No provider.", hint="Start it."))
    assert (said.message, said.hint) == ("No provider.", "Start it.")


@pytest.mark.slow
def test_a_process_that_has_ended_is_an_error(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'no memory.' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with (
        JudgeProcess(workspace) as process,
        pytest.raises(PressoError, match=r"^The gate's process has ended: no memory\.$"),
    ):
        list(process.verdicts([[case(tmp_path, workspace, "drinks", "")]], 1, lambda: False))


# The gate, but an extension named `drinks` is the end of its process.
FATAL = """
import os, signal, sys
from presso.gate import judge, judge_process
judges = judge.Judge.judge
def judge_or_end(self, case):
    if case.tree.tree.name == "drinks":
        os.kill(os.getpid(), signal.SIGKILL)
    return judges(self, case)
judge.Judge.judge = judge_or_end
judge_process.main()
"""


@pytest.mark.slow
def test_only_the_extension_that_ends_the_process_fails(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, program = tmp_path / "gate.py", tmp_path / "python"
    gate.write_text(FATAL)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P {gate} "$4"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    cases = [case(tmp_path, workspace, name, "resource {") for name in ("cups", "drinks", "other")]
    with JudgeProcess(workspace) as process:
        found = dict(process.verdicts([[each] for each in cases], 1, lambda: False))
    assert [isinstance(found[each], Judged) for each in cases] == [True, False, True]
    assert str(found[cases[1]]) == "The gate's process has ended while it judged drinks for nyc: SIGKILL."


class Fatal(JudgeProcess):
    """Judges in the order of the cases; those of extensions named `drinks…` end the process."""

    def __init__(self) -> None:
        self.orders: list[list[str]] = []

    def _order(
        self, groups: judge_process.Groups, parallel: int, stopped: Callable[[], bool]
    ) -> Iterator[tuple[Case, Judged | Exception]]:
        self.orders.append(["+".join(each.tree.tree.name for each in group) for group in groups])
        for each in (each for group in groups for each in group):
            if each.tree.tree.name.startswith("drinks"):
                raise judge_process._Ended("no memory")
            yield each, Judged((), None)


def named(*names: str) -> list[Case]:
    """Cases of extensions of these names."""
    return [
        Case(cast("UnitTree", SimpleNamespace(tree=SimpleNamespace(name=name))), NYC, Quotas())
        for name in names
    ]


def test_after_its_end_each_is_judged_alone_and_the_same_extension_last() -> None:
    process, cases = Fatal(), named("drinks", "drinks", "cups")
    found = list(process.verdicts([cases[:2], cases[2:]], 1, lambda: False))
    assert process.orders == [["drinks+drinks", "cups"], ["drinks", "drinks", "cups"], ["cups", "drinks"]]
    assert [type(verdict) for _, verdict in found] == [PressoError, Judged, PressoError]


def test_extensions_that_end_it_again_and_again_leave_the_rest_without_a_verdict() -> None:
    process, cases = Fatal(), [[each] for each in named(*(f"drinks-{n}" for n in range(9)))]
    verdicts = process.verdicts(cases, 1, lambda: False)
    assert [type(next(verdicts)[1]) for _ in range(5)] == [PressoError] * 5
    with pytest.raises(PressoError, match=r"^The gate's process has ended 5 times: no memory\.$"):
        next(verdicts)
    assert len(process.orders) == 5


@pytest.mark.slow
def test_a_request_to_stop_ends_the_process(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(judge_process, "_PATIENCE", 0.1)
    pid = tmp_path / "pid"

    def began() -> bool:
        return pid.exists() and pid.read_text().endswith("\n")

    cases = [case(tmp_path, workspace, "drinks", "")]
    with JudgeProcess(workspace) as process, ThreadPoolExecutor(1) as thread:
        found = thread.submit(list, process.verdicts([cases], 1, began))
        assert isinstance(found.exception(), Stopped)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_while_it_judges_it_ends_with_the_process_that_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: done.append((pid == os.getpid(), number.name)))
    monkeypatch.setattr(time, "sleep", done.append)
    monkeypatch.setattr(os, "_exit", done.append)
    ours, theirs = Pipe()
    with theirs:
        ours.send("an order that is not read yet")
        ours.close()
        judge_process._end_with_the_other(theirs)
    assert done == [(True, "SIGTERM"), 10.0, 1]


@pytest.mark.slow
def test_without_an_order_it_ends_with_the_process_that_started_it() -> None:
    ours, theirs = Pipe()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", judge_process.__name__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.DEVNULL,
        )
    ours.close()
    try:
        assert process.wait(60) in (0, 143)
    finally:
        process.kill()

"""Progress: bars in a terminal, lines in a log, and how a unit's end is printed."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presso.deployment import progress
from presso.deployment.outcome import Outcome
from presso.presenters import units
from presso.terraform.json_stream import Changes, Diagnostic, PlannedChange
from presso.units.unit import Unit

if TYPE_CHECKING:
    from tests.presso.conftest import Small

NYC = Unit("nyc")


def in_a_terminal(
    small: "Small",
    *arguments: str,
    code: int = 0,
    look: Callable[[subprocess.Popen[bytes], bytes], object] = lambda process, shown: None,
    **env: str,
) -> str:
    """What presso writes to stderr when that is a terminal; `look` gets what there is so far."""
    ours, theirs = pty.openpty()
    script = Path(__file__).parents[1] / "resources" / "small_presso.py"
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        env={
            **os.environ,
            "PRESSO_ROOT": str(small.workspace.root),
            "TERM": "xterm",
            "COLUMNS": "100",
            **env,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # how Linux signals the end
            break
        if not piece:
            break
        shown += piece
        look(process, shown)
    os.close(ours)
    assert process.wait(60) == code
    return shown.decode()


@pytest.mark.slow
def test_a_terminal_gets_bars_and_keeps_one_line_a_unit(small: "Small") -> None:
    shown = in_a_terminal(small, "apply", "nyc", "nyc/cups")
    assert "\x1b[?25l" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown)
    assert re.search(r"nyc: applied \(2 added\), [\d.]+ s", plain)
    assert re.search(r"nyc/cups: applied \(1 added\), [\d.]+ s", plain)
    assert "\x1b[32mapplied" in shown


@pytest.mark.slow
def test_in_a_terminal_the_first_ctrl_c_lets_the_running_units_finish(small: "Small") -> None:
    go = small.workspace.root / "go"
    command = f"until test -e {go}; do sleep 0.05; done"
    small.extension("cups", f'provisioner "local-exec" {{\n command = "{command}"\n }}')
    signals = []

    def look(process: "subprocess.Popen[bytes]", shown: bytes) -> None:
        if b"terraform_data.table" in shown and not signals:
            signals.append(process.send_signal(signal.SIGINT))
        if b"the running ones finish. Ctrl-C again interrupts" in shown:
            go.touch()

    shown = in_a_terminal(small, "apply", "nyc", "nyc/*", "--parallel", "1", code=130, look=look)
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown)
    assert "nyc/cups: applied (1 added)" in plain
    assert "nyc/queue: interrupted (not begun)" in plain


@pytest.mark.slow
def test_no_color_takes_the_colours_away(small: "Small") -> None:
    shown = in_a_terminal(small, "plan", "nyc", NO_COLOR="1")
    assert re.search(r"\x1b\[3\dm", shown) is None


@pytest.mark.slow
def test_quiet_shows_nothing_in_a_terminal_either(small: "Small") -> None:
    assert in_a_terminal(small, "plan", "nyc", "-q") == ""


@pytest.mark.slow
def test_a_closed_stderr_does_not_stop_the_units(small: "Small") -> None:
    script = Path(__file__).parents[1] / "resources" / "small_presso.py"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, str(script), "apply", "--all", "--json"],
        env={**os.environ, "PRESSO_ROOT": str(small.workspace.root)},
        stdout=subprocess.PIPE,
        stderr=writer,
        check=False,
    )
    os.close(writer)
    assert {unit["result"] for unit in json.loads(done.stdout)["units"]} == {"applied"}


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Outcome(NYC, "applied", Changes(2, 1, 3)), "nyc: applied (2 added, 1 changed, 3 destroyed), 0.0 s"),
        (Outcome(NYC, "unchanged"), "nyc: unchanged, 0.0 s"),
        (Outcome(NYC, "changes", Changes(1)), "nyc: has changes (1 added), 0.0 s"),
        (Outcome(NYC, "absent"), "nyc: not deployed, 0.0 s"),
        (Outcome(NYC, "skipped", message="needs sfo"), "nyc: skipped (needs sfo), 0.0 s"),
        (Outcome(NYC, "failed", message="long story"), "nyc: failed, 0.0 s"),
    ],
    ids=lambda value: value.result if isinstance(value, Outcome) else "",
)
def test_a_units_end_is_one_line(outcome: Outcome, line: str) -> None:
    assert progress.ending(outcome) == line


def test_an_error_is_printed_with_its_place_its_detail_and_the_log() -> None:
    diagnostic = Diagnostic("error", "No milk", "None left.\n\nBuy some.", "a.b", "modules/x/main.tf", 7)
    texts = units.explained(
        Outcome(NYC, "failed", diagnostics=[diagnostic], log=".presso/units/nyc/terraform.log")
    )
    assert texts == [
        "Error: nyc: No milk\n  at modules/x/main.tf:7, a.b\n  None left.\n  Buy some.",
        "  log of nyc: .presso/units/nyc/terraform.log",
    ]


def test_warnings_can_be_left_out() -> None:
    outcome = Outcome(NYC, "applied", diagnostics=[Diagnostic("warning", "Old")])
    assert units.explained(outcome) == ["Warning: nyc: Old"]
    assert units.explained(outcome, warnings=False) == []


def test_only_drift_that_matters_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    drifted = [
        PlannedChange(*each) for each in (("update", "a.noise"), ("update", "a.old"), ("delete", "a.gone"))
    ]
    planned = [PlannedChange("create", "a.gone"), PlannedChange("delete", "a.old")]
    outcome = Outcome(NYC, "changes", planned=planned, drifted=drifted)
    units.show("plan", [outcome], since=0, json_wanted=False, quiet=False)
    shown = capsys.readouterr().out
    assert "nyc: ! a.gone was changed outside of Terraform\nnyc: + a.gone\nnyc: - a.old\n" in shown
    assert "noise" not in shown
    assert "! a.old" not in shown


@pytest.mark.parametrize(
    ("results", "plain", "detailed"),
    [
        (["applied", "unchanged", "absent"], 0, 0),
        (["changes", "unchanged"], 0, 2),
        (["changes", "failed"], 1, 1),
        (["skipped"], 1, 1),
        (["interrupted"], 1, 1),
    ],
)
def test_the_exit_code_follows_the_worst(results: list[str], plain: int, detailed: int) -> None:
    outcomes = [Outcome(NYC, result) for result in results]  # type: ignore[arg-type]
    assert units.exit_code(outcomes) == plain
    assert units.exit_code(outcomes, detailed=True) == detailed

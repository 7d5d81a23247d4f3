"""Tables: aligned, and as wide as the terminal has room for."""

import os
import shutil
import sys

import pytest

from presso import terminal

ROWS = [["Bar.Ordered", "Customer ordered a flat white with oat milk.", "3"], ["Bar.Closed", "", "12"]]


def table(**options: object) -> list[str]:
    return terminal.table(["event", "what happened", "times"], ROWS, right=(2,), **options).splitlines()  # type: ignore[arg-type]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 40 columns, without colours."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((40, 20)))
    monkeypatch.setenv("NO_COLOR", "1")


def test_a_row_is_a_line_where_no_terminal_is() -> None:
    assert table(wrapped=(1,)) == [
        "event        what happened                                 times",
        "Bar.Ordered  Customer ordered a flat white with oat milk.      3",
        "Bar.Closed                                                    12",
    ]


@pytest.mark.usefixtures("narrow")
def test_cells_take_more_lines_in_a_narrow_terminal() -> None:
    assert table(wrapped=(1,)) == [
        "event        what happened         times",
        "Bar.Ordered  Customer ordered a        3",
        "             flat white with oat",
        "             milk.",
        "Bar.Closed                            12",
    ]


@pytest.mark.usefixtures("narrow")
def test_what_shall_not_be_wrapped_is_not() -> None:
    assert len(table()) == 3


@pytest.mark.usefixtures("narrow")
def test_a_result_is_no_wider_than_the_terminal() -> None:
    assert (terminal.width(100), terminal.width(30)) == (40, 30)


def test_githubs_runners_take_no_text_of_others_for_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.result("Summary:\n  ::stop-commands::x\nwaits ##[add-mask]passed\nstd::string")
    terminal.as_json({"found": "##[group]"})
    terminal.command("::error title=P1-001::found")
    assert capsys.readouterr().out.splitlines() == [
        "Summary:",
        "  :\\u003astop-commands::x",
        "waits ##\\u005badd-mask]passed",
        "std::string",
        "{",
        '  "found": "##\\u005bgroup]"',
        "}",
        "::error title=P1-001::found",
    ]

"""Command lines of any kind: each ends in an exit code, with one error in words where it is not 0."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.inputs import SCALARS, expected_errors, fuzzed

from presso import bug, cli
from presso.commands import catalog_site
from presso.dashboard import control_room
from presso.demo import bar_demo, demo_run
from presso.deployment import dask_comm, runs, status, target_environment
from presso.errors import PressoError
from presso.local_aws import LocalAws
from presso.presenters import developing, gate
from presso.project.cli_docs import choices_of
from presso.testing import linting, suite
from presso.verification import verification_run
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

NAMES = (
    "nyc",
    "nyc/cups",
    "nyc/*",
    "*",
    "cups",
    "Bar.Ordered",
    "day",
    "events.json",
    "-",
    "@events.json",
    "HEAD",
    "tcp://127.0.0.1:8786",
)
# What leads out of the folder that this runs in is left to the tests of each command that writes files.
VALUES = tuple(value for value in SCALARS if not value.startswith(("/", "~", ".", "-")))


def commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name), command


ROOT = typer.main.get_command(cli.app)
KNOWN = dict(commands(ROOT))


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    path = draw(st.sampled_from(sorted(KNOWN)))
    line = list(path)
    for parameter in KNOWN[path].params:
        if not draw(st.booleans()):
            continue
        names = [*parameter.opts, *parameter.secondary_opts] if parameter.param_type_name == "option" else []
        line += [draw(st.sampled_from(names))] if names else []
        if not getattr(parameter, "is_flag", False):
            line.append(draw(_values(parameter)))
    if draw(st.integers(0, 4)) == 0:
        line.insert(draw(st.integers(0, len(line))), draw(_values(None)))
    return line


def _values(parameter: Any) -> st.SearchStrategy[str]:
    choices = choices_of(parameter) if parameter else []
    plain = st.text(st.characters(codec="utf-8", exclude_characters="\0/~."), max_size=20)
    return st.one_of(st.sampled_from((*choices, *NAMES)), st.sampled_from(VALUES), plain)


@pytest.fixture
def harmless(small: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The checkout, without what starts or runs something."""

    def raised(error: Exception, home: str) -> Path:
        raise error

    def refused(local: LocalAws) -> None:
        raise PressoError("The local AWS does not start.")

    monkeypatch.chdir(small.root)
    (small.root / "events.json").write_text('{"detail-type": "Bar.Ordered", "detail": {}}')

    def without_dask() -> None:
        raise PressoError("A cluster needs Dask.")

    monkeypatch.setattr(dask_comm, "distributed", without_dask)
    monkeypatch.setattr(bug, "report", raised)
    monkeypatch.setattr(runs.Runs, "execute", lambda self: [])
    monkeypatch.setattr(
        target_environment.Environments,
        "under",
        lambda workspace, *_: target_environment.Environments(workspace, None),
    )
    monkeypatch.setattr(status, "start", lambda workspace: None)
    monkeypatch.setattr(LocalAws, "ensure", refused)
    monkeypatch.setattr(bar_demo, "run", lambda *_, **__: 0)
    monkeypatch.setattr(demo_run, "run", lambda *_, **__: 0)
    monkeypatch.setattr(gate, "run", lambda *_, **__: True)
    monkeypatch.setattr(control_room, "serve_until_stopped", lambda *_, **__: None)
    monkeypatch.setattr(developing, "run", lambda *_, **__: None)
    monkeypatch.setattr(suite, "become_pytest", lambda *_: None)
    monkeypatch.setattr(linting, "run", lambda *_, **__: 0)
    monkeypatch.setattr(verification_run.VerificationRun, "execute", lambda run, ended: run.report([]))
    monkeypatch.setattr(catalog_site, "find_spec", lambda name: None)
    return small


@fuzzed
@given(line=command_lines())
def test_command_lines(harmless: Workspace, line: list[str]) -> None:
    out, err = io.StringIO(), io.StringIO()
    with (
        expected_errors(),
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(typer.main, "get_command", lambda app: ROOT)  # made once, not for each line
        patch.setattr(sys, "argv", ["presso", *line])
        patch.setattr(sys, "stdin", io.StringIO(""))
        with pytest.raises(SystemExit) as end:
            cli.main()
    assert end.value.code in (0, 1, 2), err.getvalue()
    assert os.getcwd() == str(harmless.root)  # noqa: PTH109
    if end.value.code == 2:
        assert "Error" in err.getvalue()

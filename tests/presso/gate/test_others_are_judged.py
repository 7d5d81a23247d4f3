"""A fault in one extension is a finding about that one: the others are judged, and the exit code is right."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.presso.gate.conftest import Case, cases

from presso.errors import UsageError
from presso.gate import folder, gate
from presso.presenters import gate as presenter
from presso.workspace import Workspace

GOOD = Case("good", "", "drinks", {})
Judged = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def judged(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Judged:
    """`judged(*paths)` is what `presso check *paths --level static --json` prints; it must refuse some."""

    def run(*paths: Path) -> list[dict[str, Any]]:
        passed = presenter.run(
            workspace, list(map(str, paths)), everything=False, level="static", form="json"
        )
        assert not passed
        printed: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return printed

    return run


def checks(report: dict[str, Any]) -> set[str]:
    """The checks that a report lists as broken."""
    return {finding["check"] for finding in report["findings"]}


def test_extensions_beside_broken_ones_are_judged(judged: Judged, tmp_path: Path) -> None:
    broken = [case for case in cases("hostile/static") if case.kind == "stops-the-others"]
    written = [case.write(tmp_path / str(number)) for number, case in enumerate([GOOD, *broken, GOOD])]
    first, *found, last = judged(*written)
    assert first["passed"]
    assert last["passed"]
    assert [checks(report) for report in found] == [{case.breaks} for case in broken]


def _fifo(place: Path) -> None:
    os.mkfifo(place)


def _socket(place: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as opened:
        patch.chdir(place.parent)  # a socket's path is short
        opened.bind(place.name)


ENTRIES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a-link-to-itself": (lambda place: place.symlink_to(place.name), {"S-007"}),
    "a-link-to-nowhere": (lambda place: place.symlink_to("nowhere"), {"S-007"}),
    "a-link-to-another": (lambda place: place.symlink_to("drinks"), {"S-007"}),
    "a-file": (lambda place: place.write_text("x"), {"S-007"}),
    "a-pipe": (_fifo, {"S-007"}),
    "a-socket": (_socket, {"S-007"}),
    "an-empty-folder": (Path.mkdir, {"M-002", "M-005", "P2-001"}),
    "a-name--of-two": (Path.mkdir, {"M-001"}),
    "a-name\nof-two-lines": (Path.mkdir, {"M-001"}),
    "a-name-\x1b[2J-that-clears": (Path.mkdir, {"M-001"}),
    os.fsdecode(b"a-name-\xff"): (Path.mkdir, {"M-001"}),
    "platform": (Path.mkdir, {"M-001"}),
}


def test_extensions_beside_what_can_be_none_are_judged(judged: Judged, tmp_path: Path) -> None:
    good = GOOD.write(tmp_path)
    for name, (make, _) in ENTRIES.items():
        make(tmp_path / name)
    *found, last = judged(*(tmp_path / name for name in ENTRIES), good)
    assert last["passed"]
    assert [checks(report) for report in found] == [broken for _, broken in ENTRIES.values()]
    assert all(report["extension"].isprintable() for report in found)


def test_extensions_beside_one_that_raises_any_error_are_judged(
    judged: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = GOOD.write(tmp_path / "odd")
    monkeypatch.setattr(gate, "unread", lambda _, root: _unexpected(root, odd))
    report, last = judged(odd, GOOD.write(tmp_path / "good"))
    assert last["passed"]
    assert checks(report) == {"S-001"}
    assert "TypeError: an entry of another kind" in report["findings"][0]["found"]


def _unexpected(root: Path, odd: Path) -> list[Any]:
    if root == odd:
        raise TypeError("an entry of another kind")
    return []


def test_a_name_that_is_nowhere_is_wrong_usage_and_not_a_finding(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="There is no extension order-metric:"):
        folder.find(workspace, "order-metric")

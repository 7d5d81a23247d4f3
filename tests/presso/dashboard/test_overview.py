"""The checkout as a whole: what can be read is shown beside what has a fault."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from presso.dashboard.gate_findings import GateFindings
from presso.dashboard.overview import Overview
from presso.dashboard.page_stream import PageStream
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Small


@pytest.fixture
def overview(tmp_path: Path) -> Overview:
    """A checkout with a tenant whose file has a fault, and one with an extension."""
    for file, text in {
        "tenants/nyc/tenant.yaml": "name: nyc\ntitle: New York\nextensions: [times]\n",
        "tenants/sfo/tenant.yaml": "name: sfo\ntitle: 5\n",
        "extensions/times/main.tf": "",
        "modules/tenant/main.tf": "",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(text)
    return Overview(Workspace(tmp_path, tmp_path / ".presso"), threading.Event())


def test_a_tenant_whose_file_has_a_fault_hides_no_other(overview: Overview) -> None:
    overview._read()
    nyc, sfo = overview.pages.values["tenants"]
    assert (nyc["name"], nyc["fault"]) == ("nyc", "")
    assert sfo["fault"].startswith("tenants/sfo/tenant.yaml:2: title: must be a text")
    shown = [(unit["unit"], unit["condition"]) for unit in overview.pages.values["units"]]
    assert shown == [("nyc", "not deployed"), ("nyc/times", "not deployed")]
    assert overview.pages.values["runs"] == []
    assert overview.pages.values["local"] is False
    overview._read_changes()  # raises nothing for it, either


def test_an_error_is_shown_until_it_is_over_and_ends_no_reading(
    overview: Overview, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(overview: Overview) -> None:
        raise PermissionError("no access to a state")

    shown: list[str] = []
    monkeypatch.setattr(Overview, "_read_findings", lambda overview: None)
    monkeypatch.setattr(Overview, "_read_changes", changes)
    monkeypatch.setattr(
        overview._stop, "wait", lambda _: shown.append(overview.pages.values["problem:checkout"])
    )
    monkeypatch.setattr(overview._stop, "is_set", lambda: len(shown) == 3)
    overview.pages.add(PageStream())
    overview.follow()
    assert shown == ["PermissionError: no access to a state"] * 3


def test_extensions_are_shown_with_their_findings_and_tenants(
    overview: Overview, monkeypatch: pytest.MonkeyPatch
) -> None:
    report: dict[str, Any] = {
        "extension": "times",
        "passed": False,
        "promises": {"P1": "broken"},
        "findings": [1],
    }
    monkeypatch.setattr(GateFindings, "reports", lambda *_: [report])
    overview._read_findings()
    [shown] = overview.pages.values["extensions"]
    assert (shown["name"], shown["tenants"], shown["judged"]) == ("times", ["nyc"], [])
    assert (shown["passed"], shown["findings"]) == (False, [1])


def test_what_the_gate_cannot_do_is_a_problem_and_a_checkout_without_extensions_is_none(
    tmp_path: Path,
) -> None:
    findings = GateFindings(Workspace(tmp_path, tmp_path))
    assert findings._parsed(b"", b"Error: waivers.yaml:1: no list\n") == []
    assert findings.problem == "Error: waivers.yaml:1: no list"
    assert findings._parsed(b"", b"Error: No extensions are named.\n") == []
    assert findings.problem == ""


@pytest.mark.slow
def test_extensions_are_checked_by_presso_check_and_again_when_a_file_changes(
    small: "Small", monkeypatch: pytest.MonkeyPatch
) -> None:
    findings, stop = GateFindings(small.workspace), threading.Event()
    reports = findings.reports(stop)
    assert findings.problem == ""
    assert [(report["extension"], report["passed"]) for report in reports] == [
        ("cups", False),
        ("queue", False),
    ]
    assert all(report["findings"][0]["check"] for report in reports)
    monkeypatch.setattr(GateFindings, "_check", lambda *_: ["anew"])
    assert findings.reports(stop) == reports
    small.extension("cups", "# changed\n")
    assert findings.reports(stop) == ["anew"]

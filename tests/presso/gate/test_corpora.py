"""Hostile extensions are refused for their own reason, good ones never."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.presso.gate.conftest import Batched, Group, batches, cases, groups

from presso.gate.checks import all_checks
from presso.gate.gate import Gate
from presso.gate.report import Report

Checked = Callable[[Batched], Report]


def shown(report: Report) -> str:
    """A report's text, for a failing test."""
    return "\n".join(f"{f.check.id} {f.file}:{f.line} {f.found}" for f in report.findings)


def broken(report: Report) -> set[str]:
    """The checks that a report lists as broken."""
    return {finding.check.id for finding in report.findings}


def broken_by_file(report: Report) -> dict[str, set[str]]:
    """The checks that each file breaks, by its name without its ending."""
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        found.setdefault(Path(finding.file).stem, set()).add(finding.check.id)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("batched", batches("hostile", cases("hostile")))
def test_a_hostile_extension_is_refused_for_its_own_reason(batched: Batched, checked: Checked) -> None:
    report, breaks = checked(batched), batched.case.breaks
    assert broken(report) == {breaks}, shown(report)
    assert report.passed == (all_checks()[breaks].severity == "warning")


def test_the_text_alone_never_accuses_of_more(hostile: Any, static_gate: Gate, tmp_path: Path) -> None:
    report = static_gate.check(str(hostile.write(tmp_path)))
    assert broken(report) <= {hostile.breaks}, shown(report)


@pytest.mark.slow
@pytest.mark.parametrize("batched", batches("good", cases("good")))
def test_a_good_extension_is_never_refused(batched: Batched, checked: Checked) -> None:
    report = checked(batched)
    assert not report.findings, shown(report)
    assert report.planned


def test_the_text_alone_accuses_a_good_one_of_nothing(good: Any, static_gate: Gate, tmp_path: Path) -> None:
    report = static_gate.check(str(good.write(tmp_path)))
    assert not report.findings, shown(report)


def test_what_the_text_shows_is_found_without_a_plan(textual: Any, static_gate: Gate, tmp_path: Path) -> None:
    report = static_gate.check(str(textual.write(tmp_path)))
    assert broken(report) == {textual.breaks}, shown(report)


@pytest.mark.slow
@pytest.mark.parametrize("batched", batches("hostile", groups("hostile")))
def test_each_of_many_hostile_files_is_refused_for_its_own_reason(batched: Batched, checked: Checked) -> None:
    report = checked(batched)
    assert broken_by_file(report) == batched.case.breaks, shown(report)
    assert report.planned


def test_the_text_alone_never_accuses_a_file_of_more(
    hostile_group: Group, static_gate: Gate, tmp_path: Path
) -> None:
    report = static_gate.check(str(hostile_group.write(tmp_path)))
    for name, checks in broken_by_file(report).items():
        assert checks <= hostile_group.breaks.get(name, set()), shown(report)


# The others are planned and judged in the sandbox, too.
@pytest.mark.slow
@pytest.mark.parametrize("batched", batches("good", [group for group in groups("good") if not group.local]))
def test_many_good_shapes_are_never_refused(batched: Batched, checked: Checked) -> None:
    report = checked(batched)
    assert not report.findings, shown(report)
    assert report.planned


def test_the_text_alone_accuses_no_good_shape(good_group: Group, static_gate: Gate, tmp_path: Path) -> None:
    report = static_gate.check(str(good_group.write(tmp_path)))
    assert not report.findings, shown(report)


@pytest.mark.slow
def test_many_good_shapes_pass_in_the_sandbox(tried_group: Group, sandbox_gate: Gate, tmp_path: Path) -> None:
    report = sandbox_gate.check(str(tried_group.write(tmp_path)))
    assert not report.findings, shown(report)
    assert report.did is not None

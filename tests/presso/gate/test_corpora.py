"""Hostile extensions are refused for their own reason, good ones never."""

from pathlib import Path
from typing import Any

import pytest

from presso.gate.checking import Gate
from presso.gate.checks import all_checks
from presso.gate.report import Report


def told(report: Report) -> str:
    """What a report says, for a failing test."""
    return "\n".join(f"{f.check.id} {f.file}:{f.line} {f.found}" for f in report.findings)


def broken(report: Report) -> set[str]:
    """The rules that a report says are broken."""
    return {finding.check.id for finding in report.findings}


@pytest.mark.slow
def test_a_hostile_extension_is_refused_for_its_own_reason(hostile: Any, gate: Gate, tmp_path: Path) -> None:
    report = gate.check(str(hostile.write(tmp_path)))
    assert broken(report) == {hostile.breaks}, told(report)
    assert report.passed == (all_checks()[hostile.breaks].severity == "warning")


def test_the_text_alone_never_accuses_of_more(hostile: Any, static_gate: Gate, tmp_path: Path) -> None:
    report = static_gate.check(str(hostile.write(tmp_path)))
    assert broken(report) <= {hostile.breaks}, told(report)


@pytest.mark.slow
def test_a_good_extension_is_never_refused(good: Any, gate: Gate, tmp_path: Path) -> None:
    report = gate.check(str(good.write(tmp_path)))
    assert not report.findings, told(report)
    assert report.planned


def test_the_text_alone_accuses_a_good_one_of_nothing(good: Any, static_gate: Gate, tmp_path: Path) -> None:
    report = static_gate.check(str(good.write(tmp_path)))
    assert not report.findings, told(report)

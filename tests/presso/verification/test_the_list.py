"""Every line of the list of differences has a probe or a reason, and no probe disagrees with it."""

import pytest

from presso.project import verified_page
from presso.project.generated import ROOT
from presso.project.verified_page import LIST, Line
from presso.verification.no_probe import REASONS
from presso.verification.probes import all_probes
from presso.verification.verification_report import Result, VerificationReport

LINES = verified_page.lines((ROOT / LIST).read_text(encoding="utf-8"))


def lines_of(service: str, start: str) -> list[Line]:
    return [line for line in LINES if line.service == service and line.text.startswith(start)]


def test_the_list_is_read_whole() -> None:
    text = (ROOT / LIST).read_text(encoding="utf-8")
    section = text.partition("## What it does differently")[2].partition("## With IAM enforced")[0]
    rows = [row for row in section.splitlines() if row.startswith("| ") and not row.startswith("| service")]
    assert len(LINES) == len(rows) > 70


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.service}: {line.text[:40]}")
def test_a_line_has_a_probe_or_a_reason(line: Line) -> None:
    named = [(probe.service, probe.line) for probe in all_probes().values() if probe.line]
    found = [each for each in {*named, *REASONS} if line in lines_of(*each)]
    assert len(found) == 1, found


@pytest.mark.parametrize("named", [*REASONS, *((p.service, p.line) for p in all_probes().values() if p.line)])
def test_a_probe_and_a_reason_are_of_one_line(named: tuple[str, str]) -> None:
    assert len(lines_of(*named)) == 1


def test_a_probe_differs_on_the_local_aws_where_a_gap_remains_and_only_there() -> None:
    wrong = [
        probe.name
        for probe in all_probes().values()
        if probe.line and lines_of(probe.service, probe.line)[0].filled != (probe.local == probe.aws)
    ]
    assert wrong == []


def test_the_page_is_that_of_the_probes_and_the_reports() -> None:
    assert verified_page.main(["--check"]) == 0


def test_the_page_names_the_lack_of_reports() -> None:
    assert "nothing of this project was ever run on AWS" in verified_page.page([])


def test_a_report_is_in_the_page_with_the_words_of_what_was_refuted() -> None:
    probe = next(iter(all_probes().values()))
    result = Result(probe.name, probe.claim, probe.aws, "otherwise", "refuted", ["no | <such> thing"], 1.0)
    report = VerificationReport("0.1.0", "aws", "published", "eu-west-1", "2026-12-24", [result], [])
    page = verified_page.page([report])
    assert "| 2026-12-24 | 0.1.0 | eu-west-1 | 0 | 1 | 0 |" in page
    assert "refuted (otherwise): no \\| &lt;such> thing (2026-12-24, eu-west-1)" in page
    assert "No report yet" not in page

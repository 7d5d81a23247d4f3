"""Checks scenarios in which extensions emit against the catalog; disagreements are findings like others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from presso.gate.checks import all_checks
from presso.gate.report import Finding, Report
from presso.gate.waivers import Waivers
from presso.simulation.scenario_check import Disagreement, disagreements
from presso.workspace import Workspace

CHECK = "M-009"
# The report of scenarios in which no checked extension emits.
OTHERS = "scenarios"


def judged(
    workspace: Workspace, reports: Sequence[Report], waivers: Waivers, *, everything: bool
) -> list[Report]:
    """Return the reports with the disagreements of scenarios.

    Args:
        reports: The reports of the extensions.
        waivers: Those that apply.
        everything: Whether to include scenarios without these extensions, in a report of their own.
    """
    names = [report.extension for report in reports]
    found = disagreements(workspace, None if everything else names)
    made = [
        replace(
            report,
            findings=(
                *report.findings,
                *(_finding(each, report, waivers) for each in found if report.extension in each.extensions),
            ),
        )
        for report in reports
    ]
    others = [each for each in found if not {*names} & {*each.extensions}]
    if others:
        alone = Report(OTHERS, "static", planned=False, findings=(), seconds=0.0)
        made.append(replace(alone, findings=tuple(_finding(each, alone, waivers) for each in others)))
    return made


def _finding(found: Disagreement, report: Report, waivers: Waivers) -> Finding:
    check = all_checks()[CHECK]
    waiver = waivers.find(report.extension, check, report.digest)
    return Finding(check, found.file, found.line, found.message, check.fix, waiver)

"""The gate's findings, and how they are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from presso import __version__, terminal
from presso.gate.check import PROMISES, Check, Severity
from presso.gate.checks import all_checks
from presso.gate.model import Level
from presso.gate.run_record import RunRecord
from presso.gate.waivers import FILE, Waiver

_STYLES = {"broken": "red", "proven": "green", "no violation found": "green", "waived": "yellow"}


@dataclass(frozen=True)
class Finding:
    """A violation of a check: where, what was found, and how to fix it.

    Args:
        file: As a user in the checkout would type it.
        waiver: The waiver that covers it.
    """

    check: Check
    file: str
    line: int
    found: str
    fix: str
    waiver: Waiver | None = None

    @property
    def severity(self) -> Severity:
        """The check's severity."""
        return self.check.severity

    @property
    def counts(self) -> bool:
        """Whether it rejects the extension."""
        return self.severity == "error" and self.waiver is None

    def as_json(self) -> dict[str, Any]:
        """The finding for `--json`."""
        waiver = self.waiver
        return {
            "check": self.check.id,
            "title": self.check.title,
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "found": self.found,
            "why": self.check.why,
            "fix": self.fix,
            "waiver": {"reason": waiver.reason, "expires": waiver.expires.isoformat()} if waiver else None,
        }


@dataclass(frozen=True)
class Report:
    """The result of the check of one extension.

    Args:
        level: The level of the check.
        planned: Whether it includes Terraform's plan: an extension that cannot be read safely is not planned.
        digest: The digest of the extension's files, which a waiver names; "" where some have faults.
        lapsed: Why waivers of its findings do not cover these files any more.
        resources: The number of resources by type.
        did: What it did in the sandbox; None where it was not run.
        anonymised: Replaces the made-up tenant's names in a text.
    """

    extension: str
    level: Level
    planned: bool
    findings: tuple[Finding, ...]
    seconds: float
    digest: str = ""
    lapsed: tuple[str, ...] = ()
    resources: dict[str, int] = field(default_factory=dict)
    did: RunRecord | None = None
    anonymised: Callable[[str], str] = str

    @property
    def waived(self) -> list[Waiver]:
        """The waivers that cover findings."""
        return list({f.waiver.check: f.waiver for f in self.findings if f.waiver}.values())

    @property
    def passed(self) -> bool:
        """Whether no finding rejects it."""
        return not any(finding.counts for finding in self.findings)

    def state(self, promise: str) -> str:
        """The state of a promise."""
        of_it = [f for f in self.findings if f.check.promise == promise and f.severity == "error"]
        if any(finding.counts for finding in of_it):
            return "broken"
        if of_it:
            return "waived"
        return "proven" if self.planned or promise in "MS" else "no violation found"

    def as_json(self) -> dict[str, Any]:
        """The report for `--json`."""
        return {
            "extension": self.extension,
            "level": self.level,
            "planned": self.planned,
            "passed": self.passed,
            "promises": {key: self.state(key) for key in PROMISES},
            "findings": [finding.as_json() for finding in self.findings],
            "digest": self.digest,
            "waived": [waiver.check for waiver in self.waived],
            "resources": self.resources,
            "did": json.loads(self.anonymised(json.dumps(self.did.as_json()))) if self.did else None,
            "seconds": round(self.seconds, 3),
        }


def show(reports: Sequence[Report], form: str) -> None:
    """Print the reports: as text, or as `json`, `sarif` or `github`."""
    if form == "json":
        terminal.result(json.dumps([report.as_json() for report in reports], indent=2))
    elif form == "sarif":
        terminal.result(json.dumps(sarif(reports), indent=2))
    elif form == "github":
        for report in reports:
            for finding in report.findings:
                terminal.result(_annotation(finding))
    else:
        terminal.result("\n\n".join(map(text, reports)))


def text(report: Report) -> str:
    """A report as text."""
    verdict = "passed" if report.passed else "refused"
    style = "green" if report.passed else "red"
    head = f"{report.extension}: {terminal.styled(verdict, style, sys.stdout)}"
    if not report.planned and report.level != "static":
        how = "not planned: unsafe or impossible"
    elif report.level == "sandbox" and not report.did:
        how = "plan level: not run in the sandbox until that is fixed"
    else:
        how = f"{report.level} level"
    lines = [f"{head}  ({how}, {report.seconds:.1f} s, {sum(report.resources.values())} resources)"]
    for key, words in PROMISES.items():
        state = report.state(key)
        name = f"promise {key[1]}" if key.startswith("P") else "also"
        lines.append(f"  {name:<9} {words:<42} {terminal.styled(state, _STYLES[state], sys.stdout)}")
    if report.waived:
        waived = ", ".join(f"{w.check} until {w.expires}" for w in report.waived)
        summary = f"waived by {FILE}: {waived}; --no-waivers ignores waivers"
        lines.append(f"  {terminal.styled(summary, 'yellow', sys.stdout)}")
    lines += [f"  {terminal.styled(why, 'yellow', sys.stdout)}" for why in report.lapsed]
    if report.digest:
        lines.append(f"  {'digest':<9} {report.digest}")
    if report.did:
        lines += ["", *(f"  {terminal.printable(report.anonymised(line))}" for line in report.did.lines())]
    seen: set[str] = set()
    for finding in report.findings:
        lines += ["", *_described(finding, again=finding.check.id in seen)]
        seen.add(finding.check.id)
    return "\n".join(lines)


def _described(finding: Finding, *, again: bool) -> list[str]:
    style = "red" if finding.counts else "yellow"
    kind = "waived" if finding.waiver else finding.severity
    head = terminal.styled(f"{kind} {finding.check.id}", style, sys.stdout)
    lines = [
        f"  {head}  {finding.file}:{finding.line}",
        f"    {finding.found}.",
    ]
    if finding.waiver:
        return [*lines, f"    Waived until {finding.waiver.expires}: {finding.waiver.reason}"]
    why = [] if again else [f"    Why: {finding.check.why}"]
    return [*lines, *why, f"    Fix: {finding.fix}"]


def _annotation(finding: Finding) -> str:
    kind = "notice" if finding.waiver else finding.severity
    message = f"{finding.found}. {finding.check.why} {finding.fix}"
    place = f"file={_property(finding.file)},line={finding.line},title={_property(_title(finding.check))}"
    return f"::{kind} {place}::{_data(message)}"


def _data(message: str) -> str:
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _title(check: Check) -> str:
    return f"{check.id} {check.title}"


def sarif(reports: Sequence[Report]) -> dict[str, Any]:
    """The reports as one run of SARIF 2.1.0."""
    checks = list(all_checks().values())
    places = {check.id: place for place, check in enumerate(checks)}
    findings = [finding for report in reports for finding in report.findings]
    driver = {
        "name": "presso check",
        "version": __version__,
        "rules": [
            {
                "id": check.id,
                "shortDescription": {"text": check.title},
                "fullDescription": {"text": check.why},
                "help": {"text": check.fix},
                "defaultConfiguration": {"level": check.severity},
            }
            for check in checks
        ],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(f, places) for f in findings]}],
    }


def _result(finding: Finding, places: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": finding.check.id,
        "ruleIndex": places[finding.check.id],
        "level": finding.severity,
        "message": {"text": f"{finding.found}. {finding.fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": finding.file},
                    "region": {"startLine": finding.line},
                }
            }
        ],
    }
    if finding.waiver:
        found["suppressions"] = [{"kind": "external", "justification": finding.waiver.reason}]
    return found


def explanation(check: Check) -> str:
    """A check at length, for `--explain`."""
    promise = PROMISES[check.promise]
    lines = [
        terminal.styled(f"{check.id}  {check.title}", "bold", sys.stdout),
        f"An extension {promise}.",
        "",
        check.why,
        "",
        f"Fix: {check.fix}",
    ]
    for name, example in (("Refused", check.bad), ("Right", check.good)):
        if example:
            lines += ["", f"{name}:", *(f"    {line}" for line in example.splitlines())]
    waiver = "It cannot be waived." if not check.waivable else f"The platform team can waive it in {FILE}."
    kind = "A violation rejects the extension." if check.severity == "error" else "A violation is a warning."
    return "\n".join([*lines, "", f"{kind} {waiver}"])

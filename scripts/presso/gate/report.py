"""The gate's findings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from presso.gate.check import PROMISES, Check, Severity
from presso.gate.model import Level
from presso.gate.run_record import RunRecord
from presso.gate.waivers import Waiver
from presso.packages.contents import Dependency


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
    def sentence(self) -> str:
        """What was found, with its full stop unless it ends in a question."""
        return self.found if self.found.endswith("?") else f"{self.found}."

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
        brought_in: What its functions' packages have beside its code.
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
    brought_in: tuple[Dependency, ...] = ()
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
            "packages": [asdict(content) for content in self.brought_in],
            "did": json.loads(self.anonymised(json.dumps(self.did.as_json()))) if self.did else None,
            "seconds": round(self.seconds, 3),
        }

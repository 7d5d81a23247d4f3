"""Prints a run of probes: what it may cost, each result, and the report."""

from __future__ import annotations

from pathlib import Path

from presso import terminal
from presso.verification.verification_report import Result, VerificationReport
from presso.verification.verification_run import VerificationRun


def show_removed(tenant: str, left: list[str]) -> None:
    """Print what became of an earlier run's temporary tenant."""
    if not left:
        terminal.say(f"Removed {tenant}, which an earlier run had left.")
        return
    terminal.error(f"Of {tenant} is left: {'; '.join(left)}", "Try again: presso verify --remove")


def show_estimate(run: VerificationRun) -> None:
    """Print the most that a run costs and takes."""
    most = run.estimate()
    minutes = min(most.seconds, run.limit) / 60
    cost = f"at most ${most.dollars:.2f} by AWS's list prices" if run.place.target == "aws" else "no cost"
    probes = "1 probe" if most.probes == 1 else f"{most.probes} probes"
    terminal.say(f"{probes} on target {run.place.target}: {cost}, at most {minutes:.0f} minutes.")


def show_result(result: Result) -> None:
    """Print what became of a probe."""
    seen = result.observed or "; ".join(result.words)
    wanted = f" (expected: {result.expected})" if result.verdict == "refuted" else ""
    terminal.say(f"{result.verdict}: {result.name}: {seen}{wanted}")


def show_report(report: VerificationReport, file: Path, *, json_wanted: bool) -> None:
    """Print how many claims were confirmed and refuted, and what is left in the account."""
    if report.left:
        terminal.error(f"Not removed: {'; '.join(report.left)}", "Try again: presso verify --remove")
    if json_wanted:
        terminal.as_json({**report.as_json(), "left": report.left, "file": str(file)})
        return
    counts = [f"{report.count(verdict)} {verdict}" for verdict in ("confirmed", "refuted", "could not try")]
    removed = "" if report.left else " Everything that the run created is removed."
    terminal.result(f"{', '.join(counts)}.{removed}")
    terminal.result(f"Report: {file}")

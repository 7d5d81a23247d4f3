"""Prints what the gate finds: as text, JSON, SARIF, or annotations for GitHub; and checks at length."""

from __future__ import annotations

import contextlib
import html
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from presso import __version__, terminal
from presso.catalog.events import Catalog
from presso.deployment import unit_gate
from presso.errors import PressoError, UsageError
from presso.event_sources import CORE_SOURCE
from presso.gate import folder, scenario_findings
from presso.gate.check import PROMISES, Check
from presso.gate.checks import all_checks
from presso.gate.gate import Gate
from presso.gate.model import Level
from presso.gate.report import Finding, Report
from presso.gate.tenant_verdicts import TenantVerdicts
from presso.gate.waivers import FILE
from presso.suggestions import did_you_mean
from presso.workspace import Workspace

_STYLES = {"broken": "red", "proven": "green", "no violation found": "green", "waived": "yellow"}


def run(
    workspace: Workspace,
    targets: Sequence[str],
    *,
    everything: bool,
    level: Level,
    form: str,
    waivers: bool = True,
    weak: bool = False,
) -> bool:
    """Check extensions, print the reports, and return whether all passed.

    Args:
        targets: Names, or folders.
        everything: All of the checkout.
        form: `text`, `json`, `sarif` or `github`.
        waivers: Whether waivers.yaml applies.
        weak: Whether to run extensions where this machine cannot confine them with namespaces.

    Raises:
        UsageError: No extension is named, or one does not exist.
        PressoError: The gate itself fails.
    """
    from presso.extensions import entries_of

    names = [*targets, *(entries_of(workspace) if everything else [])]
    if not names:
        hint = "Name some, or their folders, or use --all."
        raise UsageError("No extensions are named.", hint=hint)
    for name in names:
        folder.find(workspace, name)
    with Gate(workspace, level, waivers=waivers, weak=weak) as gate:
        reports = _checked(gate, names)
        reports = scenario_findings.judged(workspace, reports, gate.waivers, everything=everything)
    show(reports, form)
    return all(found.passed for found in reports)


def _checked(gate: Gate, names: Sequence[str]) -> list[Report]:
    """Check extensions, and keep what applies in this checkout's tenants need of that."""
    if gate.level == "static":
        return [gate.check(name) for name in dict.fromkeys(names)]
    verdicts, of_checkout = TenantVerdicts(gate), unit_gate.key_of_checkout(gate.workspace)
    reports = [gate.check(name, verdicts.note) for name in dict.fromkeys(names)]
    passed = {report.digest for report in reports if report.passed}
    unit_gate.keep_checked(
        gate.workspace, [each for each in verdicts.found if each.digest in passed], of_checkout
    )
    return reports


def explain(number: str, checkout: Callable[[], Workspace]) -> None:
    """Print a check at length; its examples have the checkout's own events.

    Args:
        checkout: Returns the checkout; outside of one, or with a broken catalog, they are the coffee bar's.

    Raises:
        UsageError: There is no check with that id.
    """
    checks = all_checks()
    found = checks.get(number.upper())
    if found is None:
        raise UsageError(f"There is no check {number}.", hint=did_you_mean(number.upper(), checks, "checks"))
    text = explanation(found)
    with contextlib.suppress(UsageError):
        text = _of_platform(text, Catalog.load(checkout()))
    terminal.result(text)


def _of_platform(text: str, catalog: Catalog) -> str:
    """A text in which events of a platform's own are in place of the coffee bar's."""
    if catalog.platform.has_bar or not catalog.events:
        return text
    name, sources = catalog.events[0].name, catalog.platform.sources
    words = {
        "OrderManager.OrderCompleted": name,
        "OrderManager.OrderComplete": name[:-1],
        "OrderManager.DrinkAverageTime": f"{name}.Again",
        CORE_SOURCE: sources.default,
        "order-metrics": "extension",
        'eventId = ["sfo"]': f'{sources.tenant} = ["sfo"]',
        "menu/drinks.json": "data/values.json",
    }
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def show(reports: Sequence[Report], form: str) -> None:
    """Print the reports: as text, or as `json`, `sarif` or `github`."""
    if form == "json":
        terminal.as_json([report.as_json() for report in reports])
    elif form == "sarif":
        terminal.as_json(sarif(reports))
    elif form == "github":
        for report in reports:
            for finding in report.findings:
                terminal.command(_annotation(finding))
        _summarise(reports)
    else:
        terminal.result("\n\n".join(map(text, reports)))


def _summarise(reports: Sequence[Report]) -> None:
    """Append the reports to the page that GitHub Actions shows of a run, if this is one."""
    if place := os.environ.get("GITHUB_STEP_SUMMARY"):
        whole = html.escape(terminal.escaped("\n\n".join(map(text, reports))), quote=False)
        try:
            with Path(place).open("a", encoding="utf-8") as page:
                page.write(f"<pre>\n{whole}\n</pre>\n")
        except OSError as error:
            raise PressoError(f"GITHUB_STEP_SUMMARY cannot be written: {error.strerror}.") from error


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
    lines += [f"  {line}" for line in _packages(report)]
    if report.did:
        lines += ["", *(f"  {terminal.printable(report.anonymised(line))}" for line in report.did.lines())]
    seen: set[str] = set()
    for finding in report.findings:
        lines += ["", *_described(finding, again=finding.check.id in seen)]
        seen.add(finding.check.id)
    return "\n".join(lines)


def _packages(report: Report) -> Iterator[str]:
    """What its functions' packages have beside its code."""
    if not report.brought_in:
        return
    named = ", ".join(terminal.printable(str(content)) for content in report.brought_in)
    yield f"{'packages':<9} {len(report.brought_in)}: {named}"
    yield f"{'':<9} known vulnerabilities: presso build {report.extension} --audit looks them up"
    for content in report.brought_in:
        if content.unrun:
            yield f"{'':<9} {terminal.printable(f'{content.name}: {content.unrun}')}"


def _described(finding: Finding, *, again: bool) -> list[str]:
    style = "red" if finding.counts else "yellow"
    kind = "waived" if finding.waiver else finding.severity
    head = terminal.styled(f"{kind} {finding.check.id}", style, sys.stdout)
    lines = [
        f"  {head}  {finding.file}:{finding.line}",
        f"    {finding.sentence}",
    ]
    if finding.waiver:
        return [*lines, f"    Waived until {finding.waiver.expires}: {finding.waiver.reason}"]
    why = [] if again else [f"    Why: {finding.check.why}"]
    return [*lines, *why, f"    Fix: {finding.fix}"]


def _annotation(finding: Finding) -> str:
    kind = "notice" if finding.waiver else finding.severity
    message = f"{finding.sentence} {finding.check.why} {finding.fix}"
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
        "message": {"text": f"{finding.sentence} {finding.fix}"},
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

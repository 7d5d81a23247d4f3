"""The command `check`."""

from __future__ import annotations

from collections.abc import Sequence

from presso import terminal
from presso.errors import UsageError
from presso.gate import report, scenarios
from presso.gate.checking import Gate, find
from presso.gate.checks import all_checks
from presso.gate.model import Level
from presso.nearest import did_you_mean
from presso.workspace import Workspace


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
        workspace: The checkout.
        targets: Names, or folders.
        everything: All of the checkout.
        level: The level of the check.
        form: `text`, `json`, `sarif` or `github`.
        waivers: Whether waivers.yaml applies.
        weak: Whether to run extensions where this machine cannot confine them with namespaces.

    Raises:
        UsageError: No extension is named, or one does not exist.
        PressoError: The gate itself fails.
    """
    from presso.extensions import names_of

    names = [*targets, *(names_of(workspace) if everything else [])]
    if not names:
        raise UsageError(
            "No extensions are named.", hint="Name some, such as order-metrics or a folder, or use --all."
        )
    for name in names:
        find(workspace, name)
    with Gate(workspace, level, waivers=waivers, weak=weak) as gate:
        reports = [gate.check(name) for name in dict.fromkeys(names)]
        reports = scenarios.judged(workspace, reports, gate.waivers, everything=everything)
    report.show(reports, form)
    return all(found.passed for found in reports)


def explain(number: str) -> None:
    """Print a check at length.

    Raises:
        UsageError: There is no check with that id.
    """
    checks = all_checks()
    found = checks.get(number.upper())
    if found is None:
        raise UsageError(f"There is no check {number}.", hint=did_you_mean(number.upper(), checks, "checks"))
    terminal.result(report.explanation(found))

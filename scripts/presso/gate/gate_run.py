"""What the command `check` does."""

from __future__ import annotations

from collections.abc import Sequence

from presso import terminal
from presso.errors import UsageError
from presso.gate import report, scenarios
from presso.gate.checking import Gate, find
from presso.gate.model import Level
from presso.gate.rule import all_rules
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
        level: How far to look.
        form: `text`, `json`, `sarif` or `github`.
        waivers: Whether waivers.yaml applies.
        weak: Whether to try extensions where this machine cannot confine them to boxes.

    Raises:
        UsageError: No extension is named, or there is none of a name.
        PressoError: The gate itself cannot work.
    """
    from presso.extensions import names_of

    names = [*targets, *(names_of(workspace) if everything else [])]
    if not names:
        raise UsageError(
            "Say which extensions.", hint="presso check order-metrics, a folder's path, or --all."
        )
    for name in names:
        find(workspace, name)
    with Gate(workspace, level, waivers=waivers, weak=weak) as gate:
        reports = [gate.check(name) for name in dict.fromkeys(names)]
        reports = scenarios.judged(workspace, reports, gate.waivers, everything=everything)
    report.show(reports, form)
    return all(found.passed for found in reports)


def explain(number: str) -> None:
    """Print a rule at length.

    Raises:
        UsageError: There is none of that id.
    """
    rules = all_rules()
    rule = rules.get(number.upper())
    if rule is None:
        raise UsageError(f"There is no rule {number}.", hint=did_you_mean(number.upper(), rules, "rules"))
    terminal.result(report.explanation(rule))

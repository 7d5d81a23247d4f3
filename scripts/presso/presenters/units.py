"""Prints the end of a command on units: errors on stderr, the result on stdout; and its exit code."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from presso import terminal
from presso.deployment.outcome import Outcome
from presso.deployment.unit_selection import Selection
from presso.presenters import unit_summary
from presso.terraform.json_stream import Diagnostic
from presso.units.unit import Unit

if TYPE_CHECKING:
    from presso.deployment.shards import Shard
    from presso.deployment.target_environment import Environments
    from presso.gate.report import Finding


def as_json(
    action: str,
    outcomes: Sequence[Outcome],
    seconds: float,
    orphaned: Sequence[Unit] = (),
    without_file: Iterable[str] = (),
) -> str:
    """Return the one object that `--json` prints."""
    return json.dumps(
        {
            "ok": not any(outcome.bad for outcome in outcomes),
            "action": action,
            "summary": unit_summary.counts(outcomes),
            "units": [outcome.as_json() for outcome in outcomes],
            "orphaned": [str(unit) for unit in orphaned],
            "without_file": sorted(without_file),
            "seconds": round(seconds, 2),
        },
        indent=2,
    )


def show(
    action: str,
    outcomes: Sequence[Outcome],
    selection: Selection | None = None,
    *,
    since: float,
    json_wanted: bool,
    quiet: bool,
    markdown: bool = False,
) -> None:
    """Print errors, and the result of the whole command.

    Args:
        action: `plan`, `apply` or `destroy`.
        outcomes: One per unit.
        selection: The command's, for what JSON has of units that it leaves as they are.
        since: `time.monotonic()` at the beginning.
        json_wanted: Print the result as one JSON object.
        quiet: Print no warnings and no table.
        markdown: Print the result as Markdown.
    """
    for outcome in outcomes:
        for text in explained(outcome, warnings=not quiet):
            terminal.say(text)
    if json_wanted:
        left = (selection.left_orphaned, selection.without_file) if selection else ()
        terminal.result(as_json(action, outcomes, time.monotonic() - since, *left))
    elif markdown:
        terminal.result(unit_summary.as_markdown(action, outcomes))
    elif not quiet:
        if action == "plan":
            _print_plans(outcomes)
        run = [outcome for outcome in outcomes if not outcome.left_out]
        if run or not outcomes:
            terminal.result(_table(run))
        if len(run) < len(outcomes):
            terminal.result(unit_summary.line(outcomes))


def show_notes(action: str, selection: Selection) -> None:
    """Print what else a user should know of the units; only of tenants without a file when destroying."""
    notes = [*_without_file(selection)]
    if action != "destroy":
        notes += [*_orphaned(selection), *_ended(selection), *_left_out(selection), *_unconfined(selection)]
    for note in notes:
        terminal.say(f"{terminal.styled('Note:', 'yellow', sys.stderr)} {note}")


def _without_file(selection: Selection) -> Iterator[str]:
    for name, bucket in selection.without_file.items():
        folder = f"tenants/{name}"
        yield (
            f"{bucket} has states of {name}, which has no {folder}/tenant.yaml here. To destroy it, restore "
            f'that first: git restore --source="$(git rev-list -1 HEAD -- {folder})^" {folder} && '
            f"presso destroy {name} --with-extensions"
        )


def show_end_of_local_aws(outcomes: Sequence[Outcome], environments: "Environments") -> None:
    """Print an error when units failed because the local AWS has ended."""
    gone = environments.gone() if any(outcome.bad for outcome in outcomes) else None
    if gone:
        terminal.error(gone.message, gone.hint)


def _orphaned(selection: Selection) -> Iterator[str]:
    for unit in selection.left_orphaned:
        yield (
            f"{unit} is deployed, but is not in tenants/{unit.tenant}/tenant.yaml. "
            f"To remove it: presso destroy {unit}"
        )


def _ended(selection: Selection) -> Iterator[str]:
    for tenant in selection.ended:
        if selection.is_deployed(tenant.name):
            yield f"{tenant.name} ended on {tenant.ends}. To destroy it: presso sweep"
        elif not any(unit.tenant == tenant.name for unit in selection.units):
            yield f"{tenant.name} ended on {tenant.ends}, so it is not created."


def show_matrix(shards: "Sequence[Shard]") -> None:
    """Print a matrix of GitHub Actions in one line."""
    included = [
        {
            "shard": number,
            "apply": " ".join(map(str, shard.apply)),
            "destroy": " ".join(map(str, shard.destroy)),
            "seconds": round(shard.seconds),
        }
        for number, shard in enumerate(shards, 1)
    ]
    terminal.result(json.dumps({"include": included}))


def show_none_to_sweep(*, json_wanted: bool) -> None:
    """Print that no tenant is to be destroyed."""
    if json_wanted:
        terminal.result(as_json("destroy", [], 0.0))
    else:
        terminal.result("No deployed tenant has ended.")


def _left_out(selection: Selection) -> Iterator[str]:
    """Settings of a tenant's file that have no effect on its target."""
    for unit in selection.units:
        tenant = selection.tenants.get(unit.tenant)
        if unit.is_platform and tenant and tenant.catalog and not tenant.has_registry:
            yield (
                f"{unit}: catalog: left out, because the local AWS has no EventBridge Schemas. "
                "presso catalog works without it."
            )


def _unconfined(selection: Selection) -> Iterator[str]:
    """Whether Terraform works on extensions and this system cannot confine it."""
    from presso.deployment import access_rights

    if not any(unit.is_extension for unit in selection.units):
        return
    if lacking := access_rights.lacking():
        yield (
            f"Terraform was not confined: {lacking}. The gate had judged the plan and the apply; "
            "docs/threat-model.md lists the other protections."
        )


def explained(outcome: Outcome, *, warnings: bool = True) -> list[str]:
    """Return the messages for a unit that failed or has warnings."""
    texts = [_finding(outcome, finding) for finding in outcome.findings]
    for diagnostic in outcome.diagnostics:
        if diagnostic.severity == "error" or warnings:
            texts.append(_diagnostic(outcome, diagnostic))
    if outcome.adopted:
        texts.append(
            f"{terminal.styled('Note:', 'yellow', sys.stderr)} {outcome.unit}: adopted what an earlier run "
            f"had created and not saved: {', '.join(outcome.adopted)}."
        )
    if outcome.result == "failed" and outcome.message:
        texts.append(f"{terminal.styled('Error:', 'red', sys.stderr)} {outcome.unit}: {outcome.message}")
    if outcome.hint:
        texts.append(f"{terminal.styled('Hint:', 'yellow', sys.stderr)} {outcome.hint}")
    if outcome.result == "failed" and outcome.log:
        texts.append(terminal.styled(f"  log of {outcome.unit}: {outcome.log}", "dim", sys.stderr))
    return texts


def _finding(outcome: Outcome, finding: "Finding") -> str:
    head = terminal.styled(f"Error {finding.check.id}:", "red", sys.stderr)
    return "\n".join(
        [
            f"{head} {outcome.unit}: {finding.sentence}",
            f"  at {finding.file}:{finding.line}",
            f"  Why: {finding.check.why}",
            f"  Fix: {finding.fix}",
        ]
    )


def _diagnostic(outcome: Outcome, diagnostic: Diagnostic) -> str:
    is_error = diagnostic.severity == "error"
    head = terminal.styled("Error:" if is_error else "Warning:", "red" if is_error else "yellow", sys.stderr)
    lines = [f"{head} {outcome.unit}: {diagnostic.summary}"]
    place = f"{diagnostic.file}:{diagnostic.line}" if diagnostic.file else ""
    where = ", ".join(part for part in (place, diagnostic.address) if part)
    if where:
        lines.append(f"  at {where}")
    lines.extend(f"  {line}" for line in diagnostic.detail.strip().splitlines() if line.strip())
    return "\n".join(lines)


def _print_plans(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        # Terraform also reports drift that its own applies caused, such as a queue's policy. Only drift that
        # leads to a planned change matters here; what is destroyed would be without it, too.
        planned = {change.address for change in outcome.planned if change.action != "delete"}
        for drift in outcome.drifted:
            if drift.address in planned:
                terminal.result(f"{outcome.unit}: ! {drift.address} was changed outside of Terraform")
        for change in outcome.planned:
            terminal.result(f"{outcome.unit}: {unit_summary.SIGNS.get(change.action, '?')} {change.address}")


def _table(outcomes: Sequence[Outcome]) -> str:
    rows = [
        [
            str(o.unit),
            o.result,
            *(str(count or "-") for count in (o.changes.added, o.changes.changed, o.changes.destroyed)),
            f"{o.seconds:.1f} s",
        ]
        for o in outcomes
    ]
    header = ["unit", "result", "added", "changed", "destroyed", "time"]
    return terminal.table(header, rows, right=(2, 3, 4, 5))


def exit_code(outcomes: Sequence[Outcome], *, detailed: bool = False) -> int:
    """Return 0 when all succeeded, 1 when something did not; detailed: 2 when a plan has changes."""
    if any(outcome.bad for outcome in outcomes):
        return 1
    return 2 if detailed and any(outcome.result == "changes" for outcome in outcomes) else 0

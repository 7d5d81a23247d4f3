"""The outcomes as text and as a table of Markdown."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from tests.acceptance.cycle import Outcome
from tests.acceptance.known import Known

from offline_aws.schema import VERSIONS

START = "<!-- written by tests.acceptance; do not edit -->\n"
END = "<!-- end of what tests.acceptance writes -->\n"


def printed(outcome: Outcome, known: Known) -> str:
    """Return an outcome in a line, and the reasons of a stop below."""
    if outcome.passed:
        return f"pass  {outcome.example} ({outcome.resources} resources)"
    limit = f" [limit: {known.limits[outcome.example]}]" if outcome.example in known.limits else ""
    reasons = "".join(f"\n        {reason[:600]}" for reason in outcome.reasons)
    types = "".join(
        f"\n        no handler: {name} {count}" for name, count in outcome.without_handler.items()
    )
    return f"STOP  {outcome.example}: {outcome.stopped or 'only planned'}{limit}{reasons}{types}"


def page(text: str, outcomes: Sequence[Outcome], known: Known, chosen: Sequence[str]) -> str:
    """Return a page with its table written anew; rows of examples that were not chosen stay.

    Args:
        text: The page as it is; it has the lines `START` and `END`.
        outcomes: Those of the examples that ran.
        chosen: The names of the chosen examples, those that need something from outside too.
    """
    before, _, rest = text.partition(START)
    table, _, after = rest.partition(END)
    found = {row.split("|")[1].strip(): row for row in table.splitlines() if row.startswith("| ")}
    del found[_HEAD.split("|")[1].strip()]
    found |= {outcome.example: _row(outcome, known) for outcome in outcomes}
    found |= {
        name: f"| {name} | | | | {_NOT_RUN}{known.outside[name]} |"
        for name in chosen
        if name in known.outside
    }
    return before + START + _table(found) + END + after


_HEAD = "| example | version | resources | without a handler | outcome |"
_NOT_RUN = "not run: "


def _table(rows: Mapping[str, str]) -> str:
    run = [row for _, row in sorted(rows.items()) if _NOT_RUN not in row]
    passed = sum("| passes" in row for row in run)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    return "\n".join(
        [
            f"{today}, as hashicorp/aws {VERSIONS['aws']}: {passed} of {len(run)} examples pass.",
            "",
            _HEAD,
            "|---|---|---|---|---|",
            *run,
            *(row for _, row in sorted(rows.items()) if _NOT_RUN in row),
            "",
        ]
    )


def _row(outcome: Outcome, known: Known) -> str:
    said = known.limits.get(outcome.example) or (outcome.reasons[0] if outcome.reasons else "only planned")
    twice = f", applied twice: {known.again[outcome.example]}" if outcome.example in known.again else ""
    said = f"passes{twice}" if outcome.passed else f"stops at {outcome.stopped or 'apply'}: {_short(said)}"
    return (
        f"| {outcome.example} | {outcome.version} | {outcome.resources} | "
        f"{sum(outcome.without_handler.values())} | {said.replace('|', chr(92) + '|')} |"
    )


def _short(reason: str) -> str:
    return reason if len(reason) <= 160 else reason[:157] + "..."

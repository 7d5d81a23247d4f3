"""Sums up a command on units: one line of counts, and Markdown for a pull request."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from presso.deployment.outcome import Outcome

SIGNS = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "replace": "±",
    "import": "<",
    "move": ">",
    "forget": "x",
    "remove": "x",
}
_KINDS = ("create", "update", "destroy", "unchanged", "failed", "blocked", "interrupted")
# GitHub rejects a comment of more than 65,536 characters.
_MOST_CHARACTERS = 60_000


def kind(outcome: Outcome) -> str:
    """Return what became of a unit, or is to become of it: one of the keys of `counts`."""
    bad = {"failed": "failed", "skipped": "blocked", "interrupted": "interrupted"}
    return bad.get(outcome.result) or outcome.change or "update"


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return the number of units of each kind."""
    found = Counter(kind(outcome) for outcome in outcomes)
    return {name: found[name] for name in _KINDS}


def line(outcomes: Sequence[Outcome]) -> str:
    """Return the counts as text, and how many units were left out."""
    parts = [f"{count} {name}" for name, count in counts(outcomes).items() if count]
    left_out = sum(outcome.left_out for outcome in outcomes)
    note = (
        f" ({left_out} of them by their inputs alone; --refresh runs Terraform on them)" if left_out else ""
    )
    return f"{len(outcomes)} unit{'' if len(outcomes) == 1 else 's'}: {', '.join(parts) or 'none'}{note}"


def as_markdown(action: str, outcomes: Sequence[Outcome]) -> str:
    """Return the result as Markdown: the counts, failures, then changed units with their resources."""
    lines = [f"### presso {action}", "", line(outcomes), ""]
    shown = sorted((o for o in outcomes if kind(o) != "unchanged"), key=lambda o: (not o.bad, o.unit))
    if shown:
        lines += ["| unit | change | added | changed | destroyed | reason |", "|---|---|---:|---:|---:|---|"]
    rows = [_row(outcome) for outcome in shown]
    kept = _fitting(rows, _MOST_CHARACTERS // 2)
    lines += kept
    if len(kept) < len(rows):
        lines += ["", f"… and {len(rows) - len(kept)} more units"]
    resources = ["\n".join(_resources(outcome)) for outcome in shown if outcome.planned]
    lines += _fitting(resources, _MOST_CHARACTERS // 3)
    return "\n".join(lines)


def _fitting(texts: Sequence[str], room: int) -> list[str]:
    """Return the first texts, as many as there is room for."""
    ends = list(accumulate(len(text) + 1 for text in texts))
    return [text for text, end in zip(texts, ends, strict=True) if end <= room]


def _row(outcome: Outcome) -> str:
    changes = outcome.changes
    found = kind(outcome)
    what = (
        f"blocked by {outcome.blocked_by}" if outcome.blocked_by else f"**{found}**" if outcome.bad else found
    )
    reason = outcome.message or next((d.summary for d in outcome.diagnostics if d.severity == "error"), "")
    cells = [
        f"`{outcome.unit}`",
        what,
        *(str(count) for count in (changes.added, changes.changed, changes.destroyed)),
        _escaped(reason or ", ".join(outcome.why)),
    ]
    return f"| {' | '.join(cells)} |"


def _resources(outcome: Outcome) -> Iterator[str]:
    yield from ("", f"<details><summary>{outcome.unit}</summary>", "", "```diff")
    for change in outcome.planned:
        yield f"{SIGNS.get(change.action, '?')} {change.address}"
    yield from ("```", "</details>")


def _escaped(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())

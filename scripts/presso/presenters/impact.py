"""Prints what changed in the catalog since a git ref, and which consumers break."""

from __future__ import annotations

from presso import terminal
from presso.catalog.changes import CONSUMERS, PRODUCERS
from presso.catalog.events import Catalog
from presso.catalog.impact import Impact, catalog_at, impacts
from presso.catalog.rules import Rules
from presso.workspace import Workspace


def report(workspace: Workspace, against: str, *, json_wanted: bool) -> bool:
    """Print what changed since a git ref and who breaks; whether nothing breaking did.

    Raises:
        UsageError: The checkout is not a git repository, or has no such ref; or a file is broken.
    """
    before = catalog_at(workspace, against)
    found = impacts(workspace, before, Catalog.load(workspace), Rules.load(workspace))
    breaking = [impact for impact in found if impact.change.breaks]
    if json_wanted:
        terminal.as_json(
            {"against": against, "breaking": len(breaking), "changes": [i.as_json() for i in found]}
        )
        return not breaking
    if not found:
        terminal.result(f"The catalog has not changed since {against}.")
        return True
    for impact in found:
        terminal.result("\n".join(_lines(impact)))
    owners = sorted({owner for impact in breaking for owner in impact.owners})
    hit = f"; they affect {', '.join(owners)}" if owners else "; no consumer here reads what changed"
    count = len(breaking)
    counts = (
        f"{count} of them {'is' if count == 1 else 'are'} breaking{hit}" if count else "none of them breaking"
    )
    terminal.result(f"{len(found)} {'change' if len(found) == 1 else 'changes'} since {against}, {counts}.")
    return not breaking


def _lines(impact: Impact) -> list[str]:
    breaks = impact.change.breaks
    who = " and ".join(side for side in (CONSUMERS, PRODUCERS) if side in breaks)
    lines = [f"{'breaking ' if breaks else 'harmless '} {impact.change}{f' (breaks {who})' if who else ''}"]
    if PRODUCERS in breaks:
        lines += terminal.bullets([f"{impact.producer}: emits it"], "    ")
    return [*lines, *terminal.bullets(impact.readers, "    ")]

"""Scenarios held against the catalog: what is replayed must be what the catalog says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from presso.bar import scenarios
from presso.bar.scenarios import Event
from presso.catalog.events import EXTENSION_SOURCE, Catalog
from presso.catalog.validation import Checker, Fault
from presso.errors import UsageError
from presso.workspace import Workspace

_MOST_TOLD = 10
_RUN, _AT, _TENANT = "3f2504e0-4f89-41d3-9a0c-", 1793527200000, "nyc"


def check(workspace: Workspace, what: str, events: Sequence[Event], *, strict: bool, hint: str = "") -> None:
    """Refuse events that the checkout's catalog does not allow; a checkout without a catalog allows all.

    Args:
        workspace: The checkout.
        what: What the events are, for people, such as `The scenario rush-hour`.
        events: The events, markers and all.
        strict: Whether a field that the catalog does not know is refused too.
        hint: The way out.

    Raises:
        UsageError: Some are not allowed; the first are named with their faults.
    """
    catalog = Catalog.load(workspace)
    if not catalog.events:
        return
    found = list(_faults(Checker(catalog), events, strict=strict))
    if found:
        more = f"\n  … and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
        lines = "".join(f"\n  {line}" for line in found[:_MOST_TOLD])
        raise UsageError(f"{what} does not agree with the catalog:{lines}{more}", hint=hint)


def check_files(workspace: Workspace, extensions: Sequence[str] | None = None) -> int:
    """Hold the scenarios of a checkout against its catalog; how many they are.

    Args:
        workspace: The checkout.
        extensions: Only scenarios in which one of these emits; None is all.

    Raises:
        UsageError: A file is no scenario, or has an event that the catalog does not allow.
    """
    folder = scenarios.folder(workspace.root)
    sources = None if extensions is None else [f'"{EXTENSION_SOURCE}{name}"' for name in extensions]
    checked = 0
    for name in scenarios.names(folder):
        path = folder / f"{name}.json"
        # To find a word in a file is quick, to read its thousands of events is not.
        if sources is not None and not any(source in path.read_text("utf-8") for source in sources):
            continue
        events = scenarios.load(path).events
        hint = "Mend the scenario, or the schema: presso catalog validate FILE says more."
        check(workspace, f"The scenario {workspace.shown(path)}", events, strict=False, hint=hint)
        checked += 1
    return checked


def _faults(checker: Checker, events: Iterable[Event], *, strict: bool) -> Iterable[str]:
    for number, event in enumerate(events):
        for fault in checker.check(filled(event)):
            if strict or fault.grade == "error":
                yield _told(number, event, fault)


def _told(number: int, event: Event, fault: Fault) -> str:
    return f"events[{number}] at {event.at} s, {event.detail_type}: {fault}"


def filled(event: Event) -> dict[str, object]:
    """The event as a replay sends it, with values for its markers."""
    text = json.dumps(event.detail)
    text = text.replace('"{at}"', str(_AT)).replace("{at}", str(_AT))
    detail = json.loads(text.replace("{run}", _RUN).replace("{tenant}", _TENANT))
    return {"source": event.source, "detail-type": event.detail_type, "detail": detail}

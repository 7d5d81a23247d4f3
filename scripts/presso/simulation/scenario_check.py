"""Validates scenarios against the catalog: replayed events must match it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from presso import platform_settings, regular_file
from presso.catalog.event_files import event_lines
from presso.catalog.events import Catalog
from presso.catalog.validation import Checker, EventFault
from presso.errors import UsageError
from presso.platform_settings import EventSettings
from presso.simulation import scenarios
from presso.simulation.scenarios import Event
from presso.workspace import Workspace

_MOST_SHOWN = 10
_RUN, _AT, _TENANT = "3f2504e0-4f89-41d3-9a0c-", 1793527200000, "nyc"


def check(workspace: Workspace, what: str, events: Sequence[Event], *, strict: bool, hint: str = "") -> None:
    """Refuse events that the checkout's catalog does not allow; a checkout without a catalog allows all.

    Args:
        what: What the events are, for people, such as `The scenario rush-hour`.
        events: The events, markers and all.
        strict: Whether to reject fields that are not in the catalog.
        hint: The way out.

    Raises:
        UsageError: Some are not allowed; the first are named with their faults.
    """
    catalog = Catalog.load(workspace)
    if not catalog.events:
        return
    found = list(_faults(Checker(catalog), events, strict=strict))
    if found:
        raise UsageError(f"{what} does not match the catalog:{listed(found)}", hint=hint)


def listed(faults: Sequence[str]) -> str:
    """Return the first faults, each on a line of its own, and how many more there are."""
    more = [f"… and {len(faults) - _MOST_SHOWN} more"] if len(faults) > _MOST_SHOWN else []
    return "".join(f"\n  {line}" for line in [*faults[:_MOST_SHOWN], *more])


def check_files(workspace: Workspace, extensions: Sequence[str] | None = None) -> int:
    """Validate the scenarios of a checkout against its catalog; return their number.

    Args:
        extensions: Only scenarios in which one of these emits; None is all.

    Raises:
        UsageError: A file is not a scenario, or has an event that the catalog does not allow.
    """
    folder, sources = scenarios.folder(workspace.root), platform_settings.load(workspace).sources
    checked = 0
    for name in scenarios.names(folder):
        path = folder / f"{name}.json"
        if extensions is not None and not {*extensions} & {*_emitting(path, sources)}:
            continue
        events = scenarios.load(path, sources.default).events
        hint = "Correct the scenario, or the schema; for details: presso catalog validate FILE"
        check(workspace, f"The scenario {workspace.shown(path)}", events, strict=False, hint=hint)
        checked += 1
    return checked


@dataclass(frozen=True)
class Disagreement:
    """Something in a scenario's file that the catalog does not allow, or that is not a scenario.

    Args:
        file: As a person in the checkout would type it.
        line: From 1.
        message: What, without a full stop.
        extensions: Those that emit in the scenario.
    """

    file: str
    line: int
    message: str
    extensions: tuple[str, ...]


def disagreements(workspace: Workspace, extensions: Sequence[str] | None = None) -> list[Disagreement]:
    """Return what disagrees with the catalog in a checkout's scenarios; arguments as of `check_files`."""
    folder, sources = scenarios.folder(workspace.root), platform_settings.load(workspace).sources
    found: list[Disagreement] = []
    for path in sorted(folder.glob("*.json")):
        emitting = _emitting(path, sources)
        if extensions is None or {*extensions} & {*emitting}:
            shown = workspace.shown(path)
            faults = _faults_of(workspace, path)
            found += [Disagreement(shown, line, text, emitting) for line, text in faults]
    return found


def _emitting(path: Path, sources: EventSettings) -> tuple[str, ...]:
    """The extensions whose source is in a file: to find words is quicker than to read all events."""
    try:
        text = regular_file.text(path, "replace")
    except OSError:  # reading it reports the reason
        return ()
    return tuple(dict.fromkeys(re.findall(rf'"{re.escape(sources.prefix)}([a-z0-9-]+)"', text)))


def _faults_of(workspace: Workspace, path: Path) -> list[tuple[int, str]]:
    """The lines of a scenario on which something is wrong, and what."""
    try:
        catalog = Catalog.load(workspace)
        events = scenarios.load(path, catalog.platform.sources.default).events
    except UsageError as error:
        line = re.search(rf"{re.escape(path.name)}:(\d+): ", error.message)
        return [(int(line[1]) if line else 1, error.message.removesuffix("."))]
    if not catalog.events:
        return []
    checker = Checker(catalog)
    lines = event_lines(regular_file.text(path), len(events))
    wrong = [
        (line, f"{event.detail_type} at {event.at} s: {fault}".removesuffix("."))
        for line, event in zip(lines, events, strict=True)
        for fault in checker.check(filled(event))
        if fault.grade == "error"
    ]
    more = (
        [(wrong[_MOST_SHOWN][0], f"and {len(wrong) - _MOST_SHOWN} more")] if len(wrong) > _MOST_SHOWN else []
    )
    return wrong[:_MOST_SHOWN] + more


def _faults(checker: Checker, events: Iterable[Event], *, strict: bool) -> Iterable[str]:
    for number, event in enumerate(events):
        for fault in checker.check(filled(event)):
            if strict or fault.grade == "error":
                yield _described(number, event, fault)


def _described(number: int, event: Event, fault: EventFault) -> str:
    return f"events[{number}] at {event.at} s, {event.detail_type}: {fault}"


def filled(event: Event) -> dict[str, object]:
    """The event as a replay sends it, with values for its markers."""
    text = json.dumps(event.detail)
    text = text.replace('"{at}"', str(_AT)).replace("{at}", str(_AT))
    detail = json.loads(text.replace("{run}", _RUN).replace("{tenant}", _TENANT))
    return {"source": event.source, "detail-type": event.detail_type, "detail": detail}

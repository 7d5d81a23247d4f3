"""Scenarios written from the command line: simulated ones, and recordings of what a tenant saw."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from presso import terminal
from presso.errors import UsageError
from presso.event_sources import CORE_SOURCE
from presso.simulation import scenarios
from presso.simulation.scenarios import Scenario
from presso.workspace import Workspace

_MOST_LISTED = 10
Invalid = Literal["refuse", "drop", "keep"]


def make(
    workspace: Workspace,
    name: str,
    *,
    minutes: int,
    orders: int,
    seed: int,
    title: str,
    kind: str,
    emitters: Sequence[str],
    force: bool,
    json_wanted: bool,
) -> None:
    """Simulate a coffee bar and write the scenario; print what is in it.

    Args:
        workspace: The checkout.
        name: The scenario's.
        minutes: How long, as `orders`, `seed`, `title` and `kind` for `simulator.simulate`.
        orders: How many customers come.
        seed: Another seed is another day.
        title: What a person reads in a list.
        kind: The kind of day.
        emitters: Extensions whose events are in it; `all` are all that emit.
        force: Write over a scenario of that name.
        json_wanted: Print JSON.

    Raises:
        UsageError: A number is out of range, the name is invalid, the scenario exists already, or an
            extension is unknown or emits nothing.
        PressoError: An extension's event cannot be made up.
    """
    from presso.simulation import extension_events, scenario_check
    from presso.simulation.simulator import simulate

    path = _new_file(workspace, name, force=force)
    made = simulate(minutes, orders, seed, name=name, title=title, kind=kind)
    if emitters:
        made = extension_events.added(workspace, made, emitters)
    scenario_check.check(workspace, f"The scenario {name}", made.events, strict=True)
    _write(workspace, made, path, json_wanted=json_wanted)


@dataclass(frozen=True)
class Span:
    """Which part of a tenant's traffic: from an ISO time, or else the last minutes."""

    since: str
    minutes: int

    def begin(self) -> float:
        """Its first moment, in epoch seconds.

        Raises:
            UsageError: The time cannot be read.
        """
        if not self.since:
            return time.time() - self.minutes * 60
        try:
            return datetime.fromisoformat(self.since).astimezone().timestamp()
        except ValueError:
            hint = "Write 2026-05-01T09:30, in your own time zone, or 2026-05-01T09:30Z."
            raise UsageError(f"{self.since} is not a time.", hint=hint) from None


def record(
    workspace: Workspace,
    tenant: str,
    name: str,
    span: Span,
    *,
    from_archive: bool,
    emitters: Sequence[str],
    invalid: Invalid,
    speed: str,
    seed: int,
    title: str,
    force: bool,
    json_wanted: bool,
) -> None:
    """Write a tenant's observed events as an anonymised scenario; print a summary.

    Args:
        workspace: The checkout.
        tenant: Whose events.
        name: The scenario's.
        span: Which of them.
        from_archive: Take them from the bus's archive, by a replay that only the recording sees.
        emitters: Extensions whose events are recorded beside the core's; `all` are all.
        invalid: What becomes of events that the catalog does not allow.
        speed: At which they were played.
        seed: Chooses the new ids.
        title: What a person reads in a list.
        force: Write over a scenario of that name.
        json_wanted: Print JSON.

    Raises:
        UsageError: The name or the time is invalid, the scenario exists already, there was nothing, or some
            of it is invalid and that is refused.
        PressoError: The events cannot be read.
    """
    from presso import tenants
    from presso.aws import access
    from presso.simulation import recording
    from presso.simulation.player import checked_speed

    path = _new_file(workspace, name, force=force)
    rate, since = checked_speed(speed), span.begin()
    way = access(workspace, tenants.load(workspace, tenant))
    if from_archive:
        from presso.simulation import archive

        found = archive.events(way.client, tenant, since, time.time())
    else:
        from presso.simulation.event_log import EventLog

        found = [event.document for event in EventLog(way.client("logs"), tenant, since).poll()]
    wanted = [event for event in found if _is_wanted(str(event.get("source")), emitters)]
    kept = allowed(workspace, wanted, invalid)
    made = recording.scenario(kept, tenant=tenant, name=name, title=title, seed=seed, speed=rate)
    _write(workspace, made, path, json_wanted=json_wanted)
    if len(found) > len(wanted):
        left = sorted({str(event.get("source")) for event in found} - {str(e.get("source")) for e in wanted})
        terminal.say(
            f"Left out: {len(found) - len(wanted)} events of {', '.join(left)} (include extensions with "
            "--with)."
        )


def _is_wanted(source: str, emitters: Sequence[str]) -> bool:
    from presso.event_sources import EXTENSION_SOURCE

    if source == CORE_SOURCE:
        return True
    extension = source.removeprefix(EXTENSION_SOURCE)
    return source.startswith(EXTENSION_SOURCE) and ("all" in emitters or extension in emitters)


def allowed(
    workspace: Workspace, events: Sequence[Mapping[str, Any]], invalid: Invalid
) -> Sequence[Mapping[str, Any]]:
    """The events that match the catalog, or all of them when invalid ones are kept; reports the others.

    Raises:
        UsageError: Some are invalid, and that is refused.
    """
    from presso.catalog.events import Catalog
    from presso.catalog.validation import Checker

    checker = Checker(Catalog.load(workspace))
    faults = [[f for f in checker.check(event) if f.grade == "error"] for event in events]
    lines = [
        f"  {event.get('time')}, {event['detail-type']}: {found[0]}"
        for event, found in zip(events, faults, strict=True)
        if found
    ]
    if not lines:
        return events
    more = f"\n  … and {len(lines) - _MOST_LISTED} more" if len(lines) > _MOST_LISTED else ""
    message = f"{len(lines)} of {len(events)} events do not match the catalog:\n"
    message += "\n".join(lines[:_MOST_LISTED]) + more
    if invalid == "refuse":
        raise UsageError(
            message, hint="Leave them out with --invalid drop, or keep them with --invalid keep."
        )
    terminal.say(f"{'Left out' if invalid == 'drop' else 'Kept'}: {message}")
    if invalid == "keep":
        return events
    return [event for event, found in zip(events, faults, strict=True) if not found]


def _new_file(workspace: Workspace, name: str, *, force: bool) -> Path:
    """Where the scenario will be.

    Raises:
        UsageError: The name is invalid, or exists already and may not be replaced.
    """
    if not re.fullmatch(r"(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"{name} is not a valid name for a scenario.",
            hint="Use at most 40 lower-case letters, digits and hyphens: rush-hour.",
        )
    path = scenarios.folder(workspace.root) / f"{name}.json"
    if path.exists() and not force:
        raise UsageError(
            f"The scenario {name} exists already: {workspace.shown(path)}.",
            hint="Choose another name, or overwrite it with --force.",
        )
    return path


def _write(workspace: Workspace, made: Scenario, path: Path, *, json_wanted: bool) -> None:
    scenarios.save(made, path)
    counts = scenarios.counts(made.events)
    if json_wanted:
        summary = {
            "name": made.name,
            "file": workspace.shown(path),
            "events": len(made.events),
            **asdict(counts),
        }
        terminal.result(json.dumps(summary, indent=2))
        return
    terminal.result(f"{workspace.shown(path)}: {made.title}, {len(made.events)} events")
    terminal.say("The next apply gives it to the players.")

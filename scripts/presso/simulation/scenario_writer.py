"""Scenarios that are written: simulated ones, and recordings of what a tenant saw."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from presso import platform_settings
from presso.errors import UsageError
from presso.platform_settings import EventSettings
from presso.simulation import scenario_check, scenario_index, scenarios
from presso.simulation.scenarios import Scenario
from presso.workspace import Workspace

Invalid = Literal["refuse", "drop", "keep"]


@dataclass(frozen=True)
class ScenarioDraft:
    """The scenario to write.

    Args:
        name: Its name, and its file's.
        title: What a person reads in a list.
        seed: For simulations, another seed is another day; for recordings, it chooses the new ids.
        emitters: Extensions whose events are in it beside the core's; `all` are all that emit.
        force: Write over a scenario of that name.
    """

    name: str
    title: str = ""
    seed: int = 1
    emitters: Sequence[str] = ()
    force: bool = False


@dataclass(frozen=True)
class Written:
    """A scenario, and its file."""

    scenario: Scenario
    path: Path


@dataclass(frozen=True)
class Traffic:
    """Which events of a tenant to record.

    Args:
        tenant: The tenant's name.
        minutes: The last minutes.
        since: A time in ISO format to begin at, instead of `minutes`.
        from_archive: Take them from the bus's archive, by a replay that only the recording sees.
        speed: At which they were played.
    """

    tenant: str
    minutes: int
    since: str = ""
    from_archive: bool = False
    speed: str = "1"

    def begin(self) -> float:
        """The first moment, in epoch seconds.

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


def make(workspace: Workspace, draft: ScenarioDraft, *, minutes: int, orders: int, kind: str) -> Written:
    """Simulate a coffee bar and write the scenario.

    Args:
        minutes: How long, as `orders` and `kind` for `simulator.simulate`.
        orders: How many customers come.
        kind: The kind of day.

    Raises:
        UsageError: A number is out of range, the name is invalid, the scenario exists already, or an
            extension is unknown or emits nothing.
        PressoError: An extension's event cannot be made up.
    """
    from presso.simulation import extension_events
    from presso.simulation.simulator import simulate

    path = _new_file(workspace, draft)
    made = simulate(minutes, orders, draft.seed, name=draft.name, title=draft.title, kind=kind)
    if draft.emitters:
        made = extension_events.added(workspace, made, draft.emitters)
    scenario_check.check(workspace, f"The scenario {draft.name}", made.events, strict=True)
    _save(workspace, made, path)
    return Written(made, path)


def record(
    workspace: Workspace,
    draft: ScenarioDraft,
    traffic: Traffic,
    *,
    invalid: Invalid,
    note: Callable[[str], None],
) -> Written:
    """Write a tenant's observed events as an anonymised scenario.

    Args:
        traffic: Which events.
        invalid: What becomes of events that the catalog does not allow.
        note: Takes a note about events that are left out, or kept although they are invalid.

    Raises:
        UsageError: The name or the time is invalid, the scenario exists already, there was nothing, or some
            of it is invalid and that is refused.
        PressoError: The events cannot be read.
    """
    from presso.simulation import recording
    from presso.simulation.player import checked_speed

    path = _new_file(workspace, draft)
    speed, tenant = checked_speed(traffic.speed), traffic.tenant
    found = _observed(workspace, traffic)
    sources = platform_settings.load(workspace).sources
    wanted = [event for event in found if _is_wanted(str(event.get("source")), draft.emitters, sources)]
    kept = allowed(workspace, wanted, invalid, note)
    made = recording.scenario(
        kept, tenant=tenant, name=draft.name, title=draft.title, seed=draft.seed, speed=speed, sources=sources
    )
    _save(workspace, made, path)
    if len(found) > len(wanted):
        left = sorted({str(event.get("source")) for event in found} - {str(e.get("source")) for e in wanted})
        others = f"{len(found) - len(wanted)} events of {', '.join(left)}"
        note(f"Left out: {others} (include extensions with --with).")
    return Written(made, path)


def _save(workspace: Workspace, scenario: Scenario, path: Path) -> None:
    scenarios.save(scenario, path, platform_settings.load(workspace).sources.default)
    scenario_index.write(path.parent)


def _observed(workspace: Workspace, traffic: Traffic) -> Sequence[dict[str, Any]]:
    from presso import tenants
    from presso.aws_access import access

    since = traffic.begin()
    way = access(workspace, tenants.load(workspace, traffic.tenant))
    if traffic.from_archive:
        from presso.simulation import archive

        return archive.events(way.client, traffic.tenant, since, time.time())
    from presso.simulation.event_log import EventLog

    return [event.document for event in EventLog(way.client("logs"), traffic.tenant, since).poll()]


def _is_wanted(source: str, emitters: Sequence[str], sources: EventSettings) -> bool:
    if source in sources.core:
        return True
    extension = source.removeprefix(sources.prefix)
    return source.startswith(sources.prefix) and ("all" in emitters or extension in emitters)


def allowed(
    workspace: Workspace,
    events: Sequence[Mapping[str, Any]],
    invalid: Invalid,
    note: Callable[[str], None],
) -> Sequence[Mapping[str, Any]]:
    """The events that match the catalog, or all of them when invalid ones are kept; a note lists the others.

    Raises:
        UsageError: Some are invalid, and that is refused.
    """
    from presso.catalog.events import Catalog
    from presso.catalog.validation import Checker

    checker = Checker(Catalog.load(workspace))
    faults = [[f for f in checker.check(event) if f.grade == "error"] for event in events]
    lines = [
        f"{event.get('time')}, {event['detail-type']}: {found[0]}"
        for event, found in zip(events, faults, strict=True)
        if found
    ]
    if not lines:
        return events
    message = f"{len(lines)} of {len(events)} events do not match the catalog:{scenario_check.listed(lines)}"
    if invalid == "refuse":
        raise UsageError(
            message, hint="Leave them out with --invalid drop, or keep them with --invalid keep."
        )
    note(f"{'Left out' if invalid == 'drop' else 'Kept'}: {message}")
    if invalid == "keep":
        return events
    return [event for event, found in zip(events, faults, strict=True) if not found]


def _new_file(workspace: Workspace, draft: ScenarioDraft) -> Path:
    """Where the scenario will be.

    Raises:
        UsageError: The name is invalid, or exists already and may not be replaced.
    """
    name = draft.name
    if not re.fullmatch(r"(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"{name} is not a valid name for a scenario.",
            hint="Use at most 40 lower-case letters, digits and hyphens: rush-hour.",
        )
    path = scenarios.folder(workspace.root) / f"{name}.json"
    if path.exists() and not draft.force:
        raise UsageError(
            f"The scenario {name} exists already: {workspace.shown(path)}.",
            hint="Choose another name, or overwrite it with --force.",
        )
    return path

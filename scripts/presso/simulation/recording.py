"""Observed events converted to a scenario: relative times, anonymised, playable in any tenant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from presso.aws_limits import EXECUTION_HISTORY
from presso.errors import UsageError
from presso.platform_settings import BAR_EVENTS, EventSettings
from presso.simulation.anonymise import Anonymiser
from presso.simulation.scenarios import MAX_MINUTES, Event, Scenario, history_entries

KIND = "recorded"
STARTED = "OrderProcessor.WorkflowStarted"
# An event about an earlier time belongs to that time; it is not late.
_LONGEST_DELAY_MS = 120_000
_JITTER_MS = 2_000


def scenario(
    observed: Sequence[Mapping[str, Any]],
    *,
    tenant: str,
    name: str,
    title: str = "",
    seed: int = 1,
    speed: float = 1,
    sources: EventSettings = BAR_EVENTS,
) -> Scenario:
    """The scenario of observed events.

    Args:
        observed: Whole events, as EventBridge delivered them. One that was delivered twice counts once.
        tenant: Whose they are; its name becomes a marker.
        name: The scenario's.
        title: Shown in lists; without one, minutes and events, without the tenant.
        seed: Chooses the new ids.
        speed: At which they were played: a second becomes so many.
        sources: Of the platform whose events they are.

    Raises:
        UsageError: There are none, or more than a player takes.
    """
    events = sorted(_once(observed), key=_seconds)
    if not events:
        raise UsageError("There is nothing to record.", hint="Look further back: --minutes 600")
    names = _learnt(Anonymiser(tenant, seed, sources.tenant_fields), events)
    start = _seconds(events[0])
    recorded = tuple(_event(event, start, speed, names) for event in events)
    minutes = max(1, math.ceil((recorded[-1].at + 1) / 60))
    if minutes > MAX_MINUTES or history_entries(recorded) > EXECUTION_HISTORY:
        exceeded = f"{len(recorded)} events within {minutes} minutes exceed a player's limit."
        raise UsageError(exceeded, hint="Record a shorter time: --minutes, --since.")
    orders = sum(event.detail_type == STARTED for event in recorded)
    many = f"{orders} orders" if sources.bar else f"{len(recorded)} events"
    title = title or f"Recorded: {minutes} minutes, {many}"
    return Scenario(name, title, minutes, seed, orders, recorded, KIND)


def _learnt(names: Anonymiser, events: Iterable[Mapping[str, Any]]) -> Anonymiser:
    """The anonymiser, which knows the ids in all events before it replaces any."""
    for event in events:
        names.learn(event["detail"])
    return names


def _once(observed: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Each delivery once: EventBridge may make several of one event, which have its id."""
    return {str(event.get("id", number)): event for number, event in enumerate(observed)}.values()


def _seconds(event: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(str(event["time"])).timestamp()


def _event(event: Mapping[str, Any], start: float, speed: float, names: Anonymiser) -> Event:
    at = round((_seconds(event) - start) * speed)
    detail, behind = _times_marked(names.without(event["detail"]), _seconds(event) * 1000)
    late = min(at, round(behind / 1000 * speed)) if behind > _JITTER_MS else 0
    return Event(at, str(event["detail-type"]), detail, str(event["source"]), late)


def _times_marked(value: Any, now: float) -> tuple[Any, float]:
    """A detail with `{at}` for the time it happened at, and how many milliseconds ago that was."""
    behind = 0.0

    def marked(part: Any) -> Any:
        nonlocal behind
        if isinstance(part, dict):
            return {key: marked(item) for key, item in part.items()}
        if isinstance(part, list):
            return [marked(item) for item in part]
        if type(part) is int and -_JITTER_MS <= now - part <= _LONGEST_DELAY_MS:
            behind = max(behind, now - part)
            return "{at}"
        return part

    return marked(value), behind

"""Scenarios: timed lists of events that the event player replays onto a tenant's bus.

A scenario is one JSON file, `<folder>/<name>.json`, one event a line so that a change reads well in a
diff. In an event's detail three markers are replaced during a replay: `{run}`, the first 24
characters of a UUID of the replay's own (an id is `{run}` and 12 digits), `{tenant}`, and `{at}`, the
epoch milliseconds at which the event happened (a value that is `"{at}"` and nothing else becomes a number).
That is when it is due, unless it is `late`.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from event_patterns.nearest import nearest
from presso import atomic, text_file
from presso.aws_limits import EXECUTION_HISTORY
from presso.errors import PressoError, UsageError
from presso.event_sources import CORE_SOURCE
from presso.json_text import NotJson, line_of, loads
from presso.platform_settings import SCENARIOS
from presso.suggestions import did_you_mean

DEFAULT_NAME = "quarter-hour"
ORDER_PLACED = "OrderManager.WaitingCompletion"

# Fifty events travel through the player at once, and Step Functions carries 256 KiB.
BLOCK_EVENTS = 50
MAX_EVENT_BYTES = 4096
MAX_MINUTES = 24 * 60
USUAL = "usual"

LONGEST_NAME = 40
_NAME = re.compile(rf"(?=.{{1,{LONGEST_NAME}}}$)[a-z](-?[a-z0-9])*")
_KEYS = {"name": str, "title": str, "kind": str, "minutes": int, "seed": int, "orders": int, "events": list}
# What a scenario has that was written by hand.
_BY_HAND = {"kind": USUAL, "seed": 0, "orders": 0}
_EVENT_KEYS = {"at", "late", "source", "detail-type", "detail"}


@dataclass(frozen=True)
class Event:
    """One event of a scenario: due `at` whole seconds after the replay's start.

    It happened `late` seconds before that, and its delivery took so long.
    """

    at: int
    detail_type: str
    detail: dict[str, Any]
    source: str = CORE_SOURCE
    late: int = 0


@dataclass(frozen=True)
class Scenario:
    """A timed list of events, in the order in which they are due.

    `orders` counts the orders that customers come for (0: it is of no coffee bar); `seed` is what the
    simulator was given (0: by hand); `kind` is the kind of day that it simulated, `usual` unless the file
    sets it.
    """

    name: str
    title: str
    minutes: int
    seed: int
    orders: int
    events: tuple[Event, ...]
    kind: str = USUAL


@dataclass(frozen=True)
class Counts:
    """How many events a scenario has per detail-type, and how many orders were placed per drink."""

    detail_types: dict[str, int]
    drinks: dict[str, int]


def folder(root: Path) -> Path:
    """Where the scenarios of the checkout `root` are: its own, or those of modules/event-player."""
    own = root / SCENARIOS
    return own if own.is_dir() else root / "modules" / "event-player" / "scenarios"


def default(known: Sequence[str]) -> str:
    """The scenario that is replayed where none is named, as modules/event-player chooses it; "" of none."""
    return DEFAULT_NAME if DEFAULT_NAME in known else next(iter(sorted(known)), "")


def names(scenarios: Path) -> list[str]:
    """The scenarios in a folder, by name, sorted."""
    return sorted(path.stem for path in scenarios.glob("*.json"))


def find(scenarios: Path, name: str, source: str = CORE_SOURCE) -> Scenario:
    """The scenario called `name`; `source` is that of events that name none.

    Raises:
        UsageError: It does not exist (the error names the known ones), or its file is broken.
    """
    known = names(scenarios)
    if name not in known:
        raise unknown(name, known, f"in {scenarios}")
    return load(scenarios / f"{name}.json", source)


def unknown(name: str, known: Sequence[str], where: str) -> UsageError:
    """The error for a scenario that does not exist; `where` names the place, as `in <folder>`."""
    hint = did_you_mean(name, known, "scenarios")
    return UsageError(f"There is no scenario {name!r} {where}.", hint=hint)


def load(path: Path, source: str = CORE_SOURCE) -> Scenario:
    """The scenario in a file, checked; `source` is that of events that name none.

    Raises:
        UsageError: The file cannot be read or is not a scenario; names the file, the line and the fault.
    """
    text = text_file.read(path, str(path))
    try:
        data = loads(text)
    except NotJson as error:
        raise UsageError(f"{path}:{error.line}: not JSON: {error}.") from None
    file = _File(path, text)
    _check_head(file, data)
    minutes = data["minutes"]
    end = minutes * 60
    events = tuple(_event(file, number, data["events"], end, source) for number in range(len(data["events"])))
    if history_entries(events) > EXECUTION_HISTORY:
        file.refuse(("events",), f"{len(events)} events within {minutes} minutes exceed a player's limit")
    head: dict[str, Any] = _BY_HAND | {key: data[key] for key in _KEYS if key in data and key != "events"}
    return Scenario(**head, events=events)


def dumps(scenario: Scenario, source: str = CORE_SOURCE) -> str:
    """The text of a scenario's file: one event a line; `source` is that of events that need not name one.

    The same scenario gives the same text.
    """
    head = "".join(
        f"  {json.dumps(key)}: {json.dumps(getattr(scenario, key), ensure_ascii=False)},\n"
        for key in _KEYS
        if key != "events" and (key, getattr(scenario, key)) != ("kind", USUAL)
    )
    events = ",\n".join(
        f"    {json.dumps(_as_json(event, source), ensure_ascii=False)}" for event in scenario.events
    )
    return f'{{\n{head}  "events": [\n{events}\n  ]\n}}\n'


def save(scenario: Scenario, path: Path, source: str = CORE_SOURCE) -> None:
    """Write a scenario's file: whole or not at all, even when interrupted; `source` as of `dumps`.

    Raises:
        PressoError: The file cannot be written.
    """
    try:
        atomic.write(path, dumps(scenario, source))
    except OSError as error:
        raise PressoError(f"{path}: cannot be written: {error.strerror}.") from None


def counts(events: Sequence[Event]) -> Counts:
    """How many of these events there are per detail-type, and how many orders were placed per drink.

    A drink is counted by `OrderManager.WaitingCompletion`, the event with the ordered drink: once for an
    order, however often that comes.
    """
    placed = [event.detail for event in events if event.detail_type == ORDER_PLACED]
    orders = {detail.get("orderId", number): detail for number, detail in enumerate(placed)}
    return Counts(
        dict(sorted(Counter(event.detail_type for event in events).items())),
        dict(sorted(Counter(str(detail["drinkOrder"]["drink"]) for detail in orders.values()).items())),
    )


def history_entries(events: Sequence[Event]) -> int:
    """How many entries the history of a replay may have; an execution's holds 25,000.

    A call takes nine, for up to ten events of one second; a block of fifty events takes seventeen, and may
    split a second in two.
    """
    calls = min(len(events), events[-1].at + 1 + math.ceil(len(events) / 10)) if events else 0
    return 9 * calls + 26 * math.ceil(len(events) / BLOCK_EVENTS) + 20


def _as_json(event: Event, default: str) -> dict[str, Any]:
    late = {"late": event.late} if event.late else {}
    source = {} if event.source == default else {"source": event.source}
    return {"at": event.at, **late, **source, "detail-type": event.detail_type, "detail": event.detail}


@dataclass(frozen=True)
class _File:
    path: Path
    text: str

    def refuse(self, where: Sequence[str | int], fault: str) -> NoReturn:
        """Refuse the file for a fault at a path of keys and indexes in it."""
        raise UsageError(f"{self.path}:{line_of(self.text, where)}: {fault}.")


def _check_head(file: _File, data: Any) -> None:
    if not isinstance(data, dict):
        file.refuse((), "a scenario is an object with name, title, minutes and events")
    for key in data:
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            file.refuse((key,), f"unknown key {key!r}" + (f" (did you mean {near!r}?)" if near else ""))
    for key, kind in _KEYS.items():
        if key not in data and key in _BY_HAND:
            continue
        if key not in data:
            file.refuse((), f"{key!r} is missing")
        if type(data[key]) is not kind:
            file.refuse((key,), f"{key!r} must be {_KINDS[kind]}")
    name = file.path.stem
    if data["name"] != name or not _NAME.fullmatch(name):
        file.refuse(("name",), f"'name' must be {name!r}, as the file, of lower-case words with hyphens")
    if not 1 <= data["minutes"] <= MAX_MINUTES:
        file.refuse(("minutes",), f"'minutes' must be from 1 to {MAX_MINUTES}")
    if not data["events"]:
        file.refuse(("events",), "a scenario has at least one event")


_KINDS = {str: "text", int: "a whole number", list: "a list", dict: "an object"}


def _event(file: _File, number: int, events: list[Any], end: int, source: str) -> Event:
    """The event with this number; refuses what the player could not send or EventBridge would not take."""
    data, where = events[number], ("events", number)
    if not isinstance(data, dict):
        file.refuse(where, "an event is an object with at, detail-type and detail")
    for key in data:
        if key not in _EVENT_KEYS:
            file.refuse((*where, key), f"unknown key {key!r} in an event")
    at = data.get("at")
    if type(at) is not int or not 0 <= at <= end:
        file.refuse(where, f"'at' must be whole seconds from 0 to {end}")
    late = data.get("late", 0)
    if type(late) is not int or not 0 <= late <= at:
        file.refuse(where, f"'late' must be whole seconds from 0 to 'at', {at}")
    if number and at < events[number - 1]["at"]:
        file.refuse(where, "events must be in the order in which they are due")
    for key in ("detail-type", "source"):
        value = data.get(key, source if key == "source" else None)
        if not isinstance(value, str) or not 0 < len(value) <= 128:
            file.refuse(where, f"{key!r} must be text of 1 to 128 characters")
    if not isinstance(data.get("detail"), dict):
        file.refuse(where, "'detail' must be an object")
    if '"{at}":' in json.dumps(data["detail"]):
        file.refuse(where, "{at} is replaced with a value, so it cannot be a key")
    if data["detail-type"] == ORDER_PLACED and not isinstance(_drink(data["detail"]), str):
        file.refuse(where, f"{ORDER_PLACED} must have the drink in detail.drinkOrder.drink")
    if _size(data, source) > MAX_EVENT_BYTES:
        file.refuse(where, f"an event may have at most {MAX_EVENT_BYTES} bytes")
    return Event(at, data["detail-type"], data["detail"], data.get("source", source), late)


def _size(event: dict[str, Any], source: str) -> int:
    """Bytes of an event in the player, where its detail is a text within JSON."""
    text = json.dumps(event["detail"], ensure_ascii=False, separators=(",", ":"))
    row = {"at": event["at"], "source": event.get("source", source), "type": event["detail-type"]}
    return len(json.dumps({**row, "detail": text}, ensure_ascii=False, separators=(",", ":")).encode())


def _drink(detail: dict[str, Any]) -> Any:
    order = detail.get("drinkOrder")
    return order.get("drink") if isinstance(order, dict) else None

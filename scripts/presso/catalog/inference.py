"""Schemas inferred from observed events, as a registry's discovery does, with the evidence for each claim."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from event_patterns.schemas import DIALECT, Schema, type_of

# A text is taken for one of a few values when it came so often, with so few values, each so often.
ENUM_EVENTS, ENUM_VALUES, ENUM_EACH = 20, 10, 2
_MOST_KEPT = 200
_EPOCH_MS = range(1_000_000_000_000, 5_000_000_000_000)


@dataclass
class Observed:
    """What was seen at one place: how often, and what it was."""

    times: int = 0
    types: Counter[str] = field(default_factory=Counter)
    values: Counter[Any] = field(default_factory=Counter)
    many: bool = False
    lowest: float | None = None
    highest: float | None = None
    formats: set[str] | None = None
    below: dict[str, Observed] = field(default_factory=dict)
    objects: int = 0
    items: Observed | None = None

    def see(self, value: Any) -> None:
        """Take note of one value."""
        self.times += 1
        kind = type_of(value)
        self.types[kind] += 1
        if isinstance(value, dict):
            self._see_object(value)
        elif isinstance(value, list):
            self.items = self.items or Observed()
            for item in value:
                self.items.see(item)
        elif kind in ("integer", "number"):
            self.lowest = value if self.lowest is None else min(self.lowest, value)
            self.highest = value if self.highest is None else max(self.highest, value)
        elif isinstance(value, str):
            found = {name for name, fits in FORMATS.items() if fits(value)}
            self.formats = found if self.formats is None else self.formats & found
            self._count(value)

    def _see_object(self, value: Mapping[str, Any]) -> None:
        self.objects += 1
        for name, item in value.items():
            self.below.setdefault(name, Observed()).see(item)

    def _count(self, value: str) -> None:
        if len(self.values) < _MOST_KEPT or value in self.values:
            self.values[value] += 1
        else:
            self.many = True

    def schema(self) -> Schema:
        """The schema of what was seen here; `x-seen` is how often."""
        kinds = set(self.types)
        if "number" in kinds:
            kinds.discard("integer")
        found: Schema = {"type": next(iter(kinds)) if len(kinds) == 1 else sorted(kinds)} if kinds else {}
        if "object" in kinds:
            found["required"] = [name for name, seen in self.below.items() if seen.times == self.objects]
            found["properties"] = {name: seen.schema() for name, seen in self.below.items()}
        if self.items and self.items.times:
            found["items"] = self.items.schema()
        if kinds == {"string"}:
            found |= self._text()
        if kinds == {"integer"} and self._is_time():
            found["x-unit"] = "epoch-ms"
        found["x-seen"] = self.times
        return found

    def _text(self) -> Schema:
        if self.formats:
            return {"format": next(name for name in FORMATS if name in self.formats)}
        few = not self.many and 2 <= len(self.values) <= ENUM_VALUES
        if few and self.times >= ENUM_EVENTS and min(self.values.values()) >= ENUM_EACH:
            counts = dict(sorted(self.values.items(), key=lambda pair: (-pair[1], pair[0])))
            return {"enum": list(counts), "x-counts": counts}
        return {}

    def _is_time(self) -> bool:
        return (
            self.lowest is not None and int(self.lowest) in _EPOCH_MS and int(self.highest or 0) in _EPOCH_MS
        )


def _is(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return fits


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
FORMATS: dict[str, Callable[[str], bool]] = {
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
    "date-time": lambda text: "T" in text and _is(datetime.fromisoformat)(text),
    "date": lambda text: len(text) == 10 and _is(date.fromisoformat)(text),
    "ipv4": lambda text: text.count(".") == 3 and _is(ipaddress.IPv4Address)(text),
    "uri": lambda text: bool(re.fullmatch(r"https?://\S+", text)),
}


@dataclass(frozen=True)
class Inferred:
    """An event as it was observed: how often, and the schema of its detail."""

    source: str
    name: str
    seen: int
    schema: Schema

    def as_json(self) -> dict[str, Any]:
        """The event for `--json`."""
        return {"detail-type": self.name, "source": self.source, "seen": self.seen, "schema": self.schema}


def infer(events: Iterable[Mapping[str, Any]]) -> list[Inferred]:
    """The events observed, by detail-type and source, each with what all of its kind have in common.

    Args:
        events: Events with `detail-type`, `source` and `detail`.
    """
    found: dict[tuple[str, str], Observed] = {}
    for event in events:
        key = str(event["detail-type"]), str(event.get("source", ""))
        found.setdefault(key, Observed()).see(event["detail"])
    return [
        Inferred(source, name, seen.times, {"$schema": DIALECT, **seen.schema()})
        for (name, source), seen in sorted(found.items())
    ]

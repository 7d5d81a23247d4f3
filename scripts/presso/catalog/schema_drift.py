"""Differences between observed events and the catalog: unknown fields, and promises that are not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from event_patterns.nearest import nearest
from event_patterns.schemas import Schema, fields, options_at, types
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.inference import ENUM_EVENTS, Inferred
from presso.catalog.validation import Checker


@dataclass(frozen=True)
class Drift:
    """One difference between observed events and the catalog.

    Args:
        name: The event's detail-type.
        path: The field, such as `detail.drinkOrder.drink`; "" for the whole event.
        message: What differs, with the counts it rests on.
        grade: `drift` breaks a promise of the catalog; a `note` is a possible addition to the catalog.
    """

    name: str
    path: str
    message: str
    grade: Literal["drift", "note"] = "drift"

    def __str__(self) -> str:
        """The difference as one line."""
        return f"{self.name}: {f'{self.path}: ' if self.path else ''}{self.message}"

    def as_json(self) -> dict[str, str]:
        """The difference for `--json`."""
        return asdict(self)


def compare(
    catalog: Catalog, inferred: Sequence[Inferred], events: Sequence[Mapping[str, Any]]
) -> list[Drift]:
    """How what was observed differs from the catalog; drift first."""
    found = [drift for seen in inferred for drift in _event(catalog, seen)]
    found += _invalid(catalog, events)
    return sorted(dict.fromkeys(found), key=lambda drift: (drift.grade, drift.name, drift.path))


def _event(catalog: Catalog, seen: Inferred) -> Iterator[Drift]:
    event = catalog.get(seen.source, seen.name)
    if event is None:
        near = nearest(seen.name, catalog.names)
        meant = f" Is it {near}?" if near and near != seen.name else ""
        yield Drift(seen.name, "", f"seen {seen.seen} times from {seen.source}, not in the catalog.{meant}")
        return
    yield from _fields(event, seen)


def _fields(event: CatalogEvent, seen: Inferred) -> Iterator[Drift]:
    """Fields that are not in the catalog, and fields of the catalog that were not observed."""
    known = {field.path: field for field in event.fields}
    for field in fields(seen.schema):
        where = f"detail.{field.path}"
        times = field.schema["x-seen"]
        described = known.get(field.path)
        if described is None:
            if not _opens(event.schema, field.path):
                yield Drift(event.name, where, f"seen {times} times, not in the catalog")
        elif (
            described.required is False
            and field.required
            and seen.seen >= ENUM_EVENTS
            and "[]" not in field.path
        ):
            yield Drift(event.name, where, f"optional in the catalog, and in all of {times}", "note")
    seen_paths = {field.path for field in fields(seen.schema)}
    for path, field in known.items():
        inside = path.rpartition(".")[0].removesuffix("[]")
        absent = path not in seen_paths and "[]" not in path and (not inside or inside in seen_paths)
        if absent and not field.required:
            yield Drift(event.name, f"detail.{path}", f"in none of {seen.seen} events", "note")


def _opens(schema: Schema, path: str) -> bool:
    """Whether the catalog leaves open what is in the object around a field."""
    above = path.rpartition(".")[0].replace("[]", "").split(".")
    around = options_at(schema, [name for name in above if name])
    return any("object" in types(part) and not part.get("properties") for part in around)


def _invalid(catalog: Catalog, events: Sequence[Mapping[str, Any]]) -> Iterator[Drift]:
    """What the catalog promises and events do not keep, counted."""
    checker = Checker(catalog)
    counts: dict[tuple[str, str, str], list[str]] = {}
    totals: dict[str, int] = {}
    for event in events:
        name = str(event["detail-type"])
        totals[name] = totals.get(name, 0) + 1
        for fault in checker.check(event):
            if fault.grade == "error" and f"{fault.path}.".startswith("detail."):
                message = f"{fault.message}, expected {fault.expected}" if fault.expected else fault.message
                counts.setdefault((name, fault.path, message), []).append(fault.found)
    for (name, path, message), found in counts.items():
        such = f", such as {found[0]}" if found[0] else ""
        yield Drift(name, path, f"{message}: in {len(found)} of {totals[name]} events{such}")

"""Schema changes, each with the sides that it breaks.

A consumer breaks where an event may now be what it never was: a field gone or no longer certain, a value or a
type that is new. A producer breaks where an event may no longer be what it was: a field now demanded, a value
or a type refused. Objects are open, as on EventBridge: an added field breaks no one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from event_patterns.schemas import DEEPEST, Schema, resolved, schema_words, types
from event_patterns.words import shown
from presso.catalog.events import Catalog, CatalogEvent

CONSUMERS, PRODUCERS = "consumers", "producers"


@dataclass(frozen=True)
class Change:
    """One change of an event's contract.

    Args:
        name: The event's detail-type.
        path: The field below `detail`, such as `drinkOrder.drink`; "" for the event itself.
        message: What changed, for people.
        breaks: Which of `consumers` and `producers` may break; empty for none.
        source: The event's source: two producers may have an event of one name.
    """

    name: str
    path: str
    message: str
    breaks: tuple[str, ...] = ()
    source: str = ""

    @property
    def where(self) -> str:
        """The field as events have it: `detail.drinkOrder.drink`."""
        return f"detail.{self.path}" if self.path else ""

    def __str__(self) -> str:
        """The change as one line."""
        return f"{self.name}: {f'{self.where}: ' if self.path else ''}{self.message}"


def catalog_changes(before: Catalog, after: Catalog) -> Iterator[Change]:
    """What changed from one state of the catalog to another, event by event."""
    old, new = ({event.key: event for event in catalog.events} for catalog in (before, after))
    for key in sorted(set(old) | set(new), key=lambda key: key[::-1]):
        if key not in new:
            moved = next((event.source for event in after.named(key[1]) if event.key not in old), "")
            message = f"comes from {moved} now, not {key[0]}" if moved else "is no longer there"
            yield Change(key[1], "", message, (CONSUMERS, PRODUCERS), key[0])
        elif key not in old:
            if not any(event.key not in new for event in before.named(key[1])):
                yield Change(key[1], "", "is new", source=key[0])
        else:
            yield from (replace(change, source=key[0]) for change in event_changes(old[key], new[key]))


def event_changes(before: CatalogEvent, after: CatalogEvent) -> Iterator[Change]:
    """What changed of one event."""
    found = list(_Comparison(after.name, before.schema, after.schema).changes())
    if after.deprecated and not before.deprecated:
        found.append(Change(after.name, "", f"is deprecated: {after.deprecated}"))
    keys = ("title", "summary", "when", "producer", "examples")
    parts = [key for key in keys if getattr(before, key) != getattr(after, key)]
    if parts:
        found.append(Change(after.name, "", f"is described anew: {', '.join(parts)}"))
    yield from found
    if (
        found
        and (wanted := _version_wanted(before.version, found))
        and _number(after.version) < _number(wanted)
    ):
        yield Change(after.name, "", f"version {after.version} should be {wanted}")


def _version_wanted(version: str, changes: list[Change]) -> str:
    major, minor, patch = _number(version)
    if any(change.breaks for change in changes):
        return f"{major + 1}.0.0"
    if any("described anew" not in change.message for change in changes):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def _number(version: str) -> tuple[int, int, int]:
    parts = [int(part) if part.isdigit() else 0 for part in version.split(".")[:3]]
    major, minor, patch = ([*parts, 0, 0, 0])[:3]
    return major, minor, patch


# Keywords of which a larger number allows less, and those of which a smaller one does.
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_RULES = ("pattern", "format", "multipleOf", "uniqueItems", "not")
_WORDS = ("description", "title", "examples", "x-unit", "$comment", "default")


class _Comparison:
    """One event's schema, before and after."""

    def __init__(self, name: str, before: Schema, after: Schema) -> None:
        self.name = name
        self.before = before
        self.after = after
        self._inside: list[tuple[Schema, Schema]] = []

    def changes(self) -> Iterator[Change]:
        if self.before == self.after:
            return
        old, new = resolved(self.before, self.before), resolved(self.after, self.after)
        yield from self._compare(old, new, "", 0)

    def _change(self, path: str, message: str, *, wider: bool = False, narrower: bool = False) -> Change:
        breaks = (*((CONSUMERS,) if wider else ()), *((PRODUCERS,) if narrower else ()))
        return Change(self.name, path, message, breaks)

    def _compare(self, old: Schema, new: Schema, path: str, depth: int) -> Iterator[Change]:
        # What is within itself by a reference is compared once.
        if (old == new and "$ref" not in json.dumps(old)) or depth > DEEPEST or (old, new) in self._inside:
            return
        self._inside.append((old, new))
        yield from self._compare_new(old, new, path, depth)
        self._inside.pop()

    def _compare_new(self, old: Schema, new: Schema, path: str, depth: int) -> Iterator[Change]:
        for found in (self._types(old, new, path), self._values(old, new, path)):
            if found:
                yield found
        if types(old).isdisjoint(types(new)):
            return
        yield from self._limits(old, new, path)
        yield from self._alternatives(old, new, path)
        yield from self._properties(old, new, path, depth)
        yield from self._items(old, new, path, depth)
        parts = [key for key in _WORDS if old.get(key) != new.get(key)]
        if parts and (path or parts != ["examples"]):
            yield self._change(path, f"is described anew: {', '.join(parts)}")

    def _types(self, old: Schema, new: Schema, path: str) -> Change | None:
        """A change of type. A whole number is a number too."""
        was, now = types(old), types(new)
        if was == now:
            return None
        was_all, now_all = (kinds | {"integer"} if "number" in kinds else kinds for kinds in (was, now))
        wider, narrower = bool(now_all - was_all), bool(was_all - now_all)
        if not wider and not narrower:
            return None
        message = f"was {schema_words(_only_type(old))}, is {schema_words(_only_type(new))}"
        return self._change(path, message, wider=wider, narrower=narrower)

    def _values(self, old: Schema, new: Schema, path: str) -> Change | None:
        was, now = _values(old), _values(new)
        if was == now or types(old).isdisjoint(types(new)):
            return None
        if was is None:
            return self._change(path, f"is now only {_listed(now)}", narrower=True)
        if now is None:
            return self._change(path, f"is no longer only {_listed(was)}", wider=True)
        gone, come = [v for v in was if v not in now], [v for v in now if v not in was]
        if not gone and not come:
            return None
        parts = [f"may now be {_listed(come)}"] * bool(come) + [f"is no longer {_listed(gone)}"] * bool(gone)
        return self._change(path, " and ".join(parts), wider=bool(come), narrower=bool(gone))

    def _limits(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        for key in (*_LOWER, *_UPPER, *_RULES):
            was, now = old.get(key), new.get(key)
            if was == now:
                continue
            text = f"{key} {'none' if was is None else shown(was)} → {'none' if now is None else shown(now)}"
            if was is None or now is None:
                yield self._change(path, text, wider=now is None, narrower=was is None)
            elif key in _RULES:
                yield self._change(path, text, wider=True, narrower=True)
            else:
                tighter = now > was if key in _LOWER else now < was
                yield self._change(path, text, wider=not tighter, narrower=tighter)
        yield from self._openness(old, new, path)

    def _openness(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        """Whether an object takes fields that its schema does not name."""
        for key in ("additionalProperties", "unevaluatedProperties"):
            was, now = old.get(key, True), new.get(key, True)
            if was == now or "object" not in types(new):
                continue
            if now is False:
                yield self._change(path, "no longer takes fields that are not named", narrower=True)
            elif was is False:
                yield self._change(path, "takes fields that are not named")
            else:
                yield self._change(path, "takes other fields than before", wider=True, narrower=True)

    def _alternatives(self, old: Schema, new: Schema, path: str) -> Iterator[Change]:
        for key in ("anyOf", "oneOf", "allOf"):
            was, now = (
                {json.dumps(resolved(root, option), sort_keys=True) for option in schema.get(key, ())}
                for root, schema in ((self.before, old), (self.after, new))
            )
            if was == now:
                continue
            gone, come = bool(was - now), bool(now - was)
            message = f"{key} has other alternatives" if key != "allOf" else "allOf asks for other things"
            if key == "allOf":
                gone, come = come, gone
            wider = (come and bool(was)) or (not now and bool(was))
            narrower = (gone and bool(now)) or (not was and bool(now))
            yield self._change(path, message, wider=wider, narrower=narrower)

    def _properties(self, old: Schema, new: Schema, path: str, depth: int) -> Iterator[Change]:
        was, now = old.get("properties", {}), new.get("properties", {})
        needed_before, needed = set(old.get("required", ())), set(new.get("required", ()))
        for name in dict.fromkeys([*was, *now, *sorted(needed_before | needed)]):
            here = f"{path}.{name}" if path else name
            if name in was and name not in now:
                yield self._change(here, "is no longer there", wider=True)
                continue
            if name in now and name not in was:
                yield self._change(
                    here, f"is new, {'required' if name in needed else 'optional'}", narrower=name in needed
                )
                continue
            if name in needed and name not in needed_before:
                yield self._change(here, "was optional, is required", narrower=True)
            elif name in needed_before and name not in needed:
                yield self._change(here, "was required, is optional", wider=True)
            before, after = resolved(self.before, was.get(name, {})), resolved(self.after, now.get(name, {}))
            yield from self._compare(before, after, here, depth + 1)

    def _items(self, old: Schema, new: Schema, path: str, depth: int) -> Iterator[Change]:
        if "array" in types(old) & types(new) and ("items" in old or "items" in new):
            before = resolved(self.before, old.get("items", {}))
            after = resolved(self.after, new.get("items", {}))
            yield from self._compare(before, after, f"{path}[]", depth + 1)


def _values(schema: Schema) -> list[Any] | None:
    return list(schema["enum"]) if "enum" in schema else [schema["const"]] if "const" in schema else None


def _only_type(schema: Schema) -> Schema:
    return {"type": sorted(types(schema))}


def _listed(values: list[Any] | None) -> str:
    return " or ".join(shown(value) for value in values or ())

"""Events made up from their schemas: valid, realistic, the same for the same seed."""

from __future__ import annotations

import math
import random
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from event_patterns.schemas import DEEPEST, Schema, resolved, schema_words, types
from presso.catalog.events import CatalogEvent
from presso.catalog.schema_validator import compiled
from presso.errors import PressoError

BEGIN = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_MOST_TRIES = 20
# Below so many objects and lists only what must be there is made up: a schema may refer to itself.
_OPTIONAL_DEPTH = 6


def generated(event: CatalogEvent, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many events in their envelope; ids within an event agree, each event is about another order.

    Raises:
        PressoError: The schema asks for what cannot be made up; the field is named.
    """
    # Text, so that another event of the same seed is another story.
    dice = random.Random(f"{seed} {event.name}")  # noqa: S311  made-up events, not secrets
    validator = compiled(event.schema)
    for number in range(count):
        at = BEGIN + timedelta(seconds=number * 7)
        detail = _valid(event, dice, at, validator)
        yield event.sample(detail, id=_id(dice), time=at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def from_known(event: CatalogEvent, values: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    """A detail whose fields have the values that are known by their names, as far as its schema allows them.

    Raises:
        PressoError: The schema asks for what cannot be made up; the field is named.
    """
    return _valid(event, dice, BEGIN, compiled(event.schema), values)


def _valid(
    event: CatalogEvent,
    dice: random.Random,
    at: datetime,
    validator: Any,
    values: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    detail: Any = None
    for _ in range(_MOST_TRIES):
        detail = _Maker(event, dice, at, values or {}).value(event.schema, "detail")
        if validator.is_valid(detail):
            return dict(detail)
    error = next(iter(validator.iter_errors(detail)))
    where = ".".join(["detail", *map(str, error.instance_path)])
    raise PressoError(f"Cannot generate {event.name}: {where}: {error.message}.", hint=_way_out(event))


def _way_out(event: CatalogEvent) -> str:
    return f"Add examples for that field in {event.file}."


def _id(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


class _Maker:
    """Makes one event's detail. A name that comes again has the same value, as ids in real events."""

    def __init__(
        self, event: CatalogEvent, dice: random.Random, at: datetime, values: Mapping[str, Any]
    ) -> None:
        self.event = event
        self.values = values
        self.dice = dice
        self.at = at
        self.known: dict[tuple[str, str], Any] = {}
        self.depth = 0

    def value(self, schema: Schema, name: str) -> Any:
        """A value for a field of this name."""
        schema = self._chosen(resolved(self.event.schema, schema))
        kinds = [kind for kind in _ORDER if kind in types(schema)]
        kind = kinds[0] if kinds else "null"
        if name in self.values and compiled(schema).is_valid(self.values[name]):
            return self.values[name]
        if kind in ("object", "array"):
            self.depth += 1
            if self.depth > DEEPEST:
                raise PressoError(f"Cannot generate {self.event.name}: {name} refers to itself without end.")
            made = self._object(schema) if kind == "object" else self._list(schema, name)
            self.depth -= 1
            return made
        key = (name, schema_words(schema))
        if key not in self.known:
            self.known[key] = self._leaf(schema, name, kind)
        return self.known[key]

    def _chosen(self, schema: Schema) -> Schema:
        """The schema with its parts merged and its first alternatives taken."""
        found = dict(schema)
        for key in ("anyOf", "oneOf"):
            options = [resolved(self.event.schema, option) for option in found.pop(key, ())]
            real = [option for option in options if option.get("type") != "null"] or options
            found.update(self.dice.choice(real) if real else {})
        for part in found.pop("allOf", ()):
            part = resolved(self.event.schema, part)
            properties = {**found.get("properties", {}), **part.get("properties", {})}
            required = [*found.get("required", ()), *part.get("required", ())]
            found = {**found, **part, "properties": properties, "required": required}
        return found

    def _object(self, schema: Schema) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        return {
            name: self.value(below, name)
            for name, below in schema.get("properties", {}).items()
            if below is not False
            and (name in required or self.dice.random() < (0.8 if self.depth <= _OPTIONAL_DEPTH else 0))
        }

    def _list(self, schema: Schema, name: str) -> list[Any]:
        if schema.get("examples"):
            return list(self.dice.choice(schema["examples"]))
        least = schema.get("minItems", 0)
        count = self.dice.randint(least, min(schema.get("maxItems", least + 2), least + 2))
        made: list[Any] = []
        for _ in range(count):
            self.known = {key: value for key, value in self.known.items() if key[0] != name}
            item = self.value(schema.get("items", {"type": "string"}), name)
            if item not in made or (len(made) < least and not schema.get("uniqueItems")):
                made.append(item)
        return made

    def _leaf(self, schema: Schema, name: str, kind: str) -> Any:
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self.dice.choice(schema["enum"])
        if name == "Message":
            return self.event.summary.strip()
        if schema.get("x-unit") == "epoch-ms":
            return int(self.at.timestamp() * 1000) + self.dice.randrange(1000)
        if schema.get("examples"):
            found = self.dice.choice(schema["examples"])
            return _id(self.dice) if isinstance(found, str) and _UUID.fullmatch(found) else found
        if kind == "string":
            return self._text(schema, name)
        return (
            {"boolean": self.dice.random() < 0.5, "null": None}[kind]
            if kind in ("boolean", "null")
            else (self._number(schema, kind))
        )

    def _text(self, schema: Schema, name: str) -> str:
        made = {
            "uuid": lambda: _id(self.dice),
            "date-time": lambda: self.at.isoformat().replace("+00:00", "Z"),
            "date": lambda: self.at.date().isoformat(),
            "time": lambda: self.at.time().isoformat() + "Z",
            "uri": lambda: f"https://example.com/{name}",
            "email": lambda: f"{name.lower()}@example.com",
            "ipv4": lambda: f"192.0.2.{self.dice.randrange(1, 255)}",
        }
        if (form := schema.get("format")) in made:
            return made[form]()
        if "pattern" in schema:
            raise PressoError(
                f"Cannot generate {self.event.name}: {name} is text like {schema['pattern']}.",
                hint=_way_out(self.event),
            )
        text = f"{name} {self.dice.randrange(1, 100)}"
        return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength", 1000)]

    def _number(self, schema: Schema, kind: str) -> float:
        """A number; one between the bounds where none of the steps is, for the validator to judge."""
        step = schema.get("multipleOf", 1)
        low, high = _bounds(schema, step)
        first, last = math.ceil(low / step), math.floor(high / step)
        if first > last:
            return (low + high) / 2
        number = step * self.dice.randint(first, last)
        return int(number) if kind == "integer" else number


def _bounds(schema: Schema, step: float) -> tuple[float, float]:
    """The least and the largest number to try, half a step off a bound that is excluded."""
    lows = [
        schema[key] + off for key, off in (("minimum", 0), ("exclusiveMinimum", step / 2)) if key in schema
    ]
    highs = [
        schema[key] - off for key, off in (("maximum", 0), ("exclusiveMaximum", step / 2)) if key in schema
    ]
    low = max(lows) if lows else min(0, *highs) if highs else 0
    return low, min(highs) if highs else low + 1000 * step


_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")

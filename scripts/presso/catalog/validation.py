"""Validates events against the catalog: what is wrong, where, what was expected, and what was meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from event_patterns.nearest import nearest
from event_patterns.schemas import Schema, options_at, resolved, schema_at, schema_words, type_of
from event_patterns.words import shown
from presso.aws_limits import EVENT_BYTES, entry_bytes
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.schema_validator import compiled
from presso.json_text import NotJson, loads

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class EventFault:
    """One thing that is wrong with an event.

    Args:
        path: Where, such as `detail.drinkOrder.modifiers[0]`.
        message: What, in a few words.
        expected: The expected value by the catalog; "" when nothing is expected.
        found: What is there, as JSON, shortened; "" when nothing is.
        hint: What was probably meant.
        grade: A `warning` breaks no consumer: a field that is not in the catalog.
    """

    path: str
    message: str
    expected: str = ""
    found: str = ""
    hint: str = ""
    grade: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """The fault as one line."""
        more = (("expected", self.expected), ("found", self.found))
        details = ", ".join(f"{verb} {what}" for verb, what in more if what)
        hint = f". {self.hint}" if self.hint else ""
        return f"{self.path}: {self.message}{f': {details}' if details else ''}{hint}"

    def as_json(self) -> dict[str, str]:
        """The fault for `--json`."""
        return asdict(self)


class Checker:
    """Validates events against a catalog. Each schema is compiled at its first event."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._compiled: dict[tuple[str, str], _Compiled] = {}

    def check(self, event: Mapping[str, Any]) -> list[EventFault]:
        """What is wrong with an event; an empty list when nothing is.

        Args:
            event: An event as EventBridge delivers it; or of it only detail-type, detail and, when it is not
                the catalog's, source; or an entry of PutEvents (`DetailType`, `Detail`).
        """
        whole = envelope_of(event)
        if isinstance(whole, EventFault):
            return [whole]
        found = self._known(whole)
        if isinstance(found, EventFault):
            return [found]
        compiled = self._compiled.get(found.key)
        if compiled is None:
            compiled = self._compiled[found.key] = _Compiled(found.schema)
        faults = [*_size_faults(event, whole)]
        faults += self._envelope_faults(whole) if "id" in whole and "time" in whole else []
        detail = whole.get("detail")
        if not compiled.closed.is_valid(detail):
            faults += compiled.faults(detail)
        return faults

    def _known(self, event: Mapping[str, Any]) -> CatalogEvent | EventFault:
        """The catalog's event that this claims to be."""
        name, source = str(event["detail-type"]), event.get("source")
        named = self.catalog.named(name)
        if not named:
            near = _respelt(name, self.catalog.names) or nearest(name, self.catalog.names)
            hint = f"Did you mean {near}?" if near else ""
            return EventFault("detail-type", "no such event in the catalog", "", name, hint)
        match = named[0] if source is None else self.catalog.get(str(source), name)
        if match is None:
            sources = " or ".join(known.source for known in named)
            return EventFault("source", f"{name} does not come from there", sources, _short(source))
        return match

    @cached_property
    def _envelope(self) -> _Compiled:
        return _Compiled(self.catalog.envelope)

    def _envelope_faults(self, event: Mapping[str, Any]) -> Iterator[EventFault]:
        if not self._envelope.closed.is_valid(event):
            yield from self._envelope.faults(event, base=())


def _size_faults(event: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[EventFault]:
    """What PutEvents refuses for its size: the detail counts as the text that is sent for it."""
    text = event.get("Detail")
    if not isinstance(text, str):
        text = json.dumps(whole.get("detail"), separators=(",", ":"), ensure_ascii=False)
    has_time = (event.get("Time") or event.get("time")) is not None
    resources = event.get("Resources", event.get("resources"))
    size = entry_bytes(whole.get("source"), whole["detail-type"], text, resources, has_time=has_time)
    if size > EVENT_BYTES:
        most, hint = f"at most {EVENT_BYTES:,} bytes", "Put what is large into S3, and its key here."
        yield EventFault("event", "is too large for PutEvents", most, f"{size:,}", hint)


def envelope_of(event: Any) -> dict[str, Any] | EventFault:
    """An event with the envelope's own names, whether it was delivered or is to be put; or what is wrong."""
    if not isinstance(event, Mapping):
        return EventFault("event", "is not an object", found=_short(event))
    found: dict[str, Any] = dict(event)
    if "DetailType" in found or "Detail" in found:
        names = {"DetailType": "detail-type", "Source": "source", "Detail": "detail"}
        found = {names[key]: value for key, value in found.items() if key in names}
        if isinstance(found.get("detail"), str):
            try:
                found["detail"] = loads(found["detail"])
            except NotJson:
                return EventFault("Detail", "is not JSON", found=_short(found["detail"]))
    for key in ("detail-type", "detail"):
        if key not in found:
            near = nearest(key, [str(known) for known in found])
            return EventFault(key, "is missing", hint=f"There is {near}." if near else "")
    return found


def _respelt(name: str, known: list[str]) -> str:
    """The name meant by the deployed original's `OrderManager.Order<eventId>-COMPLETED`."""
    producer, _, rest = name.partition(".")
    end = rest.rpartition("-")[2]
    return next((word for word in known if end and word.lower() == f"{producer}.order{end}".lower()), "")


class _Compiled:
    """A schema, compiled twice: as it is, and closed, where a field that it does not name is refused."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._open: Draft202012Validator | None = None
        self.closed = compiled(closed(schema))

    def faults(self, value: Any, base: Path = ("detail",)) -> list[EventFault]:
        """What the closed schema finds; what the open one lets pass is a warning."""
        self._open = self._open or compiled(self.schema)
        faults = list(self._errors(self._open, value, base))
        hints = " ".join(fault.hint for fault in faults)
        reported = {fault.path for fault in faults}
        unknown = [
            fault
            for fault in self._unknown(value, base)
            if fault.path not in reported and f"There is {fault.path.rpartition('.')[2]}:" not in hints
        ]
        return sorted([*faults, *unknown], key=lambda fault: fault.grade)

    def _errors(self, validator: Draft202012Validator, value: Any, base: Path) -> Iterator[EventFault]:
        for error in validator.iter_errors(value):
            yield from self._faults_of_error(error, value, base)

    def _faults_of_error(self, error: ValidationError, value: Any, base: Path) -> Iterator[EventFault]:
        """A validator's error in our words."""
        path = tuple(error.instance_path)
        where, here = pointer((*base, *path)), _value_at(value, path)
        kind = error.kind.name
        schema = self._schema_at(path)
        if kind == "required":
            yield self._missing(error, schema, here, (*base, *path))
        elif kind == "type":
            yield EventFault(
                where,
                "is of the wrong type",
                schema_words(schema),
                f"{_kind_words(here)} {_short(here)}".strip(),
            )
        elif kind == "enum" or kind == "const":
            near = nearest(here, [str(v) for v in schema.get("enum", ())]) if isinstance(here, str) else ""
            hint = f"Did you mean {near}?" if near else ""
            yield EventFault(
                where, "has a value that is not allowed", schema_words(schema), _short(here), hint
            )
        elif kind in ("additionalProperties", "unevaluatedProperties"):
            yield from self._refused(error, here, (*base, *path), grade="error")
        else:
            yield EventFault(
                where, _KINDS.get(kind, "is not as it should be"), schema_words(schema), _short(here)
            )

    def _missing(self, error: ValidationError, schema: Schema, here: Any, path: Path) -> EventFault:
        name = str(error.kind.as_dict()["property"]).strip('"')
        expected = schema_at(self.schema, [*_names(path[1:]), name]) or {}
        spare = (
            [key for key in here if key not in schema.get("properties", {})] if isinstance(here, dict) else []
        )
        near = nearest(name, spare)
        hint = f"There is {near}: is that it?" if near else ""
        return EventFault(pointer((*path, name)), "is missing", schema_words(expected), hint=hint)

    def _unknown(self, value: Any, base: Path) -> Iterator[EventFault]:
        for error in self.closed.iter_errors(value):
            if error.kind.name in ("additionalProperties", "unevaluatedProperties"):
                path = tuple(error.instance_path)
                yield from self._refused(error, _value_at(value, path), (*base, *path), grade="warning")

    def _refused(
        self, error: ValidationError, here: Any, path: Path, grade: Literal["error", "warning"]
    ) -> Iterator[EventFault]:
        known = self._schema_at(tuple(error.instance_path)).get("properties", {})
        for name in error.kind.as_dict()["unexpected"]:
            near = nearest(str(name), [key for key in known if not isinstance(here, dict) or key not in here])
            hint = f"Did you mean {near}?" if near else ""
            yield EventFault(
                pointer((*path, name)), "is not in the catalog", "", _short(here.get(name)), hint, grade
            )

    def _schema_at(self, path: Path) -> Schema:
        """The schema of a place; of alternatives the first."""
        schema = resolved(self.schema, self.schema)
        for step in path:
            if isinstance(step, int):
                schema = resolved(self.schema, schema.get("items", {}))
            else:
                schema = resolved(self.schema, schema.get("properties", {}).get(step, {}))
        return schema or next(iter(options_at(self.schema, _names(path))), {})


_KINDS = {
    "format": "is not of the right form",
    "pattern": "is not of the right form",
    "minLength": "is too short",
    "maxLength": "is too long",
    "minimum": "is too small",
    "maximum": "is too large",
    "exclusiveMinimum": "is too small",
    "exclusiveMaximum": "is too large",
    "minItems": "has too few elements",
    "maxItems": "has too many elements",
    "uniqueItems": "has the same element twice",
    "anyOf": "matches none of the alternatives",
    "oneOfNotValid": "matches none of the alternatives",
    "oneOfMultipleValid": "matches more than one alternative",
    "not": "is not allowed",
}


def closed(schema: Any) -> Any:
    """The schema with every object of it refusing fields that it does not name.

    An object that sets its own additional properties keeps them, and so does one that combines several.
    """
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value if key in _LITERAL else closed(value) for key, value in schema.items()}
    says = {
        "additionalProperties",
        "unevaluatedProperties",
        "patternProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "$ref",
    }
    if isinstance(schema.get("properties"), dict) and _is_schema(schema) and not says & set(schema):
        found["additionalProperties"] = False
    return found


_LITERAL = {"enum", "const", "examples", "default", "required"}


def _is_schema(schema: Schema) -> bool:
    # A field may itself be called `properties`; the map of fields around it has no type.
    return schema.get("type", "object") == "object" or "object" in schema.get("type", ())


def pointer(path: Path) -> str:
    """A place in an event for people: `detail.menu[0].drink`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def _names(path: Path) -> list[str]:
    return [step for step in path if isinstance(step, str)]


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _kind_words(value: Any) -> str:
    kinds = {"integer": "the number", "number": "the number", "string": "the text", "array": "the list"}
    return kinds.get(type_of(value), "")


def _short(value: Any) -> str:
    text = shown(value) if not isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"

"""Event patterns of the catalog's events: read from text, built, and compared with schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from event_patterns import builder, satisfiability
from event_patterns.operators import PatternError
from event_patterns.pattern import Pattern
from event_patterns.satisfiability import Impossible
from event_patterns.schemas import Schema, resolved
from presso.catalog.events import CatalogEvent
from presso.catalog.schema_validator import invalid
from presso.errors import UsageError
from presso.json_text import NotJson, loads
from presso.suggestions import did_you_mean

# What EventBridge puts around every detail, for who has no catalog's envelope at hand.
ANY_ENVELOPE: Schema = {
    "type": "object",
    "required": ["version", "id", "account", "time", "region", "resources"],
    "properties": {
        **{
            name: {"type": "string"} for name in ("version", "id", "account", "time", "region", "replay-name")
        },
        "resources": {"type": "array", "items": {"type": "string"}},
    },
}


def pattern_in(text: str) -> Pattern:
    """The pattern in a text of JSON.

    Raises:
        PatternError: EventBridge would refuse it; the reason is EventBridge's.
    """
    if not text.strip():
        raise PatternError("Filter is not an object")
    try:
        found = loads(text)
    except NotJson:
        raise PatternError("Invalid JSON") from None
    if not isinstance(found, dict):
        raise PatternError("Filter is not an object")
    return Pattern(found)


def pattern_for(event: CatalogEvent, conditions: Sequence[str]) -> dict[str, Any]:
    """The pattern for an event under conditions; values are written as the schema types them.

    Raises:
        UsageError: A condition cannot be read, or names a field that the event does not have.
    """
    try:
        return builder.build(builder.EventType(event.name, event.source, event.schema), conditions)
    except builder.ConditionError as error:
        hint = error.hint or did_you_mean(error.unknown, error.known, "fields")
        raise UsageError(error.message, hint=hint) from None


def impossible(pattern: Pattern, event: CatalogEvent, envelope: Schema = ANY_ENVELOPE) -> list[Impossible]:
    """Why no event of this kind can ever match, as of `satisfiability.impossible`; empty when one can.

    Raises:
        UsageError: The event's schema is invalid.
    """
    try:
        return satisfiability.impossible(pattern, _whole(event, envelope))
    except ValueError as error:
        raise invalid(error) from None


def _whole(event: CatalogEvent, envelope: Schema) -> Schema:
    """The schema of the event in its envelope: detail-type, source and detail are this event's."""
    schema = resolved(event.schema, event.schema)
    known = envelope.get("properties", {})
    own = {
        "detail-type": {**known.get("detail-type", {}), "const": event.name},
        "source": {**known.get("source", {}), "const": event.source},
        "detail": schema,
    }
    definitions: Schema = {key: event.schema[key] for key in ("$defs", "definitions") if key in event.schema}
    return {**envelope, **definitions, "properties": {**known, **own}}

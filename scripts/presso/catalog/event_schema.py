"""The JSON Schema of a whole event: its `detail` in EventBridge's envelope."""

from __future__ import annotations

from typing import Any

from event_patterns.schemas import Schema
from presso.catalog.events import CatalogEvent


def whole(event: CatalogEvent, envelope: Schema) -> Schema:
    """The JSON Schema (draft 2020-12) of an event in its envelope, with the event's name and source."""
    detail = {"description": event.summary.strip(), **_moved(event.schema, "#/properties/detail")}
    properties = {**envelope["properties"], "detail": detail}
    for name, value in (("detail-type", event.name), ("source", event.source)):
        properties[name] = {**properties[name], "const": value, "examples": [value]}
    return {**envelope, "description": event.when.strip(), "properties": properties}


def _moved(schema: Any, place: str) -> Any:
    """A schema as part of another: its references lead to that place."""
    if isinstance(schema, list):
        return [_moved(item, place) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _moved(value, place) for key, value in schema.items() if key != "$schema"}
    if isinstance(target := schema.get("$ref"), str) and target.startswith("#"):
        made["$ref"] = f"{place}{target.removeprefix('#')}"
    return made

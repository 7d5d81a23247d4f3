"""The JSON Schema of an event in its envelope, as generators of code take it."""

from __future__ import annotations

from typing import Any

from presso.catalog.events import CatalogEvent
from presso.catalog.schemas import Schema


def whole(event: CatalogEvent, envelope: Schema) -> Schema:
    """The JSON Schema of an event in its envelope."""
    detail = {"description": event.summary.strip(), **_within(event.schema, "#/properties/detail")}
    properties = {**_within(envelope, "#")["properties"], "detail": detail}
    for name, value in (("detail-type", event.name), ("source", event.source)):
        properties[name] = {**properties[name], "const": value}
    return {**_within(envelope, "#"), "description": event.when.strip(), "properties": properties}


def _within(schema: Any, place: str) -> Any:
    """A schema as part of another: references lead to that place.

    Formats go, since a text stays a text whatever it is like; so do patterns of names, which say nothing of
    names that are not like them, and the places of a list.
    """
    if isinstance(schema, list):
        return [_within(item, place) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _within(value, place) for key, value in schema.items()}
    if isinstance(target := schema.get("$ref"), str) and target.startswith("#"):
        made["$ref"] = f"{place}{target.removeprefix('#')}"
    if isinstance(schema.get("format"), str):
        del made["format"]
    if "properties" not in schema:
        made.pop("patternProperties", None)
    if isinstance(schema.get("prefixItems"), list):
        made = {key: value for key, value in made.items() if key not in ("prefixItems", "items")}
    return made

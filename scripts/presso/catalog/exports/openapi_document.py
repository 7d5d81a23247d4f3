"""The schemas of all events as one OpenAPI 3.0 document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from presso.catalog import openapi
from presso.catalog.events import CatalogEvent
from presso.catalog.exports.scope import MADE_BY, Scope


def document(scope: Scope, version: str) -> dict[str, Any]:
    """The document: for each event its whole, such as `OrderManagerMakeOrderEvent`, and its detail.

    Args:
        scope: What it tells of.
        version: Of the application that it describes: the checkout's.
    """
    schemas: dict[str, Any] = {}
    for event in scope.events:
        # Named as everywhere in the exports: two producers may have an event of one name.
        named = replace(event, name=scope.id(event))
        found = openapi.document(named, scope.catalog.envelope)["components"]["schemas"]
        schemas[f"{openapi.component(named)}Event"] = _named(found.pop(openapi.WHOLE_EVENT), event)
        schemas |= found
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Events of the coffee bar",
            "version": version,
            "description": "The schemas of the events; there are no paths.",
            "x-generator": MADE_BY,
        },
        "paths": {},
        "components": {"schemas": schemas},
    }


def _named(whole: dict[str, Any], event: CatalogEvent) -> dict[str, Any]:
    """The schema of a whole event with its own name in it, and what happened."""
    kind = {**whole["properties"]["detail-type"], "enum": [event.name], "example": event.name}
    return {
        **whole,
        "title": event.title,
        "description": event.summary.strip(),
        "x-amazon-events-detail-type": event.name,
        "properties": {**whole["properties"], "detail-type": kind},
    }

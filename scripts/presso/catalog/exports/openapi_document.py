"""The schemas of all events as one OpenAPI 3.0 document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from presso.catalog import openapi
from presso.catalog.events import CatalogEvent
from presso.catalog.exports.export_scope import MADE_BY, Scope


def document(scope: Scope, version: str) -> dict[str, Any]:
    """The document: for each event its whole, such as `OrderManagerMakeOrderEvent`, and its detail.

    Args:
        version: Of the application that it describes: the checkout's.
    """
    schemas: dict[str, Any] = {}
    names = _names(scope)
    for event in scope.events:
        named = replace(event, name=names[event.key])
        found = openapi.document(named, scope.catalog.envelope)["components"]["schemas"]
        schemas[f"{openapi.component(named)}Event"] = _named(found.pop(openapi.WHOLE_EVENT), event)
        schemas |= found
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"Events of the {scope.catalog.platform.words.place}",
            "version": version,
            "description": "The schemas of the events; there are no paths.",
            "x-generator": MADE_BY,
        },
        "paths": {},
        "components": {"schemas": schemas},
    }


def _names(scope: Scope) -> dict[tuple[str, str], str]:
    """Names that give each event components of its own: signs, and so differences, get lost in them."""
    names: dict[tuple[str, str], str] = {}
    given: set[str] = set()
    for event in scope.catalog.events:
        name, number = scope.id(event), 1
        while True:
            component = openapi.component(replace(event, name=name))
            if not {component, f"{component}Event"} & given:
                break
            number += 1
            name = f"{scope.id(event)} {number}"
        given |= {component, f"{component}Event"}
        names[event.key] = name
    return names


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

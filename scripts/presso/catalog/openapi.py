"""An event as the OpenAPI 3.0 document that EventBridge's schema registry keeps.

The registry's own documents describe the whole event as `AWSEvent`, its `detail` as a component of its own,
and name source and detail-type in two extensions; its code bindings look for these names.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schemas-infer-from-json.html
"""

from __future__ import annotations

import re
from typing import Any

from presso.catalog.dialects import Converted, openapi
from presso.catalog.events import CatalogEvent
from presso.catalog.schemas import Schema

WHOLE_EVENT = "AWSEvent"


def component(event: CatalogEvent) -> str:
    """The name of an event's `detail` among the components, such as `OrderManagerWaitingCompletion`."""
    return "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", event.name))


def detail(event: CatalogEvent) -> Converted:
    """An event's `detail` as a schema object, and what it refers to."""
    return openapi(event.schema, component(event))


def components(event: CatalogEvent) -> dict[str, Schema]:
    """An event's `detail` by its name, and what it refers to by theirs."""
    made = detail(event)
    return {component(event): made.schema, **made.definitions}


def document(event: CatalogEvent, envelope: Schema) -> dict[str, Any]:
    """The document that tells of one event, whole."""
    whole = openapi(envelope, WHOLE_EVENT).schema
    properties = {**whole["properties"], "detail": {"$ref": f"#/components/schemas/{component(event)}"}}
    # What the event always says in its envelope.
    properties["detail-type"] = {**properties["detail-type"], "enum": [event.name], "example": event.name}
    properties["source"] = {**properties["source"], "enum": [event.source], "example": event.source}
    return {
        "openapi": "3.0.0",
        "info": {"title": event.name, "version": event.version, "description": event.summary.strip()},
        "paths": {},
        "components": {
            "schemas": {
                WHOLE_EVENT: {
                    **whole,
                    "x-amazon-events-detail-type": event.name,
                    "x-amazon-events-source": event.source,
                    "properties": properties,
                },
                **components(event),
            }
        },
    }

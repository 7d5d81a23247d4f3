"""An event as the OpenAPI 3.0 document that EventBridge's schema registry keeps.

The registry's own documents describe the whole event as `AWSEvent`, its `detail` as a component of its own,
and name source and detail-type in two extensions; its code bindings look for these names.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schemas-infer-from-json.html
"""

from __future__ import annotations

import re
from typing import Any

from event_patterns.schemas import Schema
from presso.catalog.event_schema import whole
from presso.catalog.events import CatalogEvent
from presso.catalog.schema_conversion import openapi

WHOLE_EVENT = "AWSEvent"


def component(event: CatalogEvent) -> str:
    """The name of an event's `detail` among the components, such as `OrderManagerWaitingCompletion`."""
    words = "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", event.name))
    return words if words[:1].isalpha() else f"Event{words}"


def components(event: CatalogEvent) -> dict[str, Schema]:
    """An event's `detail` by its name, and what it refers to by theirs."""
    made = openapi(event.schema, component(event))
    return {component(event): made.schema, **made.definitions}


def document(event: CatalogEvent, envelope: Schema) -> dict[str, Any]:
    """The whole document for one event."""
    said = whole(event, envelope)
    made = openapi({**said, "properties": {**said["properties"], "detail": {}}}, WHOLE_EVENT).schema
    made["properties"]["detail"] = {"$ref": f"#/components/schemas/{component(event)}"}
    names = {"x-amazon-events-detail-type": event.name, "x-amazon-events-source": event.source}
    return {
        "openapi": "3.0.0",
        "info": {"title": event.name, "version": event.version, "description": event.summary.strip()},
        "paths": {},
        "components": {"schemas": {WHOLE_EVENT: {**made, **names}, **components(event)}},
    }

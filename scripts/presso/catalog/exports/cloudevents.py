"""EventBridge's events as CloudEvents 1.0, and back.

All of EventBridge's envelope can be restored; `subject` and `dataschema` repeat what is in the
event or in the catalog. Names of further attributes are of lower-case letters and digits alone:
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#attribute-naming-convention
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from event_patterns.schemas import DIALECT, Schema
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.exports.export_scope import MADE_BY, Scope
from presso.json_text import NotJson, loads
from presso.platform_settings import BAR_EVENTS

SPECVERSION = "1.0"
# Attribute, where it comes from in EventBridge's event, and what is to be known about it.
ATTRIBUTES = (
    ("specversion", "", "always 1.0"),
    ("id", "id", "the same when the event is delivered twice"),
    ("source", "source", "as a URI reference, percent-encoded where needed"),
    ("type", "detail-type", ""),
    ("time", "time", ""),
    ("subject", f"detail.{BAR_EVENTS.subject}", "where the event has it"),
    ("datacontenttype", "", "always application/json"),
    ("dataschema", "", "the catalog's schema, with its version; only for events in the catalog"),
    ("data", "detail", ""),
    ("awsaccount", "account", ""),
    ("awsregion", "region", ""),
    ("awsresources", "resources", "the list as JSON text, where it is not empty"),
    ("awsreplayname", "replay-name", "on events replayed from an archive"),
)
_SAME = (("id", "id"), ("time", "time"), ("awsaccount", "account"), ("awsregion", "region"))
_ID = "urn:presso:schema:"


class NotConvertible(ValueError):
    """An event that has no counterpart, and why."""


def to_cloudevent(event: Mapping[str, Any], catalog: Catalog | None = None) -> dict[str, Any]:
    """The CloudEvent of an event as EventBridge delivers it.

    Raises:
        NotConvertible: Something is missing, such as the id of an event that was never delivered.
    """
    for key in ("id", "source", "detail-type", "time"):
        if not isinstance(event.get(key), str) or not event[key]:
            raise NotConvertible(f"has no {key}, which every event delivered by EventBridge has")
    if "detail" not in event:
        raise NotConvertible("has no detail")
    detail = event["detail"]
    known = catalog.get(event["source"], event["detail-type"]) if catalog else None
    made: dict[str, Any] = {
        "specversion": SPECVERSION,
        "id": event["id"],
        "source": quote(event["source"], safe="/.-_~"),
        "type": event["detail-type"],
        "time": event["time"],
    }
    sources = catalog.platform.sources if catalog else BAR_EVENTS
    if isinstance(detail, dict) and (subject := sources.about(detail)):
        made["subject"] = subject
    made["datacontenttype"] = "application/json"
    if known:
        made["dataschema"] = schema_id(known)
    made.update({ours: event[theirs] for ours, theirs in _SAME[2:] if event.get(theirs)})
    if event.get("resources"):
        made["awsresources"] = json.dumps(event["resources"], ensure_ascii=False)
    if event.get("replay-name"):
        made["awsreplayname"] = event["replay-name"]
    return {**made, "data": detail}


def from_cloudevent(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event in EventBridge's envelope for a CloudEvent.

    Account and region are there only where the CloudEvent has them.

    Raises:
        NotConvertible: It is not a CloudEvent 1.0, or its data is not a JSON object.
    """
    if event.get("specversion") != SPECVERSION:
        raise NotConvertible("is not a CloudEvent 1.0: its specversion is not 1.0")
    for key in ("id", "source", "type"):
        if not isinstance(event.get(key), str) or not event[key]:
            raise NotConvertible(f"has no {key}, which every CloudEvent has")
    kind = str(event.get("datacontenttype", "application/json"))
    if not re.match(r"^[^;]*[/+]json\s*(;|$)", kind):
        raise NotConvertible(f"has data of the type {kind}; a detail is JSON")
    if not isinstance(event.get("data"), dict):
        raise NotConvertible("has no data that is a JSON object, as a detail is")
    made: dict[str, Any] = {
        "version": "0",
        "id": event["id"],
        "detail-type": event["type"],
        "source": unquote(event["source"]),
    }
    made.update({theirs: event[ours] for ours, theirs in _SAME[1:] if ours in event})
    made["resources"] = _resources(event.get("awsresources", "[]"))
    if "awsreplayname" in event:
        made["replay-name"] = event["awsreplayname"]
    return {**made, "detail": event["data"]}


def _resources(text: Any) -> list[str]:
    try:
        found = loads(text) if isinstance(text, str) else None
    except NotJson:
        found = None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise NotConvertible("has awsresources that are not a JSON list of texts")
    return found


def schema_id(event: CatalogEvent) -> str:
    """The `dataschema` of an event: the identity of this version of its schema."""
    return f"{_ID}{quote(event.source, safe='.-_~')}:{quote(event.name, safe='.-_~')}:{event.version}"


def document(scope: Scope) -> dict[str, Any]:
    """How events and CloudEvents correspond, and each event as a CloudEvent."""
    sources = scope.catalog.platform.sources
    return {
        "title": f"Events of the {scope.catalog.platform.words.place} as CloudEvents",
        "generator": MADE_BY,
        "specversion": SPECVERSION,
        "mapping": [
            {
                "attribute": name,
                "eventbridge": f"detail.{sources.subject}" if name == "subject" else where,
                "note": note,
            }
            for name, where, note in ATTRIBUTES
        ],
        "events": [_described(event, scope.catalog) for event in scope.events],
    }


def _described(event: CatalogEvent, catalog: Catalog) -> dict[str, Any]:
    return {
        "type": event.name,
        "source": quote(event.source, safe="/.-_~"),
        "dataschema": schema_id(event),
        "summary": event.summary.strip(),
        "examples": [to_cloudevent(sample, catalog) for sample in event.samples()],
    }


def schema(event: CatalogEvent) -> Schema:
    """JSON Schema (draft 2020-12) of the whole CloudEvent; the data's is within it by its `dataschema`."""
    text: Schema = {"type": "string", "minLength": 1}
    always = {
        "specversion": SPECVERSION,
        "source": quote(event.source, safe="/.-_~"),
        "type": event.name,
        "datacontenttype": "application/json",
        "dataschema": schema_id(event),
    }
    return {
        "$schema": DIALECT,
        "title": event.title,
        "description": event.summary.strip(),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            **{name: {"const": value} for name, value in always.items()},
            **dict.fromkeys(("id", "subject", "awsaccount", "awsregion", "awsresources"), text),
            "awsreplayname": text,
            "time": {"type": "string", "format": "date-time"},
            "data": {"$ref": schema_id(event)},
        },
        "$defs": {"data": {**event.schema, "$id": schema_id(event)}},
    }

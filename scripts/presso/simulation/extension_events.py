"""Events of extensions in a simulated scenario: what they would have emitted, had they been deployed.

An extension emits some time after an event that it listens to, and about the same: fields that both events
have get the same value, so that ids agree. The rest is made up from the schema that it declares.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from event_patterns.schemas import Schema
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.generation import from_known
from presso.errors import UsageError
from presso.simulation.scenario_check import filled
from presso.simulation.scenarios import Event, Scenario
from presso.suggestions import did_you_mean
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

ALL = "all"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# How many of the events that an extension listens to make it emit.
_SHARE = 0.3


def added(workspace: Workspace, scenario: Scenario, emitters: Sequence[str]) -> Scenario:
    """The scenario with the events that these extensions emit.

    Raises:
        UsageError: One of them does not exist or emits nothing; or no extension emits.
        PressoError: An event cannot be made up from its schema.
    """
    catalog = Catalog.load(workspace)
    emitted = [event for event in catalog.events if event.extension]
    known = sorted({event.extension for event in emitted})
    for name in emitters:
        if name not in (*known, ALL):
            hint = (
                did_you_mean(name, known, "extensions that emit") if known else "No extension emits events."
            )
            raise UsageError(f"There is no extension {name} that emits events.", hint=hint)
    if not known:
        raise UsageError("No extension of this checkout emits events.")
    chosen = [event for event in emitted if ALL in emitters or event.extension in emitters]
    fields = catalog.platform.sources.tenant_fields
    more = [response for event in chosen for response in _responses(workspace, scenario, event, fields)]
    events = sorted((*scenario.events, *more), key=lambda event: event.at)
    return replace(scenario, events=tuple(events))


def _responses(
    workspace: Workspace, scenario: Scenario, event: CatalogEvent, tenant_fields: Sequence[str]
) -> Iterator[Event]:
    # Text, so that each event has dice of its own: another extension changes nothing for this one.
    dice = random.Random(f"{scenario.seed} {event.source} {event.name}")  # noqa: S311  not secrets
    heard = _consumed(workspace, event.extension)
    # The cause of a scheduled extension's event is unknown: it may be any event.
    causes = [cause for cause in scenario.events if not heard or cause.detail_type in heard]
    for cause in causes:
        at = cause.at + 1 + int(dice.random() * 3)
        if dice.random() < _SHARE and at <= scenario.minutes * 60:
            yield Event(at, event.name, _detail(event, cause, dice, tenant_fields), event.source)


def _consumed(workspace: Workspace, extension: str) -> set[str]:
    path = workspace.extensions / extension / "extension.yaml"
    said = YamlFile.read(path, workspace.shown(path))
    consumes = said.data.get("consumes") or []
    if not isinstance(consumes, list):
        said.refuse(("consumes",), "must be a list of detail-types")
    return {str(name) for name in consumes}


def _detail(
    event: CatalogEvent, cause: Event, dice: random.Random, tenant_fields: Sequence[str]
) -> dict[str, Any]:
    """A detail about the same thing as the event that caused it."""
    known = dict(_leaves(cause.detail))
    real = dict(_leaves(filled(cause)["detail"]))
    detail = from_known(event, {name: value for name, value in real.items() if name != "Message"}, dice)
    marks = {value: known[name] for name, value in real.items() if known[name] != value}
    return dict(_marked(event.schema, detail, marks, tenant_fields))


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a detail by their names, the outermost last so that it counts."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
        yield from ((name, item) for name, item in value.items() if not isinstance(item, Mapping | list))


def _marked(schema: Schema, value: Any, marks: Mapping[Any, Any], tenant_fields: Sequence[str]) -> Any:
    """A detail with its markers back: for the tenant, for every time, for ids that were made up too."""
    if isinstance(value, dict):
        below = schema.get("properties", {})
        marked = {
            name: _marked(below.get(name, {}), item, marks, tenant_fields) for name, item in value.items()
        }
        return marked | {name: "{tenant}" for name in tenant_fields if name in marked}
    if isinstance(value, list):
        return [_marked(schema.get("items", {}), item, marks, tenant_fields) for item in value]
    if schema.get("x-unit") == "epoch-ms":
        return "{at}"
    if isinstance(value, str) and _UUID.fullmatch(value) and value not in marks:
        return f"{{run}}{value[24:]}"
    return marks.get(value, value) if isinstance(value, str | int) else value

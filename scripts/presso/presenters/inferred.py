"""Prints the schemas of observed events, and where they differ from the catalog."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from event_patterns.schemas import fields, schema_words
from presso import terminal
from presso.catalog.event_files import read
from presso.catalog.events import Catalog
from presso.catalog.inference import Inferred, infer
from presso.catalog.schema_drift import compare
from presso.catalog.validation import EventFault, envelope_of
from presso.errors import UsageError
from presso.workspace import Workspace


def report(workspace: Workspace, name: str, *, minutes: int, json_wanted: bool) -> bool:
    """Print the schemas of the events in a file or a tenant's log, and the drift; return whether there is
    none.

    Raises:
        UsageError: There is neither such a file nor such a tenant.
        PressoError: The tenant's log cannot be read.
    """
    catalog = Catalog.load(workspace)
    events = observed(workspace, name, minutes, catalog.platform.sources.default)
    found = infer(events)
    drifts = compare(catalog, found, events)
    drifted = any(drift.grade == "drift" for drift in drifts)
    if json_wanted:
        listed = [drift.as_json() for drift in drifts]
        terminal.as_json(
            {"events": len(events), "inferred": [seen.as_json() for seen in found], "drift": listed}
        )
        return not drifted
    for seen in found:
        terminal.result("\n".join(_page(seen)))
    terminal.result(f"{len(events)} events of {len(found)} kinds, seen in {name}.")
    for grade, title in (("drift", "Drift from the catalog:"), ("note", "Notes:")):
        lines = [drift for drift in drifts if drift.grade == grade]
        if lines:
            terminal.result("\n".join([title, *terminal.bullets(lines)]))
    if not drifted:
        terminal.result("No drift: the observed events match the catalog.")
    return not drifted


def _page(seen: Inferred) -> list[str]:
    lines = [f"{seen.name} (seen {seen.seen} times)"]
    for field in fields(seen.schema):
        optional = "" if field.required or field.path.endswith("[]") else "?"
        counts = field.schema.get("x-counts", {})
        values = f" ({', '.join(f'{value} {count}' for value, count in counts.items())})" if counts else ""
        kind = "text" if counts else schema_words(field.schema)
        lines.append(f"  {field.path}{optional}: {kind}{values}, {field.schema['x-seen']} times")
    return [*lines, ""]


def observed(workspace: Workspace, name: str, minutes: int, source: str) -> list[dict[str, Any]]:
    """The events in a file (or `-`), or those that a tenant logged in the last minutes.

    Args:
        source: Of events in a file that name none.

    Raises:
        UsageError: There is neither such a file nor such a tenant; or nothing was seen.
        PressoError: The tenant's log cannot be read.
    """
    if name == "-" or Path(name).is_file():
        events = read(name)
        found = [whole for event in events if (whole := _whole(event.event, source))]
        if found and len(found) < len(events):
            terminal.say(f"{len(events) - len(found)} of {len(events)} in {name} are not events; skipped.")
    else:
        found = [dict(event) for event in _logged(workspace, name, minutes)]
    if not found:
        raise UsageError(f"There are no events in {name}.", hint="Replay some: presso play nyc --speed 60")
    return found


def _whole(event: Any, source: str) -> dict[str, Any] | None:
    whole = envelope_of(event)
    return None if isinstance(whole, EventFault) else {"source": source, **whole}


def _logged(workspace: Workspace, tenant: str, minutes: int) -> list[Mapping[str, Any]]:
    from presso import tenants
    from presso.aws_access import access
    from presso.simulation.event_log import EventLog

    if tenant not in tenants.names_of(workspace):
        error = tenants.unknown(workspace, tenant)
        raise UsageError(f"There is no file and no tenant {tenant}.", hint=error.hint)
    way = access(workspace, tenants.load(workspace, tenant))
    log = EventLog(way.client("logs"), tenant, since=time.time() - minutes * 60)
    return [event.document for event in log.poll()]

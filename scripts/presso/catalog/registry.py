"""The catalog as a tenant's registry of EventBridge Schemas has it: a document for each event, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from presso.aws_limits import SCHEMA_DESCRIPTION
from presso.catalog.event_schema import whole
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.openapi import document
from presso.catalog.schema_conversion import draft_4
from presso.errors import UsageError
from presso.tenants import ExtensionUse, Tenant
from presso.workspace import Workspace


def schemas(workspace: Workspace, tenant: Tenant) -> dict[str, dict[str, str]]:
    """The `schemas` of the module `event-catalog`: of the core's events and those of the tenant's extensions.

    Raises:
        UsageError: A file of the catalog is broken, or two events would have one name in the registry.
    """
    catalog = Catalog.load(workspace)
    language = tenant.catalog.type if tenant.catalog else "OpenApi3"
    made: dict[str, dict[str, str]] = {}
    for event in _events(workspace, tenant, catalog):
        name = schema_name(event)
        if name in made:
            raise UsageError(
                f"Two events would be called {name} in the registry.", hint="Rename one of them."
            )
        open_api = language == "OpenApi3"
        content = document(event, catalog.envelope) if open_api else draft_4(whole(event, catalog.envelope))
        made[name] = {
            "content": json.dumps(content, ensure_ascii=False, sort_keys=True),
            "description": _shortened(event.summary),
            "type": language,
        }
    return made


def schema_name(event: CatalogEvent) -> str:
    """The name of an event's schema, `<source>@<detail-type>`, as EventBridge calls what it discovers itself.

    What a name cannot hold goes, and what follows is written large: `my.source@Order placed` is
    `my.source@OrderPlaced`.
    """
    words = re.split(r"[^0-9A-Za-z_.@-]+", f"{event.source}@{event.name}")
    return "".join([words[0], *(word[:1].upper() + word[1:] for word in words[1:])])


def _events(workspace: Workspace, tenant: Tenant, catalog: Catalog) -> Iterator[CatalogEvent]:
    yield from (event for event in catalog.events if not event.extension)
    for use in tenant.extensions:
        there = _catalog_of(workspace, use, catalog)
        yield from (event for event in there.events if event.extension == use.name)


def _catalog_of(workspace: Workspace, use: ExtensionUse, catalog: Catalog) -> Catalog:
    """The catalog that an extension's own version has."""
    if use.version is None:
        return catalog
    from presso.catalog.impact import catalog_at

    return catalog_at(workspace, use.version)


def _shortened(summary: str) -> str:
    text = " ".join(summary.split())
    return text if len(text) <= SCHEMA_DESCRIPTION else f"{text[: SCHEMA_DESCRIPTION - 1]}…"

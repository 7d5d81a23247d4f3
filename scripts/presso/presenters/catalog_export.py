"""Writes or prints the catalog in another format, and events as CloudEvents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso import __version__, terminal
from presso.catalog.event_files import FoundEvent, read
from presso.catalog.events import Catalog
from presso.catalog.exports import Format, exported_files
from presso.catalog.exports.export_scope import Scope, plain_name
from presso.catalog.exports.texts import json_text, yaml_text
from presso.catalog.validation import EventFault, envelope_of
from presso.deployment.live_rules import deployed
from presso.errors import UsageError
from presso.workspace import Workspace

_YAML = (".yaml", ".yml")
_SINGLE = (*_YAML, ".json")


def export(workspace: Workspace, form: Format, out: str, names: Sequence[str], *, json_wanted: bool) -> None:
    """Write the catalog, or a part of it, in another format.

    Args:
        form: The format.
        out: A file for a single document, or a folder for all there is of it; "" prints the document.
        names: Tenants, for their deployed rules, and extensions, for their part.
        json_wanted: Whether what is printed is JSON.

    Raises:
        UsageError: A name is unknown, or what is at `out` was not made by an export.
        PressoError: A tenant's rules cannot be read, or nothing can be written.
    """
    single = Path(out).suffix.lower() in _SINGLE
    if _FORMATS[form].document is None and (single or not out):
        raise UsageError(
            "EventCatalog's format is a folder.", hint=f"Name one: --out {Path(out or 'x').stem}"
        )
    scope = Scope.of(workspace, names, deployed)
    if not out:
        document = _document(form, scope)
        terminal.result((json_text if json_wanted else yaml_text)(document).rstrip("\n"))
        return
    if single:
        text = yaml_text if Path(out).suffix.lower() in _YAML else json_text
        changes = exported_files.write_file(Path(out), text(_document(form, scope)))
    else:
        changes = exported_files.write_folder(Path(out), form, _files(form, scope))
    _report(out, changes, json_wanted=json_wanted)


def _report(out: str, changes: exported_files.FileChanges, *, json_wanted: bool) -> None:
    written, removed, unchanged = changes.written, changes.removed, changes.unchanged
    if json_wanted:
        terminal.as_json(
            {"out": out, "written": list(written), "removed": list(removed), "unchanged": unchanged}
        )
        return
    terminal.result(f"{out}: {len(written)} written, {len(removed)} removed, {unchanged} unchanged.")


def _document(form: Format, scope: Scope) -> dict[str, Any]:
    """The one document of the whole scope."""
    document = _FORMATS[form].document
    assert document is not None
    return document(scope)


def _files(form: Format, scope: Scope) -> Mapping[str, str]:
    """All there is of a format."""
    found = _FORMATS[form]
    whole = {f"{form}.yaml": yaml_text(found.document(scope))} if found.document else {}
    return {**whole, **found.parts(scope)}


def _asyncapi(scope: Scope) -> dict[str, Any]:
    from presso.catalog.exports import asyncapi

    return asyncapi.document(scope, __version__)


def _asyncapi_parts(scope: Scope) -> dict[str, str]:
    return {
        f"extensions/{plain_name(name)}.yaml": yaml_text(_asyncapi(scope.part(name)))
        for name in scope.extensions
    }


def _cloudevents(scope: Scope) -> dict[str, Any]:
    from presso.catalog.exports import cloudevents

    return cloudevents.document(scope)


def _cloudevents_parts(scope: Scope) -> dict[str, str]:
    from presso.catalog.exports import cloudevents

    return {f"schemas/{scope.id(event)}.json": json_text(cloudevents.schema(event)) for event in scope.events}


def _eventcatalog_parts(scope: Scope) -> Mapping[str, str]:
    from presso.catalog.exports import eventcatalog

    return eventcatalog.files(scope, __version__)


def _openapi(scope: Scope) -> dict[str, Any]:
    from presso.catalog.exports import openapi_document

    return openapi_document.document(scope, __version__)


def _openapi_parts(scope: Scope) -> dict[str, str]:
    from presso.catalog import openapi

    envelope = scope.catalog.envelope
    return {
        f"events/{scope.id(event)}.json": json_text(openapi.document(event, envelope))
        for event in scope.events
    }


@dataclass(frozen=True)
class _Format:
    """The one document of a scope, if the format has such, and the other files of a folder."""

    document: Callable[[Scope], dict[str, Any]] | None
    parts: Callable[[Scope], Mapping[str, str]]


_FORMATS: Mapping[Format, _Format] = {
    "asyncapi": _Format(_asyncapi, _asyncapi_parts),
    "cloudevents": _Format(_cloudevents, _cloudevents_parts),
    "eventcatalog": _Format(None, _eventcatalog_parts),
    "openapi": _Format(_openapi, _openapi_parts),
}


def convert(catalog: Catalog, files: Sequence[str], *, back: bool, json_wanted: bool) -> None:
    """Print the events in files as CloudEvents, or CloudEvents as events: one a line, or as a list in JSON.

    Args:
        catalog: Knows the schemas that a CloudEvent points to.
        files: Files, or `-` for standard input.
        back: Whether CloudEvents are turned into EventBridge's events.
        json_wanted: Whether to print a list.

    Raises:
        UsageError: A file cannot be read, or an event has no counterpart; nothing is printed then.
    """
    from presso.catalog.exports.cloudevents import from_cloudevent, to_cloudevent

    change: Callable[[Mapping[str, Any]], dict[str, Any]] = (
        from_cloudevent if back else lambda event: to_cloudevent(event, catalog)
    )
    made = [_converted(found, change, back=back) for name in files for found in read(name)]
    if json_wanted:
        terminal.as_json(made)
        return
    for event in made:
        terminal.result(json.dumps(event, ensure_ascii=False))


def _converted(
    found: FoundEvent, change: Callable[[Mapping[str, Any]], dict[str, Any]], *, back: bool
) -> dict[str, Any]:
    from presso.catalog.exports.cloudevents import NotConvertible

    event = found.event
    if not isinstance(event, dict):
        raise UsageError(f"{found.where}: is not an object.")
    if not back:
        if "specversion" in event:
            raise UsageError(
                f"{found.where}: is a CloudEvent already.", hint="To convert it to EventBridge's form: --back"
            )
        whole = envelope_of(event)
        if isinstance(whole, EventFault):
            raise UsageError(f"{found.where}: {whole}")
        event = whole
    try:
        return change(event)
    except NotConvertible as error:
        raise UsageError(f"{found.where}: {error}.") from None

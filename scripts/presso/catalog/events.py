"""The events of the catalog: read from `modules/event-catalog`, `catalog` and the extensions that emit.

The core's events are files of `modules/event-catalog/events`, one each, and those that a platform has beside
or instead of the coffee bar's are files of `catalog/events`. An extension lists its own under
`emits` in its `extension.yaml`: `{detail-type, schema}`, where the schema is a JSON Schema, or the name of a
file in the extension's folder with a JSON Schema or a whole event as the core's files have it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from event_patterns.schemas import DIALECT, Field, Schema, fields
from presso import platform_settings
from presso.errors import UsageError
from presso.event_sources import CORE_SOURCE
from presso.platform_settings import BAR, EventSettings, PlatformSettings
from presso.suggestions import did_you_mean
from presso.workspace import Workspace
from presso.yaml_file import Location, YamlFile

FOLDER = Path("modules", "event-catalog")
# The events of a platform's own, where it has some (presso.yaml).
OWN_FOLDER = Path(platform_settings.CATALOG)

_MOST_FIELDS = 1_000  # of an extension's event: a schema may refer to its parts many times
_KEYS = ("detail-type", "title", "summary", "when", "producer", "source", "version", "since", "deprecated")
_NEEDED = ("detail-type", "title", "summary", "when", "producer", "version", "since", "detail", "examples")


@dataclass(frozen=True)
class Example:
    """A realistic `detail` of an event, and what happened in it."""

    title: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class CatalogEvent:
    """One event: what it means, who emits it, and the JSON Schema of its `detail`.

    Args:
        name: Its `detail-type`.
        when: What has just happened when it is emitted.
        producer: The service, or the extension's name, that emits it; `source` is what it puts there.
        version: Of the schema: major for a breaking change, minor for one that is not, patch for words.
        since: The version of presso that added it; `deprecated` names the replacement, or is empty.
        schema: JSON Schema, draft 2020-12.
        file: The file it is described in, as a person in the checkout would type it.
        extension: The extension that emits it; "" for the core's.
    """

    name: str
    title: str
    summary: str
    when: str
    producer: str
    source: str
    version: str
    since: str
    deprecated: str
    schema: Schema
    examples: tuple[Example, ...]
    file: str
    extension: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The key of events on the bus: source and detail-type."""
        return self.source, self.name

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of `detail`, depth first."""
        return tuple(fields(self.schema))

    def sample(self, detail: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A whole event with this detail, in EventBridge's envelope; `changes` go into the envelope."""
        return {
            "version": "0",
            "id": "5c045f98-df34-41c7-8e5e-ee4ffa7ed5ca",
            "detail-type": self.name,
            "source": self.source,
            "account": "111111111111",
            "time": "2026-11-01T10:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": detail,
            **changes,
        }

    def samples(self) -> list[dict[str, Any]]:
        """The examples as whole events."""
        return [self.sample(example.detail) for example in self.examples]

    def as_json(self) -> dict[str, Any]:
        """The event for `--json`."""
        keys = ("title", "summary", "when", "producer", "source", "version", "since", "deprecated")
        return {
            "detail-type": self.name,
            **{key: getattr(self, key) for key in keys},
            "extension": self.extension,
            "file": self.file,
            "schema": self.schema,
            "examples": [{"title": example.title, "detail": example.detail} for example in self.examples],
        }


@dataclass(frozen=True)
class Producer:
    """Who emits events: a service of the core, or an extension.

    Args:
        service: Of a service, its folder in modules/core, whose Terraform has the rest of it; else "".
    """

    name: str
    title: str
    summary: str
    extension: bool = False
    service: str = ""


@dataclass(frozen=True)
class Catalog:
    """All events, by detail-type, and what surrounds them.

    Args:
        envelope: The JSON Schema of what EventBridge puts around every detail.
        producers: Who emits them, by name.
        faults: What is wrong with the extensions whose events are left out: file, line and key.
        platform: Whose events they are.
    """

    events: tuple[CatalogEvent, ...]
    envelope: Schema
    producers: Mapping[str, Producer] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    platform: PlatformSettings = BAR

    @classmethod
    def load(cls, workspace: Workspace) -> Catalog:
        """The catalog of a checkout: the core's events and those that its extensions emit.

        Raises:
            UsageError: A file of the core or `presso.yaml` is broken; file, line and key are named.
        """
        platform = platform_settings.load(workspace)
        folders = [workspace.root / name for name in _folders(platform)]
        events = {event.key: event for folder in folders for event in _core(workspace, folder, platform)}
        producers: dict[str, Producer] = {}
        for folder in folders:
            producers |= _producers(folder / "producers.yaml", workspace)
        faults = []
        for path in sorted(workspace.extensions.glob("*/extension.yaml")):
            try:
                document = YamlFile.read(path, workspace.shown(path))
                found = emitted(path.parent, document, workspace.shown, platform.sources)
            except UsageError as error:
                faults.append(error.message)
                continue
            events.update((event.key, event) for event in found)
            if found:
                name = path.parent.name
                title, summary = (str(document.data.get(key, name)) for key in ("title", "summary"))
                producers[name] = Producer(name, title, summary, extension=True)
        listed = tuple(sorted(events.values(), key=lambda event: event.key[::-1]))
        schema = _envelope(workspace.root / FOLDER / "envelope.yaml", workspace)
        return cls(listed, _of_platform(schema, platform, listed), producers, tuple(faults), platform)

    @property
    def names(self) -> list[str]:
        """The detail-types, each once."""
        return list(dict.fromkeys(event.name for event in self.events))

    def get(self, source: str, name: str) -> CatalogEvent | None:
        """The event with this source and detail-type, or None.

        In the original all events have the core's source, also those that are an extension's here. Recordings
        and scenarios have them so, and they are known by their detail-type where it is one extension's.
        """
        named = self.named(name)
        if source == CORE_SOURCE and self.platform.has_bar and len(named) == 1:
            return named[0]
        return next((event for event in named if event.source == source), None)

    def named(self, name: str) -> list[CatalogEvent]:
        """The events with this detail-type: more than one when two producers have one of that name."""
        return [event for event in self.events if event.name == name]

    def find(self, name: str) -> CatalogEvent:
        """The event called so: its detail-type, or `producer/detail-type`; case does not matter.

        Raises:
            UsageError: It does not exist (the message names the nearest), or there are several.
        """
        producer, _, short = name.rpartition("/")
        found = [
            event
            for event in self.events
            if event.name.lower() == short.lower() and producer in ("", event.producer)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            choices = " or ".join(f"{event.producer}/{event.name}" for event in found)
            raise UsageError(f"More than one event is named {name}.", hint=f"Name one: {choices}.")
        raise UsageError(f"There is no event {name}.", hint=did_you_mean(name, self.names, "events"))


def _producers(path: Path, workspace: Workspace) -> dict[str, Producer]:
    """The services of the core that emit, by name.

    Raises:
        UsageError: One of them has no title or summary.
    """
    if not path.is_file():
        return {}
    document = YamlFile.read(path, workspace.shown(path))
    document.check((), known=document.data or ())
    for name, said in document.data.items():
        if not isinstance(said, dict) or not {"title", "summary"} <= set(said):
            document.refuse((name,), "a producer has a title and a summary")
    return {
        name: Producer(name, str(said["title"]), str(said["summary"]), service=str(said.get("service", "")))
        for name, said in document.data.items()
    }


def _envelope(path: Path, workspace: Workspace) -> Schema:
    """The schema of what EventBridge puts around a detail; `{}` where the checkout has none.

    Raises:
        UsageError: It is not a JSON Schema.
    """
    if not path.is_file():
        return {}
    document = YamlFile.read(path, workspace.shown(path))
    if not isinstance(document.data, dict):
        document.refuse((), "must be a JSON Schema, so an object")
    _check_schema(document, document.data, ())
    return document.data


def _of_platform(envelope: Schema, platform: PlatformSettings, events: Sequence[CatalogEvent]) -> Schema:
    """The envelope with examples of a platform's own events."""
    if platform.events is None or not envelope:
        return envelope
    said: dict[str, dict[str, Any]] = {
        "detail-type": {"examples": [event.name for event in events[:1]]},
        "source": {
            "description": f"The producer: the {platform.words.place} itself, or an extension.",
            "examples": [platform.events.default],
        },
    }
    known = envelope.get("properties", {})
    return {**envelope, "properties": {**known, **{key: {**known.get(key, {}), **said[key]} for key in said}}}


def _folders(platform: PlatformSettings) -> list[Path]:
    """The folders of the events that extensions do not emit."""
    return [*([FOLDER] if platform.has_bar else []), *([OWN_FOLDER] if platform.events else [])]


def _core(workspace: Workspace, folder: Path, platform: PlatformSettings) -> Iterator[CatalogEvent]:
    """The events that a folder describes, a file each."""
    own = folder == workspace.root / OWN_FOLDER
    for path in sorted((folder / "events").glob("*.yaml")):
        document = YamlFile.read(path, workspace.shown(path))
        event = _core_event(document, platform.sources.default if own else CORE_SOURCE)
        if own and event.source not in platform.sources.core:
            known = ", ".join(platform.sources.sources)
            document.refuse(("source",), f"{event.source} is not listed in {platform_settings.FILE}: {known}")
        yield event


def _mapping(document: YamlFile) -> YamlFile:
    """An extension's own file, which must have keys and values.

    Raises:
        UsageError: It has none, or what it emits is not a list.
    """
    if not isinstance(document.data, dict):
        document.refuse((), "expected keys and values, such as name, title and consumes")
    if not isinstance(document.data.get("emits") or [], list):
        document.refuse(("emits",), "must be a list of events, each with a detail-type and a schema")
    return document


def _core_event(document: YamlFile, source: str) -> CatalogEvent:
    document.check(_NEEDED, known=(*_KEYS, "detail", "examples"))
    if document.path.stem != document.data["detail-type"]:
        document.refuse(("detail-type",), f"must be {document.path.stem}, like the file's name")
    return _event(document, source=str(document.data.get("source", source)))


def _event(document: YamlFile, *, source: str, extension: str = "") -> CatalogEvent:
    """The event that a document describes whole."""
    data = document.data
    if not isinstance(data["detail"], dict):
        document.refuse(("detail",), "must be a JSON Schema, so an object")
    _check_schema(document, data["detail"], ("detail",))
    return CatalogEvent(
        name=str(data["detail-type"]),
        title=str(data["title"]),
        summary=str(data["summary"]),
        when=str(data["when"]),
        producer=extension or str(data["producer"]),
        source=source,
        version=str(data["version"]),
        since=str(data["since"]),
        deprecated=str(data.get("deprecated", "")),
        schema={"$schema": DIALECT, **data["detail"]},
        examples=tuple(_examples(document)),
        file=document.shown,
        extension=extension,
    )


def _examples(document: YamlFile) -> Iterable[Example]:
    examples = document.data["examples"] or []
    if not isinstance(examples, list):
        document.refuse(("examples",), "must be a list")
    for index, example in enumerate(examples):
        if not isinstance(example, dict) or set(example) != {"title", "detail"}:
            document.refuse(("examples", index), "an example has a title and a detail")
        if not isinstance(example["detail"], dict):
            document.refuse(("examples", index, "detail"), "must be an object, as a detail is")
        yield Example(str(example["title"]), example["detail"])


def emitted(
    folder: Path, document: YamlFile, shown: Callable[[Path], str], sources: EventSettings
) -> list[CatalogEvent]:
    """Return the events that an extension emits.

    Args:
        folder: The extension's.
        document: Its `extension.yaml`.
        shown: Names a file for people.
        sources: Of the platform.

    Raises:
        UsageError: An event, its schema or the file of it is broken.
    """
    found = []
    for index, said in enumerate(_mapping(document).data.get("emits") or ()):
        where = ("emits", index)
        if not isinstance(said, dict) or not {"detail-type", "schema"} <= set(said):
            document.refuse(where, "an emitted event has a detail-type and a schema")
        found.append(_extension_event(folder, document, where, said, shown, sources.of(folder.name)))
    return found


def _extension_event(
    folder: Path,
    document: YamlFile,
    where: tuple[str, int],
    said: dict[str, Any],
    shown: Callable[[Path], str],
    source: str,
) -> CatalogEvent:
    name, schema = str(said["detail-type"]), said["schema"]
    file = document
    if isinstance(schema, str):
        if (path := _inside(folder, schema)) is None:
            document.refuse((*where, "schema"), f"there is no file {schema} in {shown(folder)}")
        file = YamlFile.read(path, shown(path))
        schema = file.data
    if not isinstance(schema, dict):
        file.refuse((), "must be a JSON Schema, so an object")
    if "detail" in schema and "type" not in schema:
        needed = [key for key in _NEEDED if key != "producer"]
        file.check(needed, known=(*_KEYS, "detail", "examples"))
        if schema["detail-type"] != name:
            file.refuse(("detail-type",), f"must be {name}, as in {document.shown}")
        event = _event(file, source=source, extension=folder.name)
        _check_size(file, event.schema, ("detail",))
        return event
    place = () if file is not document else (*where, "schema")
    _check_schema(file, schema, place)
    _check_size(file, schema, place)
    return _plain(name, schema, source, folder.name, file.shown)


def _inside(folder: Path, name: str) -> Path | None:
    """The file of a folder that is called so; None where there is none, and for one outside."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except OSError:  # no file can be called so
        return None


def _check_schema(document: YamlFile, schema: Schema, where: Location) -> None:
    """Reject a document whose schema is invalid."""
    from presso.catalog.meta_schema import malformed

    if fault := malformed(schema):
        document.refuse((*where, *fault[0]), f"is not a valid JSON Schema: {fault[1]}")


def _check_size(document: YamlFile, schema: Schema, where: Location) -> None:
    """Reject an extension's schema that is too large for the catalog, or that no validator accepts."""
    if len(list(islice(fields(schema), _MOST_FIELDS + 1))) > _MOST_FIELDS:
        document.refuse(
            where, f"has more than {_MOST_FIELDS} fields, those that it refers to counted each time"
        )
    if '"pattern' in json.dumps(schema):  # what else a validator refuses is malformed
        from presso.catalog.schema_validator import compiled

        try:
            compiled(schema)
        except UsageError as error:
            document.refuse(where, f"is not a valid JSON Schema: {error.message}")


def _plain(name: str, schema: Schema, source: str, extension: str, shown: str) -> CatalogEvent:
    """An event with only a schema: its own annotations replace the rest."""
    said = str(schema.get("description", ""))
    examples = [detail for detail in schema.get("examples", ()) if isinstance(detail, dict)]
    return CatalogEvent(
        name=name,
        title=str(schema.get("title", name)),
        summary=said or f"{name}, by {extension}.",
        when=f"As the README of the extension {extension} describes.",
        producer=extension,
        source=source,
        version="1.0.0",
        since="",
        deprecated="",
        schema={"$schema": DIALECT, **schema},
        examples=tuple(Example(f"Example {n}", detail) for n, detail in enumerate(examples, 1)),
        file=shown,
        extension=extension,
    )

"""A platform's own settings: what `presso.yaml` at the top of its checkout sets.

Without the part `events`, or without the file, a platform has the events of the coffee bar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from presso import names
from presso.event_sources import CORE_SOURCE, EXTENSION_SOURCE
from presso.records import between, matching, sized
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

FILE = "presso.yaml"
# The folders of a platform's own events and scenarios, beside or instead of the coffee bar's in modules/.
CATALOG, SCENARIOS = "catalog", "scenarios"
_BAR_TENANT, _BAR_SUBJECT = "eventId", "orderId"

Words = Annotated[str, matching(r"[A-Za-z][A-Za-z0-9 -]{0,39}")]
FieldName = Annotated[str, matching(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")]


def _source_checked(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}", value):
        raise ValueError("a source has 1 to 100 letters, digits and . _ / -, such as parcels.intake")
    if value.lower() == "aws" or value.lower().startswith("aws."):
        raise ValueError("only AWS itself may have a source that begins with aws.")
    return value


def _distinct(values: list[Any]) -> list[Any]:
    if len({*values}) < len(values):
        raise ValueError("one is listed twice")
    return values


Source = Annotated[str, _source_checked]


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """The events of a platform.

    Args:
        sources: The `source` of each event in `catalog/`; the first is that of events that name none.
        extensions: Begins the source of an extension's events: `<extensions>.<name>`.
        bar: Whether the coffee bar's events are in the catalog, too.
        tenant: The field of a detail that has the tenant's name.
        subject: The field of a detail that names what the event is about.
    """

    sources: Annotated[list[Source], sized(1, 50), _distinct]
    extensions: Source
    bar: bool = False
    tenant: FieldName = "tenant"
    subject: FieldName = "id"

    @property
    def core(self) -> tuple[str, ...]:
        """The sources of all events that extensions do not emit."""
        return tuple(dict.fromkeys([*self.sources, *([CORE_SOURCE] if self.bar else [])]))

    @property
    def default(self) -> str:
        """The source of an event that names none."""
        return self.sources[0]

    @property
    def prefix(self) -> str:
        """What the sources of extensions begin with."""
        return f"{self.extensions}."

    @property
    def tenant_fields(self) -> tuple[str, ...]:
        """The fields of details that have the tenant's name."""
        return tuple(dict.fromkeys([self.tenant, *([_BAR_TENANT] if self.bar else [])]))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The fields of details that name what an event is about."""
        return tuple(dict.fromkeys([self.subject, *([_BAR_SUBJECT] if self.bar else [])]))

    def of(self, extension: str) -> str:
        """Return the source of an extension's events."""
        return f"{self.prefix}{extension}"

    def about(self, detail: dict[str, Any]) -> str:
        """Return what an event with this detail is about; "" where the detail does not name it."""
        named = (detail[name] for name in self.subjects if name in detail)
        return next((value for value in named if isinstance(value, str)), "")


BAR_EVENTS = EventSettings(
    sources=[CORE_SOURCE],
    extensions=EXTENSION_SOURCE.removesuffix("."),
    bar=True,
    tenant=_BAR_TENANT,
    subject=_BAR_SUBJECT,
)


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words of texts about the events.

    Args:
        place: What a tenant is.
        thing: What most events are about.
    """

    place: Words = "platform"
    thing: Words = "thing"


BAR_WORDS = Vocabulary(place="coffee bar", thing="order")


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """What `presso demo` shows.

    Args:
        tenants: The tenant that replays, and the one that must not notice.
        extension: The extension in both; by default the first one of the checkout.
        scenario: What is replayed; by default as in `presso play`.
        speed: How many times as fast as it happened.
    """

    tenants: Annotated[list[Annotated[str, names.tenant_checked]], sized(2, 2), _distinct] = field(
        default_factory=lambda: ["east", "west"]
    )
    extension: Annotated[str, names.extension_checked] | None = None
    scenario: Annotated[str, matching(r"[a-z](-?[a-z0-9])*")] | None = None
    speed: Annotated[int, between(1, 1000)] = 60


@dataclass(frozen=True, kw_only=True)
class PlatformSettings:
    """The content of `presso.yaml`.

    Args:
        presso: The version of presso that wrote the files in presso.lock.
        title: What the platform is called.
        events: Its own events; without them they are the coffee bar's.
        vocabulary: The words of texts about them.
        demo: What `presso demo` shows of a platform with events of its own.
    """

    presso: Annotated[str, sized(1, 40)]
    title: Annotated[str, sized(1, 100)]
    events: EventSettings | None = None
    vocabulary: Vocabulary | None = None
    demo: DemoSettings = field(default_factory=DemoSettings)

    @property
    def sources(self) -> EventSettings:
        """Its events, or the coffee bar's."""
        return self.events or BAR_EVENTS

    @property
    def words(self) -> Vocabulary:
        """Its words, or those of the coffee bar where it has that one's events alone."""
        return self.vocabulary or (Vocabulary() if self.events else BAR_WORDS)

    @property
    def has_bar(self) -> bool:
        """Whether the coffee bar is a part of it: its events, its core, its scenarios."""
        return self.sources.bar


BAR = PlatformSettings(presso="", title="Serverlesspresso Extensions")


def load(workspace: Workspace) -> PlatformSettings:
    """Return the settings of a checkout; the coffee bar's where it has no `presso.yaml`.

    Raises:
        UsageError: The file is wrong; one fault per line, with file, line and key.
    """
    path = workspace.root / FILE
    if not path.is_file():
        return BAR
    status = path.stat()
    return _read_once(path, (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))


@lru_cache(8)
def _read_once(path: Path, version: tuple[int, ...]) -> PlatformSettings:
    """The settings in a file, as long as it stays as it is: each unit of a fleet asks for them."""
    return read(YamlFile.read(path, FILE))


def read(document: YamlFile) -> PlatformSettings:
    """Return the settings that a document has.

    Raises:
        UsageError: As `load`.
    """
    settings = document.parse(PlatformSettings)
    if settings.events:
        _check_sources(document, settings.events)
    return settings


def _check_sources(document: YamlFile, events: EventSettings) -> None:
    for index, source in enumerate(events.core if events.bar else events.sources):
        if f"{source}.".startswith(events.prefix):
            place: Sequence[str | int] = ("events", "sources", index)
            document.refuse(
                tuple(place), f"{source} is a source of extensions: they begin with {events.prefix}"
            )

"""What the site is made of: the catalog, the rules, the owners, and where each has its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from presso import extensions, tenants
from presso.catalog.bindings import generate
from presso.catalog.catalog_view import CatalogView
from presso.catalog.code_marks import mark_of
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.impact import Reader, readership
from presso.catalog.rules import Rules
from presso.errors import PressoError
from presso.extensions import Extension
from presso.names import PLATFORM
from presso.site.catalog_history import CatalogCommit, catalog_commits
from presso.workspace import Workspace


def slug(name: str) -> str:
    """A name as that of a file that every system and every URL takes."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip(".-") or "unnamed"


@dataclass(frozen=True)
class Service:
    """Who is not an extension and emits or consumes: a service of the core, or the platform."""

    name: str
    title: str
    summary: str


@dataclass(frozen=True)
class Content:
    """The data of all pages, read once.

    Args:
        workspace: The checkout.
        view: The catalog and the rules in the checkout.
        entries: The changes of the catalog, from git where available.
    """

    workspace: Workspace
    view: CatalogView
    entries: tuple[CatalogCommit, ...]

    @classmethod
    def load(cls, workspace: Workspace) -> Content:
        """Read a checkout.

        Raises:
            UsageError: A file is broken.
        """
        catalog = Catalog.load(workspace)
        return cls(
            workspace, CatalogView(catalog, Rules.load(workspace)), tuple(catalog_commits(workspace, catalog))
        )

    @property
    def catalog(self) -> Catalog:
        """The catalog."""
        return self.view.catalog

    @property
    def rules(self) -> Rules:
        """The rules."""
        return self.view.rules

    @cached_property
    def extensions(self) -> dict[str, Extension]:
        """The extensions' descriptions, by name."""
        names = extensions.names_of(self.workspace)
        return {name: extensions.load(self.workspace, name) for name in names}

    @cached_property
    def services(self) -> dict[str, Service]:
        """The producers and consumers that are not extensions here, by name."""
        found: dict[str, Service] = {}
        for name in self.view.participants:
            if name in self.extensions:
                continue
            said = self.catalog.producers.get(name)
            title, summary = (said.title, said.summary) if said else (name, self._unsaid(name))
            found[name] = Service(name, title, summary)
        return found

    def _unsaid(self, name: str) -> str:
        if any(event.source.startswith(self.catalog.platform.sources.prefix) for event in self.emitted(name)):
            return "An extension that is not in this checkout."
        return _SAID.get(name, "A module of the platform.")

    @cached_property
    def pages(self) -> dict[tuple[str, str], str]:
        """The page of each event, by source and detail-type: `events/<name>`; no two alike, in any case."""
        found: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for event in self.catalog.events:
            alone = len(self.catalog.named(event.name)) == 1
            name = slug(event.name if alone else f"{event.producer}-{event.name}")
            while name.lower() in taken:
                name += "_"
            taken.add(name.lower())
            found[event.key] = f"events/{name}"
        return found

    def page(self, event: CatalogEvent) -> str:
        """The page of an event."""
        return self.pages[event.key]

    def page_of(self, owner: str) -> str:
        """The page of an extension or a service."""
        return f"{'extensions' if owner in self.extensions else 'services'}/{slug(owner)}"

    @cached_property
    def readers(self) -> Callable[[CatalogEvent, str], list[Reader]]:
        """Who reads a field of an event."""
        return readership(self.workspace, self.catalog, self.rules)

    @cached_property
    def _code(self) -> dict[str, str]:
        """Python for the events, by `producer/detail-type`, as far as any can be made."""
        names = [f"{event.producer}/{event.name}" for event in self.catalog.events]
        try:
            return self._generated(names)
        except PressoError:  # at least one has no code: the others have theirs
            return {name: text for one in names for name, text in self._alone(one).items()}

    def _alone(self, name: str) -> dict[str, str]:
        try:
            return self._generated([name])
        except PressoError:
            return {}

    def _generated(self, names: list[str]) -> dict[str, str]:
        files = generate(self.catalog, names, "python").values()
        marks = ((mark_of(text), text) for text in files)
        found = {mark.event: text for mark, text in marks if mark and mark.event}
        events = map(self.catalog.find, found)
        return {
            f"{event.producer}/{event.name}": text.rstrip()
            for event, text in zip(events, found.values(), strict=True)
        }

    def code(self, event: CatalogEvent) -> str:
        """Python that reads and writes an event; "" where none can be made."""
        return self._code.get(f"{event.producer}/{event.name}", "")

    @cached_property
    def deployed_in(self) -> dict[str, list[str]]:
        """The tenants that use an extension, by the extension's name."""
        found: dict[str, list[str]] = {}
        for name, tenant in sorted(tenants.load_all(self.workspace).items()):
            for use in tenant.extensions:
                found.setdefault(use.name, []).append(name)
        return found

    def emitted(self, owner: str) -> list[CatalogEvent]:
        """The events that an owner emits."""
        return [event for event in self.catalog.events if event.producer == owner]

    def consumers(self, event: CatalogEvent) -> list[str]:
        """Who takes an event by name."""
        return self.rules.consumers(event)


_SAID = {PLATFORM: "The platform's own part of a tenant: the event log, which keeps every event."}

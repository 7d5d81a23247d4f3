"""Pieces of pages in HTML: rendered from `templates/parts.html.jinja`, with links as seen from a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from presso.catalog.events import CatalogEvent
from presso.catalog.graphs import Graph, brief, node_id
from presso.catalog.pictures.flow import svg
from presso.catalog.pictures.sequence import Step
from presso.catalog.rule import Rule
from presso.site.catalog_history import CatalogCommit
from presso.site.content import Content
from presso.site.markup import html

_TEMPLATES = Path(__file__).parent / "templates"


class Parts:
    """The pieces, for a page.

    Args:
        content: The data of the pages.
        root: The way from the page to the site's top: "" or "../".
    """

    def __init__(self, content: Content, root: str) -> None:
        self.content = content
        self.root = root

    def _render(self, macro: str, *arguments: Any) -> str:
        return str(getattr(_module(), macro)(*arguments)).strip()

    def event(self, event: CatalogEvent) -> Markup:
        """A link to an event."""
        return Markup(self._render("event_link", self.content, event, self.root))  # noqa: S704

    def owner(self, name: str) -> Markup:
        """A link to an extension or a service."""
        return Markup(self._render("owner_link", self.content, name, self.root))  # noqa: S704

    def lead(self, text: str, badges: Sequence[tuple[str, str]] = ()) -> str:
        """What a page is about, in a sentence, and labels."""
        return self._render("lead", text, badges)

    def facts(self, rows: Iterable[tuple[str, object]]) -> str:
        """Names and values; a value is text or markup, and a row without one is left out."""
        return self._render("facts", list(rows))

    def search(self) -> str:
        """The box to search with."""
        if self.content.catalog.platform.has_bar:
            return self._render("search", self.root, "drink, userId, waiting …")
        fields = dict.fromkeys(field.path for event in self.content.catalog.events for field in event.fields)
        return self._render("search", self.root, f"{', '.join(list(fields)[:3])} …")

    def cards(self, rows: Sequence[tuple[str, str, str]]) -> str:
        """Large links: where, name, what about."""
        return self._render("cards", rows)

    def events(self, listed: Sequence[CatalogEvent], label: str) -> str:
        """A table of events."""
        return self._render("events", self.content, listed, self.root, label)

    def rules(self, listed: Sequence[Rule]) -> str:
        """A table of rules, with the events that each takes."""
        rows = []
        for rule in listed:
            every = rule.takes_everything
            words = rule.matcher.words if rule.matcher else rule.problem
            taken = [] if every else [event for event in self.content.catalog.events if rule.takes(event)]
            pattern = "every event" if every else brief(words)
            # Names that are links need no text before them.
            plain = set(pattern.split(" or ")) == {event.name for event in taken}
            rows.append((rule, "" if plain else pattern, taken))
        return self._render("rules", self.content, rows, self.root)

    def fields(self, rows: Sequence[dict[str, Any]]) -> str:
        """An event's fields, as `event_page.field_rows` gives them."""
        return self._render("fields", self.content, rows, self.root)

    def changes(self, entries: Sequence[CatalogCommit], *, names: bool) -> str:
        """The changes, commit by commit; `names` includes each event's name."""
        return self._render("changes", self, entries, self.root, names)

    def changed(self, name: str, root: str) -> Markup:
        """An event that changed: a link when it is still there."""
        found = self.content.catalog.named(name)
        return self.event(found[0]) if found else Markup("<code>{}</code>").format(name)

    def versions(self, events: Sequence[CatalogEvent]) -> str:
        """A table of the events' versions."""
        return self._render("versions", self.content, events, self.root)

    def steps(self, steps: Sequence[Step]) -> str:
        """A journey as a table."""
        return self._render("steps", self.content, steps, self.root)

    def resources(self, rows: Sequence[tuple[str, str, str]]) -> str:
        """A table of Terraform's blocks: address, what it is, where."""
        return self._render("resources", rows)

    def picture(self, drawn: str, label: str) -> str:
        """A picture with room to scroll."""
        return self._render("picture", Markup(drawn), label)  # noqa: S704

    def flow(self, graph: Graph) -> str:
        """A flow of events whose boxes lead to their pages."""
        pages = {
            node_id("event", f"{event.producer} {event.name}"): self.content.page(event)
            for event in self.content.catalog.events
        }
        links = {}
        for key, node in graph.nodes.items():
            page = ""
            if node.kind == "producer":
                page = self.content.page_of(node.title)
            elif node.kind == "event":
                page = pages.get(key, "")
            elif node.group:
                page = self.content.page_of(node.group)
            if page:
                links[key] = f"{self.root}{page}.html"
        return self.picture(svg(graph, links=links, page=True), graph.title)


@cache
def _module() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["html"] = lambda text: Markup(html(text))  # noqa: S704
    environment.filters["breakable"] = breakable
    return environment.get_template("parts.html.jinja").module


def breakable(text: object) -> Markup:
    """A name that a narrow page may break: after a sign, and before a capital."""
    pieces = re.split(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[./_:|-])(?=\w)", str(text))
    return Markup("<wbr>".join(map(escape, pieces)))  # noqa: S704

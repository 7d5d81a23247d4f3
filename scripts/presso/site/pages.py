"""The pages of the site, as reStructuredText with HTML in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from presso.catalog.graphs import flow
from presso.catalog.pictures import sequence
from presso.site import event_page, owner_pages
from presso.site.journey import journey
from presso.site.parts import Parts
from presso.site.shelf import Shelf
from presso.site.text import html, raw, title


@dataclass(frozen=True)
class Page:
    """One page: its name, such as `events/OrderManager.MakeOrder`, and its text; `about` is for results."""

    name: str
    text: str
    about: str


def pages(shelf: Shelf) -> Iterator[Page]:
    """Every page of the site."""
    yield Page("index", _front(shelf), "Every event of the coffee bar.")
    for event in shelf.catalog.events:
        yield Page(shelf.page(event), event_page.text(shelf, event), event.summary)
    for service in shelf.services.values():
        yield Page(shelf.page_of(service.name), owner_pages.service(shelf, service), service.summary)
    for extension in shelf.extensions.values():
        yield Page(shelf.page_of(extension.name), owner_pages.extension(shelf, extension), extension.summary)
    made = {"flow": _flow, "journey": _journey, "changelog": _changelog}
    for name, _, about in _WAYS:
        yield Page(name, made[name](shelf), about)


def _front(shelf: Shelf) -> str:
    parts = Parts(shelf, "")
    listed = [event for service in shelf.books.producers for event in shelf.emitted(service)]
    emitters, takers = len(shelf.books.producers), len(shelf.extensions)
    return "\n".join(
        [
            title("Events of the coffee bar"),
            raw(
                parts.lead(
                    f"{len(listed)} events of {emitters} producers, and the extensions that take them"
                    f" ({takers} here): what they say, who emits them, who takes them, and the pattern to"
                    " take one yourself."
                )
            ),
            raw(parts.search()),
            raw(parts.cards([(f"{page}.html", name, about) for page, name, about in _WAYS])),
            *_listing(shelf, parts),
            *(_toctree(name, _short(shelf, name)) for name in shelf.books.producers),
            _toctree("Services", {name: shelf.page_of(name) for name in shelf.services}),
            _toctree("Extensions", {name: shelf.page_of(name) for name in shelf.extensions}),
            _toctree("All together", {name: page for page, name, _ in _WAYS}),
        ]
    )


_WAYS = (
    ("flow", "The flow of events", "Who emits what, and which rule takes it where."),
    ("journey", "The journey of one order", "From the scanned code to the cup, event by event."),
    ("changelog", "What changed", "Versions of the schemas, and whom a change breaks."),
)


def _short(shelf: Shelf, producer: str) -> dict[str, str]:
    """A producer's events by their names without the producer's."""
    return {event.name.removeprefix(f"{producer}."): shelf.page(event) for event in shelf.emitted(producer)}


def _listing(shelf: Shelf, parts: Parts) -> Iterator[str]:
    """The events, each producer's under its heading."""
    for producer in shelf.books.producers:
        service = shelf.services.get(producer)
        yield title(service.title if service else shelf.extensions[producer].title, "-")
        about = service.summary if service else shelf.extensions[producer].summary
        yield raw(f"<p>{parts.owner(producer)}: {html(about)}</p>")
        yield raw(parts.events(shelf.emitted(producer), f"What {producer} emits"))


def _toctree(caption: str, pages: dict[str, str]) -> str:
    if not pages:
        return ""
    head = f".. toctree::\n   :hidden:\n   :caption: {caption}\n\n"
    return head + "".join(f"   {name} </{page}>\n" for name, page in pages.items())


def _flow(shelf: Shelf) -> str:
    parts = Parts(shelf, "")
    return "\n".join(
        [
            title("The flow of events"),
            raw(
                parts.lead(
                    "From left to right: who emits, what, the bus, the rules with their patterns in words,"
                    " and what they hand events to. Every box leads to its page."
                )
            ),
            raw(parts.flow(flow(shelf.books))),
            title("Rules", "-"),
            raw(parts.rules(shelf.rules.rules)),
        ]
    )


def _journey(shelf: Shelf) -> str:
    parts = Parts(shelf, "")
    steps = journey(shelf.workspace, shelf.books, {key: f"{page}.html" for key, page in shelf.pages.items()})
    links = {name: f"{shelf.page_of(name)}.html" for name in shelf.books.everybody}
    drawn = sequence.svg("The journey of one order", steps, links=links, page=True)
    return "\n".join(
        [
            title("The journey of one order"),
            raw(
                parts.lead(
                    "What the scenario `one-order` plays: its events in their order, with minutes and seconds"
                    " since its beginning. A dashed arrow leads to whose rule takes the event."
                )
            ),
            raw(
                parts.picture(drawn, "The journey of one order") if steps else "<p>No scenario one-order.</p>"
            ),
            title("Step by step", "-"),
            raw(parts.steps(steps)),
        ]
    )


def _changelog(shelf: Shelf) -> str:
    parts = Parts(shelf, "")
    told = (
        raw(parts.changes(shelf.entries, names=True))
        if shelf.entries
        else "No history: this site was built outside of a git repository, or nothing is committed.\n"
    )
    return "\n".join(
        [
            title("What changed in the schemas"),
            raw(
                parts.lead(
                    "Major: somebody breaks. Minor: something is new. Patch: words. Compare with any state"
                    " yourself: `presso catalog impact --against REF`."
                )
            ),
            title("Versions", "-"),
            raw(parts.versions(shelf.catalog.events)),
            title("Changes", "-"),
            told,
        ]
    )

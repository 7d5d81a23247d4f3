"""The pages of the site, as reStructuredText with HTML in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from presso.catalog.graphs import flow
from presso.catalog.pictures import sequence
from presso.site import event_page, owner_pages
from presso.site.content import Content
from presso.site.journey import journey, journey_of
from presso.site.markup import html, raw, title
from presso.site.parts import Parts


@dataclass(frozen=True)
class Page:
    """One page: its name, such as `events/OrderManager.MakeOrder`, and its text; `about` is for results."""

    name: str
    text: str
    about: str


def pages(content: Content) -> Iterator[Page]:
    """Every page of the site."""
    yield Page("index", _front(content), f"Every event of the {content.catalog.platform.words.place}.")
    for event in content.catalog.events:
        yield Page(content.page(event), event_page.text(content, event), event.summary)
    for service in content.services.values():
        yield Page(content.page_of(service.name), owner_pages.service(content, service), service.summary)
    for extension in content.extensions.values():
        yield Page(
            content.page_of(extension.name), owner_pages.extension(content, extension), extension.summary
        )
    for name, _, about, text in _overviews(content):
        yield Page(name, text(content), about)


def _front(content: Content) -> str:
    parts = Parts(content, "")
    listed = [event for service in content.view.producers for event in content.emitted(service)]
    emitters, takers = len(content.view.producers), len(content.extensions)
    return "\n".join(
        [
            title(f"Events of the {content.catalog.platform.words.place}"),
            raw(
                parts.lead(
                    f"{len(listed)} events of {emitters} producers, and the extensions that consume them"
                    f" ({takers} here): their content, producers and consumers, and the pattern to"
                    " consume one yourself."
                )
            ),
            raw(parts.search()),
            raw(parts.cards([(f"{page}.html", name, about) for page, name, about, _ in _overviews(content)])),
            *_listing(content, parts),
            *(_toctree(name, _short(content, name)) for name in content.view.producers),
            _toctree("Services", {name: content.page_of(name) for name in content.services}),
            _toctree("Extensions", {name: content.page_of(name) for name in content.extensions}),
            _toctree("All together", {name: page for page, name, *_ in _overviews(content)}),
        ]
    )


def _short(content: Content, producer: str) -> dict[str, str]:
    """A producer's events by their names without the producer's."""
    return {
        event.name.removeprefix(f"{producer}."): content.page(event) for event in content.emitted(producer)
    }


def _listing(content: Content, parts: Parts) -> Iterator[str]:
    """The events, each producer's under its heading."""
    for producer in content.view.producers:
        service = content.services.get(producer)
        yield title(service.title if service else content.extensions[producer].title, "-")
        about = service.summary if service else content.extensions[producer].summary
        yield raw(f"<p>{parts.owner(producer)}: {html(about)}</p>")
        yield raw(parts.events(content.emitted(producer), f"What {producer} emits"))


def _toctree(caption: str, pages: dict[str, str]) -> str:
    if not pages:
        return ""
    head = f".. toctree::\n   :hidden:\n   :caption: {caption}\n\n"
    return head + "".join(f"   {name} </{page}>\n" for name, page in pages.items())


def _flow(content: Content) -> str:
    parts = Parts(content, "")
    return "\n".join(
        [
            title("The flow of events"),
            raw(
                parts.lead(
                    "From left to right: producers, events, the bus, the rules with their patterns in words,"
                    " and their targets. Every box links to its page."
                )
            ),
            raw(parts.flow(flow(content.view))),
            title("Rules", "-"),
            raw(parts.rules(content.rules.rules)),
        ]
    )


def _journey(content: Content) -> str:
    parts = Parts(content, "")
    steps = journey(
        content.workspace, content.view, {key: f"{page}.html" for key, page in content.pages.items()}
    )
    links = {name: f"{content.page_of(name)}.html" for name in content.view.participants}
    about = _of_journey(content)
    drawn = sequence.svg(about, steps, links=links, page=True)
    return "\n".join(
        [
            title(about),
            raw(
                parts.lead(
                    f"The events of the scenario `{journey_of(content.workspace, content.catalog.platform)}`"
                    " in order, with minutes and seconds"
                    " since its beginning. A dashed arrow leads to the owner of a matching rule."
                )
            ),
            raw(parts.picture(drawn, about) if steps else "<p>There is no scenario for it.</p>"),
            title("Step by step", "-"),
            raw(parts.steps(steps)),
        ]
    )


def _changelog(content: Content) -> str:
    parts = Parts(content, "")
    introduction = (
        raw(parts.changes(content.entries, names=True))
        if content.entries
        else "No history: this site was built outside of a git repository, or nothing is committed.\n"
    )
    return "\n".join(
        [
            title("What changed in the schemas"),
            raw(
                parts.lead(
                    "Major: breaks a consumer or producer. Minor: an addition. Patch: descriptions. Compare "
                    "with any state yourself: `presso catalog impact --against REF`."
                )
            ),
            title("Versions", "-"),
            raw(parts.versions(content.catalog.events)),
            title("Changes", "-"),
            introduction,
        ]
    )


def _of_journey(content: Content) -> str:
    return f"The journey of one {content.catalog.platform.words.thing}"


def _overviews(content: Content) -> tuple[tuple[str, str, str, Callable[[Content], str]], ...]:
    """The pages about all events: name, title, summary, and what makes the text."""
    steps = (
        "From the scanned code to the cup, event by event."
        if content.catalog.platform.has_bar
        else "A scenario, event by event."
    )
    versions = "Versions of the schemas, and which consumers a change breaks."
    return (
        ("flow", "The flow of events", "Producers, events, and the rules that route them.", _flow),
        ("journey", _of_journey(content), steps, _journey),
        ("changelog", "What changed", versions, _changelog),
    )

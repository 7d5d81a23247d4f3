"""Code for events: classes that read and write them, made from the catalog's schemas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from event_patterns.schemas import Schema
from presso.catalog.code_marks import Mark
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.openapi import component
from presso.errors import UsageError

Language = Literal["python", "typescript", "java", "go"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# A path that a comment of the code names.
_SUCH = "drinkOrder.drink"
SUFFIXES = (".py", ".ts", ".java", ".go")


def generate(catalog: Catalog, events: Iterable[str], language: Language) -> dict[str, str]:
    """The files with the code for some events, by their names.

    Args:
        catalog: Where they are described.
        events: Their detail-types, or `producer/detail-type`.
        language: Of the code.

    Raises:
        UsageError: There is no such event, or two of them would be called the same.
        PressoError: No code can be made for a schema.
    """
    found = {event.key: event for event in map(catalog.find, events)}
    chosen = sorted(found.values(), key=lambda event: event.key[::-1])
    _refuse_same_names(chosen)
    made = _made(chosen, catalog.envelope, language)
    such = "" if catalog.platform.has_bar else next((f.path for e in chosen for f in e.fields), "")
    return {
        name: Mark(_called(catalog, event) if event else "", language).before(
            text.replace(_SUCH, such) if such else text
        )
        for name, (event, text) in sorted(made.items())
    }


def _made(
    events: Sequence[CatalogEvent], envelope: Schema, language: Language
) -> dict[str, tuple[CatalogEvent | None, str]]:
    if language == "python":
        from presso.catalog.bindings import python  # a second of imports

        return python.files(events, envelope)
    from presso.catalog.bindings import quicktype

    return quicktype.files(events, envelope, language)


def _called(catalog: Catalog, event: CatalogEvent) -> str:
    """The event's name, made distinct from others of the same name."""
    return event.name if len(catalog.named(event.name)) == 1 else f"{event.producer}/{event.name}"


def _refuse_same_names(events: Sequence[CatalogEvent]) -> None:
    for name, times in Counter(map(component, events)).items():
        if times > 1:
            same = [event for event in events if component(event) == name]
            said = " and ".join(f"{event.producer}/{event.name}" for event in same)
            raise UsageError(f"{said} would both be called {name}.", hint="Give each a folder of its own.")

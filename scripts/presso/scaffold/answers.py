"""What a new extension is made from: the answers, each of them checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from presso import names
from presso.errors import UsageError
from presso.suggestions import did_you_mean
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.catalog.events import Catalog, CatalogEvent

PATTERNS = {
    "function": "a function for each event, at once",
    "workflow": "a Step Functions workflow for each event",
    "queue-worker": "a queue, and a function that reads it at its own pace",
    "table-writer": "a record of each event in a table, exactly once",
    "fan-out": "the same events to two independent branches",
    "scheduled-digest": "records, and an event every evening that sums them up",
    "api-destination": "events to a webhook outside of AWS",
}
_Right = TypeVar("_Right")
LANGUAGES = ("Python", "Node.js")
MOST_EVENTS = 15
# As in the scaffold's own hook (hooks/pre_gen_project.py), which works without presso. These words go into
# texts of every language.
_WORDS = re.compile(r"[\w '&,.:()!?/+-]{1,80}")


@dataclass(frozen=True)
class Answers:
    """What an extension is made from.

    Args:
        events: Detail-types, as the catalog spells them.
        sources: Who puts them on the bus.
    """

    name: str
    title: str
    author: str
    events: tuple[str, ...]
    pattern: str
    language: str
    sources: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The answers, without what follows from them."""
        keys = ("name", "title", "author", "events", "pattern", "language")
        return {key: list(value) if isinstance(value := getattr(self, key), tuple) else value for key in keys}


@dataclass(frozen=True)
class Given:
    """The answers as the user gives them; "" or empty is none."""

    name: str = ""
    title: str = ""
    author: str = ""
    events: Sequence[str] = ()
    pattern: str = ""
    language: str = ""

    def missing(self) -> list[str]:
        """The flags of the answers that are not given; a title follows from the name."""
        flags = {"NAME": self.name, "--author": self.author, "--event": self.events}
        flags |= {"--pattern": self.pattern, "--language": self.language}
        return [flag for flag, value in flags.items() if not value]


def checked(workspace: Workspace, catalog: Catalog, given: Given) -> Answers:
    """Return the answers, all of them right.

    Raises:
        UsageError: Some answers are wrong; the message lists all faults, one per line.
    """
    faults: list[UsageError] = []

    def right(check: Callable[[], _Right], otherwise: _Right) -> _Right:
        try:
            return check()
        except UsageError as error:
            faults.append(error)
            return otherwise

    name = right(lambda: new_name(workspace, given.name), "")
    title = right(lambda: words("title", given.title or title_of(given.name)), "")
    author = right(lambda: words("author", given.author), "")
    no_events: list[CatalogEvent] = []
    events = right(lambda: found(catalog, given.events), no_events)
    pattern = right(lambda: one_of("pattern", given.pattern, list(PATTERNS)), "")
    language = right(lambda: one_of("language", given.language, LANGUAGES), "")
    if faults:
        hints = dict.fromkeys(fault.hint for fault in faults if fault.hint)
        raise UsageError("\n".join(fault.message for fault in faults), hint="\n".join(hints))
    detail_types = tuple(dict.fromkeys(event.name for event in events))
    sources = tuple(dict.fromkeys(event.source for event in events))
    return Answers(name, title, author, detail_types, pattern, language, sources)


def new_name(workspace: Workspace, name: str) -> str:
    """Return a name for a new extension.

    Raises:
        UsageError: It cannot be one, or is taken.
    """
    try:
        names.extension_checked(name)
    except ValueError as error:
        raise UsageError(f"name: {error} (given: {name}).", hint="Such as wait-times.") from None
    if (workspace.extensions / name).exists():
        raise UsageError(
            f"name: {name} is taken: extensions/{name} exists.",
            hint=f"Choose another name, or update the extension: presso new --update {name}",
        )
    return name


def title_of(name: str) -> str:
    """Return the title that follows from a name: `wait-times` is `Wait times`."""
    return name.replace("-", " ").capitalize()


def words(key: str, said: str) -> str:
    """Return a title or an author's name.

    Raises:
        UsageError: It has characters that cannot be in it.
    """
    if not _WORDS.fullmatch(said) or not said.strip():
        raise UsageError(
            f"{key}: 1 to 80 letters, digits, spaces and '&,.:()!?/+- are needed (given: {said!r})."
        )
    return said.strip()


def found(catalog: Catalog, said: Sequence[str]) -> list[CatalogEvent]:
    """Return the catalog's events of these names, in any case.

    Raises:
        UsageError: An event does not exist (the message names the nearest), is given twice, or there are too
            many.
    """
    events: list[CatalogEvent] = []
    for name in said:
        try:
            event = catalog.find(name)
        except UsageError as error:
            raise UsageError(f"event: {error.message}", hint=error.hint) from None
        if event in events:
            raise UsageError(f"event: {event.name} is given twice.")
        events.append(event)
    if not 1 <= len(events) <= MOST_EVENTS:
        raise UsageError(f"event: 1 to {MOST_EVENTS} are needed.", hint="presso catalog list shows them.")
    return events


def one_of(key: str, said: str, known: Sequence[str]) -> str:
    """Return the choice that is meant, in any case.

    Raises:
        UsageError: There is no such choice; the nearest is named.
    """
    for choice in known:
        if said.lower() in (choice.lower(), choice.lower().removesuffix(".js")):
            return choice
    raise UsageError(f"{key}: there is no {said!r}.", hint=did_you_mean(said, known, f"{key}s"))

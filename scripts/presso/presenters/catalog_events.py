"""Prints events of the catalog: a list, one with its schema, the results of a search."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from event_patterns.schemas import Field
from presso import terminal
from presso.catalog.catalog_view import CatalogView
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.field_tree import WIDTH, tree, wrapped
from presso.catalog.patterns import pattern_for
from presso.catalog.rule import Rule
from presso.errors import UsageError
from presso.hcl.text import attribute
from presso.suggestions import did_you_mean


def summary(view: CatalogView, event: CatalogEvent) -> dict[str, Any]:
    """The columns of a list for an event."""
    return {
        "detail-type": event.name,
        "title": event.title,
        "summary": event.summary,
        "producer": event.producer,
        "source": event.source,
        "consumers": view.rules.consumers(event),
        "version": event.version,
        "deprecated": event.deprecated,
        "file": event.file,
    }


def list_events(view: CatalogView, *, producer: str, consumer: str, json_wanted: bool) -> None:
    """Print the events, or those of a producer or a consumer.

    Raises:
        UsageError: The name emits or consumes nothing.
    """
    for name, known in ((producer, view.producers), (consumer, view.participants)):
        if name and name not in known:
            raise UsageError(f"There is no {name} in the catalog.", hint=did_you_mean(name, known, "names"))
    rows = [
        row
        for event in view.catalog.events
        if (row := summary(view, event))
        and producer in ("", row["producer"])
        and (not consumer or any(rule.owner == consumer for rule in view.rules.taking(event)))
    ]
    if json_wanted:
        terminal.as_json(rows)
        return
    lines = [
        [row["detail-type"], row["producer"], ", ".join(row["consumers"]) or "-", row["title"]]
        for row in rows
    ]
    terminal.result(
        terminal.table(["event", "producer", "consumers", "what happened"], lines, wrapped=(2, 3))
    )


def show(view: CatalogView, name: str, *, json_wanted: bool) -> None:
    """Print an event's page.

    Raises:
        UsageError: There is no such event.
    """
    event = view.catalog.find(name)
    rules = view.rules.taking(event)
    pattern = pattern_for(event, ())
    if json_wanted:
        terminal.as_json({**event.as_json(), "rules": [rule.as_json() for rule in rules], "pattern": pattern})
        return
    producer = view.catalog.producers.get(event.producer)
    who = f"{event.producer}{f' - {producer.summary}' if producer else ''}"
    lines = [
        f"{_bold(event.name)}  {event.version}",
        *([f"Deprecated: {event.deprecated}"] if event.deprecated else []),
        wrapped(event.summary, terminal.width(WIDTH)),
        "",
        _row("when", event.when),
        _row("producer", who),
        _row("source", event.source),
        _row("consumers", ", ".join(_consumer(rule) for rule in rules) or "none"),
        _row("file", event.file),
        "",
        _bold("detail"),
        *tree(event, terminal.width(WIDTH + 10)),
        "",
        _bold("example"),
        *(
            [json.dumps(event.examples[0].detail, indent=2, ensure_ascii=False)]
            if event.examples
            else ["none"]
        ),
        "",
        _bold("pattern"),
        attribute("pattern", pattern),
    ]
    terminal.result("\n".join(lines))


def _consumer(rule: Rule) -> str:
    targets = ", ".join(f"{target.kind} {target.name}" for target in rule.targets)
    return f"{rule.owner} (rule {rule.name}{f' → {targets}' if targets else ''})"


def _such(catalog: Catalog) -> str:
    """A search that finds something."""
    words = " ".join(event.title.lower() for event in catalog.events[:1]) or "waiting"
    return f"presso catalog search {words}"


def search(view: CatalogView, sought: Sequence[str], *, json_wanted: bool) -> None:
    """Print the events in whose names, descriptions or fields all of the words are, the best first.

    Raises:
        UsageError: No word was given.
    """
    needles = [word.lower() for given in sought for word in given.split()]
    if not needles:
        raise UsageError("No words to search for.", hint=_such(view.catalog))
    found = sorted(
        (hit for event in view.catalog.events if (hit := _hit(event, needles))),
        key=lambda hit: (-hit["score"], hit["detail-type"]),
    )
    if json_wanted:
        terminal.as_json(found)
        return
    if not found:
        terminal.say(f"No event in the catalog has {' and '.join(needles)}.")
        return
    rows = [[hit["detail-type"], _few(hit["fields"]), hit["summary"]] for hit in found]
    terminal.result(terminal.table(["event", "fields", "what happened"], rows, wrapped=(1, 2)))


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}" if names else "-"


def _hit(event: CatalogEvent, needles: list[str]) -> dict[str, Any] | None:
    """How well an event has all of the words: a name counts most, then fields, then descriptions."""
    score, fields = 0, []
    text = f"{event.title} {event.summary} {event.when} {event.producer}".lower()
    for needle in needles:
        named = 8 * (needle in event.name.lower())
        here = [field for field in event.fields if needle in field.path.lower().split(".")[-1]]
        said = [field for field in event.fields if field not in here and needle in _said(field)]
        best = named + 4 * bool(here) + 2 * (needle in text) + bool(said)
        if not best:
            return None
        score += best
        fields += [field.path for field in (*here, *said)]
    found = list(dict.fromkeys(fields))
    return {"detail-type": event.name, "summary": event.summary, "fields": found, "score": score}


def _said(field: Field) -> str:
    values = [*field.schema.get("enum", ()), *field.schema.get("examples", ())]
    return f"{field.description} {' '.join(map(str, values))}".lower()


def _row(name: str, text: str) -> str:
    head = f"{name}:".ljust(11)
    return wrapped(text, terminal.width(WIDTH), head)


def _bold(text: str) -> str:
    return terminal.styled(text, "bold", sys.stdout)

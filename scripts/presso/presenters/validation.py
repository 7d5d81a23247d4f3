"""Prints whether events agree with the catalog, and which events a pattern matches."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from event_patterns.operators import PatternError
from event_patterns.pattern import Pattern
from presso import terminal, text_file
from presso.catalog.catalog_view import CatalogView
from presso.catalog.entry_validation import entry_faults
from presso.catalog.event_files import FoundEvent, read
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.patterns import impossible, pattern_for, pattern_in
from presso.catalog.validation import Checker, EventFault, envelope_of
from presso.errors import PressoError, UsageError
from presso.hcl.text import attribute
from presso.json_text import NotJson, loads

_MOST_SHOWN = 50


def validate(catalog: Catalog, files: Sequence[str], *, strict: bool, json_wanted: bool) -> bool:
    """Validate the events in files against the catalog and print the faults; return whether there are none.

    Args:
        catalog: The catalog.
        files: Files or `-`; without any, the catalog itself is checked.
        strict: Whether a field that is not in the catalog is an error.

    Raises:
        UsageError: A file cannot be read.
    """
    if not files:
        return _catalog_itself(catalog, json_wanted=json_wanted)
    checker = Checker(catalog)
    events = [event for name in files for event in read(name)]
    found = [(event, checker.check(event.event)) for event in events]
    errors = sum(strict or fault.grade == "error" for _, faults in found for fault in faults)
    if json_wanted:
        listed = [
            {
                "where": event.where,
                "detail-type": _name(event),
                "faults": [fault.as_json() for fault in faults],
            }
            for event, faults in found
            if faults
        ]
        terminal.as_json({"events": len(events), "valid": not errors, "faults": listed})
        return not errors
    lines = [_line(event, fault) for event, faults in found for fault in faults]
    for line in lines[:_MOST_SHOWN]:
        terminal.result(line)
    if len(lines) > _MOST_SHOWN:
        terminal.result(f"… and {len(lines) - _MOST_SHOWN} more.")
    bad = sum(any(strict or fault.grade == "error" for fault in faults) for _, faults in found)
    terminal.result(f"{len(events)} events, {bad or 'none'} of them wrong.")
    return not errors


def _name(event: FoundEvent) -> str:
    data = event.event if isinstance(event.event, dict) else {}
    return str(data.get("detail-type", data.get("DetailType", "")))


def _line(event: FoundEvent, fault: EventFault) -> str:
    grade = terminal.styled("warning: ", "yellow", sys.stdout) if fault.grade == "warning" else ""
    name = f"{_name(event)}: " if _name(event) else ""
    return f"{event.where}: {grade}{name}{fault}"


def _catalog_itself(catalog: Catalog, *, json_wanted: bool) -> bool:
    """Whether the catalog keeps its own rules: schemas are schemas, fields described, examples valid."""
    faults = [*catalog.faults, *(fault for event in catalog.events for fault in entry_faults(catalog, event))]
    if json_wanted:
        terminal.as_json({"events": len(catalog.events), "valid": not faults, "faults": faults})
        return not faults
    for fault in faults:
        terminal.result(fault)
    examples = sum(len(event.examples) for event in catalog.events)
    state = f"{len(faults)} faults" if faults else "all valid"
    terminal.result(f"{len(catalog.events)} events of the catalog, {examples} examples: {state}.")
    return not faults


def build_pattern(
    catalog: Catalog, name: str, conditions: Sequence[str], *, form: str, json_wanted: bool
) -> None:
    """Print the pattern for an event under conditions, and which of its examples it matches.

    Raises:
        UsageError: A condition cannot be read, names no field, or can never hold.
    """
    event = catalog.find(name)
    document = pattern_for(event, conditions)
    pattern = parsed(json.dumps(document))
    if reasons := impossible(pattern, event, catalog.envelope):
        raise UsageError("\n".join([f"No {event.name} can match:", *terminal.bullets(reasons)]))
    matching = [example.title for example, sample in _examples(event) if pattern.matches(sample)]
    if json_wanted:
        terminal.as_json({"pattern": document, "matches": matching, "notes": pattern.notes})
        return
    text = (
        json.dumps(document, indent=2, ensure_ascii=False)
        if form == "json"
        else attribute("pattern", document)
    )
    terminal.result(text)
    terminal.say(f"Matches {len(matching)} of {len(event.examples)} examples of {event.name}.")
    for note in pattern.notes:
        terminal.say(f"Note: {note}")


def _examples(event: CatalogEvent) -> list[tuple[Any, dict[str, Any]]]:
    return list(zip(event.examples, event.samples(), strict=True))


def try_pattern(view: CatalogView, text: str, files: Sequence[str], *, json_wanted: bool) -> bool:
    """Print which events a pattern matches and what keeps the others; whether it matches any.

    Args:
        view: The catalog, whose examples are tried.
        text: The pattern as JSON; `@file`, or `-` for standard input.
        files: Files of events to try instead of the examples.

    Raises:
        PressoError: EventBridge would refuse the pattern.
        UsageError: A file cannot be read.
    """
    pattern = parsed(_pattern_text(text))
    if files:
        source = view.catalog.platform.sources.default
        found = [event for name in files for event in read(name)]
        return _try_files(pattern, found, source, json_wanted=json_wanted)
    rows = [_tried(pattern, event, view.catalog) for event in view.catalog.events]
    matched = [row for row in rows if row["matches"]]
    if json_wanted:
        terminal.as_json(
            {"pattern": pattern.document, "words": pattern.words, "notes": pattern.notes, "events": rows}
        )
        return bool(matched)
    terminal.result(f"The pattern: {pattern.words}.")
    for row in matched:
        examples = f"{len(row['matches'])} of {row['examples']} examples"
        terminal.result(f"  matches {row['detail-type']} ({examples})")
    if not matched:
        terminal.result("It matches no event of the catalog.")
        _say_nearest(rows)
    for note in pattern.notes:
        terminal.say(f"Note: {note}")
    return bool(matched)


def _tried(pattern: Pattern, event: CatalogEvent, catalog: Catalog) -> dict[str, Any]:
    """What a pattern makes of an event's examples."""
    matches = [example.title for example, sample in _examples(event) if pattern.matches(sample)]
    never = [] if matches else impossible(pattern, event, catalog.envelope)
    killed = min((pattern.why_not(sample) for sample in event.samples()), key=len, default=[])
    return {
        "detail-type": event.name,
        "producer": event.producer,
        "examples": len(event.examples),
        "matches": matches,
        "can match": bool(matches) or not never,
        "because": [str(reason) for reason in (never or ([] if matches else killed))],
    }


def _say_nearest(rows: list[dict[str, Any]]) -> None:
    """For a pattern that matches nothing: all that keeps the nearest, and one reason for each other."""

    def nearness(row: dict[str, Any]) -> tuple[bool, bool, int]:
        other = any(reason.startswith(("detail-type", "source")) for reason in row["because"])
        return not row["can match"], other, len(row["because"])

    rows = sorted(rows, key=nearness)
    for row in rows:
        could = "could match, but its examples do not" if row["can match"] else "never matches"
        nearest = nearness(row)[:2] == nearness(rows[0])[:2]
        because = row["because"] if nearest else row["because"][:1]
        terminal.result("\n".join([f"  {row['detail-type']} {could}:", *terminal.bullets(because, "    ")]))


def _try_files(pattern: Pattern, events: list[FoundEvent], source: str, *, json_wanted: bool) -> bool:
    rows: list[dict[str, Any]] = [
        {
            "where": found.where,
            "detail-type": _name(found),
            "matches": pattern.matches(event),
            "because": [str(reason) for reason in pattern.why_not(event)],
        }
        for found in events
        for event in [_delivered(found, source)]
    ]
    matched = sum(bool(row["matches"]) for row in rows)
    if json_wanted:
        terminal.as_json(
            {"pattern": pattern.document, "words": pattern.words, "notes": pattern.notes, "events": rows}
        )
        return bool(matched)
    for row in rows[:_MOST_SHOWN]:
        result = "matches" if row["matches"] else f"does not match: {'; '.join(row['because'])}"
        terminal.result(f"{row['where']}: {row['detail-type']} {result}")
    terminal.result(f"{matched} of {len(rows)} events match.")
    return bool(matched)


def _delivered(found: FoundEvent, source: str) -> dict[str, Any]:
    """An event as a rule sees it, whether it was delivered or is to be put; its source, where it names none.

    Raises:
        UsageError: It is invalid.
    """
    event = envelope_of(found.event)
    if isinstance(event, EventFault):
        raise UsageError(f"{found.where}: {event}")
    return {"source": source, **event}


def parsed(text: str) -> Pattern:
    """The pattern in a text.

    Raises:
        PressoError: EventBridge would refuse it; the reason is EventBridge's.
    """
    try:
        return pattern_in(text)
    except PatternError as error:
        raise PressoError(
            f"Event pattern is not valid. Reason: {error}", hint=_hint(text, str(error))
        ) from None


def _hint(text: str, reason: str) -> str:
    if reason == "Invalid JSON":
        try:
            loads(text)
        except NotJson as error:
            return f"{str(error)[0].upper()}{str(error)[1:]}: line {error.line}."
    if reason.endswith("must be an object or an array"):
        return 'Values must be in lists, also a single one: {"source": ["…"]}.'
    return ""


def _pattern_text(text: str) -> str:
    if text != "-" and not text.startswith("@"):
        return text
    name = text.removeprefix("@")
    if not name:
        raise UsageError("@ names no file.", hint="Such as @pattern.json.")
    return text_file.read_named(name)

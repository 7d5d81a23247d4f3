"""The page of an event."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from event_patterns.schemas import Field, schema_words
from event_patterns.words import shown
from presso.catalog.bindings import LANGUAGES
from presso.catalog.events import CatalogEvent, Example
from presso.catalog.graphs import around
from presso.catalog.patterns import pattern_for
from presso.catalog.rule import Rule
from presso.hcl.text import attribute
from presso.site.content import Content
from presso.site.markup import code, raw, rst, title
from presso.site.parts import Parts

_MOST_EXAMPLES = 4


def text(content: Content, event: CatalogEvent) -> str:
    """The page of an event: what, when and who, its way, its fields, patterns, examples, and what changed."""
    parts = Parts(content, "../")
    return "\n".join(
        [
            title(event.name),
            raw(parts.lead(event.summary, _badges(event))),
            raw(parts.facts(_facts(content, parts, event))),
            title("Its way", "-"),
            raw(parts.flow(around(content.view, event))),
            title("Fields", "-"),
            "The fields of ``detail``. Events may have further fields; consumers must ignore these.\n",
            raw(parts.fields(field_rows(content, event))),
            title("Take it", "-"),
            *_patterns(content, event),
            title("Examples", "-"),
            *(_example(event, example) for example in event.examples),
            "Generate more from the schema:\n",
            code(f"presso catalog example {event.name} --count 3", "console"),
            *_code(content, event),
            *_changes(content, parts, event),
        ]
    )


def _badges(event: CatalogEvent) -> list[tuple[str, str]]:
    found = [("", f"version {event.version}")]
    if event.since:
        found.append(("", f"since {event.since}"))
    if event.extension:
        found.append(("", "of an extension"))
    return [*found, *([("warn", f"deprecated: {event.deprecated}")] if event.deprecated else [])]


def _facts(content: Content, parts: Parts, event: CatalogEvent) -> list[tuple[str, object]]:
    takers = [rule for rule in content.rules.taking(event) if not rule.takes_everything]
    code_ = Markup("<code>{}</code>")
    return [
        ("What", event.title),
        ("When", event.when),
        ("Producer", parts.owner(event.producer)),
        ("Source", code_.format(event.source)),
        ("Consumed by", Markup("<br>").join(_taker(parts, rule) for rule in takers) or "no extension yet"),
        ("Written in", code_.format(event.file)),
    ]


def _taker(parts: Parts, rule: Rule) -> Markup:
    return Markup("{}, rule <code>{}</code>").format(parts.owner(rule.owner), rule.name)


def anchor(path: str) -> str:
    """Where on its event's page a field is."""
    return f"field-{re.sub(r'[^A-Za-z0-9]+', '-', path.replace('[]', '.each')).strip('-')}"


def field_rows(content: Content, event: CatalogEvent) -> list[dict[str, Any]]:
    """The fields as the page shows them."""
    return [_row(content, event, field) for field in event.fields]


def _row(content: Content, event: CatalogEvent, field: Field) -> dict[str, Any]:
    examples = field.schema.get("examples", ())
    readers: dict[str, list[str]] = {}
    for reader in content.readers(event, field.path):
        readers.setdefault(reader.owner, []).append(_within(reader.place, reader.owner))
    element = field.path.endswith("[]")
    return {
        "anchor": anchor(field.path),
        "path": field.path.replace("[]", ""),
        "name": "each" if element else field.name,
        "depth": field.depth,
        "optional": not field.required and not element,
        "kind": schema_words(field.schema),
        "examples": [shown(value) for value in examples[:_MOST_EXAMPLES]],
        "description": field.description,
        "readers": list(readers.items()),
    }


def _within(place: str, owner: str) -> str:
    """A place as seen from its owner's folder."""
    for top in ("extensions", "modules"):
        place = place.removeprefix(f"{top}/{owner}/")
    return place


def _patterns(content: Content, event: CatalogEvent) -> list[str]:
    pattern = pattern_for(event, ())
    tabs = {
        "Pattern": (attribute("pattern", pattern), "terraform"),
        "By a queue and a function": (_blocks(event, pattern), "terraform"),
        "JSON": (json.dumps(pattern, indent=2, ensure_ascii=False), "json"),
    }
    return [
        f"In an extension's ``main.tf``. Narrow it by a field's value:"
        f" ``presso catalog pattern {event.name} --where {_condition(content, event)}``.\n",
        _tabs(tabs),
    ]


def _tabs(tabs: dict[str, tuple[str, str]]) -> str:
    """Blocks of code, each with its language, of which one is seen at a time; the choice is for all pages."""
    items = (
        f"   .. tab-item:: {name}\n      :sync: {name}\n\n{code(block, language, 6)}"
        for name, (block, language) in tabs.items()
    )
    return "\n".join([".. tab-set::\n", *items])


def _condition(content: Content, event: CatalogEvent) -> str:
    """A condition that an example meets, of a field with choices: `drinkOrder.drink=Espresso`."""
    found: list[tuple[int, int, str]] = []
    for example in event.examples:
        for field in event.fields:
            value: Any = example.detail
            for step in field.path.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z -]*", value):
                choices = len(field.schema.get("enum") or field.schema.get("examples") or ())
                found.append((-choices, len(found), f"{field.path}={value}"))
    return shlex.quote(min(found)[2]) if found else f"{content.catalog.platform.sources.tenant}=nyc"


def _blocks(event: CatalogEvent, pattern: dict[str, Any]) -> str:
    """The building blocks that hand the event to a queue, and what is in it to a function."""
    name = re.sub(r"[^a-z0-9]+", "-", event.title.lower()).strip("-")[:20].strip("-") or "event"
    label = name.replace("-", "_")
    return (
        f'module "{label}" {{\n  source  = "../../modules/event-queue"\n'
        f'  context = var.context\n  name    = "{name}"\n'
        f"{attribute('pattern', pattern, 2)}\n}}\n\n"
        f'module "on_{label}" {{\n  source     = "../../modules/event-function"\n  context    = var.context\n'
        f'  name       = "on-{name}"\n  source_dir = "${{path.module}}/src"\n'
        '  handler    = "handler.handler"\n'
        f"  queue = {{\n    arn = module.{label}.arn\n  }}\n}}"
    )


def _example(event: CatalogEvent, example: Example) -> str:
    detail = json.dumps(example.detail, indent=2, ensure_ascii=False)
    whole = json.dumps(event.sample(example.detail), indent=2, ensure_ascii=False)
    tabs = _tabs({"detail": (detail, "json"), "the whole event": (whole, "json")})
    return f"**{rst(example.title)}**\n\n{tabs}"


def _code(content: Content, event: CatalogEvent) -> list[str]:
    """Classes that read and write the event: Python itself, and how to have it in the other languages."""
    python = content.code(event)
    if not python:
        return []
    command = f"presso catalog code {event.name} --language LANGUAGE --out extensions/NAME/src/events"
    others = ", ".join(f"``{language}``" for language in LANGUAGES if language != "python")
    return [
        title("In code", "-"),
        f"Classes that read and write it. To add them to an extension, in ``python``, {others}:\n",
        code(command, "console"),
        "The same in Python:\n",
        code(python, "python"),
    ]


def _changes(content: Content, parts: Parts, event: CatalogEvent) -> list[str]:
    found = []
    for entry in content.entries:
        changes = tuple(change for change in entry.changes if change.name == event.name)
        if changes:
            found.append(replace(entry, changes=changes))
    return [title("What changed", "-"), raw(parts.changes(found, names=False))] if found else []

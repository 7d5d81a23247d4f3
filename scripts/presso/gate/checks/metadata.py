"""Whether an extension's metadata is complete and true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from event_patterns.nearest import nearest
from presso import aws_limits
from presso.catalog.events import emitted
from presso.errors import UsageError
from presso.gate.arn_patterns import overlap
from presso.gate.check import check, declare
from presso.gate.checks.events import foreign, patterns, possible, takes_all
from presso.gate.checks.policies import allowing
from presso.gate.model import Hit, Model, Place
from presso.gate.workflows import entries
from presso.hcl.values import Unknown
from presso.yaml_file import YamlFile

_FILES = ("README.md", "extension.yaml", "main.tf", "variables.tf", "versions.tf")
# No expressions of pipes or workflows: $.detail.kind, {% … %}, <…>.
_DESCRIBING = frozenset({"$ref", "allOf", "anyOf", "oneOf", "patternProperties", "properties"})
_LONGEST_SHOWN = 40
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/:-]*")

declare(
    "M-001",
    "extension.yaml has all required keys",
    why="The catalog of extensions, the reviewers and the other checks rely on it.",
    fix="Set the keys as docs/guides/author.md shows; the description has 300 to 500 words.",
    bad="description: Counts orders.",
)


@check(
    "M-002",
    "The standard files exist",
    why="Reviewers find their way in every extension when all have the same files.",
    fix="Add it; `presso new` writes all of them.",
)
def files(model: Model) -> Iterator[Hit]:
    """Yield files that are missing."""
    for name in _FILES:
        if name not in model.text.files:
            yield Hit(Place(name), f"there is no {name}")


@check(
    "M-003",
    "consumes names the events that the rules match",
    why="`presso catalog` shows which extensions a change of an event affects, from consumes; what it omits "
    "breaks unnoticed.",
    fix="List every event that a rule can match, and no other; or narrow the pattern.",
)
def consumes(model: Model) -> Iterator[Hit]:
    """Yield events that are consumed but not named, or the other way round."""
    if model.metadata is None:
        return
    said = model.metadata.consumes
    found = [pattern for _, pattern in patterns(model)]
    rules = [r for r in model.of("aws_cloudwatch_event_rule") if r.values.get("event_pattern") is not None]
    taken = [possible(model, pattern) for pattern in found]
    complete = len(found) == len(rules) and all(taken)
    for index, name in enumerate(said):
        place = model.metadata_place("consumes", index)
        known = model.catalog.named(name)
        if not known:
            near = nearest(name, model.catalog.names)
            yield Hit(place, f"there is no event {name}", f"Did you mean {near}?" if near else "")
        elif found and complete and not any(e in each for e in known for each in taken):
            yield Hit(place, f"no rule matches {name}")
    for (resource, pattern), events in zip(patterns(model), taken, strict=True):
        if takes_all(model, pattern):
            continue  # P2-006 reports it
        for name in dict.fromkeys(event.name for event in events if event.name not in said):
            what = f"{resource.address} matches {name}, which consumes does not name"
            yield Hit(resource.at("event_pattern"), what)


@check(
    "M-004",
    "emits names the events that it emits",
    why="Others cannot listen to an unlisted event, and its changes go unnoticed.",
    fix="Add it to emits in extension.yaml with the schema of its detail; or remove the permission.",
)
def emits(model: Model) -> Iterator[Hit]:
    """Yield events and permissions that are missing in `emits`."""
    if model.metadata is None:
        return
    said = [event.detail_type for event in model.metadata.emits]
    for resource, attribute, entry in entries(model):
        name = entry.get("DetailType")
        if isinstance(name, str) and not name.startswith("{%") and name not in said:
            yield Hit(resource.at(attribute), f"{resource.address} emits {name}, which emits does not list")
    for resource, place, statement in allowing(model):
        allowed = any(overlap(action.lower(), "events:putevents") for action in statement.texts("action"))
        if allowed and not said and not statement.texts("action")[0].startswith("*"):
            yield Hit(place, f"{resource.address} may emit events, but emits lists none")


@check(
    "M-010",
    "Emitted events have a valid schema and a name of their own",
    why="All extensions share one catalog: an event without a valid schema cannot be shown there, and one "
    "with the name of a core event cannot be distinguished from it.",
    fix="Give each event a JSON Schema, in extension.yaml or in a file beside it, and a name that begins "
    "with the extension's, such as WaitTimes.Changed.",
    bad="emits:\n  - detail-type: OrderManager.OrderCompleted\n    schema: ../schemas/order.yaml",
    good="emits:\n  - detail-type: WaitTimes.Changed\n    schema: events/changed.yaml",
)
def described(model: Model) -> Iterator[Hit]:
    """Yield emitted events with an invalid schema or name."""
    if model.metadata is None:
        return
    root = model.text.root.resolve()
    try:
        document = YamlFile.read(root / "extension.yaml", "extension.yaml")
        sources = model.catalog.platform.sources
        events = emitted(root, document, lambda path: path.relative_to(root).as_posix(), sources)
        for index, event in enumerate(events):
            if why := _says_nothing(event.schema):
                yield Hit(model.metadata_place("emits", index), f"the schema of {event.name} {why}")
    except UsageError as error:
        found = re.match(r"(\S+):(\d+): (.*)", error.message)
        place = Place(found[1], int(found[2])) if found else model.metadata_place("emits")
        yield Hit(place, found[3] if found else error.message)
    taken = {event.name.lower(): event for event in foreign(model)}
    names = [event.detail_type for event in model.metadata.emits]
    for index, name in enumerate(names):
        place = model.metadata_place("emits", index)
        if (other := taken.get(name.lower())) is not None:
            core = model.catalog.platform.sources.core
            whose = "the core" if other.source in core else f"the extension {other.extension}"
            yield Hit(place, f"{name} is an event of {whose}")
        elif not _NAME.fullmatch(name):
            yield Hit(place, f"{name} is not a name of letters, digits, spaces and . _ - / :")
        elif name.lower() in (before.lower() for before in names[:index]):
            yield Hit(place, f"{name} is listed twice")


def _says_nothing(schema: Mapping[str, Any]) -> str:
    """Why a detail's schema does not describe one; "" if it does. A detail is always an object."""
    kinds = schema.get("type", "object")
    if "object" not in ([kinds] if isinstance(kinds, str) else kinds):
        return "is not of an object, which a detail is"
    if "type" not in schema and not _DESCRIBING & set(schema):
        return "describes no object"
    never = [name for name, part in schema.get("properties", {}).items() if part is False]
    impossible = sorted({*never} & set(schema.get("required", ())))
    return f"requires {impossible[0]}, which it forbids" if impossible else ""


@check(
    "M-005",
    "Its variables are context, and others with defaults",
    why="The platform passes the same object to every extension; all other variables must be optional.",
    fix="Declare context as in docs/guides/author.md, and give every other variable a default.",
)
def variables(model: Model) -> Iterator[Hit]:
    """Yield variables that are missing, or that have no value."""
    found = {b.labels[0]: b for b in model.text.blocks.get("", ()) if b.type == "variable" and b.labels}
    if "context" not in found:
        yield Hit(Place("variables.tf"), "there is no variable context")
    for name, block in found.items():
        if name != "context" and "default" not in block.attributes:
            yield Hit(Place(block.file, block.line), f"variable {name} has no default")


@check(
    "M-007",
    "Resources have the context's tags",
    why="The tags show what an extension costs. The provider adds them by default; a resource that "
    "overrides all of them is missing in the bill.",
    fix="tags = var.context.tags",
    severity="warning",
)
def tagged(model: Model) -> Iterator[Hit]:
    """Yield tags without the context's."""
    wanted = model.facts.variables["context"]["tags"]
    for resource in model.managed:
        found = resource.values.get("tags")
        if not resource.written or isinstance(found, Unknown) or not isinstance(found, dict) or not found:
            continue
        missing = [key for key in wanted if key not in found]
        if missing:
            yield Hit(resource.at("tags"), f"{resource.address} has tags without {', '.join(missing)}")


@check(
    "M-011",
    "AWS accepts its tags",
    why="A plan shows any tags; AWS rejects the resource in the middle of an apply.",
    fix="A key has 1 to 128 characters and does not begin with aws:, a value at most 256: letters, digits, "
    "spaces and _ . : / = + - @. A resource has at most 50 tags, an object in a bucket 10.",
    bad='tags = merge(var.context.tags, { "aws:team" = "<bar>" })',
    good='tags = merge(var.context.tags, { team = "bar" })',
)
def accepted(model: Model) -> Iterator[Hit]:
    """Yield tags that AWS rejects."""
    wanted = model.facts.variables["context"]["tags"]
    for resource in model.managed:
        found = resource.values.get("tags")
        if isinstance(found, Unknown) or not isinstance(found, dict):
            continue
        for key, value in found.items():
            if why := aws_limits.tag_fault(str(key), value if isinstance(value, str) else ""):
                yield Hit(resource.at("tags"), f"{resource.address} has a tag {_cut(str(key))}: {why}")
        most = aws_limits.MOST_TAGS_OF.get(resource.type, aws_limits.MOST_TAGS)
        if (number := len({**wanted, **found})) > most:
            yield Hit(resource.at("tags"), f"{resource.address} has {number} tags, AWS accepts {most}")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


declare(
    "M-009",
    "Scenarios in which it emits agree with the catalog",
    why="A scenario replays the events that an extension would emit: a replay of events that it never emits "
    "proves nothing, and presso play rejects it.",
    fix="Correct the scenario, or the schema: presso catalog validate FILE lists all errors.",
)

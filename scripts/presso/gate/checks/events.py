"""Promise 2: an extension routes an existing event, and processes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from event_patterns.nearest import nearest
from event_patterns.operators import PatternError
from event_patterns.pattern import MOST_CHARACTERS, Pattern
from event_patterns.satisfiability import Impossible
from presso.catalog.events import CatalogEvent
from presso.catalog.patterns import impossible, pattern_in
from presso.catalog.rule import names_hold
from presso.gate import unknown_values
from presso.gate.arn_patterns import within
from presso.gate.check import check
from presso.gate.model import Hit, Model, Place, Resource
from presso.gate.ownership import Ownership
from presso.gate.workflows import entries
from presso.hcl.values import Unknown, plain

_RULE = "aws_cloudwatch_event_rule"
_TARGET = "aws_cloudwatch_event_target"


def patterns(model: Model) -> Iterator[tuple[Resource, Pattern]]:
    """The rules with a known and valid pattern; the same patterns each time."""
    found = model.__dict__.get("_patterns")
    if found is None:
        read = ((resource, _pattern(model, resource)) for resource in model.of(_RULE))
        found = [(resource, pattern) for resource, pattern in read if isinstance(pattern, Pattern)]
        model.__dict__["_patterns"] = found
    yield from found


def _pattern(model: Model, resource: Resource) -> Pattern | PatternError | None:
    value = resource.values.get("event_pattern")
    if value is None or isinstance(value, Unknown):
        return None
    if model.level == "static" and "${" in json.dumps(plain(value)):  # only the plan has its value
        return None
    if not isinstance(value, str | dict):
        return PatternError("Filter is not an object")
    try:
        return pattern_in(value) if isinstance(value, str) else Pattern(dict(value))
    except PatternError as error:
        return error


def foreign(model: Model) -> list[CatalogEvent]:
    """The events of the catalog that are not the extension's own."""
    return [event for event in model.catalog.events if event.extension != model.facts.extension]


def possible(model: Model, pattern: Pattern) -> list[CatalogEvent]:
    """The events of others that a pattern of `patterns` can match, in this tenant and in the future."""
    known: dict[int, list[CatalogEvent]] = model.__dict__.setdefault("_possible", {})
    if id(pattern) not in known:
        known[id(pattern)] = _possible(model, pattern)
    return known[id(pattern)]


def _possible(model: Model, pattern: Pattern) -> list[CatalogEvent]:
    return [event for event in foreign(model) if not _why_not(model, pattern, event)]


def _why_not(model: Model, pattern: Pattern, event: CatalogEvent) -> list[Impossible]:
    return impossible(pattern, _in_tenant(model, event), _envelope(model))


def _in_tenant(model: Model, event: CatalogEvent) -> CatalogEvent:
    """A core event in this tenant: its eventId, or the field that presso.yaml names, is the tenant's name."""
    fields, sources = event.schema.get("properties", {}), model.catalog.platform.sources
    named = [name for name in sources.tenant_fields if name in fields]
    if event.source not in sources.core or not named:
        return event
    known = {name: _field_in_tenant(model.facts.tenant, field) for name, field in fields.items()}
    known |= {name: {"type": "string", "const": model.facts.tenant} for name in named}
    return replace(event, schema={**event.schema, "properties": known})


# An order's state: the coffee bar's eventId, a hyphen and what happened.
_STATE = re.compile(r"\^\.\+(-[A-Z]+)\$")


def _field_in_tenant(tenant: str, field: Any) -> Any:
    if not isinstance(field, dict):
        return field
    if found := _STATE.fullmatch(str(field.get("pattern", ""))):
        return {"type": "string", "const": f"{tenant}{found[1]}"}
    return {**field, "x-drawn": True} if field.get("format") == "uuid" else field


# As EventBridge writes it: whole seconds, UTC.
_TIME = "^20[2-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"


def _envelope(model: Model) -> dict[str, Any]:
    """The envelope of future events in this tenant: its account and region, ids as EventBridge makes them.

    Only workflows have their events name resources: themselves. Replays repeat events, so none is their own.
    """
    facts = model.facts
    workflows = (
        f"^arn:{facts.partition}:states:{facts.region}:{facts.account}:(stateMachine|execution|express)"
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    narrowed = {
        "account": {"type": "string", "const": model.facts.account},
        "id": {"type": "string", "format": "uuid", "x-drawn": True},
        "region": {"type": "string", "const": model.facts.region},
        "resources": {"type": "array", "items": {"type": "string", "pattern": f"{workflows}:.+$"}},
        "time": {"type": "string", "format": "date-time", "pattern": _TIME, "x-not-before": now},
    }
    envelope = model.catalog.envelope
    known = {name: field for name, field in envelope.get("properties", {}).items() if name != "replay-name"}
    return {**envelope, "properties": {**known, **narrowed}}


def _on(resource: Resource) -> bool:
    return resource.values.get("state") != "DISABLED" and resource.values.get("is_enabled") is not False


@check(
    "P2-001",
    "At least one rule matches an event of others",
    why="An extension processes its tenant's events; a program without them needs no tenant.",
    fix="Add a building block with a pattern (event-function, event-queue); `presso catalog list` "
    "shows the events.",
    good='pattern = {\n  source      = ["awsserverlessda.serverlesspresso"]\n'
    '  detail-type = ["OrderManager.OrderCompleted"]\n}',
)
def listens(model: Model) -> Iterator[Hit]:
    """Yield once when no rule matches one."""
    rules = [found for found in model.of(_RULE) if found.values.get("event_pattern") is not None]
    if not rules and not (model.level == "static" and _hides_rules(model)):
        yield Hit(Place("main.tf"), "there is no rule with a pattern")


def _hides_rules(model: Model) -> bool:
    """Whether a module is called whose resources only the plan shows."""
    return any(block.type == "module" for block in model.text.all("module"))


@check(
    "P2-002",
    "Every pattern can match an event",
    why="A pattern that matches nothing looks right and does nothing, and that goes unnoticed until the day "
    "of the event.",
    fix="Compare with `presso catalog show`; try a pattern with `presso catalog test-pattern`.",
    bad='detail-type = ["OrderManager.OrderComplete"]',
)
def matches(model: Model) -> Iterator[Hit]:
    """Yield patterns that match no event of the catalog, and why."""
    for resource, pattern in patterns(model):
        if not possible(model, pattern):
            yield Hit(
                resource.at("event_pattern"), f"{resource.address} matches no event: {_why(model, pattern)}"
            )


def _why(model: Model, pattern: Pattern) -> str:
    """The reason for the event that the pattern names, or that comes nearest."""
    events = foreign(model)
    if not events:
        return "the catalog is empty"
    names = [event.name for event in events]
    meant = {nearest(name, names) for name in _named(pattern)}
    found = [_why_not(model, pattern, event) for event in events if not any(meant) or event.name in meant]
    fewest = min(found, key=lambda reasons: (len(reasons), not any(reason.hint for reason in reasons)))
    return "; ".join(str(reason).rstrip(".") for reason in fewest)


def _named(pattern: Pattern) -> Iterator[str]:
    """The detail-types that a pattern asks for."""
    for condition in (each for group in pattern.conditions for each in group):
        if condition.where == "detail-type":
            values = (getattr(matcher, "value", None) for matcher in condition.alternatives)
            yield from (value for value in values if isinstance(value, str))


@check(
    "P2-003",
    "EventBridge accepts every pattern",
    why="EventBridge rejects the rule, so the extension cannot be deployed.",
    fix="See the EventBridge User Guide, event patterns; `presso catalog test-pattern` reads them as "
    "EventBridge does.",
    bad='detail-type = "OrderManager.OrderCompleted"',
    good='detail-type = ["OrderManager.OrderCompleted"]',
)
def readable(model: Model) -> Iterator[Hit]:
    """Yield invalid patterns, and longer ones than EventBridge accepts without an increased quota."""
    for resource in model.of(_RULE):
        found = _pattern(model, resource)
        written = resource.values.get("event_pattern")
        if isinstance(found, PatternError):
            yield Hit(resource.at("event_pattern"), f"the pattern of {resource.address}: {found}")
        elif isinstance(written, str) and len(written) > MOST_CHARACTERS:
            what = f"the pattern of {resource.address} has {len(written):,} characters"
            fix = f"Shorten it: EventBridge accepts {MOST_CHARACTERS:,}, AWS's default quota."
            yield Hit(resource.at("event_pattern"), what, fix)


@check(
    "P2-004",
    "Every rule has a target",
    why="A rule without a target, or with one that is not there, matches events and delivers them nowhere.",
    fix="Use a building block, or add an aws_cloudwatch_event_target with the rule's name, and the ARN of a "
    "resource by reference.",
    levels=("plan",),
)
def targets(model: Model) -> Iterator[Hit]:
    """Yield rules without a target, and targets that lead to nothing."""
    named = [target.values.get("rule") for target in model.of(_TARGET)]
    for resource in model.of(_RULE):
        if resource.values.get("name") not in named and not any(isinstance(n, Unknown) for n in named):
            yield Hit(resource.place, f"{resource.address} has no target")
    own = Ownership.of(model)
    of_aws = (each.values.get("arn") for each in model.managed if unknown_values.is_of_aws(each.type, "arn"))
    arns = {arn for arn in of_aws if isinstance(arn, str)} | own.arns
    made = (*arns, *(f"{arn}{sign}*" for arn in arns for sign in "/:"))
    for target in model.of(_TARGET):
        arn = target.values.get("arn")
        if isinstance(arn, str) and own.owns(arn, "arn") and not within(arn, made):
            yield Hit(
                target.at("arn"), f"arn of {target.address} names nothing that the extension has: {arn}"
            )


@check(
    "P2-005",
    "Rules are enabled",
    why="A disabled rule routes nothing, so the extension does not keep its promise.",
    fix='Leave out state, or state = "ENABLED".',
    bad='state = "DISABLED"',
)
def enabled(model: Model) -> Iterator[Hit]:
    """Yield disabled rules."""
    for resource in model.of(_RULE):
        if not _on(resource):
            attribute = "state" if "state" in resource.lines else "is_enabled"
            yield Hit(resource.at(attribute), f"{resource.address} is disabled")


@check(
    "P2-006",
    "Patterns select detail-types",
    why="A pattern that matches every event causes a delivery for each: at a hundred events for each of a "
    "thousand things, these are 100,000 deliveries and invocations, and most of them are discarded.",
    fix="Name the detail-types that are needed.",
    bad='source = [{ prefix = "" }]',
    severity="warning",
)
def everything(model: Model) -> Iterator[Hit]:
    """Yield patterns that match most events of the core without naming them."""
    core = len(_of_core(model, model.catalog.events))
    for resource, pattern in patterns(model):
        taken = _of_core(model, possible(model, pattern))
        if len(taken) * 2 > core and not _names_all(pattern) and (len(taken) == core or _said(model, taken)):
            which = f"all {core}" if len(taken) == core else f"{len(taken)} of {core}"
            what = f"{resource.address} matches {which} detail-types of the core"
            yield Hit(resource.at("event_pattern"), what)


def takes_all(model: Model, pattern: Pattern) -> bool:
    """Return whether a pattern can match every event of the core."""
    every = _of_core(model, model.catalog.events)
    return len(_of_core(model, possible(model, pattern))) == len(every)


def _of_core(model: Model, events: Iterable[CatalogEvent]) -> list[CatalogEvent]:
    return [event for event in events if event.source in model.catalog.platform.sources.core]


def _said(model: Model, events: Iterable[CatalogEvent]) -> bool:
    """Whether `consumes` has all of these events; else M-003 reports it."""
    named = model.metadata.consumes if model.metadata else []
    return all(event.name in named for event in events)


def _names_all(pattern: Pattern) -> bool:
    """Whether a pattern has a list of detail-types."""
    listed = pattern.document.get("detail-type", [{}])
    return all(isinstance(name, str) for name in listed)


@check(
    "P2-007",
    "No loops",
    why="An extension that receives its own events, directly or through others, triggers itself without end, "
    "and AWS bills it.",
    fix="Name the core's source in the pattern, and only detail-types that the extension does not cause.",
    bad='pattern = { detail-type = ["OrderManager.DrinkAverageTime"] }   # and emits it',
)
def loops(model: Model) -> Iterator[Hit]:
    """Yield rules that match events that the extension emits, or that others emit in response."""
    for resource, pattern in patterns(model):
        for event, way in _caused(model):
            if _takes(model, pattern, event):
                what = f"{resource.address} matches {event.name}, which it causes itself: {' → '.join(way)}"
                yield Hit(resource.at("event_pattern"), what)
                break
        for name in _of_no_one(model, pattern):
            what = f"{resource.address} matches {name}, which only the extension itself could emit"
            yield Hit(resource.at("event_pattern"), what)


def _takes(model: Model, pattern: Pattern, event: CatalogEvent) -> bool:
    """Whether a pattern may match an event: by its name alone if it is the extension's own, as its schema
    is the author's statement.
    """
    if event.extension == model.facts.extension:
        return any(names_hold(group, event) for group in pattern.conditions)
    return not impossible(pattern, event, model.catalog.envelope)


def _of_no_one(model: Model, pattern: Pattern) -> Iterator[str]:
    """Yield detail-types that a pattern would match from the extension itself, and that are in no catalog."""
    own = own_events(model)
    for name in pattern.document.get("detail-type", ()) if own else ():
        known = not isinstance(name, str) or model.catalog.named(name) or name in {e.name for e in own}
        if not known and _takes(model, pattern, replace(own[0], name=name)):
            yield name


def _caused(model: Model) -> Iterator[tuple[CatalogEvent, list[str]]]:
    """The events that the extension emits, and those that other extensions emit in response."""
    waiting = [(event, [model.facts.extension]) for event in own_events(model)]
    seen = set()
    while waiting:
        event, way = waiting.pop(0)
        if event.key in seen:
            continue
        seen.add(event.key)
        yield event, [*way, event.name]
        for other in sorted(model.others.triggered(event) - {model.facts.extension}):
            emitted = [found for found in model.catalog.events if found.extension == other]
            waiting += [(found, [*way, event.name, other]) for found in emitted]


def own_events(model: Model) -> list[CatalogEvent]:
    """The events that `extension.yaml` declares under emits, and others that it emits without code."""
    declared = model.metadata.emits if model.metadata else []
    schemas = {event.detail_type: _schema(event.detail_schema) for event in declared}
    written = (entry.get("DetailType") for _, _, entry in entries(model))
    schemas = {name: {} for name in written if isinstance(name, str)} | schemas
    return [
        CatalogEvent(
            name=name,
            title="",
            summary="",
            when="",
            producer=model.facts.extension,
            source=model.facts.event_source,
            version="",
            since="",
            deprecated="",
            schema=schema,
            examples=(),
            file="extension.yaml",
            extension=model.facts.extension,
        )
        for name, schema in schemas.items()
    ]


def _schema(schema: dict[str, Any] | str) -> dict[str, Any]:
    return schema if isinstance(schema, dict) else {}


@check(
    "P2-008",
    "Targets have a dead-letter queue",
    why="Without a dead-letter queue, an event that a target rejects is lost after a day without a trace.",
    fix="Use a building block, or add dead_letter_config with a queue of the extension.",
    severity="warning",
)
def dead_letters(model: Model) -> Iterator[Hit]:
    """Yield targets without a dead-letter queue."""
    for resource in model.of(_TARGET):
        if resource.written and not list(resource.all("dead_letter_config.arn")):
            yield Hit(resource.place, f"{resource.address} has no dead_letter_config")

"""The events played to an extension: enough to match each of its rules, and consistent for one tenant."""

from __future__ import annotations

import copy
import itertools
import json
import random
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from event_patterns.matchers import Affix, AnyCase, AnythingBut, Equals, Exists, Matcher, Numeric, Wildcard
from event_patterns.pattern import Condition, Pattern
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.generation import generated
from presso.catalog.schema_validator import compiled
from presso.errors import PressoError
from presso.gate.model import Facts
from presso.platform_settings import EventSettings
from presso.simulation import scenarios
from presso.workspace import Workspace

MOST_OF_A_SCENARIO = 24
_GENERATED = 2
_MOST_TRIES = 200
# The core decides which tenant an event is for: events of others never arrive on this bus.
_STATES = frozenset({"state", "ORDERSTATE"})
Event = dict[str, Any]


def events(
    workspace: Workspace,
    catalog: Catalog,
    facts: Facts,
    consumes: Sequence[str],
    patterns: Sequence[Pattern],
) -> list[tuple[CatalogEvent, Event]]:
    """Events of others with their details; `{tenant}` in them is replaced with the tenant's name.

    First a part of the default scenario, which is consistent; then the catalog's examples
    and generated events of each type; then, for each pattern that matches none of these, one built for it.
    """
    foreign = [event for event in catalog.events if event.extension != facts.extension]
    wanted = [e for e in foreign if e.name in consumes or any(_named(p, e) for p in patterns)]
    sources = catalog.platform.sources
    found = [*_of_a_scenario(workspace, wanted, sources), *_of_the_catalog(wanted, sources)]
    for pattern in patterns:
        if not any(_takes(pattern, event, detail, facts) for event, detail in found):
            found += itertools.islice(_shaped(pattern, wanted, facts, sources), 1)
    return found


def _takes(pattern: Pattern, event: CatalogEvent, detail: Event, facts: Facts) -> bool:
    here = {"account": facts.account, "region": facts.region}
    return pattern.matches(event.sample(of_tenant(detail, facts.tenant), **here))


def of_tenant(detail: Event, tenant: str) -> Event:
    """A detail with the tenant's name filled in."""
    return dict(json.loads(json.dumps(detail).replace("{tenant}", tenant)))


def _named(pattern: Pattern, event: CatalogEvent) -> bool:
    envelope = {("source",): event.source, ("detail-type",): event.name}
    return any(
        all(c.holds([envelope[c.path]]) for c in group if c.path in envelope) for group in pattern.conditions
    )


def _of_a_scenario(
    workspace: Workspace, wanted: Sequence[CatalogEvent], sources: EventSettings
) -> Iterator[tuple[CatalogEvent, Event]]:
    """The first events of these types in the default scenario."""
    folder = scenarios.folder(workspace.root)
    name = scenarios.default(scenarios.names(folder))
    played = scenarios.find(folder, name, sources.default).events if name else ()
    kinds = {event.key: event for event in wanted}
    run = str(uuid.UUID(int=random.SystemRandom().getrandbits(128), version=4))[:24]
    begin = int(time.time()) * 1000
    some = (event for event in played if (event.source, event.detail_type) in kinds)
    for event in itertools.islice(some, MOST_OF_A_SCENARIO):
        at = str(begin + event.at * 1000)
        text = json.dumps(event.detail).replace('"{at}"', at).replace("{at}", at).replace("{run}", run)
        yield kinds[event.source, event.detail_type], json.loads(text)


def _of_the_catalog(
    wanted: Sequence[CatalogEvent], sources: EventSettings
) -> Iterator[tuple[CatalogEvent, Event]]:
    for event in wanted:
        for example in event.examples:
            yield event, _anywhere(example.detail, sources)
        try:
            made = list(generated(event, _GENERATED, seed=1))
        except PressoError:
            continue
        for each in made:
            yield event, _anywhere(each["detail"], sources)


def _anywhere(detail: Event, sources: EventSettings) -> Event:
    """A detail whose tenant is `{tenant}`."""
    named = [name for name in sources.tenant_fields if isinstance(detail.get(name), str) and detail[name]]
    if not named:
        return detail
    moved = detail | dict.fromkeys(named, "{tenant}")
    for name in _STATES if sources.bar else ():
        state = detail.get(name)
        if isinstance(state, str) and "-" in state:
            moved[name] = "{tenant}-" + state.rpartition("-")[2]
    return moved


def _shaped(
    pattern: Pattern, wanted: Sequence[CatalogEvent], facts: Facts, sources: EventSettings
) -> Iterator[tuple[CatalogEvent, Event]]:
    """Events that a pattern matches and their schema allows, derived from others by its conditions."""
    theirs = {*sources.tenant_fields, *(_STATES if sources.bar else ())}
    for event in wanted:
        validator = compiled(event.schema)
        bases = [_of_its_own(detail, sources) for _, detail in _of_the_catalog([event], sources)]
        for group, base in itertools.product(pattern.conditions, bases):
            inside = [c for c in group if c.path[:1] == ("detail",) and c.path[1] not in theirs]
            choices = [_values(condition, base) for condition in inside]
            for values in itertools.islice(itertools.product(*choices), _MOST_TRIES):
                detail = copy.deepcopy(base)
                for condition, value in zip(inside, values, strict=True):
                    _put(detail, condition.path[1:], value)
                if validator.is_valid(detail) and _takes(pattern, event, detail, facts):
                    yield event, detail


def _of_its_own(detail: Event, sources: EventSettings) -> Event:
    """A detail about another thing. Of two contents of one, either may be counted: as they arrive."""
    named = [name for name in sources.subjects if isinstance(detail.get(name), str)]
    return detail | dict.fromkeys(named, str(uuid.uuid4()))


_GONE = object()


def _values(condition: Condition, base: Event) -> list[Any]:
    """Values that may satisfy a condition; the existing one first."""
    there: Any = base
    for step in condition.path[1:]:
        there = there.get(step, _GONE) if isinstance(there, dict) else _GONE
    candidates = [there, *(value for matcher in condition.alternatives for value in _meeting(matcher))]
    return [c for c in candidates if condition.holds(_leaves(c))] or [there]


def _leaves(value: Any) -> list[Any]:
    if value is _GONE:
        return []
    return list(value) if isinstance(value, list) else [value]


def _meeting(matcher: Matcher) -> Iterator[Any]:
    if isinstance(matcher, Equals):
        yield from (matcher.value, [matcher.value])
    elif isinstance(matcher, Affix):
        yield matcher.text
        yield f"{matcher.text}1" if matcher.operator == "prefix" else f"1{matcher.text}"
    elif isinstance(matcher, AnyCase):
        yield matcher.text
    elif isinstance(matcher, Wildcard):
        yield matcher.text.replace("*", "1")
    elif isinstance(matcher, Numeric):
        bounds = [number for _, number in matcher.bounds]
        for number in (
            *bounds,
            *(b + step for b in bounds for step in (1, -1, 0.5)),
            sum(bounds) / len(bounds),
        ):
            yield int(number) if number == int(number) else number
    elif isinstance(matcher, AnythingBut):
        yield from ("Americano", "1", "other", 0, 1, True, False)
    elif isinstance(matcher, Exists):
        yield from ("1", 1, True, []) if matcher.wanted else (_GONE,)


def _put(detail: Event, path: Sequence[str], value: Any) -> None:
    *above, last = path
    for step in above:
        below = detail.setdefault(step, {})
        if not isinstance(below, dict):
            return
        detail = below
    if value is _GONE:
        detail.pop(last, None)
    else:
        detail[last] = value

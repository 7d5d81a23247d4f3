"""The steps of an owner's flow in EventCatalog: events, rules, targets, and what is emitted then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from presso.catalog.events import CatalogEvent
from presso.catalog.exports.export_scope import Bus, Scope, plain_name, rule_words
from presso.catalog.rule import Rule, RuleTarget

Step = dict[str, Any]


def steps(scope: Scope, owner: str, rules: Sequence[tuple[Bus, Rule]]) -> list[Step]:
    """The steps; each names those that come next.

    Args:
        owner: Whose flow it is.
        rules: The owner's rules, and the buses that they are on.
    """
    work = _Steps(scope)
    emitted = [work.event(event, "out") for event in scope.events if event.producer == owner]
    service = work.add(f"service-{owner}", f"{owner} itself", service={"id": owner}, next=emitted)
    for bus, rule in rules:
        targets = [work.target(bus, rule, target, service) for target in rule.targets]
        here = work.rule(bus, rule, targets or [service])
        taken = [] if rule.takes_everything else scope.taken(rule)
        for event in taken:
            work.event(event, "in", here)
    order = ("in", "rule", "target", "service", "out")
    return sorted(work.found.values(), key=lambda step: order.index(step["id"].partition("-")[0]))


class _Steps:
    """Steps by their ids, in the order that they were found in."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.found: dict[str, Step] = {}

    def add(self, id: str, title: str, *, next: Sequence[str], **what: Any) -> str:
        """Add a step, or what follows it; its id."""
        key = plain_name(id)
        step = self.found.setdefault(key, {"id": key, "title": title, **what, "next_steps": []})
        step["next_steps"] += [name for name in next if name not in step["next_steps"]]
        return key

    def event(self, event: CatalogEvent, way: str, *next: str) -> str:
        """An event on its way in or out."""
        pointer = {"id": self.scope.id(event), "version": event.version}
        return self.add(f"{way}-{self.scope.id(event)}", event.title, message=pointer, next=next)

    def rule(self, bus: Bus, rule: Rule, next: Sequence[str]) -> str:
        """A rule, with its pattern in words."""
        said: Step = {
            "title": rule.name,
            "type": "EventBridge rule",
            "icon": "FunnelIcon",
            "summary": rule_words(rule),
        }
        said["properties"] = {"bus": bus.name, "where": rule.place}
        return self.add(f"rule-{bus.name}-{rule.name}", f"Rule {rule.name}", custom=said, next=next)

    def target(self, bus: Bus, rule: Rule, target: RuleTarget, service: str) -> str:
        """What a rule hands its events to."""
        said = {"title": target.name, "type": target.kind, "summary": f"The {target.kind} {target.name}."}
        if target.feeds:
            said["summary"] = f"The {target.kind} {target.name}, which feeds {', '.join(target.feeds)}."
        title = f"{target.kind[0].upper()}{target.kind[1:]} {target.name}"
        return self.add(f"target-{bus.name}-{target.kind}-{target.name}", title, custom=said, next=[service])

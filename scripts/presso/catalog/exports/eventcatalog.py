"""The catalog as EventCatalog's folders: domains, services, events, channels, flows, and who owns them.

EventCatalog routes messages through chains of channels. So a bus is a channel; each rule is one that the bus
routes to, with its pattern; and a queue or topic that a rule feeds is one that the rule routes to. What an
extension does is a flow as well: events, rules, targets, and what they emit.
https://www.eventcatalog.dev/docs/development/guides/resources/messages/message-channels/adding-messages-to-services
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from presso.catalog.events import CatalogEvent
from presso.catalog.exports import asyncapi
from presso.catalog.exports.export_scope import (
    Bus,
    ExtensionDescription,
    Scope,
    UniqueNames,
    eventbridge_rule,
    plain_name,
    rule_words,
)
from presso.catalog.exports.flow_steps import steps
from presso.catalog.exports.mdx_pages import code_block, page, prose, table
from presso.catalog.exports.texts import json_text, yaml_text
from presso.catalog.field_tree import tree
from presso.catalog.patterns import pattern_for
from presso.catalog.rule import Rule, RuleTarget
from presso.hcl.text import attribute
from presso.names import PLATFORM

EXTENSIONS = "extensions"
# What takes events from a rule and hands them on; everything else is a part of the service itself.
CHANNELS = {"bus": "eventbridge", "queue": "sqs", "stream": "kinesis", "topic": "sns"}
_TEAM = "platform-team"
Files = dict[str, str]


def files(scope: Scope, version: str) -> Files:
    """The files by their paths.

    Args:
        version: Of services, channels and flows, which have none of their own: the checkout's.
    """
    work = _Catalog(scope, version)
    found: Files = {"eventcatalog.config.js": _config(scope)}
    for part in (work.teams, work.domains, work.services, work.events, work.channels, work.flows):
        found.update(part())
    return found


def _config(scope: Scope) -> str:
    platform = scope.catalog.platform
    title = f"Events of {', '.join(scope.owners) or f'the {platform.words.place}'}"
    organization = platform.title if platform.events else "Serverlesspresso"
    said = {"title": title, "organizationName": organization, "cId": "presso", "trailingSlash": False}
    return f"export default {json.dumps(said, indent=2)};\n"


class _Catalog:
    """The pages, each kind by a method."""

    def __init__(self, scope: Scope, version: str) -> None:
        self.scope = scope
        self.version = version
        self.place = scope.catalog.platform.words.place
        self.core = plain_name(self.place.lower().replace(" ", "-"))
        emit = {event.producer for event in scope.events}
        take = {rule.owner for bus in scope.buses for rule in scope.rules(bus)}
        self.members = sorted(emit | take)
        names = UniqueNames()
        self._rule_ids = {
            (bus.name, rule.owner, rule.name, rule.place): names.new(f"{bus.name}.{rule.owner}.{rule.name}")
            for bus in scope.buses
            for rule in bus.rules
        }

    def _head(self, id: str, name: str, summary: str, owner: str, **more: Any) -> dict[str, Any]:
        said = {
            "id": id,
            "name": name,
            "version": self.version,
            "summary": summary.strip(),
            "owners": [owner],
        }
        return {**said, **{key: value for key, value in more.items() if value}}

    def _owner(self, name: str) -> str:
        return f"{name}-authors" if name in self.scope.extensions else _TEAM

    def _described(self, name: str) -> ExtensionDescription:
        """The description of a producer or consumer."""
        if name == PLATFORM:
            return ExtensionDescription(
                "Platform", "What every tenant has: its bus, its event log and its archive."
            )
        if name in self.scope.metadata:
            return self.scope.metadata[name]
        known = self.scope.catalog.producers.get(name)
        return (
            ExtensionDescription(known.title, known.summary)
            if known
            else ExtensionDescription(name, f"Emits or consumes events: {name}.")
        )

    def teams(self) -> Files:
        """Who owns things: the platform team, and the authors of each extension."""
        made = {_TEAM: ("The platform team", f"Runs the {self.place} and its tenants.")}
        for name in self.scope.extensions:
            about = self._described(name)
            summary = about.bio or f"Author of the extension {name}."
            made[self._owner(name)] = (about.author or f"Authors of {about.title}", summary)
        return {
            f"teams/{plain_name(id)}.mdx": page(
                {"id": id, "name": name, "summary": summary}, [prose(summary)]
            )
            for id, (name, summary) in made.items()
        }

    def domains(self) -> Files:
        """The platform itself, and its extensions."""
        bar = self.scope.catalog.platform.events is None
        does = "Takes orders, lets baristas make them, and" if bar else "Is what the events are about, and"
        teams = {
            self.core: (self.place.capitalize(), f"{does} emits events about them."),
            EXTENSIONS: (
                "Extensions",
                f"Additions that listen to the {self.place}, each with its own owner.",
            ),
        }
        found = {}
        for id, (name, summary) in teams.items():
            inside = [{"id": member} for member in self.members if self._domain(member) == id]
            if inside:
                head = self._head(id, name, summary, _TEAM, services=inside)
                found[f"domains/{id}/index.mdx"] = page(head, [prose(summary), "<NodeGraph />"])
        return found

    def _domain(self, member: str) -> str:
        return EXTENSIONS if member in self.scope.extensions else self.core

    def _service(self, member: str) -> str:
        return f"domains/{self._domain(member)}/services/{plain_name(member)}"

    def services(self) -> Files:
        """All producers and consumers."""
        found = {}
        for name in self.members:
            about = self._described(name)
            sends = [
                {"id": self.scope.id(event), "version": event.version, "to": self._buses()}
                for event in self.scope.events
                if event.producer == name
            ]
            flow = [{"id": f"{name}-flow"}] if self._rules(name) else []
            head = self._head(
                name,
                about.title,
                about.summary,
                self._owner(name),
                sends=sends,
                receives=list(self._receives(name)),
                flows=flow,
                specifications=[{"type": "asyncapi", "path": "asyncapi.yaml", "name": "AsyncAPI"}],
            )
            rules = self._rules_table(name)
            folder = self._service(name)
            text = prose(about.description or about.summary)
            found[f"{folder}/index.mdx"] = page(head, [text, *rules, "<NodeGraph />"])
            found[f"{folder}/asyncapi.yaml"] = yaml_text(
                asyncapi.document(self.scope.part(name), self.version)
            )
        return found

    def _buses(self) -> list[dict[str, str]]:
        return [{"id": bus.name} for bus in self.scope.buses]

    def _rules(self, owner: str) -> list[tuple[Bus, Rule]]:
        return [
            (bus, rule) for bus in self.scope.buses for rule in self.scope.rules(bus) if rule.owner == owner
        ]

    def _receives(self, owner: str) -> Iterator[dict[str, Any]]:
        """What an owner takes and by which channel; rules that take everything are in the channels alone."""
        for event in self.scope.events:
            ways = [
                way
                for bus, rule in self._rules(owner)
                if not rule.takes_everything and rule.takes(event)
                for way in self._ends(bus, rule)
            ]
            if ways:
                yield {"id": self.scope.id(event), "version": event.version, "from": ways}

    def _ends(self, bus: Bus, rule: Rule) -> list[dict[str, str]]:
        """The channels in which a rule's events arrive at their owner."""
        handed = [target for target in rule.targets if target.kind in CHANNELS]
        ends = [{"id": self._target_id(bus, rule, target), "delivery_mode": "pull"} for target in handed]
        if len(handed) < len(rule.targets) or not rule.targets:
            ends.append({"id": self._rule_id(bus, rule), "delivery_mode": "push"})
        return ends

    def _rules_table(self, owner: str) -> list[str]:
        rows = [
            [rule.name, bus.name, rule_words(rule), _targets(rule), rule.place]
            for bus, rule in self._rules(owner)
        ]
        return ["## Rules", table(["Rule", "Bus", "Takes", "Hands to", "Where"], rows)] if rows else []

    def events(self) -> Files:
        """The events, each with its schema and its examples, in the folder of its producer."""
        found = {}
        for event in self.scope.events:
            name = self.scope.id(event)
            folder = f"{self._service(event.producer)}/events/{name}"
            head = {
                **self._head(
                    name,
                    event.title,
                    event.summary,
                    self._owner(event.producer),
                    schemaPath="schema.json",
                    channels=self._buses(),
                    deprecated={"message": event.deprecated} if event.deprecated else None,
                ),
                "version": event.version,
                "x-eventbridge": {"source": event.source, "detail-type": event.name},
            }
            found[f"{folder}/index.mdx"] = page(head, self._event(event))
            found[f"{folder}/schema.json"] = json_text(event.schema)
            for number, example in enumerate(event.examples, 1):
                found[f"{folder}/examples/{number}.json"] = json_text(event.sample(example.detail))
        return found

    def _event(self, event: CatalogEvent) -> Iterator[str]:
        yield prose(event.summary)
        yield prose(event.when)
        yield "<NodeGraph />"
        rows = [
            [rule.owner, rule.name, bus.name, rule_words(rule), _targets(rule)]
            for bus in self.scope.buses
            for rule in bus.rules
            if rule.takes(event)
        ]
        if rows:
            yield "## Consumers"
            yield table(["Owner", "Rule", "Bus", "Pattern", "Hands to"], rows)
        yield "## Fields of its detail"
        yield code_block("\n".join(tree(event)), "text")
        yield '<SchemaViewer file="schema.json" maxHeight="500" />'
        yield "## A pattern for a rule"
        yield code_block(attribute("pattern", pattern_for(event, ())), "hcl")
        for example in event.examples:
            yield f"## Example: {prose(example.title)}"
            yield code_block(json_text(event.sample(example.detail)), "json")

    def channels(self) -> Files:
        """The buses, the rules on them, and what the rules feed."""
        found = {}
        for bus in self.scope.buses:
            found[f"channels/{plain_name(bus.name)}/index.mdx"] = self._bus(bus)
            for rule in self.scope.rules(bus):
                id = self._rule_id(bus, rule)
                found[f"channels/{plain_name(bus.name)}.rules/{id}/index.mdx"] = self._rule(bus, rule)
                for target in rule.targets:
                    if target.kind in CHANNELS:
                        id = self._target_id(bus, rule, target)
                        path = f"channels/{plain_name(bus.name)}.targets/{id}/index.mdx"
                        found[path] = self._target(bus, rule.owner, target)
        return found

    def _rule_id(self, bus: Bus, rule: Rule) -> str:
        return self._rule_ids[bus.name, rule.owner, rule.name, rule.place]

    def _target_id(self, bus: Bus, rule: Rule, target: RuleTarget) -> str:
        return plain_name(f"{bus.name}.{rule.owner}.{target.kind}.{target.name}")

    def _bus(self, bus: Bus) -> str:
        summary = "The EventBridge bus of a tenant." if bus.address != bus.name else f"The bus of {bus.name}."
        tenant = {"description": f"The tenant: one {self.place}.", "enum": list(bus.tenants)}
        head = self._head(
            bus.name,
            f"Bus {bus.name}" if bus.address == bus.name else "Bus",
            summary,
            _TEAM,
            address=bus.address,
            protocols=["eventbridge"],
            deliveryGuarantee="at-least-once",
            parameters={"tenant": tenant} if bus.address != bus.name else None,
            routes=[{"id": self._rule_id(bus, rule)} for rule in self.scope.rules(bus)],
        )
        rows = [[rule.owner, rule.name, rule_words(rule), _targets(rule)] for rule in self.scope.rules(bus)]
        rules = ["## Rules", table(["Owner", "Rule", "Takes", "Hands to"], rows)] if rows else []
        return page(head, [prose(summary), "<ChannelInformation />", *rules, "<NodeGraph />"])

    def _rule(self, bus: Bus, rule: Rule) -> str:
        summary = f"Rule of {rule.owner}: {rule_words(rule)}"
        head = {
            **self._head(
                self._rule_id(bus, rule),
                f"Rule {rule.owner} {rule.name}",
                summary,
                self._owner(rule.owner),
                protocols=["eventbridge"],
                deliveryGuarantee="at-least-once",
                routes=[
                    {"id": self._target_id(bus, rule, target)}
                    for target in rule.targets
                    if target.kind in CHANNELS
                ],
            ),
            "x-eventbridge-rule": eventbridge_rule(rule),
        }
        targets = [[target.kind, target.name, ", ".join(target.feeds)] for target in rule.targets]
        return page(
            head,
            [
                prose(summary),
                "## Pattern",
                code_block(json_text(rule.pattern), "json"),
                *(["## Targets", table(["Kind", "Name", "Feeds"], targets)] if targets else []),
                prose(f"Where it is declared: {rule.place}"),
                "<NodeGraph />",
            ],
        )

    def _target(self, bus: Bus, owner: str, target: RuleTarget) -> str:
        rules = [rule for rule in self.scope.rules(bus) if rule.owner == owner and target in rule.targets]
        summary = f"The {target.kind} {target.name} of {owner}."
        feeds = f"Rules with this target: {', '.join(rule.name for rule in rules)}."
        head = self._head(
            self._target_id(bus, rules[0], target),
            f"{target.kind[0].upper()}{target.kind[1:]} {owner} {target.name}",
            summary,
            self._owner(owner),
            protocols=[CHANNELS[target.kind]],
            deliveryGuarantee="at-least-once",
        )
        takers = f"Reads from it: {', '.join(target.feeds)}." if target.feeds else ""
        return page(
            head, [prose(summary), prose(feeds), prose(takers), "<ChannelInformation />", "<NodeGraph />"]
        )

    def flows(self) -> Files:
        """What each owner of rules does: events, rules, targets, and what it emits then."""
        found = {}
        for owner in self.members:
            rules = self._rules(owner)
            if rules:
                summary = f"The events that {owner} consumes, its rules and targets, and what it emits."
                head = self._head(
                    f"{owner}-flow",
                    f"Flow of {self._described(owner).title}",
                    summary,
                    self._owner(owner),
                    steps=steps(self.scope, owner, rules),
                )
                found[f"flows/{plain_name(owner)}/index.mdx"] = page(head, [prose(summary), "<NodeGraph />"])
        return found


def _targets(rule: Rule) -> str:
    return ", ".join(
        f"{target.kind} {target.name}{' → ' if target.feeds else ''}{', '.join(target.feeds)}"
        for target in rule.targets
    )

"""The bus, or one owner's part of it, as an AsyncAPI 3 document.

Producers send, rules receive. AsyncAPI has no binding for EventBridge yet, so a rule's definition is in the
extension `x-eventbridge-rule` of its operation; a queue that it feeds is a channel, with the binding of SQS.
https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

from typing import Any

from event_patterns.schemas import Schema
from presso.catalog.event_schema import whole
from presso.catalog.events import CatalogEvent
from presso.catalog.exports.draft_7 import draft_7
from presso.catalog.exports.export_scope import (
    MADE_BY,
    Bus,
    Scope,
    UniqueNames,
    eventbridge_rule,
    plain_name,
    rule_words,
)
from presso.catalog.rule import Rule, RuleTarget

VERSION = "3.0.0"
_SCHEMAS = "#/components/schemas/"


def document(scope: Scope, version: str) -> dict[str, Any]:
    """The document.

    Args:
        version: Of the application that it describes: the checkout's.
    """
    work = _Document(scope)
    for bus in scope.buses:
        work.bus(bus)
    whose = f" of {', '.join(scope.owners)}" if scope.owners else ""
    return {
        "asyncapi": VERSION,
        "info": {
            "title": f"Events{whose or f' of the {scope.catalog.platform.words.place}'}",
            "version": version,
            "description": "The producers of each event on the bus, and the rules that route it.",
            "x-generator": MADE_BY,
        },
        "defaultContentType": "application/json",
        "servers": _servers(scope, queues=any("bindings" in found for found in work.channels.values())),
        "channels": work.channels,
        "operations": work.operations,
        "components": {
            "messages": {scope.id(event): _message(scope, event) for event in scope.events},
            "schemas": _schemas(scope),
        },
    }


class _Document:
    """Channels and operations, while they are found."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.names = UniqueNames()
        self.channels: dict[str, Any] = {}
        self.operations: dict[str, Any] = {}

    def bus(self, bus: Bus) -> None:
        """Add a bus, what is sent there and the rules on it."""
        here = self.names.new(bus.name)
        self.channels[here] = _bus_channel(self.scope, bus)
        for event in self.scope.events:
            if self.scope.about(event.producer):
                name = self.names.new(self.scope.on(bus, f"{event.producer}.sends.{self.scope.id(event)}"))
                self.operations[name] = {
                    "action": "send",
                    "channel": {"$ref": f"#/channels/{here}"},
                    "title": f"{event.producer} puts {event.name}",
                    "summary": event.when.strip(),
                    "tags": [{"name": event.producer}],
                    "messages": [self._on(here, event)],
                }
        for rule in self.scope.rules(bus):
            self._rule(bus, here, rule)

    def _rule(self, bus: Bus, channel: str, rule: Rule) -> None:
        taken = self.scope.taken(rule)
        name = self.names.new(self.scope.on(bus, f"{rule.owner}.{rule.name}"))
        self.operations[name] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{channel}"},
            "title": f"Rule {rule.name} of {rule.owner}",
            "summary": rule_words(rule),
            "tags": [{"name": rule.owner}],
            "messages": [self._on(channel, event) for event in taken],
            "x-eventbridge-rule": eventbridge_rule(rule),
        }
        for target in rule.targets:
            if target.kind == "queue":
                self._queue(bus, rule, target, taken)

    def _queue(self, bus: Bus, rule: Rule, target: RuleTarget, taken: list[CatalogEvent]) -> None:
        key = plain_name(self.scope.on(bus, f"{rule.owner}.{target.name}.queue"))
        if key not in self.channels:
            self.channels[key] = _queue_channel(self.scope, bus, rule, target)
        messages = self.channels[key]["messages"]
        messages.update({self.scope.id(event): self._component(event) for event in taken})
        for function in target.feeds:
            name = self.names.new(self.scope.on(bus, f"{rule.owner}.{function}.{target.name}"))
            self.operations[name] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{key}"},
                "title": f"Function {function} of {rule.owner} takes from the queue {target.name}",
                "tags": [{"name": rule.owner}],
                "messages": [self._on(key, event) for event in taken],
            }

    def _on(self, channel: str, event: CatalogEvent) -> dict[str, str]:
        return {"$ref": f"#/channels/{channel}/messages/{self.scope.id(event)}"}

    def _component(self, event: CatalogEvent) -> dict[str, str]:
        return {"$ref": f"#/components/messages/{self.scope.id(event)}"}


def _servers(scope: Scope, *, queues: bool) -> dict[str, Any]:
    region = {"enum": list(scope.regions), "default": scope.regions[0], "description": "The AWS region."}
    protocols = {"eventbridge": "events", **({"sqs": "sqs"} if queues else {})}
    return {
        protocol: {
            "host": f"{host}.{{region}}.amazonaws.com",
            "protocol": protocol,
            "variables": {"region": region},
        }
        for protocol, host in protocols.items()
    }


def _tenant(scope: Scope, bus: Bus) -> dict[str, Any]:
    """The parameter of an address, where it has one."""
    if "{tenant}" not in bus.address:
        return {}
    known = {"enum": list(bus.tenants), "default": bus.tenants[0]} if bus.tenants else {}
    place = scope.catalog.platform.words.place
    return {"parameters": {"tenant": {"description": f"The tenant: one {place}.", **known}}}


def _bus_channel(scope: Scope, bus: Bus) -> dict[str, Any]:
    return {
        "address": bus.address,
        "title": f"The EventBridge bus of {bus.name if bus.address == bus.name else 'a tenant'}",
        "description": "At least once, in any order: an event may come twice, and late.",
        "servers": [{"$ref": "#/servers/eventbridge"}],
        **_tenant(scope, bus),
        "messages": {
            scope.id(event): {"$ref": f"#/components/messages/{scope.id(event)}"} for event in scope.events
        },
    }


def _queue_channel(scope: Scope, bus: Bus, rule: Rule, target: RuleTarget) -> dict[str, Any]:
    name = f"{bus.address}--{rule.owner}--{target.name}"
    return {
        "address": name,
        "title": f"The queue {target.name} of {rule.owner}",
        "servers": [{"$ref": "#/servers/sqs"}],
        **_tenant(scope, bus),
        "messages": {},
        "bindings": {"sqs": {"queue": {"name": name, "fifoQueue": False}}},
    }


def _message(scope: Scope, event: CatalogEvent) -> dict[str, Any]:
    said = {
        "name": event.name,
        "title": event.title,
        "summary": event.summary.strip(),
        "description": event.when.strip(),
        "contentType": "application/json",
        "tags": [{"name": event.producer}],
        "payload": {"$ref": f"{_SCHEMAS}{scope.id(event)}"},
        "x-version": event.version,
    }
    if event.deprecated:
        said["x-deprecated"] = event.deprecated
    if event.examples:
        said["examples"] = [
            {
                "name": plain_name(example.title),
                "summary": example.title,
                "payload": event.sample(example.detail),
            }
            for example in event.examples
        ]
    return said


def _schemas(scope: Scope) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for event in scope.events:
        name = scope.id(event)
        detail = draft_7(event.schema, f"{name}.detail", _SCHEMAS)
        found[name] = _whole(scope, event, f"{_SCHEMAS}{name}.detail")
        found |= {f"{name}.detail": detail.schema, **detail.definitions}
    return found


def _whole(scope: Scope, event: CatalogEvent, detail: str) -> Schema:
    """The schema of a whole event: the envelope, with this event's constant values in it."""
    said = whole(event, scope.catalog.envelope)
    said["properties"]["detail"] = {}
    made = draft_7(said, f"{scope.id(event)}.envelope", _SCHEMAS).schema
    made["properties"]["detail"] = {"$ref": detail}
    return {**made, "title": event.title}

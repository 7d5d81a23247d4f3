"""The scope of an export: its buses, owners and events, and their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.rule import Rule
from presso.catalog.rules import Rules
from presso.errors import UsageError
from presso.suggestions import did_you_mean
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

MADE_BY = "presso catalog export"
# What AsyncAPI and file systems take as a name.
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Bus:
    """A bus and the rules on it.

    Args:
        name: The tenant's, or `bus` for what every tenant has.
        address: EventBridge's name for it; `{tenant}` is any of `tenants`.
        tenants: The tenants that have it.
        rules: The rules on it.
    """

    name: str
    address: str
    tenants: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class ExtensionDescription:
    """An extension's own description, as far as it exists."""

    title: str
    summary: str
    description: str = ""
    author: str = ""
    bio: str = ""


@dataclass(frozen=True)
class Scope:
    """The scope of an export.

    Args:
        catalog: All events, including those outside the scope: names are the same in every export.
        buses: The buses: one for all tenants, or one for each named tenant.
        owners: The owners in the scope; empty for all.
        regions: The regions that the buses are in.
        metadata: The extensions' own descriptions, by name.
    """

    catalog: Catalog
    buses: tuple[Bus, ...]
    owners: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("us-east-1",)
    metadata: Mapping[str, ExtensionDescription] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        names: Sequence[str],
        deployed: Callable[[Workspace, str], Rules] = lambda workspace, _: Rules.load(workspace),
    ) -> Scope:
        """What the names of tenants and extensions ask for.

        Args:
            names: A tenant's is its bus with the rules deployed on it; others are whose part. Without a
                tenant, the bus is every tenant's, with the rules in the checkout.
            deployed: Returns the rules of a tenant that are deployed.

        Raises:
            UsageError: A name has no bus, rule or event; or a file is wrong.
            PressoError: The rules of a tenant cannot be read.
        """
        from presso import tenants

        known = tenants.names_of(workspace)
        wanted = [name for name in dict.fromkeys(names) if name in known]
        catalog = Catalog.load(workspace)
        buses = tuple(Bus(name, name, (name,), deployed(workspace, name).rules) for name in wanted)
        buses = buses or (_declared(workspace, known),)
        regions = {tenants.load(workspace, name).region for name in wanted or known} or {"us-east-1"}
        owners = tuple(sorted({name for name in names if name not in wanted}))
        scope = cls(catalog, buses, owners, tuple(sorted(regions)), _descriptions(workspace))
        for name in owners:
            if name not in scope.participants:
                hint = did_you_mean(name, [*known, *scope.participants], "names")
                raise UsageError(f"{name} has no bus, rule or event.", hint=hint)
        return scope

    @cached_property
    def participants(self) -> tuple[str, ...]:
        """All producers, and the owners of rules on one of the buses."""
        emit = {event.producer for event in self.catalog.events}
        return tuple(sorted({*emit, *(rule.owner for bus in self.buses for rule in bus.rules)}))

    @cached_property
    def extensions(self) -> tuple[str, ...]:
        """The extensions among those whose part it is."""
        rules = {rule.owner for bus in self.buses for rule in bus.rules if rule.extension}
        sources = self.catalog.platform.sources
        emit = {e.producer for e in self.catalog.events if e.source == sources.of(e.producer)}
        known = rules | emit
        return tuple(name for name in self.participants if name in known and self.about(name))

    def about(self, name: str) -> bool:
        """Whether it is about this producer or consumer."""
        return name in self.owners or not self.owners

    def part(self, owner: str) -> Scope:
        """One owner's part of it."""
        return replace(self, owners=(owner,))

    def rules(self, bus: Bus) -> tuple[Rule, ...]:
        """The rules on a bus that it is about."""
        return tuple(rule for rule in bus.rules if self.about(rule.owner))

    @cached_property
    def events(self) -> tuple[CatalogEvent, ...]:
        """The events that it is about: all that are emitted or taken."""
        rules = [rule for bus in self.buses for rule in self.rules(bus)]
        return tuple(
            event
            for event in self.catalog.events
            if self.about(event.producer) or any(rule.takes(event) for rule in rules)
        )

    def taken(self, rule: Rule) -> list[CatalogEvent]:
        """The events that a rule takes."""
        return [event for event in self.events if rule.takes(event)]

    @cached_property
    def ids(self) -> Mapping[tuple[str, str], str]:
        """A name for each event by its key: its detail-type, with the producer where that is not enough."""
        names, often = UniqueNames(), Counter(plain_name(event.name).lower() for event in self.catalog.events)
        return {
            event.key: names.new(
                event.name if often[plain_name(event.name).lower()] == 1 else f"{event.name}.{event.producer}"
            )
            for event in self.catalog.events
        }

    def id(self, event: CatalogEvent) -> str:
        """What an event is called."""
        return self.ids[event.key]

    def on(self, bus: Bus, name: str) -> str:
        """What a thing on a bus is called: with the bus before it where there are several."""
        return f"{bus.name}.{name}" if len(self.buses) > 1 else name


class UniqueNames:
    """Names that every format takes, each given once; on some disks `a` and `A` are one file."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def new(self, text: str) -> str:
        """A name like the text that nothing else has."""
        name, number = plain_name(text), 1
        while name.lower() in self._given:
            number += 1
            name = f"{plain_name(text)}-{number}"
        self._given.add(name.lower())
        return name


def plain_name(text: str) -> str:
    """A text with what is not a letter, digit, `.`, `_` or `-` replaced by hyphens."""
    return _ODD.sub("-", text).strip("-.") or "unnamed"


def rule_words(rule: Rule) -> str:
    """A rule's pattern in words, or why it has none."""
    return rule.matcher.words if rule.matcher else rule.problem or "a pattern that EventBridge rejects"


def eventbridge_rule(rule: Rule) -> dict[str, Any]:
    """A rule as no format has a word for: its pattern, and its targets with what they feed."""
    return {
        "name": rule.name,
        "owner": rule.owner,
        "pattern": rule.pattern,
        **({"unknown": list(rule.unknown)} if rule.unknown else {}),
        **({"problem": rule.problem} if rule.problem else {}),
        "targets": [
            {**asdict(target), "feeds": list(target.feeds), "emits": list(target.emits)}
            for target in rule.targets
        ],
        "file": rule.place,
    }


def _descriptions(workspace: Workspace) -> dict[str, ExtensionDescription]:
    found = {}
    for path in sorted(workspace.extensions.glob("*/extension.yaml")):
        said, name = YamlFile.read(path, workspace.shown(path)).data, path.parent.name
        if not isinstance(said, dict):
            continue  # broken: the catalog has warned about it
        author = said.get("author")
        of_author = author if isinstance(author, dict) else {}
        texts = [
            said.get("title", name),
            said.get("summary", f"The extension {name}."),
            said.get("description", ""),
        ]
        found[name] = ExtensionDescription(
            *map(str, [*texts, of_author.get("name", ""), of_author.get("bio", "")])
        )
    return found


def _declared(workspace: Workspace, tenants: Sequence[str]) -> Bus:
    from presso.catalog.rules import Rules

    return Bus("bus", "{tenant}", tuple(tenants), Rules.load(workspace).rules)

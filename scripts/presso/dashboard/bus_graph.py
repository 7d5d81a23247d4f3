"""A tenant's bus as a graph: which rules take an event, and where they hand it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from presso.catalog.rule import Rule


@dataclass(frozen=True)
class BusGraph:
    """The rules on a bus, as they are deployed.

    Args:
        rules: In the order in which the page numbers them.
    """

    rules: tuple[Rule, ...] = ()

    def way(self, document: Mapping[str, Any]) -> list[int]:
        """Return the numbers of the rules that take an event."""
        return [
            number
            for number, rule in enumerate(self.rules)
            if rule.matcher is not None and rule.matcher.matches(dict(document))
        ]

    def as_json(self) -> list[dict[str, Any]]:
        """Return what the page draws."""
        return [
            {
                "owner": rule.owner,
                "name": rule.name,
                "extension": rule.extension,
                "everything": rule.takes_everything,
                "problem": rule.problem,
                "pattern": rule.pattern,
                "targets": [
                    {"kind": target.kind, "name": target.name, "feeds": list(target.feeds)}
                    for target in rule.targets
                ],
            }
            for rule in self.rules
        ]

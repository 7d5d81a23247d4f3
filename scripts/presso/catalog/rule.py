"""A rule on a tenant's bus: its pattern, its targets, and whether it takes an event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from event_patterns.operators import PatternError
from event_patterns.pattern import Condition, Pattern
from presso.catalog.events import CatalogEvent

# Unknown parts of a pattern match everything: the result is who may consume an event.
ANYTHING = [{"exists": True}]


@dataclass(frozen=True)
class RuleTarget:
    """What a rule hands events to, such as `queue` `orders`.

    Args:
        feeds: What takes them from there.
        emits: The detail-types in its text that it emits; there may be others that the text does not show.
    """

    kind: str
    name: str
    feeds: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule on a tenant's bus.

    Args:
        owner: The extension, or the module of the platform, that it belongs to.
        name: What it is called within its owner.
        pattern: Its pattern; an unknown part is a text such as `${local.account_id}`.
        unknown: Where in the pattern something is unknown before a plan, such as `account`.
        file: The file that it is in, and `line`; a deployed rule's ARN, and 0.
        extension: Whether the owner is an extension.
        problem: Why there is no pattern that can be read, or "".
    """

    owner: str
    name: str
    pattern: dict[str, Any]
    targets: tuple[RuleTarget, ...] = ()
    unknown: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    extension: bool = False
    problem: str = ""

    @cached_property
    def matcher(self) -> Pattern | None:
        """The pattern to match with; None when EventBridge would refuse it."""
        if self.problem:
            return None
        try:
            return Pattern(_without(self.pattern, set(self.unknown)))
        except PatternError:
            return None

    @property
    def place(self) -> str:
        """Where it is, for people: `file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def takes_everything(self) -> bool:
        """Whether it takes every event, as a log does."""
        return bool(self.matcher) and not {"detail", "detail-type", "source"} & set(self.pattern)

    def takes(self, event: CatalogEvent) -> bool:
        """Whether it takes the event: an example of it, or one that its schema allows."""
        found = self.matcher
        if found is None:
            return False
        if any(found.matches(sample) for sample in event.samples()):
            return True
        if not any(names_hold(group, event) for group in found.conditions):
            return False
        from presso.catalog.patterns import impossible

        return not impossible(found, event)

    def as_json(self) -> dict[str, Any]:
        """The rule for `--json`."""
        return {
            "owner": self.owner,
            "name": self.name,
            "extension": self.extension,
            "pattern": self.pattern,
            "unknown": list(self.unknown),
            "targets": [asdict(target) for target in self.targets],
            "file": self.file,
            "line": self.line,
            "problem": self.problem,
        }


def names_hold(group: Iterable[Condition], event: CatalogEvent) -> bool:
    """Return whether conditions on source and detail-type match an event: these need no schema."""
    known = {("source",): event.source, ("detail-type",): event.name}
    return all(condition.holds([known[condition.path]]) for condition in group if condition.path in known)


def _without(pattern: Any, unknown: set[str], path: str = "") -> Any:
    """A pattern in which unknown fields match anything that is there."""
    if isinstance(pattern, list):
        return [_without(part, unknown, path) for part in pattern]
    if not isinstance(pattern, dict):
        return pattern
    found = {}
    for name, value in pattern.items():
        here = path if name == "$or" else f"{path}.{name}".removeprefix(".")
        found[name] = ANYTHING if here in unknown else _without(value, unknown, here)
    return found

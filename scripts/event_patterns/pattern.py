"""Event patterns: read as EventBridge reads them, matched against events, and explained.

A pattern is a set of paths, each with the alternatives that its field may match; `$or` makes several such
sets, of which one must match. Sources: the EventBridge User Guide, "Creating Amazon EventBridge event
patterns", and the open-source Event Ruler, which is EventBridge's own matcher.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from event_patterns.fields import leaves_of, nested, objects_of
from event_patterns.matchers import Exists, Matcher, Numeric
from event_patterns.nearest import nearest
from event_patterns.operators import PatternError, parse
from event_patterns.words import shown

Path = tuple[str, ...]
MOST_COMBINATIONS = 1000
# The quota "Event pattern size", which AWS raises on request, and what the API takes at most:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
MOST_CHARACTERS = 2048
MOST_ON_REQUEST = 4096
_DEEPEST = 100

# A `$or` with such a field in it is a field called `$or`.
_RESERVED = {
    *("anything-but", "prefix", "suffix", "equals-ignore-case", "numeric", "exists", "cidr", "wildcard"),
    *("exactly", "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
    *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
    *("ip-address-in-range", "ip-address-not-in-range"),
}


@dataclass(frozen=True)
class Condition:
    """What a pattern asks of one field: one of the alternatives must match."""

    path: Path
    alternatives: tuple[Matcher, ...]

    @property
    def where(self) -> str:
        """The field, such as `detail.drinkOrder.drink`."""
        return ".".join(self.path)

    @property
    def words(self) -> str:
        """What is asked, for people."""
        return " or ".join(matcher.words for matcher in self.alternatives)

    def holds(self, leaves: list[Any]) -> bool:
        """Whether the condition holds for a field that has these leaves; none when it is not there."""
        for matcher in self.alternatives:
            if isinstance(matcher, Exists):
                if matcher.wanted == bool(leaves):
                    return True
            elif any(matcher.matches(leaf) for leaf in leaves):
                return True
        return False

    def __str__(self) -> str:
        """The field and what is asked of it."""
        only = self.alternatives[0] if len(self.alternatives) == 1 else None
        verb = "" if isinstance(only, Exists) or _has_verb(self.words) else "is "
        return f"{self.where} {verb}{self.words}"


def _has_verb(words: str) -> bool:
    return words.startswith(("begins ", "ends "))


@dataclass
class _Node:
    """A field of a pattern and what is below it; `conditions` keyed by name."""

    below: dict[str, _Node] = field(default_factory=dict)
    leaves: dict[str, tuple[Matcher, ...]] = field(default_factory=dict)

    def copy(self) -> _Node:
        return _Node({name: node.copy() for name, node in self.below.items()}, dict(self.leaves))


@dataclass(frozen=True)
class Killed:
    """Why an event does not match: a condition that fails and what the event has there instead."""

    condition: Condition
    found: str
    hint: str = ""

    def __str__(self) -> str:
        """The reason as a sentence."""
        end = f" {self.hint}" if self.hint else ""
        return f"{self.condition}: {self.found}.{end}"

    def as_json(self) -> dict[str, str]:
        """The reason for `--json`."""
        wanted = self.condition.words
        return {"path": self.condition.where, "wanted": wanted, "found": self.found, "hint": self.hint}


class Pattern:
    """An event pattern.

    Raises:
        PatternError: EventBridge would refuse it; the reason is EventBridge's.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: dict[str, Any] = dict(document)
        if _combinations(self.document) > MOST_COMBINATIONS:
            raise PatternError(f"Event pattern contains more than {MOST_COMBINATIONS} rule combinations")
        try:
            self._roots = _Reader(expand=True).read(self.document)
        except PatternError as error:
            # What is not a proper `$or` may be a field of that name, which EventBridge once allowed.
            try:
                self._roots = _Reader(expand=False).read(self.document)
            except PatternError:
                raise error from None

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether EventBridge would hand this event to a rule with this pattern."""
        fields = nested(event)
        return any(_node_matches(root, fields) for root in self._roots)

    @cached_property
    def conditions(self) -> tuple[tuple[Condition, ...], ...]:
        """What the pattern asks: one of these groups must hold, each with all of its conditions."""
        return tuple(tuple(_conditions(root, ())) for root in self._roots)

    def why_not(self, event: Mapping[str, Any]) -> list[Killed]:
        """The conditions that keep this event from matching; none when it matches.

        With `$or`, those of the alternative that comes nearest to matching.
        """
        if self.matches(event):
            return []
        fields = nested(event)
        groups = [self._killers(root, fields) for root in self._roots]
        return min(groups, key=len)

    def _killers(self, root: _Node, event: Mapping[str, Any]) -> list[Killed]:
        killers = []
        for condition in _conditions(root, ()):
            leaves, near = _leaves_at(event, condition.path)
            if not condition.holds(leaves):
                killers.append(Killed(condition, _difference(leaves, event, condition.path), near))
        # Each holds for some element of a list, but no element meets them all.
        return killers or [
            Killed(condition, "no element of the list meets all conditions at once")
            for condition in list(_conditions(root, ()))[-1:]
        ]

    @property
    def words(self) -> str:
        """The pattern in words: `source is …, and detail.drink is Americano`."""
        groups = [", and ".join(str(condition) for condition in group) for group in self.conditions]
        return "; or ".join(dict.fromkeys(groups))

    @property
    def notes(self) -> list[str]:
        """What EventBridge takes but promises less for than one may think."""
        found = []
        text = json.dumps(self.document, separators=(",", ":"), ensure_ascii=False)
        if len(text) > MOST_CHARACTERS:
            found.append(
                f"It has {len(text):,} characters, and a rule's pattern at most {MOST_CHARACTERS:,}: "
                "a quota that AWS raises on request."
            )
        large = [c.where for group in self.conditions for c in group if _beyond_five_billion(c)]
        found += [
            f"{where}: AWS promises numeric matching from -5.0e9 to +5.0e9 only."
            for where in dict.fromkeys(large)
        ]
        return found


def _beyond_five_billion(condition: Condition) -> bool:
    return any(
        abs(number) > 5e9
        for matcher in condition.alternatives
        if isinstance(matcher, Numeric)
        for _, number in matcher.bounds
    )


def _combinations(node: Any) -> int:
    """As AWS counts: the product of the lengths of all `$or` lists."""
    count = 1
    for name, value in node.items() if isinstance(node, dict) else ():
        if name == "$or" and isinstance(value, list):
            count *= max(len(value), 1)
            for option in value:
                count *= _combinations(option)
        elif isinstance(value, dict):
            count *= _combinations(value)
    return count


class _Reader:
    """Reads a pattern into one tree per alternative of its `$or`s.

    Event Ruler writes each condition into all the sets that it has so far, so of two conditions on one path
    the later counts; trees are therefore built in the order of the text.
    """

    def __init__(self, *, expand: bool) -> None:
        self.expand = expand

    def read(self, document: Mapping[str, Any]) -> list[_Node]:
        roots: list[_Node] = [_Node()]
        return self._object(roots, (), document, in_or=False)

    def _object(self, roots: list[_Node], path: Path, value: Any, *, in_or: bool) -> list[_Node]:
        if len(path) > _DEEPEST:
            raise PatternError("Event pattern is nested too deeply")
        if not value:
            raise PatternError("Empty objects are not allowed")
        for name, below in value.items():
            if name == "$or" and self.expand:
                roots = self._or(roots, path, below)
                continue
            if in_or and name in _RESERVED:
                raise PatternError(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
            here = (*path, *name.split("."))
            if isinstance(below, dict):
                roots = self._object(roots, here, below, in_or=in_or)
            elif isinstance(below, list):
                matchers = parse(below)
                for root in roots:
                    _write(root, here, matchers)
            else:
                raise PatternError(f'"{name}" must be an object or an array')
        return roots

    def _or(self, roots: list[_Node], path: Path, options: Any) -> list[_Node]:
        if not isinstance(options, list):
            raise PatternError("It must be an Array followed with $or.")
        found: list[_Node] = []
        for option in options:
            if not isinstance(option, dict):
                raise PatternError("Only JSON object is allowed in array of $or relationship.")
            forked = [root.copy() for root in roots]
            found += self._object(forked, path, option, in_or=True)
            if len(found) > MOST_COMBINATIONS:
                raise PatternError(f"Event pattern contains more than {MOST_COMBINATIONS} rule combinations")
        if len(options) < 2:
            raise PatternError("There must have at least 2 Objects in $or relationship.")
        return found


def _write(root: _Node, path: Path, matchers: tuple[Matcher, ...]) -> None:
    *above, name = path
    for step in above:
        root = root.below.setdefault(step, _Node())
    root.leaves[name] = matchers


def _node_matches(node: _Node, value: Any) -> bool:
    """Whether one object meets all that is asked below a field; of a list, one element must meet it all."""
    found = value if isinstance(value, Mapping) else {}
    for name, matchers in node.leaves.items():
        if not Condition((name,), matchers).holds(leaves_of(found[name]) if name in found else []):
            return False
    for name, below in node.below.items():
        options = objects_of(found.get(name)) or [{}]
        if not any(_node_matches(below, option) for option in options):
            return False
    return True


def _conditions(node: _Node, path: Path) -> Iterator[Condition]:
    for name, matchers in node.leaves.items():
        yield Condition((*path, name), matchers)
    for name, below in node.below.items():
        yield from _conditions(below, (*path, name))


def _leaves_at(event: Mapping[str, Any], path: Path) -> tuple[list[Any], str]:
    """The leaves at a path, wherever in lists; and what name was meant when there is no such field."""
    here: list[Mapping[str, Any]] = [event]
    for step in path[:-1]:
        names = {name for value in here for name in value}
        here = [found for value in here if step in value for found in objects_of(value[step])]
        if step not in names:
            return [], _did_you_mean(step, names)
    names = {name for value in here for name in value}
    leaves = [leaf for value in here if path[-1] in value for leaf in leaves_of(value[path[-1]])]
    return leaves, "" if path[-1] in names else _did_you_mean(path[-1], names)


def _did_you_mean(name: str, known: set[str]) -> str:
    near = nearest(name, sorted(known))
    return f"Did you mean {near}?" if near else ""


def _difference(leaves: list[Any], event: Mapping[str, Any], path: Path) -> str:
    """What an event has at a path."""
    if leaves:
        return f"it is {', '.join(_leaf(leaf) for leaf in leaves[:5])}"
    value: Any = event
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return "there is no such field"
        value = value[step]
    return "it is an empty list" if value == [] else "it is an object, and patterns match leaves only"


def _leaf(value: Any) -> str:
    text = shown(value)
    text = text if len(text) <= 60 else f"{text[:57]}…"
    return (
        f"{text} (a text)"
        if isinstance(value, str) and re.fullmatch(r"-?[0-9.]+|true|false|null", value)
        else text
    )

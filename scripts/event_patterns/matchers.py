"""What an event pattern may ask of one value: EventBridge's comparison operators, applied.

Source: "Comparison operators for use in event patterns" in the EventBridge User Guide.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Protocol

from event_patterns.words import shown


class Matcher(Protocol):
    """One alternative of a field in a pattern."""

    def matches(self, value: Any) -> bool:
        """Whether a leaf (text, number, true, false or null) matches."""

    @property
    def words(self) -> str:
        """The condition in words."""


@dataclass(frozen=True)
class Equals:
    """The value itself. JSON's equality: the text `5` is not the number, and true is not 1."""

    value: Any

    def matches(self, value: Any) -> bool:
        """Whether it is this value."""
        return isinstance(value, bool) == isinstance(self.value, bool) and bool(value == self.value)

    @property
    def words(self) -> str:
        """The value."""
        return shown(self.value)


@dataclass(frozen=True)
class Affix:
    """A text that begins (`prefix`) or ends (`suffix`) with another, perhaps in any case."""

    operator: str
    text: str
    any_case: bool = False

    def matches(self, value: Any) -> bool:
        """Whether it is such a text. An empty prefix is any text, and no number."""
        if not isinstance(value, str):
            return False
        if self.any_case:
            return bool(_reach(value, self.text, backwards=self.operator == "suffix"))
        return value.startswith(self.text) if self.operator == "prefix" else value.endswith(self.text)

    @property
    def words(self) -> str:
        """Begins or ends with what."""
        verb = "begins" if self.operator == "prefix" else "ends"
        return f"{verb} with {shown(self.text)}{', in any case' if self.any_case else ''}"


@dataclass(frozen=True)
class AnyCase:
    """A text in any case of its letters."""

    text: str

    def matches(self, value: Any) -> bool:
        """Whether it is that text."""
        return isinstance(value, str) and len(value) in _reach(value, self.text)

    @property
    def words(self) -> str:
        """Which text."""
        return f"{shown(self.text)} in any case"


@dataclass(frozen=True)
class Wildcard:
    r"""A text in which `*` matches any number of characters; `\*` is an asterisk, `\\` a backslash."""

    text: str

    @cached_property
    def pieces(self) -> list[str]:
        """The texts between the asterisks."""
        pieces, index = [""], 0
        while index < len(self.text):
            if self.text[index] == "\\":
                pieces[-1] += self.text[index + 1 : index + 2]
                index += 1
            elif self.text[index] == "*":
                pieces.append("")
            else:
                pieces[-1] += self.text[index]
            index += 1
        return pieces

    def matches(self, value: Any) -> bool:
        """Whether it is such a text."""
        if not isinstance(value, str):
            return False
        first, *inner = self.pieces
        if not inner:
            return value == first
        last = inner.pop()
        if len(value) < len(first) + len(last) or not (value.startswith(first) and value.endswith(last)):
            return False
        # The leftmost place for each piece is always right: no need to look back.
        at, end = len(first), len(value) - len(last)
        for piece in inner:
            at = value.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    @property
    def words(self) -> str:
        """Like what."""
        return f"like {self.text}"


@dataclass(frozen=True)
class Numeric:
    """A number within bounds, each `(sign, number)`."""

    bounds: tuple[tuple[str, float], ...]

    def matches(self, value: Any) -> bool:
        """Whether it is a JSON number (no text) within all bounds."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return all(COMPARE[sign](value, number) for sign, number in self.bounds)

    @property
    def words(self) -> str:
        """The bounds."""
        return " and ".join(f"{sign} {number:g}" for sign, number in self.bounds)


@dataclass(frozen=True)
class Cidr:
    """A text that is an IP address in a block."""

    block: str

    @cached_property
    def _network(self) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        address, _, bits = self.block.partition("/")
        return ipaddress.ip_network(f"{decimal(address)}/{int(bits)}", strict=False)

    def matches(self, value: Any) -> bool:
        """Whether it is an address in the block."""
        if not isinstance(value, str) or not (IPV4.fullmatch(value) or IPV6.fullmatch(value)):
            return False
        try:
            address = ipaddress.ip_address(decimal(value))
        except ValueError:
            return False
        return address.version == self._network.version and address in self._network

    @property
    def words(self) -> str:
        """Which block."""
        return f"an address in {self.block}"


@dataclass(frozen=True)
class AnythingBut:
    """Any leaf that none of these matches; the field must be there."""

    unwanted: tuple[Matcher, ...]

    def matches(self, value: Any) -> bool:
        """Whether none matches it."""
        return not any(matcher.matches(value) for matcher in self.unwanted)

    @property
    def words(self) -> str:
        """What it must not be."""
        return f"not {' or '.join(matcher.words for matcher in self.unwanted)}"


@dataclass(frozen=True)
class Exists:
    """Whether the field is there, as a leaf: an object or an empty list is as good as nothing."""

    wanted: bool

    def matches(self, value: Any) -> bool:
        """Whether any leaf matches; the caller handles absence."""
        return self.wanted

    @property
    def words(self) -> str:
        """There, or not."""
        return "is there" if self.wanted else "is not there"


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, number: value == number,
    "<": lambda value, number: value < number,
    "<=": lambda value, number: value <= number,
    ">": lambda value, number: value > number,
    ">=": lambda value, number: value >= number,
}
IPV4 = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){3}")
IPV6 = re.compile(r"(?=.*:)[0-9a-fA-F:]+")


def decimal(address: str) -> str:
    """An address with its numbers read as decimal, as EventBridge does, also `0177`."""
    return ".".join(str(int(part)) for part in address.split(".")) if IPV4.fullmatch(address) else address


@cache
def _cases(letter: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((letter.lower(), letter.upper())))


def _reach(value: str, text: str, *, backwards: bool = False) -> set[int]:
    """Where in `value` one can be after reading `text` in any case, from its start or back from its end.

    EventBridge takes each letter's lower and upper case by itself, and those may differ in length (ß, SS):
    comparing whole texts in lower case would find too much and too little.
    """
    places = {len(value) if backwards else 0}
    for letter in reversed(text) if backwards else text:
        moved: set[int] = set()
        for case in _cases(letter):
            for place in places:
                start = place - len(case) if backwards else place
                if start >= 0 and value.startswith(case, start):
                    moved.add(start if backwards else place + len(case))
        places = moved
    return places

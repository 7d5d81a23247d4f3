"""Whether a text of a known form, such as a UUID or a time, can match or avoid what a pattern asks.

A form is one of several sequences of characters, some repeated, as a simple regular expression gives them.
Both sides are walked at the same time, one character after the other, so the answer is exact.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import Any

from event_patterns.matchers import Affix, AnyCase, Equals, Matcher, Wildcard

_DIGITS = frozenset(string.digits)
_CLASSES = {"d": _DIGITS, "w": frozenset(f"{string.ascii_letters}{string.digits}_")}
_SPECIAL = frozenset("^$*+?{}[]()|\\.")
_MOST_FORMS = 200
_LONGEST = 300


@dataclass(frozen=True)
class FormPart:
    """One character of a form, or any number of them.

    Args:
        characters: Those that it may be; None for every character.
        repeated: Whether there is any number of it, also none.
    """

    characters: frozenset[str] | None
    repeated: bool = False


Form = tuple[FormPart, ...]
ANY = "^.*$"
UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


class Unsupported(ValueError):
    """A regular expression with more in it than forms can have."""


@lru_cache(maxsize=4096)
def possible(expression: str, matcher: Any) -> bool:
    """Whether some text of a form matches: a regular expression, `ANY` or `UUID`."""
    return any(_meets(form, (_tokens(matcher),), wanted=True) for form in _forms(expression))


@lru_cache(maxsize=4096)
def avoidable(expression: str, unwanted: tuple[Any, ...]) -> bool:
    """Whether some text of a form, as above, matches none of these matchers."""
    tokens = tuple(_tokens(matcher) for matcher in unwanted)
    return any(_meets(form, tokens, wanted=False) for form in _forms(expression))


def _forms(expression: str) -> tuple[Form, ...]:
    try:
        return forms_of(expression)
    except Unsupported:
        return forms_of(ANY)


_Token = tuple[frozenset[str] | None, bool]  # as a Part: the characters, and whether it is repeated


def _tokens(matcher: Matcher) -> tuple[_Token, ...]:
    """What a matcher asks of a text, character by character.

    Raises:
        Unsupported: It asks something else.
    """
    star: _Token = (None, True)
    if isinstance(matcher, Equals):
        return tuple(_letters(str(matcher.value)) if isinstance(matcher.value, str) else ())
    if isinstance(matcher, AnyCase):
        return tuple(_letters(matcher.text, any_case=True))
    if isinstance(matcher, Affix):
        inner = tuple(_letters(matcher.text, any_case=matcher.any_case))
        return (*inner, star) if matcher.operator == "prefix" else (star, *inner)
    if isinstance(matcher, Wildcard):
        pieces = [tuple(_letters(piece)) for piece in matcher.pieces]
        return tuple(token for piece in pieces for token in (star, *piece))[1:]
    raise Unsupported(type(matcher).__name__)


def _letters(text: str, *, any_case: bool = False) -> Iterable[_Token]:
    for letter in text:
        cases = {case for case in (letter, letter.lower(), letter.upper()) if any_case and len(case) == 1}
        yield frozenset(cases or letter), False


def _meets(form: Form, asked: tuple[tuple[_Token, ...], ...], *, wanted: bool) -> bool:
    """Whether a text of the form is met by the only one asked (wanted), or by none of those (not wanted)."""
    letters = {letter for tokens in asked for characters, _ in tokens for letter in characters or ()}
    other = next(chr(code) for code in range(0x100, 0x1000) if chr(code) not in letters)
    own: list[_Token] = [(part.characters, part.repeated) for part in form]
    first = (_opened(own, {0}), tuple(_opened(tokens, {0}) for tokens in asked))
    seen, waiting = {first}, [first]
    while waiting:
        places, others = waiting.pop()
        met = [len(tokens) in reached for tokens, reached in zip(asked, others, strict=True)]
        if len(own) in places and (all(met) if wanted else not any(met)):
            return True
        following = {place for place in places if place < len(own)}
        known = [own[place][0] for place in following]
        choices = {letter for characters in known for letter in characters or (*letters, other)}
        for letter in choices:
            pairs = zip(asked, others, strict=True)
            step = _step(own, places, letter), tuple(_step(*pair, letter) for pair in pairs)
            if step not in seen:
                seen.add(step)
                waiting.append(step)
    return False


def _opened(tokens: Sequence[_Token], places: Iterable[int]) -> frozenset[int]:
    """These places, and those behind what may be repeated no times."""
    found, waiting = set(places), list(places)
    while waiting:
        place = waiting.pop()
        if place < len(tokens) and tokens[place][1] and place + 1 not in found:
            found.add(place + 1)
            waiting.append(place + 1)
    return frozenset(found)


def _step(tokens: Sequence[_Token], places: Iterable[int], letter: str) -> frozenset[int]:
    """The places after one more character."""
    moved = set()
    for place in places:
        if place < len(tokens) and (tokens[place][0] is None or letter in (tokens[place][0] or ())):
            moved.add(place if tokens[place][1] else place + 1)
    return _opened(tokens, moved)


@cache
def forms_of(expression: str) -> tuple[Form, ...]:
    """The forms of a regular expression that begins with ^ and ends with $.

    Raises:
        Unsupported: It has more in it than characters, classes, groups with alternatives, +, * and {n}.
    """
    if not (expression.startswith("^") and expression.endswith("$")) or expression.endswith("\\$"):
        raise Unsupported(expression)
    reader = _Reader(expression[1:-1])
    found = reader.alternatives()
    if reader.rest:
        raise Unsupported(expression)
    return tuple(tuple(form) for form in found)


class _Reader:
    """Reads a regular expression."""

    def __init__(self, rest: str) -> None:
        self.rest = rest

    def alternatives(self) -> list[list[FormPart]]:
        found = self._sequence()
        while self.rest.startswith("|"):
            self.rest = self.rest[1:]
            found += self._sequence()
        return found

    def _sequence(self) -> list[list[FormPart]]:
        found: list[list[FormPart]] = [[]]
        while self.rest and self.rest[0] not in "|)":
            if self.rest[0] == "(":
                self.rest = self.rest[1:].removeprefix("?:")
                inside = self.alternatives()
                if not self.rest.startswith(")") or self.rest[1:2] in ("*", "+", "?", "{"):
                    raise Unsupported(self.rest)
                self.rest = self.rest[1:]
            else:
                inside = [self._repeated(self._characters())]
            found = [[*before, *after] for before, after in product(found, inside)]
            if len(found) > _MOST_FORMS or max(map(len, found)) > _LONGEST:
                raise Unsupported(self.rest)
        return found

    def _characters(self) -> frozenset[str] | None:
        sign, self.rest = self.rest[0], self.rest[1:]
        if sign == ".":
            return None
        if sign == "[":
            inside, _, self.rest = self.rest.partition("]")
            return frozenset(_in_class(inside))
        if sign == "\\":
            name, self.rest = self.rest[:1], self.rest[1:]
            if name.isalnum() and name not in _CLASSES:
                raise Unsupported(name)
            return _CLASSES.get(name) or frozenset(name)
        if sign in _SPECIAL:
            raise Unsupported(sign)
        return frozenset(sign)

    def _repeated(self, characters: frozenset[str] | None) -> list[FormPart]:
        one, many = FormPart(characters), FormPart(characters, repeated=True)
        if self.rest[:1] in ("+", "*"):
            sign, self.rest = self.rest[0], self.rest[1:]
            return [one, many] if sign == "+" else [many]
        if self.rest.startswith("{"):
            count, _, self.rest = self.rest[1:].partition("}")
            if not count.isdecimal() or int(count) > _LONGEST:
                raise Unsupported(count)
            return [one] * int(count)
        if self.rest.startswith("?"):
            raise Unsupported("?")
        return [one]


def _in_class(text: str) -> Iterable[str]:
    if not text or text.startswith("^") or "\\" in text or "[" in text:
        raise Unsupported(text)
    while text:
        if text[1:2] == "-" and len(text) > 2:
            yield from map(chr, range(ord(text[0]), ord(text[2]) + 1))
            text = text[3:]
        else:
            yield text[0]
            text = text[1:]

"""Regular expressions read texts of authors: none may take quadratic time, or worse, for a long text."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from types import FunctionType
from typing import Any

import pytest

import event_patterns
import offline_aws
import presso

SCRIPTS = Path(presso.__file__).parents[1]
# What runs elsewhere than presso does: in the emulator's process, in a box, when the project is built.
LEFT_OUT = (".__main__", ".emulator_patches", ".project", ".derive", ".launcher", ".runner")
# How often a part is repeated: a quadratic expression takes sixteen times as long for the long text, a linear
# one four times.
SHORT, LONG = 375, 1_500
CHARACTERS = "a1A -._/:{}\"'\n\t$(),=*[]<>&|#"
CATEGORIES = {
    _constants.CATEGORY_SPACE: str.isspace,
    _constants.CATEGORY_NOT_SPACE: lambda character: not character.isspace(),
    _constants.CATEGORY_WORD: str.isalnum,
    _constants.CATEGORY_NOT_WORD: lambda character: not character.isalnum(),
    _constants.CATEGORY_DIGIT: str.isdigit,
    _constants.CATEGORY_NOT_DIGIT: lambda character: not character.isdigit(),
}
METHODS = ("search", "match", "fullmatch", "sub", "findall", "finditer", "split")


def compiled(value: Any) -> Iterator[re.Pattern[Any]]:
    """The expressions in a value."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        yield from compiled(tuple(value.values()))
    elif isinstance(value, (tuple, list, frozenset, set)):
        for item in value:
            yield from compiled(item)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from compiled(tuple(getattr(value, field.name) for field in fields(value)))
    elif isinstance(value, FunctionType) and "<locals>" in value.__qualname__:  # a check made of others
        yield from compiled(tuple(cell.cell_contents for cell in value.__closure__ or ()))


def all_expressions() -> dict[str, tuple[str, re.Pattern[Any]]]:
    """The expressions of all modules, each with its name in its module."""
    found: dict[str, tuple[str, re.Pattern[Any]]] = {}
    for package in (event_patterns, offline_aws, presso):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if any(part in f"{module.name}." for part in LEFT_OUT):
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                for expression in compiled(value) if not name.startswith("__") else ():
                    found.setdefault(expression.pattern, (f"{module.name}.{name}", expression))
    return {f"{name} {pattern!r}": (name, expression) for pattern, (name, expression) in found.items()}


def sample(parsed: Any) -> str:
    """A short text that a parsed expression matches, or nearly."""
    found = ""
    for operator, value in parsed:
        if operator is _constants.LITERAL:
            found += chr(value)
        elif operator is _constants.IN:
            found += next((one for one in CHARACTERS if is_in(one, value)), "a")
        elif operator is _constants.BRANCH:
            found += sample(value[1][0])
        elif operator is _constants.SUBPATTERN:
            found += sample(value[3])
        elif operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            found += sample(value[2]) * value[0]
        elif operator in (_constants.ANY, _constants.NOT_LITERAL):
            found += "b" if value == ord("a") else "a"
    return found


def is_in(character: str, members: Any) -> bool:
    inside = any(
        (operator is _constants.LITERAL and value == ord(character))
        or (operator is _constants.RANGE and value[0] <= ord(character) <= value[1])
        or (operator is _constants.CATEGORY and CATEGORIES[value](character))
        for operator, value in members
    )
    return inside is not (members[0][0] is _constants.NEGATE)


def repeats(parsed: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """What may be repeated in a text, and what has to be before it."""
    for place, (operator, value) in enumerate(parsed):
        here = before + sample(list(parsed)[:place])
        if operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            yield here, sample(value[2]) or "a"
            yield from repeats(value[2], here)
        elif operator is _constants.SUBPATTERN:
            yield from repeats(value[3], here)
        elif operator is _constants.BRANCH:
            for option in value[1]:
                yield from repeats(option, here)


def refused(parsed: Any) -> str:
    """The characters that a set of an expression names to exclude them: after these it matches no more."""
    found = ""
    for operator, value in parsed:
        if operator is _constants.IN and value[0][0] is _constants.NEGATE:
            found += "".join(chr(one) for kind, one in value if kind is _constants.LITERAL)
        elif operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            found += refused(value[2])
        elif operator is _constants.SUBPATTERN:
            found += refused(value[3])
        elif operator is _constants.BRANCH:
            found += "".join(refused(option) for option in value[1])
    return "".join(dict.fromkeys(found))


def heads_and_units(expression: re.Pattern[Any]) -> set[tuple[str, str]]:
    parsed = _parser.parse(expression.pattern, expression.flags & ~re.UNICODE)
    found = {("", sample(parsed))}
    for before, unit in repeats(parsed):
        found |= {(head, one) for head in ("", before) for one in (unit, before + unit, before, " ", "\n")}
    return {(head, unit) for head, unit in found if unit}


def seconds(expression: re.Pattern[Any], methods: set[str], text: str) -> float:
    """The least processor time of three tries."""
    given: Any = text.encode() if isinstance(expression.pattern, bytes) else text
    tries = []
    for _ in range(3):
        since = time.process_time()
        for method in methods:
            expression.sub(given[:0], given) if method == "sub" else getattr(expression, method)(given)
        tries.append(time.process_time() - since)
        if tries[-1] < 0.005:
            break
    return min(tries)


EXPRESSIONS = all_expressions()


@cache
def used() -> list[tuple[str, str]]:
    """The names on which a method of expressions is called, and the method.

    They are found from their ends: searched forwards, each word of the text may be such a name.
    """
    backwards = "\n".join(path.read_text() for path in SCRIPTS.rglob("*.py"))[::-1]
    found = re.findall(rf"\(({'|'.join(METHODS)[::-1]})\.(\w+)", backwards)
    return [(name[::-1], method[::-1]) for method, name in found]


def test_the_expressions_of_all_modules_are_found() -> None:
    assert len(EXPRESSIONS) >= 180
    assert any(name.startswith("offline_aws.services.") for name, _ in EXPRESSIONS.values())
    assert {method for _, method in used()} == set(METHODS)


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_no_expression_takes_quadratic_time(name: str, expression: re.Pattern[Any]) -> None:
    called = name.rpartition(".")[2]
    # One in a table is not called by its name.
    methods = {method for caller, method in used() if caller == called} or {"search", "fullmatch"}
    slow = []
    last = refused(_parser.parse(expression.pattern, expression.flags & ~re.UNICODE))
    for head, unit in heads_and_units(expression):
        for tail in {"", '\0"', last}:
            if seconds(expression, methods, f"{head}{unit * 20}{tail}") > 0.02:  # doubles with each unit
                slow.append((head, unit, tail))
                continue
            long = seconds(expression, methods, f"{head}{unit * LONG}{tail}")
            if long > 0.006 and long > 9 * seconds(expression, methods, f"{head}{unit * SHORT}{tail}"):
                slow.append((head, unit, tail))
    assert slow == []

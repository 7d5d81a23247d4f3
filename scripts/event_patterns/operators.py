"""The operators of event patterns, read from JSON; what EventBridge refuses is refused, with its reason.

Source: the open-source Event Ruler, which words the reasons that EventBridge gives.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from event_patterns.matchers import (
    COMPARE,
    IPV4,
    IPV6,
    Affix,
    AnyCase,
    AnythingBut,
    Cidr,
    Equals,
    Exists,
    Matcher,
    Numeric,
    Wildcard,
    decimal,
)


class PatternError(ValueError):
    """A pattern that EventBridge refuses; the message is the reason it gives."""


def parse(alternatives: list[Any]) -> tuple[Matcher, ...]:
    """The alternatives of one field.

    Raises:
        PatternError: EventBridge would refuse them.
    """
    if not alternatives:
        _refuse("Empty arrays are not allowed")
    return tuple(_alternative(item) for item in alternatives)


def _alternative(item: Any) -> Matcher:
    if isinstance(item, list):
        _refuse("Match value must be String, number, true, false, or null")
    if not isinstance(item, dict):
        return Equals(item)
    if not item:
        _refuse("Match expression name not found")
    operator = next(iter(item))
    if operator not in _OPERATORS:
        _refuse(f"Unrecognized match type {operator}")
    matcher = _OPERATORS[operator](item[operator])
    if len(item) > 1:
        # EventBridge reads on after a list, and words it so.
        counted = operator in ("numeric", "anything-but")
        _refuse(
            "Too many elements in numeric expression"
            if counted
            else "Only one key allowed in match expression"
        )
    return matcher


def _refuse(reason: str) -> NoReturn:
    raise PatternError(reason)


def _affix(operator: str) -> Callable[[Any], Matcher]:
    def parsed(operand: Any) -> Matcher:
        if not isinstance(operand, dict):
            return Affix(operator, _text(operand, f"{operator} match pattern must be a string"))
        if not operand:
            _refuse(f"{operator.capitalize()} expression name not found")
        inner = _only(operand)
        if inner != "equals-ignore-case":
            _refuse(f"Unsupported {operator} pattern: {inner}")
        text = _text(operand[inner], "equals-ignore-case match pattern must be a string")
        return Affix(operator, text, any_case=True)

    return parsed


def _only(operand: Mapping[str, Any]) -> str:
    if len(operand) > 1:
        _refuse("Only one key allowed in match expression")
    return next(iter(operand))


def _text(operand: Any, reason: str) -> str:
    if not isinstance(operand, str):
        _refuse(reason)
    return operand


def _exactly(operand: Any) -> Matcher:
    return Equals(_text(operand, "exact match pattern must be a string"))


def _any_case(operand: Any) -> Matcher:
    return AnyCase(_text(operand, "equals-ignore-case match pattern must be a string"))


def _wildcard(operand: Any) -> Matcher:
    text = _text(operand, "wildcard match pattern must be a string")
    index = 0
    while index < len(text):
        # EventBridge counts in bytes, from the opening quote.
        place = len(text[:index].encode(errors="replace")) + 1
        if text[index] == "\\":
            if text[index + 1 : index + 2] not in ("*", "\\"):
                _refuse(f"Invalid escape character at pos {place}")
            index += 1
        elif text[index : index + 2] == "**":
            _refuse(f"Consecutive wildcard characters at pos {place}")
        index += 1
    return Wildcard(text)


def _exists(operand: Any) -> Matcher:
    if not isinstance(operand, bool):
        _refuse("exists match pattern must be either true or false.")
    return Exists(operand)


def _cidr(operand: Any) -> Matcher:
    # The wrong operator's name is EventBridge's own.
    text = _text(operand, "prefix match pattern must be a string")
    address, slash, bits = text.partition("/")
    if not slash or not bits or "/" in bits:
        _refuse("Malformed CIDR, one '/' required")
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", bits):
        _refuse("Malformed CIDR, mask bits must be an integer")
    if int(bits) < 0:
        _refuse("Malformed CIDR, mask bits must not be negative")
    if not (IPV4.fullmatch(address) or IPV6.fullmatch(address)):
        _refuse(f"Nonstandard IP address: {address}")
    try:
        version = ipaddress.ip_address(decimal(address)).version
    except ValueError:
        _refuse(f"Invalid IP address: {address}")
    most = 32 if version == 4 else 128
    if int(bits) >= most:
        _refuse(f"IPv{version} mask bits must be < {most}")
    return Cidr(text)


def _numeric(operand: Any) -> Matcher:
    """A comparison, or a lower bound and then an upper one."""
    if not isinstance(operand, list):
        _refuse("Value of numeric must be an array.")
    if not operand or not isinstance(operand[0], str):
        _refuse(f"Invalid member in numeric match: {_token(operand[0]) if operand else ']'}")
    sign = operand[0]
    if sign not in COMPARE:
        _refuse(f"Unrecognized numeric range operator: {sign}")
    bounds = [(sign, _bound(sign, operand, 1))]
    if len(operand) > 2:
        if sign not in (">", ">="):
            _refuse("Too many elements in numeric expression")
        if len(operand) > 4:
            _refuse("Too many terms in numeric range expression")
        if not isinstance(operand[2], str):
            _refuse(f"Bad value in numeric range: {_token(operand[2])}")
        if operand[2] not in ("<", "<="):
            _refuse(f"Bad numeric range operator: {operand[2]}")
        bounds.append((operand[2], _bound(operand[2], operand, 3)))
        if not bounds[0][1] < bounds[1][1]:
            _refuse("Bottom must be less than top")
    return Numeric(tuple(bounds))


def _bound(sign: str, operand: list[Any], index: int) -> float:
    number = operand[index] if index < len(operand) else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        _refuse(f"Value of {'equals' if sign == '=' else sign} must be numeric")
    return _number(number)


def _number(number: float) -> float:
    """The number as EventBridge keeps it; refused when that would be another one."""
    try:
        kept = float(number)
    except OverflowError:
        _refuse(f"Cannot compare number : {number}")
    if kept in (float("inf"), float("-inf")) or (isinstance(number, int) and int(kept) != number):
        _refuse(f"Cannot compare number : {number}")
    return kept


def _token(value: Any) -> str:
    return "[" if isinstance(value, list) else "{" if isinstance(value, dict) else json.dumps(value)


def _anything_but(operand: Any) -> Matcher:
    if isinstance(operand, dict):
        if not operand:
            _refuse("Anything-But expression name not found")
        inner = _only(operand)
        if inner not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            _refuse(f"Unsupported anything-but pattern: {inner}")
        return AnythingBut(_unwanted(inner, operand[inner]))
    if isinstance(operand, list):
        return AnythingBut(_unwanted_values(operand))
    if operand is None or isinstance(operand, bool):
        _refuse("Value of anything-but must be an array or single string/number value.")
    if not isinstance(operand, str):
        _number(operand)
    return AnythingBut((Equals(operand),))


def _unwanted_values(values: list[Any]) -> tuple[Matcher, ...]:
    if any(value is None or isinstance(value, bool | list | dict) for value in values):
        _refuse("Inside anything but list, start|null|boolean is not supported.")
    texts = sum(isinstance(value, str) for value in values)
    if not values or 0 < texts < len(values):
        _refuse(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    for value in values if not texts else ():
        _number(value)
    return tuple(Equals(value) for value in values)


def _unwanted(inner: str, operand: Any) -> tuple[Matcher, ...]:
    """The matchers of `anything-but` with an operator within; each takes a text or a list of texts."""
    texts = operand if isinstance(operand, list) else [operand]
    if not texts:
        _refuse("Empty arrays are not allowed")
    for text in texts:
        if text is None or isinstance(text, bool):
            _refuse("Value of anything-but must be an array or single string/number value.")
        if inner in ("prefix", "suffix"):
            if not _text(text, "prefix/suffix match pattern must be a string"):
                _refuse("Null prefix/suffix not allowed")
        elif inner == "equals-ignore-case":
            _text(
                text,
                "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
            )
    return tuple(_OPERATORS[inner](text) for text in texts)


_OPERATORS: dict[str, Callable[[Any], Matcher]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _any_case,
    "exactly": _exactly,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _affix("prefix"),
    "suffix": _affix("suffix"),
    "wildcard": _wildcard,
}
OPERATORS = tuple(_OPERATORS)

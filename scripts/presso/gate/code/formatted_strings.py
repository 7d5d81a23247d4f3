"""Formatted strings of Python: their syntax changed in 3.12, and parsers of 3.11 take newer ones for errors.

Sources: PEP 701 (any quotes, lines and comments between the braces), PEP 750 (template strings).
"""

from __future__ import annotations

import re

_TEXT = r"((?<!\w)(?:[fFtT][rR]?|[rR][fFtT]))?(\"\"\"|'''|\"|')"
_TEXT_OR_COMMENT = re.compile(rf"{_TEXT}|#")
_IN_EXPRESSION = re.compile(rf"{_TEXT}|[#\[\](){{}}:]")


class Unfinished(Exception):
    """A text, or an expression in it, has no end."""


def replaced(code: str) -> str | None:
    """Return code with an empty text, on as many lines, in place of each formatted string.

    Args:
        code: A file of Python.

    Returns:
        None where expressions are nested too deep.

    Raises:
        Unfinished: A text has no end, which no version takes.
    """
    parts: list[str] = []
    at = done = 0
    try:
        while found := _TEXT_OR_COMMENT.search(code, at):
            at = _line_end(code, found.end()) if found[0] == "#" else _end(code, found)
            if found[1]:
                lines = code.count("\n", found.start(), at)
                parts += [code[done : found.start()], '""', "\\\n" * lines]
                done = at
    except RecursionError:
        return None
    return "".join([*parts, code[done:]])


def _line_end(code: str, at: int) -> int:
    end = code.find("\n", at)
    return len(code) if end < 0 else end


def _end(code: str, start: re.Match[str]) -> int:
    """Where a text ends that starts there."""
    at, quote, prefix = start.end(), start[2], (start[1] or "").lower()
    while not code.startswith(quote, at):
        if at >= len(code) or (len(quote) == 1 and code[at] == "\n"):
            raise Unfinished
        if prefix and "r" not in prefix and code.startswith("\\N{", at):
            at = code.find("}", at) + 1 or len(code)
        elif code[at] == "\\":
            at += 1 if prefix and code.startswith("{", at + 1) else 2
        elif prefix and code.startswith("{{", at):
            at += 2
        elif prefix and code[at] == "{":
            at = _expression_end(code, at + 1)
        else:
            at += 1
    return at + len(quote)


def _expression_end(code: str, at: int) -> int:
    """Where an expression in braces ends, behind its closing brace."""
    depth = 0
    while found := _IN_EXPRESSION.search(code, at):
        if found[2]:
            at = _end(code, found)
            continue
        at = found.end()
        if found[0] == "#":
            at = _line_end(code, at)
        elif found[0] in "([{":
            depth += 1
        elif found[0] in ")]}":
            if not depth:
                return at
            depth -= 1
        elif not depth:  # the format follows, with expressions of its own
            return _format_end(code, at)
    raise Unfinished


def _format_end(code: str, at: int) -> int:
    while at < len(code) and code[at] != "}":
        at = _expression_end(code, at + 1) if code[at] == "{" else at + 1
    if at >= len(code):
        raise Unfinished
    return at + 1

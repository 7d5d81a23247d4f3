"""The blocks, attributes and calls of a text in HCL's native syntax, read as Terraform reads it.

Follows HCL's own scanner and parser (hashicorp/hcl, hclsyntax/scan_tokens.rl and parser.go), so that it
misses nothing that Terraform sees. It is stricter: text that parsers are known to read differently, or that
displays differently, is an error. Expressions are parsed elsewhere, except for the functions that they call.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

_DEEPEST = 60
# Carriage returns and other control characters, the byte order mark, line ends that only some know, and
# marks that reverse the direction of writing, so that the text displays differently than it parses.
# The latter, and characters without width, are needed by no text, HCL or not.
_HIDES = r"\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_HIDDEN = re.compile(f"[{_HIDES}]")
_UNSEEN = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_HIDES}]")
_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_IDENTIFIER = re.compile(_NAME)
_TOKEN = re.compile(
    rf"""(?P<blank>[ \t]+|(?:\#|//)[^\n]*|/\*.*?\*/)
    |(?P<newline>\n)
    |(?P<name>{_NAME}(?:::{_NAME})*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |<<(?P<heredoc>-?{_NAME})\n
    |(?P<quote>")
    |(?P<open>[(\[{{])
    |(?P<close>[)\]}}])
    |(?P<sign>==|=>|!=|<=(?!=)|>=|&&|\|\||\.\.\.|<(?!<)|:(?!:)|[=>.,*/%+\-!?~])""",
    re.VERBOSE | re.DOTALL,
)
# Literal text in a template. After more than one `$` or `%`, parsers disagree about an open brace.
# Therefore that is rejected.
_SIGNS = r"(?<![$%])(?:\$\$|%%)\{|[$%](?![$%{])|[$%](?=[$%](?![$%{]))"
_QUOTED = re.compile(rf'(?:[^"\\$%\n]|\\(?:["\\nrt]|u[0-9a-fA-F]{{4}}|U[0-9a-fA-F]{{8}})|{_SIGNS})+')
_LINE = re.compile(rf"(?:[^$%\n]|{_SIGNS})+")
_TEMPLATE = re.compile(r"[$%]\{~?")
_ENDS = {"(": ")", "[": "]", "{": "}", "${": "}"}
_SINGLE = "it is not HCL: a text is in double quotes, not in single ones"
_NO_CALLS = frozenset({"for", "in", "if", "else", "endif", "endfor"})


class Ambiguous(Exception):
    """A text that is not HCL, or is ambiguous; `line` is where."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True)
class Expression:
    """An expression as it is written, its line, and the names of the functions that it calls."""

    text: str
    line: int
    calls: tuple[str, ...]


@dataclass(frozen=True)
class WrittenBlock:
    """A block as it is written; `attributes` by name, `line` that of its type."""

    type: str
    labels: tuple[str, ...]
    attributes: dict[str, Expression]
    parts: tuple[WrittenBlock, ...]
    line: int


def parts_of(text: str) -> tuple[WrittenBlock, ...]:
    """The blocks of a file.

    Raises:
        Ambiguous: It is not HCL, has attributes outside of blocks, or is ambiguous.
    """
    attributes, parts = _Reader(text).plain().body(closed=False)
    for expression in attributes.values():
        raise Ambiguous("an attribute is outside of all blocks", expression.line)
    return parts


def expression(text: str) -> Expression:
    """A text that is one expression.

    Raises:
        Ambiguous: It is not an expression, or is ambiguous.
    """
    return _Reader(text).whole()


def template(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a template by itself, as in JSON: ("text", …), ("sequence", "${…}").

    Raises:
        Ambiguous: It is not a template, or is ambiguous.
    """
    return _Reader(text).template()


def visible(text: str) -> str:
    """Return a text without characters that hide or reorder others.

    Raises:
        Ambiguous: It has one.
    """
    if found := _HIDDEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        code, name = f"U+{ord(found[0]):04X}", unicodedata.name(found[0], "control")
        raise Ambiguous(f"it has the character {code} ({name})", line)
    return text


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._calls: list[str] = []

    def plain(self) -> _Reader:
        """The text itself, when it has no invisible character."""
        if unseen := _UNSEEN.search(self.text):
            self.place = unseen.start()
            code = f"U+{ord(unseen[0]):04X}"
            name = {"\r": "carriage return", "\ufeff": "byte order mark"}.get(unseen[0])
            self._refuse(f"it has the character {code} ({name or unicodedata.name(unseen[0], 'control')})")
        return self

    def _line(self, place: int) -> int:
        return bisect_right(self._lines, place)

    def _refuse(self, why: str) -> NoReturn:
        raise Ambiguous(why, self._line(self.place))

    def _token(self) -> re.Match[str] | None:
        """The next token and move behind it, over blanks and comments; None at the end."""
        while self.place < len(self.text):
            token = _TOKEN.match(self.text, self.place)
            if token is None:
                sign = self.text[self.place]
                self._refuse(_SINGLE if sign == "'" else f"it is not HCL: unexpected {sign}")
            self.place = token.end()
            if token.lastgroup != "blank":
                return token
        return None

    def body(self, *, closed: bool, depth: int = 0) -> tuple[dict[str, Expression], tuple[WrittenBlock, ...]]:
        """The attributes and blocks until the brace that closes it, or the end of the text."""
        attributes: dict[str, Expression] = {}
        parts: list[WrittenBlock] = []
        if depth > _DEEPEST:
            self._refuse("blocks are nested too deeply")
        while (token := self._token()) is not None:
            if token.lastgroup == "newline":
                continue
            if token[0] == "}" and closed:
                return attributes, tuple(parts)
            self._item(token, attributes, parts, depth)
            end = self._token()
            if end is not None and end.lastgroup != "newline":
                self.place = end.start()
                self._refuse(f"{end[0]} is where a line must end")
        if closed:
            self._refuse("a block is not closed")
        return attributes, tuple(parts)

    def _item(
        self, name: re.Match[str], attributes: dict[str, Expression], parts: list[WrittenBlock], depth: int
    ) -> None:
        """An attribute or a block, whose name has been read."""
        if name.lastgroup != "name" or not _IDENTIFIER.fullmatch(name[0]):
            self.place = name.start()
            self._refuse(f"{name[0]!r} is not a name of an attribute or block")
        token = self._token()
        if token is not None and token[0] == "=":
            if name[0] in attributes:
                self._refuse(f"{name[0]} is given twice")
            attributes[name[0]] = self._expression()
            return
        labels = []
        while token is not None and token[0] != "{":
            labels.append(self._label(token))
            token = self._token()
        if token is None:
            self._refuse(f"the block {name[0]} has no body")
        inside, blocks = self._in_block(depth)
        parts.append(WrittenBlock(name[0], tuple(labels), inside, blocks, self._line(name.start())))

    def _label(self, token: re.Match[str]) -> str:
        if token.lastgroup == "quote":
            end = self.text.find('"', self.place)
            label = self.text[self.place : end] if end >= 0 else ""
            self.place = end + 1 if end >= 0 else self.place
        else:
            label = token[0]
        if label == "\n":
            self._refuse("the { of a block is not in its first line")
        if not _IDENTIFIER.fullmatch(label):
            self._refuse(f"a block's label is not a plain name: {label[:40]!r}")
        return label

    def _in_block(self, depth: int) -> tuple[dict[str, Expression], tuple[WrittenBlock, ...]]:
        start = self.place
        token = self._token()
        if token is None or token.lastgroup == "newline" or token[0] == "}":
            self.place = start
            return self.body(closed=True, depth=depth + 1)
        equals = self._token()
        if token.lastgroup != "name" or equals is None or equals[0] != "=":
            self.place = start
            self._refuse("a block in one line has one attribute at most")
        found = {token[0]: self._expression()}
        end = self._token()
        if end is None or end[0] != "}":
            self._refuse("a block in one line has one attribute at most")
        return found, ()

    def _expression(self) -> Expression:
        """Skip to the end of the line, or the brace that closes the block, which is not consumed."""
        start = self._begin()
        self._calls = []
        end = self._sequence([])
        if end == start:
            self._refuse("an attribute has no value")
        return Expression(self.text[start:end], self._line(start), tuple(self._calls))

    def whole(self) -> Expression:
        """See `expression`."""
        found = self._expression()
        while (token := self._token()) is not None:
            if token.lastgroup != "newline":
                self._refuse(f"{token[0]} is behind the end of an expression")
        return found

    def _begin(self) -> int:
        while (found := _TOKEN.match(self.text, self.place)) and found.lastgroup == "blank":
            self.place = found.end()
        return self.place

    def _sequence(self, stack: list[Any]) -> int:
        """Read until all brackets are closed; return where the last token ended."""
        until = len(stack)
        end, name = self.place, ""
        while True:
            if len(stack) > _DEEPEST:
                self._refuse("an expression is nested too deeply")
            if stack and stack[-1] == '"':
                self._quoted(stack)
                end, name = self.place, ""
                continue
            if stack and isinstance(stack[-1], _Heredoc):
                self._heredoc(stack)
                end, name = self.place, ""
                continue
            start = self.place
            token = self._token()
            ended = token is None or (not stack and (token.lastgroup == "newline" or token[0] == "}"))
            if ended or token is None:
                if stack:
                    self._refuse(f"{_opener(stack[-1])} is not closed")
                self.place = token.start() if token is not None else start
                return end
            self._take(token, stack, name)
            if until and len(stack) < until:
                return self.place
            if token.lastgroup != "newline":
                end, name = self.place, token[0] if token.lastgroup == "name" else ""

    def _take(self, token: re.Match[str], stack: list[Any], name: str) -> None:
        kind, sign = token.lastgroup, token[0]
        if kind == "quote":
            stack.append('"')
        elif kind == "heredoc":
            if any(isinstance(open_, _Heredoc) or open_ in ('"', "${") for open_ in stack):
                self._refuse("a heredoc is within a template")
            stack.append(_Heredoc(token["heredoc"].removeprefix("-")))
        elif kind == "open":
            if sign == "(" and name and name not in _NO_CALLS:
                self._calls.append(name)
            stack.append(sign)
        elif kind == "close":
            if not stack or _ENDS[stack[-1]] != sign:
                self.place = token.start()
                self._refuse(f"{sign} closes nothing")
            stack.pop()

    def _quoted(self, stack: list[Any]) -> None:
        """A part of a quoted template: text, the beginning of a sequence, or its end."""
        if text := _QUOTED.match(self.text, self.place):
            self.place = text.end()
        if sequence := _TEMPLATE.match(self.text, self.place):
            self.place = sequence.end()
            stack.append("${")
        elif self.text[self.place : self.place + 1] == '"':
            self.place += 1
            stack.pop()
        else:
            self._refuse("a quoted text is not closed in its line, or has an escape that HCL does not know")

    def _heredoc(self, stack: list[Any]) -> None:
        """The rest of a line of a heredoc: its end, text with a newline, or the beginning of a sequence."""
        heredoc = stack[-1]
        if self.text[self.place - 1] == "\n":
            end = self.text.find("\n", self.place)
            line = self.text[self.place : end if end >= 0 else len(self.text)]
            if line.strip() == heredoc.marker:
                if line.lstrip(" \t") != heredoc.marker:
                    self._refuse(f"the heredoc's end {heredoc.marker} has blanks around it")
                self.place += len(line)
                stack.pop()
                return
        if text := _LINE.match(self.text, self.place):
            self.place = text.end()
        if sequence := _TEMPLATE.match(self.text, self.place):
            self.place = sequence.end()
            stack.append("${")
        elif self.text[self.place : self.place + 1] == "\n":
            self.place += 1
        else:
            self._refuse(f"the heredoc {heredoc.marker} is not closed, or its text is ambiguous")

    def template(self) -> Iterator[tuple[str, str]]:
        """See `template`."""
        start = self.place
        while self.place < len(self.text):
            if text := _LINE.match(self.text, self.place):
                self.place = text.end()
            if self.text[self.place : self.place + 1] == "\n":
                self.place += 1
                continue
            if start < self.place:
                yield "text", self.text[start : self.place]
            if self.place == len(self.text):
                return
            start = self.place
            if not (sequence := _TEMPLATE.match(self.text, self.place)):
                self._refuse("a template is ambiguous")
            self.place = sequence.end()
            self._sequence(["${"])
            yield "sequence", self.text[start : self.place]
            start = self.place
        if start < self.place:
            yield "text", self.text[start : self.place]


@dataclass(frozen=True)
class _Heredoc:
    marker: str


def _opener(open_: Any) -> str:
    return f"the heredoc {open_.marker}" if isinstance(open_, _Heredoc) else str(open_)

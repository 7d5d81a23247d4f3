"""Terraform's files as blocks, and their expressions as python-hcl2's nodes.

`structure` finds the blocks; a `.tf.json` is converted to the HCL with the same meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from presso import syntax_trees
from presso.hcl import structure
from presso.hcl.values import parts, source_of
from presso.json_text import NotJson, loads

# The number of labels of a module's blocks; every other block has none.
LABELS = {
    "action": 2,
    "check": 1,
    "data": 2,
    "dynamic": 1,
    "ephemeral": 2,
    "module": 1,
    "output": 1,
    "provider": 1,
    "provisioner": 1,
    "resource": 2,
    "variable": 1,
}
# In JSON only the schema distinguishes blocks from attributes; the gate needs to know these.
_BLOCKS_IN_JSON = frozenset(
    {"backend", "cloud", "data", "dynamic", "lifecycle", "provisioner", "required_providers"}
)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_COMMENT = re.compile(r"#|//|/\*")
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"}


class Unreadable(Exception):
    """A file that is not Terraform; `line` is where, 1 when unknown."""

    def __init__(self, why: str, line: int = 1) -> None:
        super().__init__(why)
        self.line = max(line, 1)


@dataclass(frozen=True)
class Block:
    """A block: its type and labels, its attributes' expressions, the blocks in it, and where it begins."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Any]
    blocks: tuple[Block, ...]
    file: str
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Its address within its module."""
        if self.type == "resource":
            return ".".join(self.labels)
        return ".".join([self.type, *self.labels])

    def line_of(self, name: str) -> int:
        """The line of the attribute or first block of that name; else the block's own."""
        found = next((block.line for block in self.blocks if name in (block.type, *block.labels)), self.line)
        return self.lines.get(name, found)

    def has(self, name: str) -> bool:
        """Whether it has an attribute or a block of that name (JSON does not distinguish them)."""
        return name in self.attributes or any(block.type == name for block in self.blocks)

    def within(self) -> Iterator[Block]:
        """The block and all blocks in it."""
        yield self
        for block in self.blocks:
            yield from block.within()

    def expressions(self) -> Iterator[tuple[int, Any]]:
        """Every expression in it and its line."""
        for block in self.within():
            for name, node in block.attributes.items():
                yield block.lines.get(name, block.line), node


def blocks_of(text: str, file: str) -> list[Block]:
    """The blocks of a file; `file` is its name, which determines the syntax.

    Raises:
        Unreadable: It is neither HCL nor JSON configuration, or is ambiguous.
    """
    try:
        if file.endswith(".json"):
            return list(_from_json(text, file))
        return list(_blocks(structure.parts_of(text), file))
    except structure.Ambiguous as error:
        raise Unreadable(str(error), error.line) from None


def expression(text: str) -> Any:
    """The node of an expression written as HCL.

    Raises:
        Unreadable: It is not an expression, or is ambiguous.
    """
    try:
        return _node(structure.expression(text))
    except structure.Ambiguous as error:
        raise Unreadable(str(error), error.line) from None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Any:
    import hcl2
    from hcl2.parser import parser
    from lark.exceptions import LarkError

    with syntax_trees.ALONE:
        parser()  # the first time it reads the grammar
    try:
        body = parts(hcl2.parses(f"x = {text}\n"))[0]
        (node,) = (part for part in parts(body) if part.lark_name() == "attribute")
        return parts(node)[1]
    except LarkError as error:
        unexpected = str(getattr(error, "token", "") or getattr(error, "char", "")).strip()
        line = getattr(error, "line", 1)
        raise Unreadable(f"it is not HCL: unexpected {unexpected or 'end'}", line) from None
    except (RecursionError, ValueError, IndexError) as error:
        raise Unreadable(f"it is not readable HCL: {type(error).__name__}") from None


@lru_cache(maxsize=4096)
def _called(text: str) -> list[str]:
    """The functions that python-hcl2 finds called in an expression."""
    found = [source_of(n).partition("(")[0] for n in nodes(_parsed(text)) if n.lark_name() == "function_call"]
    return sorted(found)


def _node(written: structure.Expression) -> Any:
    """The node of an expression; python-hcl2 must find the same calls in it as Terraform."""
    try:
        called = _called(written.text)
    except (Unreadable, structure.Ambiguous) as error:
        raise Unreadable(str(error), written.line + error.line - 1) from None
    if called != sorted(written.calls):
        raise Unreadable("it calls functions where parsers disagree about its meaning", written.line)
    return _parsed(written.text)


def _blocks(found: tuple[structure.WrittenBlock, ...], file: str) -> Iterator[Block]:
    for part in found:
        nodes_of = {name: _node(written) for name, written in part.attributes.items()}
        lines = {name: written.line for name, written in part.attributes.items()}
        yield Block(
            part.type, part.labels, nodes_of, tuple(_blocks(part.parts, file)), file, part.line, lines
        )


def _from_json(text: str, file: str) -> Iterator[Block]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # Terraform reads both, Python and most people only the last one.
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise Unreadable(f"the key {twice} is given twice in one object", _line_of(text, twice, 2))
        return dict(pairs)

    try:
        data = loads(structure.visible(text), once)
    except NotJson as error:
        raise Unreadable(f"it is not JSON: {error}", error.line) from None
    if not isinstance(data, dict):
        raise Unreadable("it is not a JSON object")
    for kind, value in data.items():
        if kind != "//":
            yield from _json_blocks(kind, value, text, file)


def _json_blocks(kind: str, value: Any, text: str, file: str) -> Iterator[Block]:
    for labels, body in _labelled(value, LABELS.get(kind, 0)):
        for name in (kind, *labels):
            if not _PLAIN_KEY.fullmatch(name):
                raise Unreadable(f"a block's label is not a plain name: {name[:40]!r}", _line_of(text, name))
        attributes: dict[str, Any] = {}
        inside: list[Block] = []
        for name, item in body.items() if isinstance(body, dict) else ():
            if name in _BLOCKS_IN_JSON:
                inside += _json_blocks(name, item, text, file)
            elif name != "//":
                attributes[name] = expression(_hcl(item))
        line = _line_of(text, labels[-1] if labels else kind)
        lines = {name: _line_of(text, name, after=line) for name in attributes}
        yield Block(kind, labels, attributes, tuple(inside), file, line, lines)


def _labelled(value: Any, count: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _labelled(item, count)
    elif count == 0:
        yield (), value
    elif isinstance(value, dict):
        for label, item in value.items():
            if label != "//":
                yield from (((label, *more), body) for more, body in _labelled(item, count - 1))


def _line_of(text: str, key: str, occurrence: int = 1, after: int = 1) -> int:
    found = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if number >= after and f"{json.dumps(key)}" in line
    ]
    return found[min(occurrence, len(found)) - 1] if found else after


def _hcl(value: Any) -> str:
    """A value of JSON configuration as the HCL expression with the same meaning."""
    if isinstance(value, dict):
        pairs = (
            f"{name if _PLAIN_KEY.fullmatch(name) else quoted(name)} = {_hcl(item)}"
            for name, item in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_hcl, value)) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    """A template's text as a quoted template: the content of `${…}` and `%{…}` is unchanged.

    Raises:
        structure.Ambiguous: It is not a template, or is ambiguous.
    """
    out = []
    for kind, part in structure.template(text):
        if kind == "text":
            out.append("".join(_ESCAPED.get(sign, sign) for sign in part))
        elif "\n" in part and _COMMENT.search(part):
            raise Unreadable("a template has a comment over several lines in it")
        else:
            out.append(part.replace("\n", " "))
    return f'"{"".join(out)}"'


@lru_cache(maxsize=4096)
def nodes(node: Any) -> Sequence[Any]:
    """Every node of an expression, including those in the templates of a heredoc."""
    found, stack = [], [node]
    while stack:
        here = stack.pop()
        found.append(here)
        if here.lark_name().startswith("heredoc_template"):
            stack.append(template_in(here))
        stack += parts(here)
    return tuple(found)


def template_in(heredoc: Any) -> Any:
    """The node of the template in a heredoc's node."""
    _, *lines = str(heredoc.children[0].value).rstrip("\n").splitlines()
    return _parsed(quoted("\n".join(lines[:-1])))

"""Pages of EventCatalog: MDX, which is Markdown with components, below a head of YAML.

What people have written (summaries, descriptions, names) is text here, never a component, an expression or an
import: all that could begin one is escaped. https://mdxjs.com/docs/what-is-mdx/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from presso.catalog.exports.texts import yaml_text

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~&$])")


def page(head: Mapping[str, Any], body: Iterable[str]) -> str:
    """A page: its head, then the parts of its body with a line between them."""
    parts = "\n\n".join(part for part in body if part)
    return f"---\n{yaml_text(head)}---\n\n{parts}\n"


def prose(text: str) -> str:
    """A text as MDX that displays it literally, each of its lines after the other."""
    lines = (_SIGNS.sub(r"\\\1", " ".join(line.split())) for line in text.strip().splitlines())
    return "\n".join(_harmless(line) for line in lines)


def _harmless(line: str) -> str:
    """A line that begins neither a list, nor a heading's line, nor an import."""
    line = re.sub(r"^([-+=:])", r"\\\1", line)
    line = re.sub(r"^(\d+)([.)])", r"\1\\\2", line)
    return re.sub(r"^(import|export)\b", lambda found: f"&#{ord(found[1][0])};{found[1][1:]}", line)


def code_block(text: str, language: str) -> str:
    """A block of code with any content."""
    longest = max((len(found) for found in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are texts."""
    lines = [header, ["---"] * len(header), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(prose(text).splitlines()) or "-"

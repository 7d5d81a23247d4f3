"""Plain text as reStructuredText, and HTML within it."""

from __future__ import annotations

import re
import textwrap
from html import escape

_CODE = re.compile(r"`([^`]+)`")


def rst(text: object) -> str:
    """Text that means itself in reStructuredText; what is in backticks becomes code."""
    parts = _CODE.split(" ".join(str(text).split()))
    return "".join(_code(part) if index % 2 else _plain(part) for index, part in enumerate(parts))


def _plain(text: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", text)


def _code(text: str) -> str:
    return f"\\ ``{text}``\\ " if text.strip() == text else _plain(f"`{text}`")


def html(text: object) -> str:
    """Text that means itself in HTML; what is in backticks becomes code."""
    parts = _CODE.split(str(text))
    return "".join(
        f"<code>{escape(part)}</code>" if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def raw(markup: str) -> str:
    """HTML as a directive of reStructuredText."""
    lines = "\n".join(line for line in markup.splitlines() if line.strip())
    return f".. raw:: html\n\n{textwrap.indent(lines, '   ')}\n"


def title(text: str, sign: str = "=") -> str:
    """A heading."""
    plain = rst(text)
    return f"{plain}\n{sign * (len(plain) + 2)}\n"


def code(text: str, language: str, indent: int = 0) -> str:
    """A block of code."""
    block = f".. code-block:: {language}\n\n{textwrap.indent(text, '   ')}\n"
    return textwrap.indent(block, " " * indent)

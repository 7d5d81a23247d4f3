"""Comments of JavaScript and of languages like it."""

from __future__ import annotations

import re

# Comments, and the texts in which there are none. A text that does not end goes to the end of its line, so
# that the expression reads each character once. A slash behind a colon is of an address.
_PARTS = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z)|(?<!:)//[^\n]*)"""
    r"""|"(?:[^"\\\n]|\\.)*+(?:"|$|\\?\Z)|'(?:[^'\\\n]|\\.)*+(?:'|$|\\?\Z)"""
    r"""|(?P<template>`(?:[^`\\]|\\.)*+(?:`|\\?\Z))""",
    re.DOTALL | re.MULTILINE,
)


def without_comments(text: str, *, templates: bool = True) -> str:
    """Return code without its comments, with the same lines; a comment separates words, as a blank does.

    Args:
        templates: Whether to keep what is in backquotes.
    """

    def kept(found: re.Match[str]) -> str:
        if found["comment"] is None and (templates or found["template"] is None):
            return found[0]
        return "\n" * found[0].count("\n") or " "

    return _PARTS.sub(kept, text)

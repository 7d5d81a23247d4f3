"""Comments of JavaScript and of languages like it."""

from __future__ import annotations

import re

# Not what is behind a colon or a quote: an address, or a part of a text.
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|(?<![:\"'`])//[^\n]*", re.DOTALL)


def without_comments(text: str) -> str:
    """Return code without its comments, with the same lines; a comment separates words, as a blank does."""
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n") or " ", text)

"""A text as YAML writes it: as it is where every reader of YAML takes it for a text, else in quotes."""

from __future__ import annotations

import re

import yaml

# What YAML 1.1 or 1.2 takes for a number or for yes or no, and PyYAML does not.
_OF_OTHERS = re.compile(r"[yYnN]|[-+]?\.?[0-9]\S*")


def scalar(text: str) -> str:
    """Return one line of YAML with the value of a one-line text."""
    style = "'" if _OF_OTHERS.fullmatch(text) else None
    written: str = yaml.safe_dump(text, allow_unicode=True, width=10_000, default_style=style)
    return written.removesuffix("\n").removesuffix("\n...")

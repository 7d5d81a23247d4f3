"""What keeps code from starting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Files = Mapping[str, bytes]
"""The files of a function's folder, by their path in it."""


# Parsing takes quadratic time at worst: whether larger code starts is seen in the sandbox only.
MOST_BYTES = 64 * 1024
MOST_BYTES_OF_ALL = 512 * 1024


@dataclass(frozen=True)
class CodeFault:
    """What keeps a function from starting.

    Args:
        found: A sentence without a full stop.
        file: The file, relative to the function's folder; "" where the call of the function is meant.
        line: The line in it.
    """

    found: str
    file: str = ""
    line: int = 1

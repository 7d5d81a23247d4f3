"""The schemas of the published provider's types that have no handler here.

``schema/aws-others.jsonl.gz`` has a line for each, ``aws_vpc {"version": 0, "block": {…}}``, the name of a
data source with ``data.`` before it; ``computed_blocks`` are as in ``aws-behaviour.json``, ``identity`` the
schema of the resource identity. Terraform reads the whole schema at each start, and these are most of it: it
gets those that its configuration mentions.
``schema/aws-others.txt`` is their index, with a digest of each line: a review shows by it what has changed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

TYPES = Path(__file__).parent / "schema" / "aws-others.jsonl.gz"
INDEX = TYPES.with_name("aws-others.txt")

_KEPT = 256


def indexed(lines: Iterable[str]) -> str:
    """The index of lines as they are in the file of types."""
    return "".join(f"{line.partition(' ')[0]} {_digest(line)}\n" for line in lines)


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()[:12]


@cache
def names() -> frozenset[str]:
    """The names of all these types, without reading their schemas."""
    return frozenset(line.partition(" ")[0] for line in INDEX.read_text().splitlines())


@cache
def _lines() -> bytes:
    return b"\n" + gzip.decompress(TYPES.read_bytes())


@lru_cache(_KEPT)
def found(name: str) -> Mapping[str, Any]:
    """A type's ``version`` and ``block``, and its ``computed_blocks`` and ``identity`` where there are any.

    Raises:
        KeyError: There is no such type.
    """
    if name not in names():
        raise KeyError(name)
    text, opening = _lines(), f"\n{name} ".encode()
    start = text.index(opening) + len(opening)
    read: Mapping[str, Any] = json.loads(text[start : text.index(b"\n", start)])
    return read

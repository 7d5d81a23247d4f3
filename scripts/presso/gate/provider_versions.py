"""Whether a version constraint of an extension can be met by a provider that units use.

https://developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from offline_aws.schema import VERSIONS

_ONE = re.compile(r"(=|!=|>=|<=|~>|>|<)?\s*v?(\d{1,6}(?:\.\d{1,6}){0,2})", re.ASCII)
# The units' own constraints: the major version that the gate knows.
_OLDEST = {"archive": (2, 0, 0), "aws": (6, 0, 0)}
Version = tuple[int, int, int]


@cache
def exists(provider: str, constraint: str) -> bool:
    """Return whether some version that exists meets a constraint; True for one of another form.

    Args:
        provider: `aws` or `archive`.
        constraint: Such as `>= 6.0, < 7.0`.
    """
    parts = [_ONE.fullmatch(part.strip()) for part in constraint.split(",")]
    if not all(parts):
        return True  # Terraform reports it
    asked = [(found[1] or "=", found[2]) for found in parts if found]
    return any(all(_meets(version, *each) for each in asked) for version in _existing(provider, asked))


def _existing(provider: str, asked: list[tuple[str, str]]) -> Iterator[Version]:
    """The versions to try: every minor one up to the newest known, and those that are named."""
    newest, oldest = _version(VERSIONS[provider]), _OLDEST[provider]
    yield newest
    yield from ((oldest[0], minor, patch) for minor in range(newest[1]) for patch in (0, 1))
    yield from (named for _, text in asked if oldest <= (named := _version(text)) <= newest)


def _version(text: str) -> Version:
    numbers = [int(number) for number in text.split(".")]
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch


def _meets(version: Version, sign: str, text: str) -> bool:
    named = _version(text)
    if sign == "~>":
        kept = max(text.count("."), 1)
        return version >= named and version[:kept] == named[:kept]
    return {
        "=": version == named,
        "!=": version != named,
        ">": version > named,
        ">=": version >= named,
        "<": version < named,
        "<=": version <= named,
    }[sign]

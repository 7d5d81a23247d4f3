"""The regions that AWS has, as botocore lists them, each with its partition."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple


class Partition(NamedTuple):
    """A partition of AWS: its name in ARNs, and what its hosts' names end with."""

    name: str
    dns_suffix: str


@cache
def _found() -> tuple[Any, ...]:
    """Botocore's list; botocore itself, which takes its time, is not imported."""
    found = find_spec("botocore")
    assert found is not None
    assert found.origin is not None
    text = (Path(found.origin).parent / "data/partitions.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["partitions"])


@cache
def known() -> frozenset[str]:
    """The regions, without the names of whole partitions such as ``aws-global``."""
    return frozenset(name for one in _found() for name in one["regions"] if not name.endswith("-global"))


@cache
def partition(region: str) -> Partition:
    """The partition of a region, of one that is not in the list by the form of its name."""
    for one in _found():
        if region in one["regions"] or re.match(one["regionRegex"], region):
            return Partition(one["id"], one["outputs"]["dnsSuffix"])
    return Partition("aws", "amazonaws.com")


def wrong(region: str, provider: str, *, newer: bool = False) -> str | None:
    """What is wrong with a resource's own region, if anything: aws-sdk-go-base, conns/awsclient.go.

    Args:
        region: The resource's.
        provider: The provider's, whose partition it must be in.
        newer: Whether it may be one that is not in the list.
    """
    if region not in known() and not newer:
        return f"invalid AWS Region: {region}"
    found, expected = partition(region).name, partition(provider).name
    if provider and found != expected:
        return (
            f"partition ({found}) for per-resource Region ({region}) is not the provider's "
            f"configured partition ({expected})"
        )
    return None

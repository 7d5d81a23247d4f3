"""The regions that AWS has, as botocore lists them, each with its partition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def partitions() -> Mapping[str, str]:
    """The partition of each region; botocore itself, which takes its time, is not imported."""
    found = find_spec("botocore")
    assert found is not None
    assert found.origin is not None
    text = (Path(found.origin).parent / "data/partitions.json").read_text(encoding="utf-8")
    return {region: one["id"] for one in json.loads(text)["partitions"] for region in one["regions"]}


def wrong(region: str, provider: str) -> str | None:
    """What is wrong with a resource's own region, if anything: aws-sdk-go-base, conns/awsclient.go.

    Args:
        region: The resource's.
        provider: The provider's, whose partition it must be in.
    """
    known = partitions()
    if region not in known:
        return f"invalid AWS Region: {region}"
    expected = known.get(provider, known[region])
    if known[region] != expected:
        return (
            f"partition ({known[region]}) for per-resource Region ({region}) is not the provider's "
            f"configured partition ({expected})"
        )
    return None

"""A digest: how many events of each name there were in the last hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any


def make(names: Iterable[str], count: Callable[[str, str], int], now: datetime, hours: int) -> dict[str, Any]:
    """Return the digest; `count` is given a name and the time since when."""
    since = _text(now - timedelta(hours=hours))
    counts = [{"event": name, "count": count(name, since)} for name in sorted(names)]
    return {
        "since": since,
        "until": _text(now),
        "counts": counts,
        "total": sum(each["count"] for each in counts),
    }


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")

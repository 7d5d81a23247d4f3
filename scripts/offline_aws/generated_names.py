"""Names that the provider makes up from a prefix, as the published one's SDK does (helper/id).

A generated name is the prefix and 26 characters: the time to a ten-thousandth of a second (18 digits) and a
counter (8 hexadecimal digits).
"""

from __future__ import annotations

import itertools
import re
import threading
from datetime import UTC, datetime
from typing import Any

_GENERATED = re.compile(r"^(?P<prefix>.*?)\d{18}[0-9a-f]{8}(?P<suffix>(\.[a-z]+)?)$", re.DOTALL)
_counter = itertools.count(1)
_lock = threading.Lock()


def unique(prefix: str = "terraform-", suffix: str = "") -> str:
    """A new name, different from all others of this process, sorted by time."""
    with _lock:
        moment = datetime.now(UTC)
        return f"{prefix}{moment:%Y%m%d%H%M%S}{moment.microsecond // 100:04d}{next(_counter):08x}{suffix}"


def prefix_of(name: Any) -> str | None:
    """The prefix of a generated name (``terraform-`` counts as none was given), None of any other."""
    match = _GENERATED.match(name) if isinstance(name, str) else None
    return match["prefix"] if match and match["prefix"] != "terraform-" else None

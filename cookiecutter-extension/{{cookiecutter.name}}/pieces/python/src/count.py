"""Counts each event, as soon as it comes."""

from __future__ import annotations

import json
import os
from typing import Any

import bar_event
import metric


def handler(event: dict[str, Any], _context: object) -> None:
    """Count one event.

    Raises:
        bar_event.BadEventError: It is not valid. Lambda tries twice more, then it is a dead letter.
    """
    print(json.dumps(metric.line(bar_event.read(event), os.environ["NAMESPACE"])))

"""Keeps a record of each event."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import batch
import boto3
from records import Records


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Keep the events of a batch of messages; returns those that failed."""
    return batch.each(event, records().keep)


@cache
def records() -> Records:
    """The records of this function, connected once."""
    return Records(boto3.client("dynamodb"), os.environ["TABLE"], int(os.environ["DAYS"]))

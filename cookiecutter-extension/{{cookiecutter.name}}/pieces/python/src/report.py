"""Emits a digest of the events that were kept, started by a schedule."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import digest
from records import Records


class NotEmittedError(Exception):
    """The bus did not accept the digest; the message states why."""


def handler(_event: dict[str, Any], _context: object) -> None:
    """Make the digest and emit it.

    Raises:
        NotEmittedError: The bus did not take it. Lambda tries twice more.
    """
    records = Records(client("dynamodb"), os.environ["TABLE"])
    names, hours = json.loads(os.environ["EVENTS"]), int(os.environ["HOURS"])
    made = digest.make(names, records.count, datetime.now(UTC), hours)
    emit({"eventId": os.environ["TENANT"], **made})
    print(json.dumps({"what": "emitted", **made}))


def emit(detail: dict[str, Any]) -> None:
    """Put the digest on the tenant's bus."""
    entry = {
        "EventBusName": os.environ["BUS"],
        "Source": os.environ["SOURCE"],
        "DetailType": os.environ["DETAIL_TYPE"],
        "Detail": json.dumps(detail),
    }
    [answer] = client("events").put_events(Entries=[entry])["Entries"]
    if "ErrorCode" in answer:
        raise NotEmittedError(f"{answer['ErrorCode']}: {answer.get('ErrorMessage', '')}")


@cache
def client(service: str) -> Any:
    """A boto3 client, connected once."""
    return boto3.client(service)

"""Logs the events that the webhook did not accept."""

from __future__ import annotations

import json
from typing import Any

import bar_event
import undelivered


def handler(batch: dict[str, Any], _context: object) -> dict[str, Any]:
    """Log each dead letter of a batch; returns those that cannot be read, which stay where they are."""
    failed = []
    for message in batch["Records"]:
        try:
            event = bar_event.read_text(message["body"])
        except bar_event.BadEventError as error:
            print(json.dumps({"messageId": message["messageId"], "what": "failed", "why": str(error)}))
            failed.append({"itemIdentifier": message["messageId"]})
        else:
            print(json.dumps(undelivered.line(event, message.get("messageAttributes", {}))))
    return {"batchItemFailures": failed}

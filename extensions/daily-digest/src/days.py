"""The days and their digests, in one DynamoDB table.

Of a day there is a record for each thing that is counted: `placed`, `completed`, …, `drink#Espresso`,
`hour#14`. Beside them is a record for each event that has been counted, and one for each digest.
"""

from __future__ import annotations

import random
import time
from datetime import date
from typing import Any

from order_events import OrderEvent

DAY = 86_400
# EventBridge tries for a day, and a queue keeps messages for up to 14.
SEEN_DAYS = 30
COUNT_DAYS = 400
ATTEMPTS = 6


class Days:
    """Counts what happened on each day, every event exactly once.

    The event's own record and all counters are written in one transaction, which fails when the record is
    there already: so a copy changes nothing, and a crash leaves nothing half done.

    Args:
        client: A boto3 DynamoDB client.
        table: Name of the table.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, event: OrderEvent) -> bool:
        """Count an event; false when it has been counted before.

        Raises:
            botocore.exceptions.ClientError: DynamoDB could not; nothing has been counted.
        """
        attempt = 0
        while True:
            try:
                self._client.transact_write_items(TransactItems=self._writes(event))
            except self._client.exceptions.TransactionCanceledException as error:
                codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
                if codes[:1] == ["ConditionalCheckFailed"]:
                    return False
                attempt += 1
                if "TransactionConflict" not in codes or attempt == ATTEMPTS:
                    raise
                # Another function is at the same counter: soon it is not.
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311
            else:
                return True

    def counts(self, day: date) -> dict[str, int]:
        """What was counted on a day, by what is counted."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"day#{day}"}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: int(item["count"]["N"]) for page in pages for item in page["Items"]}

    def keep_digest(self, day: date, text: str) -> str:
        """Store the digest of a day; return the first one stored, or "" when that has been emitted."""
        key = {"pk": {"S": "digest"}, "sk": {"S": str(day)}}
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**key, "text": {"S": text}},
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            kept = error.response["Item"]
            return "" if "sent" in kept else str(kept["text"]["S"])
        return text

    def mark_sent(self, day: date) -> None:
        """Record that the digest of a day has been emitted."""
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": "digest"}, "sk": {"S": str(day)}},
            UpdateExpression="SET sent = :now",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        )

    def _writes(self, event: OrderEvent) -> list[dict[str, Any]]:
        record = {
            "pk": {"S": f"order#{event.order_id}"},
            "sk": {"S": event.kind},
            "expires": {"N": _in_days(SEEN_DAYS)},
        }
        put = {"TableName": self._table, "Item": record, "ConditionExpression": "attribute_not_exists(pk)"}
        counted = [event.kind]
        if event.drink:
            counted += [f"drink#{event.drink}", f"hour#{event.hour:02}"]
        return [{"Put": put}, *(self._add_one(event.day, what) for what in counted)]

    def _add_one(self, day: date, what: str) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": {"S": f"day#{day}"}, "sk": {"S": what}},
                "UpdateExpression": "ADD #count :one SET expires = :expires",
                "ExpressionAttributeNames": {"#count": "count"},
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":expires": {"N": _in_days(COUNT_DAYS)}},
            }
        }


def _in_days(days: int) -> str:
    return str(int(time.time()) + days * DAY)

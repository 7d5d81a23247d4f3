"""The records of events, in one DynamoDB table: `pk` is the event's name, `sk` its time and id."""

from __future__ import annotations

import json
import time
from typing import Any

from bar_event import BarEvent

DAY = 86_400


class Records:
    """Records that keep each event once, however often it comes.

    Args:
        client: A boto3 DynamoDB client.
        table: Name of the table.
        days: Days that a record is kept.
    """

    def __init__(self, client: Any, table: str, days: int = 30) -> None:
        self._client = client
        self._table = table
        self._days = days

    def keep(self, event: BarEvent) -> str:
        """Write a record of the event; returns `kept`, or `known` when it was there before.

        Raises:
            botocore.exceptions.ClientError: DynamoDB could not.
        """
        record = {
            "pk": {"S": event.name},
            "sk": {"S": f"{event.time}#{event.id}"},
            "order": {"S": event.order},
            "detail": {"S": json.dumps(event.detail)},
            "expires": {"N": str(int(time.time()) + self._days * DAY)},
        }
        try:
            self._client.put_item(
                TableName=self._table, Item=record, ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return "known"
        return "kept"

    def count(self, name: str, since: str) -> int:
        """Count the records of the events of a name that were emitted at a time or later.

        Raises:
            botocore.exceptions.ClientError: DynamoDB could not.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :name AND sk >= :since",
            ExpressionAttributeValues={":name": {"S": name}, ":since": {"S": since}},
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

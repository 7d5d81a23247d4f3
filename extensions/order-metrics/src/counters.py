"""The counters, in one DynamoDB table: orders per drink, orders per minute."""

from __future__ import annotations

import random
import time
from typing import Any

from order import Order

DAY = 86_400
ATTEMPTS = 6


class Counters:
    """Counters that count every order exactly once, however often its event comes.

    The order's own record and both counters are written in one transaction, which fails when the
    record is there already: so a copy changes nothing, and a crash leaves nothing half done.

    Args:
        client: A boto3 DynamoDB client.
        table: Name of the table.
        order_days: Days that an order's record is kept.
    """

    def __init__(self, client: Any, table: str, order_days: int) -> None:
        self._client = client
        self._table = table
        self._order_days = order_days

    def count(self, order: Order) -> bool:
        """Count the order; false when it has been counted before.

        Raises:
            botocore.exceptions.ClientError: DynamoDB could not; nothing has been counted.
        """
        attempts = 0
        while True:
            attempts += 1
            try:
                self._client.transact_write_items(TransactItems=self._writes(order))
            except self._client.exceptions.TransactionCanceledException as error:
                codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
                if codes[:1] == ["ConditionalCheckFailed"]:
                    return False
                if "TransactionConflict" not in codes or attempts == ATTEMPTS:
                    raise
                # Another function is at the same counter: soon it is not.
                time.sleep(random.uniform(0, 0.02 * 2**attempts))  # noqa: S311
            else:
                return True

    def _writes(self, order: Order) -> list[dict[str, Any]]:
        record = {
            "pk": {"S": f"order#{order.order_id}"},
            "sk": {"S": "order"},
            "drink": {"S": order.drink},
            "minute": {"S": order.minute},
            "expires": {"N": str(int(time.time()) + self._order_days * DAY)},
        }
        return [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": record,
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
            self._add_one("drink", order.drink),
            self._add_one("minute", order.minute),
        ]

    def _add_one(self, counter: str, of: str) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": {"S": counter}, "sk": {"S": of}},
                "UpdateExpression": "ADD orders :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }

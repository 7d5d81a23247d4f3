"""The stock, in one DynamoDB table: a record for each drink, and one for each order.

A drink's record has how many portions were `delivered` and how many are `used`. `low` is how many had been
delivered at its last alert, and `alert` exists while the alert has not been emitted.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from order_events import Cancelled, Placed

DAY = 86_400
# EventBridge tries for a day, and a queue keeps messages for up to 14.
ORDER_DAYS = 30
ATTEMPTS = 8
# Longer than the function may run: after that time, it will not emit the alert any more.
LEASE_SECONDS = 60


@dataclass(frozen=True)
class Alert:
    """A drink runs low. The alert's id is the same however often it is emitted."""

    id: str
    bar: str
    drink: str
    left: int

    def leased(self) -> dict[str, Any]:
        """The alert as an attribute, for the function that emits it now."""
        until = str(int(time.time()) + LEASE_SECONDS)
        texts = {name: {"S": text} for name, text in {"id": self.id, "bar": self.bar}.items()}
        return {"M": {**texts, "left": {"N": str(self.left)}, "until": {"N": until}}}


class Stock:
    """Counts every order exactly once, and makes one alert for a drink that becomes low.

    There is no second one before it has been restocked, though cancelled orders give portions back.

    The order's record, the drink's new number and the alert are written in one transaction, which holds only
    when none of them has changed since they were read: so a copy of an event changes nothing, two functions
    at once do not both see the last portion, and a crash leaves nothing half done.

    Args:
        client: A boto3 DynamoDB client.
        table: Name of the table.
        portions: What is there of each drink at the beginning.
        low_at: How many portions are left when a drink is low.
    """

    def __init__(self, client: Any, table: str, portions: Mapping[str, int], low_at: int) -> None:
        self._client = client
        self._table = table
        self._portions = portions
        self._low_at = low_at

    def count(self, event: Placed | Cancelled) -> Alert | None:
        """Count an event; return the alert that the caller has to emit.

        That is this event's alert, or an alert of another run that ended before emitting it.

        Raises:
            botocore.exceptions.ClientError: DynamoDB could not; nothing has been counted.
        """
        attempt = 0
        while True:
            try:
                drink, alert = self._counted(event)
                return alert or self._overdue(drink)
            except self._client.exceptions.TransactionCanceledException:
                # Another run has changed the record: read again.
                attempt += 1
                if attempt == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311

    def _counted(self, event: Placed | Cancelled) -> tuple[str, Alert | None]:
        """The drink that an event is about, "" where that is not known, and the alert that it made."""
        order = self._get(f"order#{event.order_id}")
        known = str(order.get("drink", {}).get("S", ""))
        if isinstance(event, Placed):
            if order or event.drink not in self._portions:
                return known, None
            return event.drink, self._write(event, order, event.drink, 1)
        if not order:
            # When the order itself comes later, it uses none.
            return known, self._write(event, order)
        if order["state"]["S"] == "placed":
            return known, self._write(event, order, known, -1)
        return known, None

    def _write(
        self, event: Placed | Cancelled, order: dict[str, Any], drink: str = "", portions: int = 0
    ) -> Alert | None:
        """Write an order's new state, and that so many portions more of its drink are used."""
        record = {
            "pk": {"S": f"order#{event.order_id}"},
            "state": {"S": "placed" if isinstance(event, Placed) else "cancelled"},
            "expires": {"N": str(int(time.time()) + ORDER_DAYS * DAY)},
            **({"drink": {"S": drink}} if drink else {}),
        }
        puts = [self._put(record, order, "state")]
        alert = None
        if drink:
            now = self._get(f"drink#{drink}")
            then, alert = self._used(event.bar, drink, now, portions)
            puts.append(self._put(then, now, "delivered", "used", "alert"))
        self._client.transact_write_items(TransactItems=puts)
        return alert

    def _used(
        self, bar: str, drink: str, now: dict[str, Any], portions: int
    ) -> tuple[dict[str, Any], Alert | None]:
        """A drink's record with so many portions more used, and the alert when it becomes low by that."""
        delivered = now.get("delivered", {"N": str(self._portions.get(drink, 0))})
        used = int(now["used"]["N"]) + portions if "used" in now else portions
        left = int(delivered["N"]) - used
        then = {**now, "pk": {"S": f"drink#{drink}"}, "delivered": delivered, "used": {"N": str(used)}}
        if left > self._low_at or now.get("low") == delivered:
            return then, None
        number = str(int(now["alerts"]["N"]) + 1 if "alerts" in now else 1)
        alert = Alert(f"{drink} {number}", bar, drink, left)
        return then | {"low": delivered, "alerts": {"N": number}, "alert": alert.leased()}, alert

    def _overdue(self, drink: str) -> Alert | None:
        """An alert that its run has not emitted in time; from now on the caller has to emit it."""
        now = self._get(f"drink#{drink}") if drink else {}
        stored = now.get("alert", {}).get("M")
        if not stored or int(stored["until"]["N"]) > time.time():
            return None
        alert = Alert(stored["id"]["S"], stored["bar"]["S"], drink, int(stored["left"]["N"]))
        return alert if self._change(alert, "SET alert = :new", stored["until"], alert.leased()) else None

    def mark_sent(self, alert: Alert) -> None:
        """Record that an alert has been emitted."""
        self._change(alert, "REMOVE alert")

    def _change(
        self, alert: Alert, how: str, until: dict[str, Any] | None = None, new: dict[str, Any] | None = None
    ) -> bool:
        """Change an alert, if it is still the same; false when it is not."""
        values = {":id": {"S": alert.id}, ":until": until, ":new": new}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"drink#{alert.drink}"}},
                UpdateExpression=how,
                ConditionExpression="alert.id = :id" + (" AND alert.until = :until" if until else ""),
                ExpressionAttributeValues={name: value for name, value in values.items() if value},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _get(self, key: str) -> dict[str, Any]:
        answer = self._client.get_item(TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True)
        found: dict[str, Any] = answer.get("Item", {})
        return found

    def _put(self, record: dict[str, Any], now: dict[str, Any], *attributes: str) -> dict[str, Any]:
        """Write a record, on the condition that these attributes are still as they were read."""
        put = {"TableName": self._table, "Item": record}
        if not now:
            return {"Put": {**put, "ConditionExpression": "attribute_not_exists(pk)"}}
        had = {f":{name}": now[name] for name in attributes if name in now}
        conditions = [
            f"#{name} = :{name}" if name in now else f"attribute_not_exists(#{name})" for name in attributes
        ]
        more = {"ExpressionAttributeValues": had} if had else {}
        names = {f"#{name}": name for name in attributes}
        condition = " AND ".join(conditions)
        return {"Put": {**put, "ConditionExpression": condition, "ExpressionAttributeNames": names, **more}}

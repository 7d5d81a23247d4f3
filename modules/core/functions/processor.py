"""Order processor: what its workflow needs of code: an order's number, and who waits for a barista.

The workflow itself is order.asl.yaml. Its table keeps the shop's capacity as two sets of orders, those that
are open and those that wait: adding to and removing from a set may be repeated, so no copy of an event
counts twice.
"""

from __future__ import annotations

import os
import random
import time
from typing import Any

import bar

SHOP = {"pk": "shop"}
KEPT = {
    "storeOpen": "open",
    "maxOrdersRunning": "most_running",
    "maxOrdersInQueue": "most_waiting",
    "customerSeconds": "customer",
    "baristaSeconds": "barista",
}
_TRIES = 50
_MOST_READ = 100


def number(order: str) -> str:
    """Return an order's number, the next of the day, as a text; the same one when it is asked again.

    Counter and order are written together or not at all, so there is no gap and no number twice.
    """
    day = bar.here().date().isoformat()
    for _ in range(_TRIES):
        if (found := _item(f"order#{order}").get("number")) is not None:
            return str(int(found))
        last = _item(f"day#{day}").get("last")
        if _numbered(order, day, None if last is None else int(last)):
            return str(int(last or 0) + 1)
        time.sleep(random.random() * 0.05)  # noqa: S311  another order was faster; let it be
    raise RuntimeError(f"Order {order} got no number in {_TRIES} tries.")


def _item(key: str) -> dict[str, Any]:
    found: dict[str, Any] = bar.table().get_item(Key={"pk": key}, ConsistentRead=True).get("Item", {})
    return found


def _numbered(order: str, day: str, last: int | None) -> bool:
    """Give an order the number after `last`; return whether that was still the last one."""
    from botocore.exceptions import ClientError

    name, following = bar.table().name, {"N": str((last or 0) + 1)}
    seen = {} if last is None else {":last": {"N": str(last)}}
    counter = {
        "TableName": name,
        "Key": {"pk": {"S": f"day#{day}"}},
        "UpdateExpression": "SET #last = :next",
        "ConditionExpression": "#last = :last" if seen else "attribute_not_exists(#last)",
        "ExpressionAttributeNames": {"#last": "last"},
        "ExpressionAttributeValues": {":next": following, **seen},
    }
    numbered = {
        "TableName": name,
        "Key": {"pk": {"S": f"order#{order}"}},
        "UpdateExpression": "SET #number = :next",
        "ConditionExpression": "attribute_not_exists(#number)",
        "ExpressionAttributeNames": {"#number": "number"},
        "ExpressionAttributeValues": {":next": following},
    }
    try:
        bar.client("dynamodb").transact_write_items(TransactItems=[{"Update": counter}, {"Update": numbered}])
    except ClientError as error:
        if error.response["Error"]["Code"] not in (
            "TransactionCanceledException",
            "TransactionConflictException",
        ):
            raise
        return False
    return True


def reconcile() -> None:
    """End each open order whose workflow does not run: it was stopped by hand, or failed in its last steps.

    The event comes before the capacity is given back, so that an order which this is cut short at is found
    the next time. Consumers may hear of an end twice.
    """
    for order, claim in _claims(sorted(_item("shop").get("running", ()))).items():
        if _runs(claim["execution"]) or order not in _item("shop").get("running", ()):
            continue  # it goes on, or has ended by itself meanwhile
        ids = {"orderId": order, "userId": claim["user"], "eventId": bar.tenant()}
        bar.emit("OrderProcessor.orderFinished", {**ids, "Message": "The order's workflow was stopped."})
        bar.table().update_item(
            Key=SHOP,
            UpdateExpression="DELETE running :order, waiting :order",
            ExpressionAttributeValues={":order": {order}},
        )


def _claims(orders: list[str]) -> dict[str, dict[str, Any]]:
    """The claims of orders whose executions are not listed as running: few, however many orders are open."""
    arguments = {"stateMachineArn": os.environ["WORKFLOW"], "statusFilter": "RUNNING"}
    pages = (
        bar.client("stepfunctions").get_paginator("list_executions").paginate(**arguments) if orders else ()
    )
    running = {execution["executionArn"] for page in pages for execution in page["executions"]}
    name, found = bar.table().name, {}
    for first in range(0, len(orders), _MOST_READ):
        keys = [{"pk": f"order#{order}"} for order in orders[first : first + _MOST_READ]]
        request = {name: {"Keys": keys, "ConsistentRead": True}}
        # Claims that were not read for lack of throughput are read in a minute.
        for claim in bar.table().meta.client.batch_get_item(RequestItems=request)["Responses"][name]:
            if claim["execution"] not in running:
                found[claim["pk"].partition("#")[2]] = claim
    return found


def _runs(execution: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        found = bar.client("stepfunctions").describe_execution(executionArn=execution)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return False
    return bool(found["status"] in ("RUNNING", "PENDING_REDRIVE"))


def events(event: dict[str, Any]) -> None:
    """Follow the settings, and the orders that a barista claims or puts back."""
    detail = event["detail"]
    if event["detail-type"] == "ConfigService.ConfigChanged":
        bar.keep_settings(detail["NewImage"], KEPT, SHOP)
        return
    # An order that is over does not wait, though an event about it comes late.
    how = "DELETE" if detail["baristaUserId"] else "ADD"
    bar.conditional(
        bar.table().update_item,
        Key=SHOP,
        UpdateExpression=f"{how} waiting :order",
        ConditionExpression="contains(running, :id)",
        ExpressionAttributeValues={":order": {detail["orderId"]}, ":id": detail["orderId"]},
    )


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point; the workflow calls it with an order alone, the schedule with what is due."""
    if event == {"due": "reconcile"}:
        return reconcile()
    if event.keys() == {"orderId"}:
        return {"orderNumber": number(event["orderId"])}
    return bar.handle(event, events=events)

"""Order journey: the story of each order, from the events."""

from __future__ import annotations

import time
from typing import Any

import bar
from bar import Problem, Request

_DAYS = 3
# What of an event's detail is part of the story; a task token never is.
_SHOWN = (
    "Message",
    "orderNumber",
    "state",
    "ORDERSTATE",
    "drinkOrder",
    "baristaUserId",
    "cause",
    "action",
    "robot",
)


def entry(event: dict[str, Any]) -> dict[str, Any]:
    """Return the line of the story for an event."""
    detail = event["detail"]
    return {
        "pk": detail["orderId"],
        # An event that is delivered twice has the same id.
        "sk": f"{event['time']}#{event['id']}",
        "what": event["detail-type"],
        "source": event["source"],
        "detail": {name: detail[name] for name in _SHOWN if name in detail},
        **({"userId": detail["userId"]} if "userId" in detail else {}),
        "received": int(time.time() * 1000),
        "expires": int(time.time()) + _DAYS * 86400,
    }


def events(event: dict[str, Any]) -> None:
    """Keep an event about an order."""
    if "orderId" in event["detail"]:
        bar.conditional(
            bar.table().put_item, Item=entry(event), ConditionExpression="attribute_not_exists(sk)"
        )


def _visible(detail: dict[str, Any], *, staff: bool) -> dict[str, Any]:
    """An event's detail without the barista's id, which guests do not see; `making` is there instead."""
    if "baristaUserId" not in detail:
        return detail
    shown = {**detail, "making": bool(detail["baristaUserId"])}
    return shown if staff else {name: value for name, value in shown.items() if name != "baristaUserId"}


def story(request: Request) -> dict[str, Any]:
    """GET /orders/{id}/journey: a customer's own, or any for a barista."""
    from boto3.dynamodb.conditions import Key

    order = request.parameters["id"]
    lines = bar.table().query(KeyConditionExpression=Key("pk").eq(order), ConsistentRead=True)["Items"]
    barista = bool(request.groups & {"barista", "admin"})
    if not lines or not (barista or any(line.get("userId") == request.user for line in lines)):
        raise Problem(404, "unknown-order", "There is no such order.")
    # Times of events are whole seconds; within one, the order of arrival.
    lines.sort(key=lambda line: (line["sk"].partition("#")[0], line["received"]))
    return {
        "orderId": order,
        "eventId": bar.tenant(),
        "events": [
            {
                "time": line["sk"].partition("#")[0],
                "event": line["what"],
                "source": line["source"],
                "detail": _visible(line["detail"], staff=barista),
            }
            for line in lines
        ],
    }


ROUTES = {"GET /orders/{id}/journey": story}


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point."""
    return bar.handle(event, routes=ROUTES, events=events)

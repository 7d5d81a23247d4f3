"""Order manager: keeps the orders. Requests and events change them, as `orders` allows.

Each change is one conditional write on the state that it was decided for, so that of two baristas who claim
at once one gets the order. Events and the resumption of the order's workflow follow from the table's
stream, which Lambda repeats until they are sent: a change that is written is never without its event.
"""

from __future__ import annotations

import json
import time
from typing import Any

import bar
import contract
import orders
from bar import Problem, Request
from orders import Person, Refused

_TRIES = 5
_DAYS = 3
# What a request may see of an order; never its token.
_SHOWN = ("userId", "state", "number", "drinkOrder", "baristaUserId", "robot", "TS", "updated")
_MOST = 100
_PLACE = "PUT /orders/{id}"
# What Step Functions answers for a workflow that does not wait any more.
_OVER = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def get(order: str) -> dict[str, Any] | None:
    """Return an order; None when there is none."""
    found: dict[str, Any] | None = bar.table().get_item(Key={"pk": order}, ConsistentRead=True).get("Item")
    return found if found and "state" in found else None


def change(order: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any] | None:
    """Write changes of an order; None when it changed meanwhile."""
    values = {**changes, "updated": int(time.time() * 1000)}
    answer = bar.conditional(
        bar.table().update_item,
        Key={"pk": order["pk"]},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ConditionExpression="#state = :before AND #updated = :seen",
        ExpressionAttributeNames={f"#{name}": name for name in {*values, "state", "updated"}},
        ExpressionAttributeValues={
            **{f":{name}": value for name, value in values.items()},
            ":before": order["state"],
            ":seen": order["updated"],
        },
        ReturnValues="ALL_NEW",
    )
    return answer["Attributes"] if answer else None


def act(identifier: str, action: str, person: Person, choice: Any = None) -> dict[str, Any]:
    """Change an order and return it.

    Args:
        identifier: The order's.
        action: "" places it.
        person: Who acts.
        choice: The drink, by the body that the API describes, where the order is placed.

    Raises:
        Refused: See `orders.moved`; 404 when there is no such order.
    """
    for _ in range(_TRIES):
        order = get(identifier)
        if order is None:
            raise Refused(404, "There is no such order.")
        drink = orders.chosen(_menu(), choice) if action == "" else None
        changes = orders.moved(order, action, person, drink)
        changed = change(order, changes) if changes else order
        if changed:
            return changed
    raise Refused(409, "The order is being changed by others. Try again.")


def _menu() -> list[Any]:
    found = bar.table().get_item(Key={"pk": "settings"}, ConsistentRead=True).get("Item", {})
    return list(found.get("menu", []))


# Requests.


def shown(order: dict[str, Any], person: Person) -> dict[str, Any]:
    """Return what a person sees of an order: to guests any barista is the same."""
    hidden = () if person.barista else ("baristaUserId",)
    seen = {name: order[name] for name in _SHOWN if name in order and name not in hidden}
    if "number" in seen:
        seen["orderNumber"] = seen.pop("number")
    return {"orderId": order["pk"], "eventId": bar.tenant(), **seen}


def _person(request: Request) -> Person:
    return Person(request.user, barista=bool(request.groups & {"barista", "admin"}))


def put(request: Request) -> dict[str, Any]:
    """PUT /orders/{id}?action="""
    action = request.parameters["action"]
    choice, person = request.body() if action == "" else None, _person(request)
    try:
        return shown(act(request.parameters["id"], action, person, choice), person)
    except Refused as refused:
        kind = {403: "forbidden", 404: "unknown-order", 409: "wrong-state"}.get(
            refused.status, "invalid-order"
        )
        raise Problem(refused.status, kind, str(refused)) from refused


def show(request: Request) -> dict[str, Any]:
    """GET /orders/{id}: a customer's own, or any for a barista."""
    order = get(request.parameters["id"])
    person = _person(request)
    if order is None or not (person.barista or order["userId"] == person.id):
        raise Problem(404, "unknown-order", "There is no such order.")
    return shown(order, person)


def queue(request: Request) -> list[dict[str, Any]]:
    """GET /orders?state=&maxItems=: the orders of one state, oldest first."""
    state = request.parameters["state"].removeprefix(f"{bar.tenant()}-")
    if state not in orders.STATES:
        raise Problem(422, "invalid-request", f"state: one of this bar, {bar.tenant()}.")
    return [shown(order, _person(request)) for order in _of("state", state, request.parameters["maxItems"])]


def own(request: Request) -> list[dict[str, Any]]:
    """GET /myOrders: the sender's newest orders, oldest first."""
    found = _of("userId", request.user, _MOST, newest=True)
    return [shown(order, _person(request)) for order in reversed(found)]


def _of(attribute: str, value: str, most: int, *, newest: bool = False) -> list[dict[str, Any]]:
    """The first orders of a state or user; with `newest`, the last ones, the newest first."""
    from boto3.dynamodb.conditions import Key

    answer = bar.table().query(
        IndexName=attribute,
        KeyConditionExpression=Key(attribute).eq(value),
        Limit=most,
        ScanIndexForward=not newest,
    )
    return list(answer["Items"])


ROUTES = {"GET /orders": queue, "GET /orders/{id}": show, "PUT /orders/{id}": put, "GET /myOrders": own}


# Events.


def events(event: dict[str, Any]) -> None:
    """Follow workflows, settings and the order robot. Events may come twice and in any order."""
    kind, detail = event["detail-type"], event["detail"]
    if kind == "ConfigService.ConfigChanged":
        bar.keep_settings(detail["NewImage"], {"menu": "menu"})
    elif kind == "OrderProcessor.WorkflowStarted":
        _begin(detail)
    elif kind == "OrderProcessor.WaitingCompletion":
        number = {"number": detail["orderNumber"], "token": detail["TaskToken"]}
        _follow(
            detail["orderId"], (orders.ORDERED,), {"state": orders.CREATED, "baristaUserId": "", **number}
        )
    elif kind == "OrderProcessor.OrderTimeOut":
        _end(detail["orderId"], orders.TIMED_OUT)
    elif kind == "OrderProcessor.orderFinished":
        # The workflow ended by itself only if it failed: the order cannot be made any more.
        _end(detail["orderId"], orders.CANCELLED)
    else:
        _robot(detail)


def _begin(detail: dict[str, Any]) -> None:
    now = int(time.time() * 1000)
    bar.conditional(
        bar.table().put_item,
        Item={
            "pk": detail["orderId"],
            "userId": detail["userId"],
            "state": orders.STARTED,
            "token": detail["TaskToken"],
            "TS": now,
            "updated": now,
            "expires": now // 1000 + _DAYS * 86400,
        },
        ConditionExpression="attribute_not_exists(pk)",
    )


def _end(identifier: str, state: str) -> None:
    """End an open order. One that is not known yet leaves a mark: its beginning, if it comes, is too late."""
    mark = {"pk": identifier, "expires": int(time.time()) + _DAYS * 86400}
    condition = "attribute_not_exists(pk)"
    if not bar.conditional(bar.table().put_item, Item=mark, ConditionExpression=condition):
        _follow(identifier, orders.OPEN, {"state": state})


def _follow(identifier: str, states: tuple[str, ...], changes: dict[str, Any]) -> None:
    """Change an order that is in one of these states; leave any other as it is."""
    for _ in range(_TRIES):
        order = get(identifier)
        if order is None or order["state"] not in states:
            return
        if changes["state"] == orders.CREATED:
            changes = {**changes, "TS": int(time.time() * 1000)}
        if change(order, changes):
            return
    raise RuntimeError(f"Order {identifier} is being changed by others.")


def _robot(detail: dict[str, Any]) -> None:
    action = detail["action"]
    try:
        choice = contract.checked_body(_PLACE, detail.get("body")) if action == "" else None
        act(detail["orderId"], action, Person(detail["baristaUserId"], robot=True), choice)
    except (Refused, contract.Fault) as refused:
        # Its event stays without effect; trying again would not change that.
        print(json.dumps({"order": detail["orderId"], "action": action, "refused": str(refused)}))


# The table's stream.


def changes(event: dict[str, Any]) -> None:
    """Emit the event of each change, then resume the order's workflow."""
    for old, new in bar.images(event):
        if due := orders.event_of(old, new, bar.tenant()):
            bar.emit(*due)
        if resumed := orders.resumes(old, new):
            _resume(*resumed)


def _resume(token: str, output: dict[str, str]) -> None:
    from botocore.exceptions import ClientError

    try:
        bar.client("stepfunctions").send_task_success(taskToken=token, output=json.dumps(output))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _OVER:
            raise


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point."""
    return bar.handle(event, routes=ROUTES, events=events, changes=changes)

"""Validator: a new code every five minutes, good for some drinks. A valid scan is `Validator.NewOrder`.

Source: the original's API (`GET` and `POST /qr-code`). A code's tokens are taken in one conditional write,
so no token is taken twice, however many scan at once.
"""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Any

import bar
from bar import Problem, Request

BUCKET = 300
GRACE = 60
# Without letters and digits that look alike: people also type codes.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
KNOWN = 12  # buckets whose codes are recognised as old
_WEEK = 7 * 86400  # longer than any service keeps an order
KEPT = {"storeOpen": "open", "drinksPerBarcode": "drinks", "maxOrdersPerUser": "most",
        "customerSeconds": "customer", "baristaSeconds": "barista"}  # fmt: skip
_NEW = "attribute_not_exists(orders) OR NOT contains(orders, :id)"
_ORDERS = uuid.UUID("b6a2ac0e-6a0c-4a52-8a8e-4ff9d51f3c07")


def start_of(now: float) -> int:
    """Return when the bucket of a moment began."""
    return int(now) // BUCKET * BUCKET


def bucket_of(code: str, buckets: dict[int, dict[str, Any]], now: float) -> int:
    """Return the start of the bucket that a code opens now.

    Raises:
        Problem: No bucket has the code, or not any more.
    """
    current = start_of(now)
    for start, bucket in buckets.items():
        if secrets.compare_digest(bucket["code"].encode(), code.upper().encode()):
            if start == current or (start == current - BUCKET and now < current + GRACE):
                return start
            raise Problem(
                400, "old-code", "This code is over: scan the one on the display now.", error="Invalid code"
            )
    raise Problem(400, "unknown-code", "There is no such code.", error="Invalid code")


def _settings() -> dict[str, Any]:
    found = bar.table().get_item(Key={"pk": "settings"}, ConsistentRead=True).get("Item", {})
    return {"open": False, "drinks": 10, "most": 1, "customer": 300, "barista": 900, **found}


def _known(order: str, now: float) -> tuple[dict[int, dict[str, Any]], bool]:
    """The buckets of the last hour by their start, and whether a scan has begun this order before."""
    starts = [start_of(now) - BUCKET * number for number in range(KNOWN)]
    keys = [*({"pk": f"bucket#{start}"} for start in starts), {"pk": f"order#{order}"}]
    name = bar.table().name
    found = bar.table().meta.client.batch_get_item(
        RequestItems={name: {"Keys": keys, "ConsistentRead": True}}
    )["Responses"][name]
    buckets = {int(item["start"]): item for item in found if "start" in item}
    known = len(found) > len(buckets) or any(order in bucket.get("orders", ()) for bucket in buckets.values())
    return buckets, known


def show(request: Request) -> dict[str, Any]:
    """GET /qr-code: the current bucket, made when there is none."""
    now = time.time()
    start, drinks = start_of(now), int(_settings()["drinks"])
    code = "".join(secrets.choice(LETTERS) for _ in range(6))
    bucket = {"pk": f"bucket#{start}", "start": start, "code": code, "availableTokens": drinks}
    bucket |= {"number": start % 86400 // BUCKET + 1, "expires": start + 86400}
    if not bar.conditional(bar.table().put_item, Item=bucket, ConditionExpression="attribute_not_exists(pk)"):
        bucket = bar.table().get_item(Key={"pk": bucket["pk"]}, ConsistentRead=True)["Item"]
    return {
        "last_code": bucket["code"],
        "start_ts": start * 1000,
        "end_ts": (start + BUCKET) * 1000,
        "availableTokens": bucket["availableTokens"],
    }


def scan(request: Request) -> dict[str, Any]:
    """POST /qr-code?token=: take a token of the code, and begin an order."""
    now, settings = time.time(), _settings()
    code, key = request.parameters["token"], request.parameters.get("Idempotency-Key", "")
    if not settings["open"]:
        raise Problem(409, "shop-closed", "The shop is closed.")
    # With a key of the sender's, the same request again is the same order.
    order = str(uuid.uuid5(_ORDERS, f"{request.user}/{key}") if key else uuid.uuid4())
    buckets, known = _known(order, now)
    if not known:
        start = bucket_of(code, buckets, now)
        _enter(request.user, order, settings, now)
        if not _take(start, order, request.user, now):
            leave(request.user, order)
            raise Problem(409, "no-tokens", "This code has no drinks left.", error="No tokens remaining")
    return {"orderId": order, "userId": request.user, "eventId": bar.tenant()}


def _enter(user: str, order: str, settings: dict[str, Any], now: float) -> None:
    """Add an order to a customer's open ones, where it is not one of them already.

    Raises:
        Problem: The customer has as many as the settings allow.
    """
    # An order ends by then, even if its last event were lost.
    expires = int(now) + int(settings["customer"]) + int(settings["barista"]) + BUCKET
    key = {"pk": f"user#{user}"}
    entered = bar.conditional(
        bar.table().update_item,
        Key=key,
        UpdateExpression="SET expires = :expires ADD orders :order",
        ConditionExpression="attribute_not_exists(orders) OR contains(orders, :id) OR size(orders) < :most",
        ExpressionAttributeValues={
            ":order": {order},
            ":id": order,
            ":most": settings["most"],
            ":expires": expires,
        },
    ) or bar.conditional(
        bar.table().update_item,
        Key=key,
        UpdateExpression="SET orders = :order, expires = :expires",
        ConditionExpression="expires < :now",
        ExpressionAttributeValues={":order": {order}, ":expires": expires, ":now": int(now)},
    )
    if not entered:
        raise Problem(409, "too-many-orders", "You have as many open orders as this bar allows.")


def _take(start: int, order: str, user: str, now: float) -> bool:
    """Take a token of a bucket, once for an order; the table's stream emits the event, with what is left."""
    key = {"pk": f"bucket#{start}"}
    if bar.conditional(
        bar.table().update_item,
        Key=key,
        UpdateExpression="SET availableTokens = availableTokens - :one, taken = :taken ADD orders :order",
        ConditionExpression=f"availableTokens > :none AND ({_NEW})",
        ExpressionAttributeValues={
            ":one": 1,
            ":none": 0,
            ":id": order,
            ":order": {order},
            ":taken": {"orderId": order, "userId": user, "at": int(now * 1000)},
        },
    ):
        return True
    bucket = bar.table().get_item(Key=key, ConsistentRead=True).get("Item", {})
    return order in bucket.get("orders", ())


def leave(user: str, order: str) -> None:
    """Remove an order from a customer's open ones."""
    bar.table().update_item(
        Key={"pk": f"user#{user}"},
        UpdateExpression="DELETE orders :order",
        ExpressionAttributeValues={":order": {order}},
    )


ROUTES = {"GET /qr-code": show, "POST /qr-code": scan}


def begun(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Return the detail of the event for a change of a bucket; None when no token was taken."""
    taken = new.get("taken")
    if not taken or taken == old.get("taken"):
        return None
    return {
        "Message": "A customer scanned a valid code.",
        "orderId": taken["orderId"],
        "userId": taken["userId"],
        "bucket": {
            "eventId": bar.tenant(),
            "bucket": int(new["number"]),
            "code": new["code"],
            "availableTokens": int(new["availableTokens"]),
        },
    }


def changes(event: dict[str, Any]) -> None:
    """Keep which order each token was taken for, and emit its event; the table's stream calls.

    A bucket knows its orders at once, but is looked at for an hour only; the same request may come later.
    """
    for old, new in bar.images(event):
        if detail := begun(old, new):
            kept = {"pk": f"order#{detail['orderId']}", "expires": int(time.time()) + _WEEK}
            bar.table().put_item(Item=kept)
            bar.emit("Validator.NewOrder", detail)


def events(event: dict[str, Any]) -> None:
    """Follow the settings, and the ends of orders."""
    detail = event["detail"]
    if event["detail-type"] == "ConfigService.ConfigChanged":
        bar.keep_settings(detail["NewImage"], KEPT)
    elif "orderId" in detail:
        leave(detail["userId"], detail["orderId"])


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point."""
    return bar.handle(event, routes=ROUTES, events=events, changes=changes)

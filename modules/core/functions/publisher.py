"""Publisher: sends pages live updates, over WebSockets. Each hears only what was decided when it connected.

A page asks `GET /live` for a ticket, which names its user and groups, is good for a minute and for one
connection. The messages of a channel are numbered: a page that was away sends
`{"action": "since", "channels": {"queue": 17}}` and leaves out what it has. Messages are kept for an hour;
after that `complete` is false, and the page loads the orders anew. An answer has as many as a message may
hold; the page, which knows the last number, asks for the rest.

Source: API Gateway developer guide, "Use @connections commands in your backend service" (410 for a connection
that is gone) and "Amazon API Gateway quotas" (two hours at most, 128 KB a message).
"""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import bar
from bar import Request

_TICKET_SECONDS, _KEPT_SECONDS, _CONNECTED_SECONDS = 60, 3600, 7200
_ORDER_SECONDS = 3 * 86400
# A connection is noted before it is complete: until then, messages to it fail. API Gateway waits as long.
_CONNECTING_SECONDS = 29
_TRIES, _MOST = 20, 50
# API Gateway closes a connection that a larger message is sent to; what else is in the answer is small.
_LARGEST = 100_000
_HIGHEST = 10**12  # the numbers of messages are keys of twelve digits
_SECRET = re.compile("[A-Za-z0-9_-]{32}")  # as `secrets.token_urlsafe` makes it of 24 bytes
QUEUE, DISPLAY = "queue", "display"
# What of an event's detail pages get; a task token never is among it, and a display gets no person's.
_SHOWN = ("orderId", "orderNumber", "drinkOrder", "baristaUserId", "cause", "Message", "robot", "TS")
_PERSONAL = ("drinkOrder", "baristaUserId", "Message")
# Not the menu: it may be larger than a message, and pages that show it load it.
_OF_CONFIG = ("storeOpen", "version")
_OF_AVERAGE = ("drink", "duration")
_QUEUED = ("OrderManager.", "OrderProcessor.OrderTimeOut", "OrderProcessor.orderFinished")


def channels_of(user: str, groups: frozenset[str]) -> list[str]:
    """Return what a user may hear: a guest the own orders, a barista the queue, too, a display no names."""
    if groups == {"display"}:
        return [DISPLAY]
    return [f"user#{user}", *([QUEUE] if groups & {"barista", "admin"} else [])]


def messages(event: dict[str, Any], number: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the messages for an event, each with its channel.

    Args:
        event: An event of the bus.
        number: The order's, where it has one already.
    """
    kind, detail = event["detail-type"], event["detail"]
    if kind == "ConfigService.ConfigChanged":
        row = {name: detail["NewImage"][name] for name in _OF_CONFIG if name in detail["NewImage"]}
        yield from ((channel, {"event": kind, "settings": row}) for channel in (QUEUE, DISPLAY))
        return
    if kind == "OrderManager.DrinkAverageTime":
        yield DISPLAY, {"event": kind, **{name: detail[name] for name in _OF_AVERAGE}}
        return
    shown = {
        "event": kind,
        "time": event["time"],
        **{name: detail[name] for name in _SHOWN if name in detail},
    }
    shown |= {} if number is None else {"orderNumber": number}
    shown |= {"making": bool(detail["baristaUserId"])} if "baristaUserId" in detail else {}
    # To guests any barista is the same.
    yield (
        f"user#{detail['userId']}",
        {name: value for name, value in shown.items() if name != "baristaUserId"},
    )
    if kind.startswith(_QUEUED):
        yield QUEUE, shown
        if number is not None:
            yield DISPLAY, {name: value for name, value in shown.items() if name not in _PERSONAL}


def events(event: dict[str, Any]) -> None:
    """Send an event to each connection that hears it, on each of its channels under one number."""
    kept = _kept(event)
    # Not before the messages are kept: who connects later asks for them.
    listeners = _read([_listeners(channel) for channel in kept])
    for channel, message in kept.items():
        for listener in listeners.get(_listeners(channel), {}).get("connections", ()):
            connection, expires = listener.split()
            sent = _send(connection, {"channel": channel, **message})
            if not sent and int(expires) - _CONNECTED_SECONDS < time.time() - _CONNECTING_SECONDS:
                _leave(channel, listener)


def _kept(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The messages of an event by channel, numbered and kept: the same ones when the event comes again.

    One read and one write for all channels, since most of what an event costs is its calls of the table.
    """
    for tried in range(_TRIES):
        known = _known(event)
        if found := known.get(_sent(event)):
            return dict(json.loads(found["messages"]))
        number = event["detail"].get("orderNumber") or known.get(_order(event), {}).get("number")
        kept = {
            channel: {**content, "number": _number(known, channel) + 1}
            for channel, content in messages(event, number)
        }
        if _written(event, kept):
            return kept
        time.sleep(random.random() * min(0.5, 0.02 * 2**tried))  # noqa: S311  another event was faster
    raise RuntimeError("Too many events at once.")


def _channels(event: dict[str, Any]) -> list[str]:
    """All channels that an event may be a message of."""
    return [channel for channel, _ in messages(event, "")]


# Keys of the table: a channel's connections, in one item, which holds ten thousand; what was sent of an
# event; the number of its order, which events after the first one do not carry; a channel's last number.


def _listeners(channel: str) -> tuple[str, str]:
    return f"listeners#{channel}", "connections"


def _sent(event: dict[str, Any]) -> tuple[str, str]:
    return f"event#{event['id']}", "messages"


def _order(event: dict[str, Any]) -> tuple[str, str]:
    return f"order#{event['detail'].get('orderId')}", "number"


def _last(channel: str) -> tuple[str, str]:
    return channel, "last"


def _number(known: dict[tuple[str, str], dict[str, Any]], channel: str) -> int:
    """A channel's last number, of what was read."""
    return int(known.get(_last(channel), {}).get("number", 0))


def _known(event: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """What the table has of an event's messages, order and channels, by key."""
    keys = [_sent(event), *map(_last, _channels(event))]
    if "orderId" in event["detail"]:
        keys.append(_order(event))
    return _read(keys)


def _read(keys: list[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Items by key, as they are now.

    Raises:
        RuntimeError: Not all could be read, for lack of throughput: the event is tried again.
    """
    name = bar.table().name
    asked = {"Keys": [{"pk": pk, "sk": sk} for pk, sk in keys], "ConsistentRead": True}
    answer = bar.table().meta.client.batch_get_item(RequestItems={name: asked})
    if answer.get("UnprocessedKeys"):
        raise RuntimeError("The table has too many requests.")
    return {(item["pk"], item["sk"]): item for item in answer["Responses"][name]}


def _written(event: dict[str, Any], kept: dict[str, dict[str, Any]]) -> bool:
    """Keep the messages of an event; return whether their numbers were still the next ones."""
    from botocore.exceptions import ClientError

    now = int(time.time())
    items = [_item(_sent(event), now + _KEPT_SECONDS, messages=json.dumps(kept))]
    for channel, message in kept.items():
        key = channel, f"message#{message['number']:012}"
        items.append(_item(key, now + _KEPT_SECONDS, message=json.dumps(message)))
    puts = [_put(item, ConditionExpression="attribute_not_exists(sk)") for item in items]
    if number := event["detail"].get("orderNumber"):
        puts.append(_put(_item(_order(event), now + _ORDER_SECONDS, number=number)))
    counters = [_counted(channel, message["number"]) for channel, message in kept.items()]
    try:
        bar.table().meta.client.transact_write_items(TransactItems=[*counters, *puts])
    except ClientError as error:
        if error.response["Error"]["Code"] not in (
            "TransactionCanceledException",
            "TransactionConflictException",
        ):
            raise
        return False
    return True


def _item(key: tuple[str, str], expires: int, **content: str) -> dict[str, Any]:
    return {"pk": key[0], "sk": key[1], "expires": expires, **content}


def _put(item: dict[str, Any], **condition: str) -> dict[str, Any]:
    return {"Put": {"TableName": bar.table().name, "Item": item, **condition}}


def _counted(channel: str, number: int) -> dict[str, Any]:
    """The write that makes a number a channel's last one, if it is the next."""
    first = number == 1
    update = {
        "TableName": bar.table().name,
        "Key": {"pk": channel, "sk": "last"},
        "UpdateExpression": "SET #number = :next",
        "ConditionExpression": "attribute_not_exists(#number)" if first else "#number = :last",
        "ExpressionAttributeNames": {"#number": "number"},
        "ExpressionAttributeValues": {":next": number, **({} if first else {":last": number - 1})},
    }
    return {"Update": update}


def _items(most: int, **query: Any) -> list[dict[str, Any]]:
    """The first items of a query, of those that its filter leaves."""
    found: list[dict[str, Any]] = []
    while True:
        page = bar.table().query(ConsistentRead=True, Limit=most, **query)
        found += page["Items"]
        if "LastEvaluatedKey" not in page or len(found) >= most:
            return found[:most]
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@cache
def _sockets() -> Any:
    """The client that sends to connections. AWS_ENDPOINT_URL goes before, as in all of AWS's SDKs."""
    import boto3

    own = os.environ["SOCKET"].replace("wss:", "https:", 1)
    return boto3.client("apigatewaymanagementapi", endpoint_url=os.environ.get("AWS_ENDPOINT_URL", own))


def _send(connection: str, message: dict[str, Any]) -> bool:
    """Send a message; return whether the connection is still there."""
    from botocore.exceptions import ClientError

    try:
        _sockets().post_to_connection(ConnectionId=connection, Data=json.dumps(message).encode())
    except ClientError as error:
        if error.response["Error"]["Code"] != "GoneException":
            raise
        return False
    return True


# Requests: tickets by the HTTP API, the rest by the WebSocket API.


def ticket(request: Request) -> dict[str, Any]:
    """GET /live: the address to connect to, once, within a minute."""
    secret = secrets.token_urlsafe(24)
    channels = channels_of(request.user, request.groups)
    bar.table().put_item(
        Item={
            "pk": f"ticket#{secret}",
            "sk": "ticket",
            "channels": channels,
            "expires": int(time.time()) + _TICKET_SECONDS,
        }
    )
    return {"url": f"{os.environ['SOCKET']}?ticket={secret}", "channels": channels}


def _connect(connection: str, event: dict[str, Any]) -> int:
    """Let a connection with a ticket in; the ticket is used up."""
    secret = (event.get("queryStringParameters") or {}).get("ticket", "")
    if not _SECRET.fullmatch(secret):
        return 403
    key, now = {"pk": f"ticket#{secret}", "sk": "ticket"}, int(time.time())
    used = bar.table().delete_item(Key=key, ReturnValues="ALL_OLD").get("Attributes")
    if not used or used["expires"] < now:
        return 403
    expires = now + _CONNECTED_SECONDS
    own = {"pk": f"connection#{connection}", "sk": "channels"}
    bar.table().put_item(Item={**own, "channels": used["channels"], "expires": expires})
    for channel in used["channels"]:
        pk, sk = _listeners(channel)
        bar.table().update_item(
            Key={"pk": pk, "sk": sk},
            UpdateExpression="SET expires = :expires ADD connections :listener",
            ExpressionAttributeValues={":expires": expires, ":listener": {f"{connection} {expires}"}},
        )
    return 200


def _leave(channel: str, listener: str) -> None:
    """Remove a connection from a channel's."""
    pk, sk = _listeners(channel)
    bar.table().update_item(
        Key={"pk": pk, "sk": sk},
        UpdateExpression="DELETE connections :listener",
        ExpressionAttributeValues={":listener": {listener}},
    )


def _disconnect(connection: str) -> int:
    own = {"pk": f"connection#{connection}", "sk": "channels"}
    left = bar.table().delete_item(Key=own, ReturnValues="ALL_OLD").get("Attributes", {})
    for channel in left.get("channels", ()):
        _leave(channel, f"{connection} {left['expires']}")
    return 200


def _messages(channel: str, after: int) -> list[dict[str, Any]]:
    """The messages of the last hour after a number, as many as an answer holds."""
    from boto3.dynamodb.conditions import Attr, Key

    key = Key("pk").eq(channel) & Key("sk").between(f"message#{after + 1:012}", "message#~")
    # DynamoDB deletes expired items when it has time, within days.
    fresh = Attr("expires").gt(int(time.time()))
    found, size = [], 0
    for item in _items(_MOST, KeyConditionExpression=key, FilterExpression=fresh):
        size += len(item["message"])
        if found and size > _LARGEST:
            break
        found.append(item)
    return found


def _since(connection: str, event: dict[str, Any]) -> int:
    """Send a page what it missed on its own channels; others that it names are left out."""
    own = {"pk": f"connection#{connection}", "sk": "channels"}
    channels = bar.table().get_item(Key=own, ConsistentRead=True).get("Item", {}).get("channels", ())
    try:
        asked = json.loads(event.get("body") or "{}").get("channels", {})
        numbers = {name: int(asked[name]) for name in channels if name in asked}
    except (AttributeError, OverflowError, RecursionError, TypeError, ValueError):
        return 400
    if any(abs(number) >= _HIGHEST for number in numbers.values()):
        return 400
    known = _read([_last(channel) for channel in numbers]) if numbers else {}
    for channel, number in numbers.items():
        last = _number(known, channel)
        found = _messages(channel, max(0, number))
        missed = [json.loads(item["message"]) for item in found]
        # Complete: nothing is missing between what the page has and the first of these.
        begins = missed[0]["number"] if missed else last + 1
        complete = 0 <= number <= last and begins == number + 1
        _send(connection, {"channel": channel, "missed": missed, "last": last, "complete": complete})
    return 200


def sockets(event: dict[str, Any]) -> dict[str, Any]:
    """Answer a connection that begins, ends, or asks for what it missed."""
    context = event["requestContext"]
    connection, route = context["connectionId"], context["routeKey"]
    if route == "$connect":
        return {"statusCode": _connect(connection, event)}
    if route == "$disconnect":
        return {"statusCode": _disconnect(connection)}
    return {"statusCode": _since(connection, event)}


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point."""
    if "connectionId" in event.get("requestContext", {}):
        return sockets(event)
    return bar.handle(event, routes={"GET /live": ticket}, events=events)

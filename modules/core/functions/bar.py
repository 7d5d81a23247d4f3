"""What the services of the bar share: emitting events, a copy of the settings, and answers to requests."""

from __future__ import annotations

import base64
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import contract
from headers import HEADERS

SOURCE = "awsserverlessda.serverlesspresso"
LARGEST_BODY = 32768


@cache
def client(service: str) -> Any:
    """Return a client of AWS, kept for later invocations."""
    import boto3

    return boto3.client(service)


@cache
def table() -> Any:
    """Return the service's own table."""
    import boto3

    return boto3.resource("dynamodb").Table(os.environ["TABLE"])


def tenant() -> str:
    """Return the tenant's name, which is the `eventId` of its events."""
    return os.environ["TENANT"]


def here() -> datetime:
    """Return what the clock shows where the bar is."""
    return local(time.time())


def local(moment: float) -> datetime:
    """Return what the clock shows at a moment where the bar is."""
    name = os.environ["TIME_ZONE"]
    # UTC needs no database of time zones.
    return datetime.fromtimestamp(moment, UTC if name == "UTC" else ZoneInfo(name))


def emit(detail_type: str, detail: Mapping[str, Any]) -> None:
    """Put an event on the tenant's bus.

    Raises:
        RuntimeError: EventBridge refused it: the caller is tried again.
    """
    entry = {
        "EventBusName": os.environ["BUS"],
        "Source": SOURCE,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=_plain),
    }
    answer = client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"{detail_type} was refused: {answer['Entries'][0].get('ErrorMessage')}")


def conditional(write: Callable[..., Any], **arguments: Any) -> Any:
    """Return the answer of a conditional write; None when its condition is false."""
    from botocore.exceptions import ClientError

    try:
        return write(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return None


def keep_settings(
    row: Mapping[str, Any], names: Mapping[str, str], key: Mapping[str, str] | None = None
) -> None:
    """Keep this service's copy of some settings, unless a later one is there: events come in any order.

    Args:
        row: The settings, as `ConfigService.ConfigChanged` has them.
        names: What to keep: attribute by the name in the row.
        key: The item that keeps them.
    """
    values = {f":{attribute}": row[name] for name, attribute in names.items() if name in row}
    sets = ", ".join(f"#{value[1:]} = {value}" for value in [*values, ":version"])
    conditional(
        table().update_item,
        Key=key or {"pk": "settings"},
        UpdateExpression=f"SET {sets}",
        ConditionExpression="attribute_not_exists(#version) OR #version < :version",
        ExpressionAttributeNames={f"#{value[1:]}": value[1:] for value in [*values, ":version"]},
        ExpressionAttributeValues={**values, ":version": row.get("version", 0)},
    )


class Problem(Exception):
    """A request that is refused: its status, and what is wrong, as `application/problem+json`."""

    def __init__(self, status: int, kind: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.content = {"type": f"urn:presso:{kind}", "title": kind.replace("-", " ").capitalize()}
        self.content |= {"status": status, "detail": detail, **more}


@dataclass(frozen=True)
class Request:
    """A request that the HTTP API has let in, and the document of the API (`contract`) allows.

    Attributes:
        route: Its method and path with parameters, such as `GET /orders/{id}`.
        user: Who sent it: the subject of the token.
        groups: The sender's groups.
        parameters: Those that the document names, of path, query and headers.
        event: What the HTTP API handed over.
    """

    route: str
    user: str
    groups: frozenset[str]
    parameters: Mapping[str, Any]
    event: Mapping[str, Any]

    def body(self) -> Any:
        """Return the body, as the document describes it.

        Raises:
            Problem: It is too large, not JSON, or not as described.
        """
        return valid(contract.checked_body, self.route, _body(self.event))


def valid(check: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a check of the contract returns.

    Raises:
        Problem: 422, with the fault.
    """
    try:
        return check(*arguments)
    except contract.Fault as fault:
        raise Problem(422, "invalid-request", str(fault)) from None


def read(event: Mapping[str, Any]) -> Request:
    """Return the request in an event of the HTTP API (payload format 2.0).

    Raises:
        Problem: The sender may not send it, it is for another tenant, or its parameters are not valid.
    """
    route = event["routeKey"]
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    groups = frozenset(str(claims.get("cognito:groups", "")).strip("[]").replace(",", " ").split())
    if (needed := contract.groups_of(route)) and not groups & {*needed}:
        raise Problem(403, "forbidden", f"Only for the group {' or '.join(needed)}.")
    sent = {
        "header": {name.lower(): value for name, value in (event.get("headers") or {}).items()},
        "path": event.get("pathParameters") or {},
        "query": event.get("queryStringParameters") or {},
    }
    parameters = valid(contract.parameters, route, sent)
    if parameters.get("eventId", tenant()) != tenant():
        raise Problem(404, "unknown-tenant", f"This is the coffee bar {tenant()}.")
    return Request(route, str(claims.get("sub", "")), groups, parameters, event)


def _body(event: Mapping[str, Any]) -> Any:
    """The body, decoded; None without one."""
    text = event.get("body") or ""
    if len(text) > LARGEST_BODY * (4 / 3 if event.get("isBase64Encoded") else 1):
        raise Problem(413, "body-too-large", f"A body has at most {LARGEST_BODY:,} bytes.")
    try:
        raw = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
        if len(raw) > LARGEST_BODY:
            raise Problem(413, "body-too-large", f"A body has at most {LARGEST_BODY:,} bytes.")
        found = json.loads(raw, parse_float=_number, parse_constant=_number) if raw.strip() else None
        # Half a character, written as an escape, is a text to Python but not to AWS.
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except (ValueError, RecursionError):
        raise Problem(400, "invalid-json", "The body is not JSON.") from None


def _number(text: str) -> float | int:
    """A number with a point or an exponent: 1.0 is a whole one, as JSON Schema counts them.

    Raises:
        ValueError: It is none, such as NaN, or too large.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return int(number) if number.is_integer() else number


def handle(
    event: Mapping[str, Any],
    *,
    routes: Mapping[str, Callable[[Request], Any]] | None = None,
    events: Callable[[Any], None] | None = None,
    changes: Callable[[Any], None] | None = None,
) -> Any:
    """Answer a request, take an event of the bus, or take records of the table's stream.

    Args:
        event: What Lambda was called with.
        routes: The function of each route of the HTTP API.
        events: Takes an event of the bus.
        changes: Takes the stream's records.
    """
    if routes and "routeKey" in event:
        return answer(event, routes)
    if changes and "Records" in event:
        return changes(event)
    if events and "detail-type" in event:
        return events(event)
    raise ValueError("Not a request, an event or a change that this service takes.")


def answer(event: Mapping[str, Any], routes: Mapping[str, Callable[[Request], Any]]) -> dict[str, Any]:
    """Return the HTTP API's answer to a request, by the function of its route."""
    try:
        request = read(event)
        return _answer(200, "application/json", routes[request.route](request))
    except Problem as problem:
        return _answer(problem.status, "application/problem+json", problem.content)


def _answer(status: int, kind: str, content: Any) -> dict[str, Any]:
    headers = {
        "content-type": kind,
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        **HEADERS,
    }
    # Numbers of DynamoDB are decimals, and those here are whole.
    return {"statusCode": status, "headers": headers, "body": json.dumps(content, default=_plain)}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else int(value)


def images(event: Mapping[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each changed item of a table's stream, as it was and as it is; {} where it did not exist."""
    from boto3.dynamodb.types import TypeDeserializer

    read_value = TypeDeserializer().deserialize

    def image(record: Mapping[str, Any], name: str) -> dict[str, Any]:
        return {key: read_value(value) for key, value in record["dynamodb"].get(name, {}).items()}

    return [(image(record, "OldImage"), image(record, "NewImage")) for record in event["Records"]]

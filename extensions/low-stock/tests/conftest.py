"""The function's code as Lambda sees it, and a table that lives in memory: no AWS."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest


class Cancelled(Exception):
    """What boto3 raises when a transaction does not hold."""


class Refused(Exception):
    """What boto3 raises when a condition does not hold."""


class FakeTable:
    """DynamoDB as far as the stock needs it: transactions that hold as a whole or not, and conditions.

    Args:
        before: Called before each write, so that a test can come in between.
    """

    def __init__(self) -> None:
        names = {"TransactionCanceledException": Cancelled, "ConditionalCheckFailedException": Refused}
        self.exceptions = type("Exceptions", (), names)
        self.items: dict[str, dict[str, Any]] = {}
        self.before: Callable[[], None] = lambda: None

    def get_item(self, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        assert ConsistentRead
        found = self.items.get(Key["pk"]["S"])
        return {"Item": json.loads(json.dumps(found))} if found else {}

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        self.before()
        puts = [item["Put"] for item in TransactItems]
        if not all(self._holds(put, put["Item"]["pk"]["S"]) for put in puts):
            raise Cancelled
        self.items.update((put["Item"]["pk"]["S"], put["Item"]) for put in puts)

    def update_item(self, Key: dict[str, Any], UpdateExpression: str, **request: Any) -> None:
        self.before()
        key = Key["pk"]["S"]
        if not self._holds(request, key):
            raise Refused
        if UpdateExpression == "REMOVE alert":
            del self.items[key]["alert"]
        else:
            assert UpdateExpression == "SET alert = :new"
            self.items[key]["alert"] = request["ExpressionAttributeValues"][":new"]

    def _holds(self, request: dict[str, Any], key: str) -> bool:
        return all(
            self._is_so(condition, request, key)
            for condition in request["ConditionExpression"].split(" AND ")
        )

    def _is_so(self, condition: str, request: dict[str, Any], key: str) -> bool:
        names = request.get("ExpressionAttributeNames", {})
        item = self.items.get(key, {})
        if absent := re.fullmatch(r"attribute_not_exists\((#?\w+)\)", condition):
            return names.get(absent[1], absent[1]) not in item
        equal = re.fullmatch(r"(#?[\w.]+) = (:\w+)", condition)
        assert equal, condition
        top, *inside = names.get(equal[1], equal[1]).split(".")
        value = item.get(top)
        for name in inside:
            value = value["M"].get(name) if value else None
        return bool(value == request["ExpressionAttributeValues"][equal[2]])


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


class FakeEvents:
    """Remembers the alerts that were emitted; `refusals` events are not taken first."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.refusals = 0

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        [entry] = Entries
        if self.refusals:
            self.refusals -= 1
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
        assert entry["EventBusName"] == "nyc"
        assert entry["Source"] == "serverlesspresso.extension.low-stock"
        assert entry["DetailType"] == "LowStock.RunningLow"
        self.alerts.append(json.loads(entry["Detail"]))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


@pytest.fixture
def events() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def bar(
    code: Any, table: FakeTable, events: FakeEvents, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Hand the function a batch of events; the messages (m-0, m-1, …) that it reports as failed."""
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "BUS": "nyc",
        "LOW_AT": "2",
        "SOURCE": "serverlesspresso.extension.low-stock",
    }.items():
        monkeypatch.setenv(name, value)
    stock, count = code("stock"), code("count")
    monkeypatch.setattr(stock.time, "sleep", lambda seconds: None)
    made = stock.Stock(table, "stock", {"Espresso": 5, "Flat White": 3}, low_at=2)
    monkeypatch.setattr(count, "stock", lambda: made)
    monkeypatch.setattr(count, "events", lambda: events)

    def handled(*bodies: Any) -> list[str]:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        records = [{"messageId": f"m-{n}", "body": text} for n, text in enumerate(texts)]
        answer = count.handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return handled

"""The functions' code as Lambda sees it, and a table that lives in memory: no AWS."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest


class Cancelled(Exception):
    def __init__(self, *codes: str) -> None:
        super().__init__("Transaction cancelled")
        self.response = {"CancellationReasons": [{"Code": code} for code in codes]}


class Refused(Exception):
    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__("The conditional request failed")
        self.response = {"Item": item}


class FakeTable:
    """DynamoDB as far as the days need it; `failures` are raised first."""

    def __init__(self) -> None:
        names = {"TransactionCanceledException": Cancelled, "ConditionalCheckFailedException": Refused}
        self.exceptions = type("Exceptions", (), names)
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.counters: Counter[tuple[str, str]] = Counter()
        self.failures: list[Exception] = []

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        if self.failures:
            raise self.failures.pop()
        put, *updates = TransactItems
        item = put["Put"]["Item"]
        assert put["Put"]["ConditionExpression"] == "attribute_not_exists(pk)"
        if _key(item) in self.records:
            raise Cancelled("ConditionalCheckFailed", *["None"] * len(updates))
        self.records[_key(item)] = item
        for update in updates:
            assert update["Update"]["UpdateExpression"] == "ADD #count :one SET expires = :expires"
            assert update["Update"]["ExpressionAttributeValues"][":one"] == {"N": "1"}
            self.counters[_key(update["Update"]["Key"])] += 1

    def get_paginator(self, operation: str) -> "FakeTable":
        assert operation == "query"
        return self

    def paginate(self, ExpressionAttributeValues: dict[str, Any], **_: Any) -> Iterator[dict[str, Any]]:
        """A page for each counter."""
        for (day, what), count in self.counters.items():
            if day == ExpressionAttributeValues[":pk"]["S"]:
                yield {"Items": [{"sk": {"S": what}, "count": {"N": str(count)}}]}

    def put_item(self, Item: dict[str, Any], ConditionExpression: str, **_: Any) -> None:
        assert ConditionExpression == "attribute_not_exists(pk)"
        if _key(Item) in self.records:
            raise Refused(self.records[_key(Item)])
        self.records[_key(Item)] = Item

    def update_item(self, Key: dict[str, Any], UpdateExpression: str, **request: Any) -> None:
        assert UpdateExpression == "SET sent = :now"
        self.records[_key(Key)]["sent"] = request["ExpressionAttributeValues"][":now"]


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


class FakeEvents:
    """Remembers what was emitted; `refusals` events are not taken first."""

    def __init__(self) -> None:
        self.digests: list[dict[str, Any]] = []
        self.refusals = 0

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        [entry] = Entries
        if self.refusals:
            self.refusals -= 1
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
        assert (entry["EventBusName"], entry["DetailType"]) == ("nyc", "DailyDigest.Ready")
        assert entry["Source"] == "serverlesspresso.extension.daily-digest"
        self.digests.append(json.loads(entry["Detail"]))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


@pytest.fixture
def events() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def collect(
    code: Any, table: FakeTable, events: FakeEvents, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Hand the collecting function a batch of events; the messages (m-0, …) that it reports as failed."""
    for name, value in {
        "BUS": "nyc",
        "DAY_BEGINS": "0",
        "SOURCE": "serverlesspresso.extension.daily-digest",
        "TENANT": "nyc",
    }.items():
        monkeypatch.setenv(name, value)
    days = code("days")
    monkeypatch.setattr(days.time, "sleep", lambda seconds: None)
    made = days.Days(table, "days")
    for name in ("collect", "digest"):
        monkeypatch.setattr(code(name), "days", lambda: made)
    monkeypatch.setattr(code("digest"), "events", lambda: events)

    def handled(*bodies: Any) -> list[str]:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        records = [{"messageId": f"m-{n}", "body": text} for n, text in enumerate(texts)]
        answer = code("collect").handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return handled


@pytest.fixture
def digest(code: Any, collect: Any) -> Callable[[str], dict[str, Any]]:
    """Start the function that makes the digest, at this time."""
    return lambda time: dict(code("digest").handler({"time": time}, None))

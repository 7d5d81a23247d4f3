"""The digest, and the function that emits it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)


class Aws:
    """DynamoDB with two events of each name in two pages, and a bus that keeps what it is given."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.answer: dict[str, str] = {"EventId": "e-1"}

    def get_paginator(self, _operation: str) -> "Aws":
        return self

    def paginate(self, **_query: Any) -> list[dict[str, int]]:
        return [{"Count": 1}, {"Count": 1}]

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.entries += Entries
        return {"Entries": [self.answer]}


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def report(code: Any, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Any:
    environment = {
        "BUS": "nyc",
        "DETAIL_TYPE": "Some.Digest",
        "EVENTS": '["A", "B"]',
        "HOURS": "24",
        "SOURCE": "serverlesspresso.extension.some",
        "TABLE": "records",
        "TENANT": "nyc",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    function = code("report")
    monkeypatch.setattr(function, "client", lambda service: aws)
    return function


def test_a_digest_counts_each_name_since_the_hours_that_were_asked_for(code: Any) -> None:
    asked = []

    def count(name: str, since: str) -> int:
        asked.append((name, since))
        return len(name)

    assert code("digest").make(["BB", "A"], count, NOW, hours=6) == {
        "since": "2026-05-01T12:00:00Z",
        "until": "2026-05-01T18:00:00Z",
        "counts": [{"event": "A", "count": 1}, {"event": "BB", "count": 2}],
        "total": 3,
    }
    assert asked == [("A", "2026-05-01T12:00:00Z"), ("BB", "2026-05-01T12:00:00Z")]


def test_the_digest_is_emitted_on_the_tenants_bus_under_the_own_source(report: Any, aws: Aws) -> None:
    report.handler({}, None)
    [entry] = aws.entries
    assert (entry["EventBusName"], entry["Source"]) == ("nyc", "serverlesspresso.extension.some")
    detail = json.loads(entry["Detail"])
    assert detail["counts"] == [{"event": "A", "count": 2}, {"event": "B", "count": 2}]
    assert (detail["eventId"], detail["total"]) == ("nyc", 4)


def test_a_bus_that_does_not_take_it_is_a_failure(report: Any, aws: Aws) -> None:
    aws.answer = {"ErrorCode": "InternalFailure", "ErrorMessage": "later"}
    with pytest.raises(report.NotEmittedError, match="InternalFailure: later"):
        report.handler({}, None)

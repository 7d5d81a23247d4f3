"""The function that keeps records, with a table that lives in memory: no AWS."""

import json
from typing import Any

import pytest


class Known(Exception):
    pass


class Table:
    """Refuses a key that it has, as DynamoDB does under the condition that is asked for."""

    def __init__(self) -> None:
        self.exceptions = type("Exceptions", (), {"ConditionalCheckFailedException": Known})
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.fault: Exception | None = None

    def put_item(self, TableName: str, Item: dict[str, Any], ConditionExpression: str) -> None:
        if self.fault:
            raise self.fault
        key = Item["pk"]["S"], Item["sk"]["S"]
        if ConditionExpression == "attribute_not_exists(pk)" and key in self.items:
            raise Known
        self.items[key] = Item


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def keep(code: Any, table: Table, monkeypatch: pytest.MonkeyPatch) -> Any:
    function = code("keep")
    records = code("records").Records(table, "records", days=30)
    monkeypatch.setattr(function, "records", lambda: records)

    def handle(*events: dict[str, Any]) -> list[str]:
        messages = [{"messageId": f"m-{n}", "body": json.dumps(event)} for n, event in enumerate(events)]
        answer = function.handler({"Records": messages}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return handle


def test_each_event_has_a_record(keep: Any, table: Table, examples: list[dict[str, Any]]) -> None:
    events = [{**event, "id": f"e-{n}"} for n, event in enumerate(examples * 2)]
    assert keep(*events) == []
    assert set(table.items) == {(event["detail-type"], f"{event['time']}#{event['id']}") for event in events}
    [first] = [item for item in table.items.values() if item["sk"]["S"].endswith("#e-0")]
    assert json.loads(first["detail"]["S"]) == examples[0]["detail"]


def test_a_second_delivery_changes_nothing_and_is_not_a_failure(
    keep: Any, table: Table, examples: list[dict[str, Any]]
) -> None:
    assert keep(examples[0], examples[0]) == []
    before = dict(table.items)
    assert keep(examples[0]) == []
    assert table.items == before
    assert len(before) == 1


def test_a_record_goes_after_the_days_that_were_asked_for(
    keep: Any, table: Table, examples: list[dict[str, Any]], code: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code("records").time, "time", lambda: 1_000_000.5)
    keep(examples[0])
    [item] = table.items.values()
    assert item["expires"] == {"N": str(1_000_000 + 30 * 86_400)}


def test_a_message_fails_when_the_table_cannot_be_reached(
    keep: Any, table: Table, examples: list[dict[str, Any]]
) -> None:
    table.fault = OSError("unreachable")
    assert keep(examples[0]) == ["m-0"]
    table.fault = None
    assert keep(examples[0]) == []

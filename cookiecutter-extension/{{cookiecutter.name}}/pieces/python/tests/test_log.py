"""The function that logs dead letters."""

import json
from typing import Any

import pytest

WHY = {
    "ERROR_CODE": {"stringValue": "SDK_CLIENT_ERROR", "dataType": "String"},
    "ERROR_MESSAGE": {"stringValue": "Unable to invoke ApiDestination endpoint", "dataType": "String"},
}


def test_a_dead_letter_is_logged_with_the_reason_and_all_of_the_event(
    code: Any, examples: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    messages = [
        {"messageId": "m-0", "body": json.dumps(examples[0]), "messageAttributes": WHY},
        {"messageId": "m-1", "body": json.dumps(examples[0])},
    ]
    assert code("log").handler({"Records": messages}, None) == {"batchItemFailures": []}
    known, unexplained = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (known["event"], known["detail"]) == (examples[0]["detail-type"], examples[0]["detail"])
    assert (known["code"], known["why"]) == ("SDK_CLIENT_ERROR", "Unable to invoke ApiDestination endpoint")
    assert (unexplained["code"], unexplained["why"]) == ("UNKNOWN", "UNKNOWN")


def test_what_cannot_be_read_stays_where_it_is(code: Any, examples: list[dict[str, Any]]) -> None:
    messages = [
        {"messageId": "m-0", "body": "not { json"},
        {"messageId": "m-1", "body": json.dumps(examples[0])},
    ]
    assert code("log").handler({"Records": messages}, None) == {
        "batchItemFailures": [{"itemIdentifier": "m-0"}]
    }

"""The function that works through the queue."""

import json
from typing import Any

import pytest


def batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m-{n}", "body": body} for n, body in enumerate(bodies)]}


def test_each_event_gets_a_ticket(
    code: Any, examples: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    events = [{**event, "time": "2026-05-01T09:30:00Z"} for event in examples]
    assert code("work").handler(batch(*map(json.dumps, events)), None) == {"batchItemFailures": []}
    tickets = [json.loads(line)["what"] for line in capsys.readouterr().out.splitlines()]
    assert len(tickets) == len(events)
    for event, ticket in zip(events, tickets, strict=True):
        assert ticket.startswith(f"09:30 {event['detail-type']}: ")


def test_a_ticket_without_a_message_names_the_order(code: Any, examples: list[dict[str, Any]]) -> None:
    detail = {name: value for name, value in examples[0]["detail"].items() if name != "Message"}
    event = {**examples[0], "time": "2026-05-01T09:30:00Z", "detail": detail}
    ticket = code("ticket").write(code("bar_event").read(event))
    assert ticket == f"09:30 {event['detail-type']}: order {detail.get('orderId', '-')}"


def test_a_bad_message_fails_alone_and_logs_why(
    code: Any, examples: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps(examples[0])
    answer = code("work").handler(batch(good, "not { json", good), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["messageId"] for line in lines] == ["m-0", "m-1", "m-2"]
    assert lines[1]["why"].startswith("BadEventError: the body is not JSON")
    assert lines[1]["where"].startswith("bar_event.py:")

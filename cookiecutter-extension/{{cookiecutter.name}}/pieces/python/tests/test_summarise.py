"""The workflow's first step."""

from typing import Any

import pytest


def test_every_event_that_it_listens_to_is_summed_up(code: Any, examples: list[dict[str, Any]]) -> None:
    for event in examples:
        record = code("summarise").handler(event, None)
        assert record["pk"] == event["detail-type"]
        assert record["sk"] == f"{event['time']}#{event['id']}"
        assert record["text"]


def test_an_event_without_a_message_is_summed_up_by_its_order(
    code: Any, examples: list[dict[str, Any]]
) -> None:
    detail = {name: value for name, value in examples[0]["detail"].items() if name != "Message"}
    text = code("summarise").handler({**examples[0], "detail": detail}, None)["text"]
    assert text == f"{examples[0]['detail-type']} of order {detail.get('orderId', '-')}."


def test_what_is_not_an_event_fails_the_execution(code: Any) -> None:
    with pytest.raises(code("bar_event").BadEventError):
        code("summarise").handler({"detail": {}}, None)

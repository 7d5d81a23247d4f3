"""Events are read, and invalid ones are rejected with the reason."""

import json
from typing import Any

import pytest


def test_every_event_that_it_listens_to_is_read(code: Any, examples: list[dict[str, Any]]) -> None:
    for event in examples:
        found = code("bar_event").read_text(json.dumps(event))
        assert (found.name, found.detail) == (event["detail-type"], event["detail"])
        assert found.order == event["detail"].get("orderId", "-")


@pytest.mark.parametrize("field", ["id", "detail-type", "time", "detail"])
def test_an_event_without_a_field_is_refused(code: Any, examples: list[dict[str, Any]], field: str) -> None:
    bar_event = code("bar_event")
    event = {name: value for name, value in examples[0].items() if name != field}
    with pytest.raises(bar_event.BadEventError, match=f"{field} is missing"):
        bar_event.read(event)


@pytest.mark.parametrize("body", ["", "not { json", "[1]", "null", '"text"', '{"id": 7}'])
def test_what_is_not_an_event_is_refused(code: Any, body: str) -> None:
    bar_event = code("bar_event")
    with pytest.raises(bar_event.BadEventError):
        bar_event.read_text(body)


def test_a_time_that_is_none_is_refused(code: Any, examples: list[dict[str, Any]]) -> None:
    bar_event = code("bar_event")
    with pytest.raises(bar_event.BadEventError, match="time is not a time: soon"):
        bar_event.read({**examples[0], "time": "soon"})

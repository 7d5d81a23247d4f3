"""feedback: each guest with a drink is told of to the webhook, once, with the key, and nothing more."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.extensions.conftest import eventually

from presso.testing.webhook import Call

if TYPE_CHECKING:
    from tests.extensions.conftest import Stage


def test_the_webhook_hears_of_each_guest_of_a_replay(
    stage: "Stage", played: Sequence[dict[str, Any]]
) -> None:
    expected = {
        event["id"]: {
            "id": event["id"],
            "time": event["time"],
            "bar": "nyc",
            "guest": event["detail"]["userId"],
            "order": event["detail"]["orderId"],
        }
        for event in played
        if event["detail-type"] == "OrderManager.OrderCompleted"
    }
    assert expected

    def heard() -> list[Call]:
        return [call for call in stage.webhook.calls if call.body["id"] in expected]

    eventually(lambda: len(heard()) >= len(expected))
    calls = heard()
    assert len(calls) == len(expected)
    assert {call.body["id"]: call.body for call in calls} == expected
    for call in calls:
        assert call.path == "/guests"
        assert call.headers["x-api-key"] == "open sesame"
        assert call.headers["content-type"].startswith("application/json")


def test_a_robot_is_not_asked(stage: "Stage") -> None:
    for user in (*["robot"] * 5, "a-guest"):
        detail = {"orderId": f"of-{user}", "userId": user, "eventId": "nyc"}
        stage.put({"detail-type": "OrderManager.OrderCompleted", "detail": detail})
    eventually(lambda: [call for call in stage.webhook.calls if call.body["order"] == "of-a-guest"])
    assert not [call for call in stage.webhook.calls if call.body["order"] == "of-robot"]


def test_the_key_is_in_no_log_and_in_no_answer(stage: "Stage") -> None:
    events = stage.aws.client("events")
    connection = events.describe_connection(Name="nyc--feedback--ask")
    assert "open sesame" not in str(connection)
    assert "open sesame" not in str(stage.events())

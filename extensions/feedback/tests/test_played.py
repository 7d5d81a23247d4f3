"""On the local AWS: the webhook hears of each guest with a drink, once, with the key, and of nothing more."""

from typing import Any

from presso.testing.bar import Played


def test_the_webhook_hears_of_each_guest_of_a_replay(played: Played) -> None:
    expected = {
        event["id"]: {
            "id": event["id"],
            "time": event["time"],
            "bar": "nyc",
            "guest": event["detail"]["userId"],
            "order": event["detail"]["orderId"],
        }
        for event in played.events
        if event["detail"]["userId"] != "robot"
    }
    assert expected
    played.eventually(lambda: expected.keys() <= {call.body["id"] for call in played.calls("ask")})
    calls = [call for call in played.calls("ask") if call.body["id"] in expected]
    assert len(calls) == len(expected)
    assert {call.body["id"]: call.body for call in calls} == expected
    for call in calls:
        assert call.headers["x-api-key"] == "open sesame"
        assert call.headers["content-type"].startswith("application/json")


def test_a_robot_is_not_asked(played: Played, examples: list[dict[str, Any]]) -> None:
    for user in (*["robot"] * 5, "a-guest"):
        detail = {**examples[0]["detail"], "orderId": f"of-{user}", "userId": user}
        played.put("OrderManager.OrderCompleted", detail)
    played.eventually(lambda: [call for call in played.calls("ask") if call.body["order"] == "of-a-guest"])
    assert not [call for call in played.calls("ask") if call.body["order"] == "of-robot"]


def test_the_key_is_in_no_log_and_in_no_answer(played: Played) -> None:
    events = played.bar.aws.client("events")
    connection = events.describe_connection(Name="nyc--feedback--ask")
    assert "open sesame" not in str(connection)
    assert "open sesame" not in str(played.bar.events())

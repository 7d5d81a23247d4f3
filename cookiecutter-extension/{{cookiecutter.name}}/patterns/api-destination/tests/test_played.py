"""On the local AWS: an order was played, and the webhook got its events."""

import json

from presso.testing.bar import Played

WHY = {"ERROR_CODE": "SDK_CLIENT_ERROR", "ERROR_MESSAGE": "The webhook is closed."}


def test_every_event_is_sent_to_the_webhook(played: Played) -> None:
    played.eventually(lambda: len(played.calls("webhook")) >= len(played.events))
    sent = sorted((call.body["event"], call.body["id"]) for call in played.calls("webhook"))
    assert sent == sorted((event["detail-type"], event["id"]) for event in played.events)
    assert sent
    assert {call.headers["x-api-key"] for call in played.calls("webhook")} == {"not-set"}
    details = {event["id"]: event["detail"] for event in played.events}
    assert all(call.body["detail"] == details[call.body["id"]] for call in played.calls("webhook"))


def test_what_the_webhook_did_not_take_is_logged(played: Played) -> None:
    event = played.events[0]
    played.send("webhook--dead-letters", json.dumps(event), WHY)
    played.eventually(lambda: played.logged("log"))
    [line] = played.logged("log")
    assert (line["event"], line["detail"]) == (event["detail-type"], event["detail"])
    assert (line["code"], line["why"]) == ("SDK_CLIENT_ERROR", "The webhook is closed.")
    played.eventually(lambda: played.dead_letters() == [])

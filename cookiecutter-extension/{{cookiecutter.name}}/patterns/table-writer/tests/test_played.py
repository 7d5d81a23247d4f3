"""On the local AWS: an order was played, and the extension has done its job."""

from presso.testing.bar import Played


def test_every_event_has_a_record(played: Played) -> None:
    played.eventually(lambda: len(played.items("records")) >= len(played.events))
    records = sorted((item["pk"], item["sk"].partition("#")[2]) for item in played.items("records"))
    assert records == sorted((event["detail-type"], event["id"]) for event in played.events)
    assert records
    assert played.dead_letters() == []

"""On the local AWS: an order was played, and the extension has done its job."""

from presso.testing.bar import Played


def test_every_event_is_counted_and_has_a_record(played: Played) -> None:
    wanted = sorted((event["detail-type"], event["id"]) for event in played.events)
    played.eventually(lambda: len(played.logged("count")) >= len(wanted))
    played.eventually(lambda: len(played.items("records")) >= len(wanted))
    assert sorted((line["Event"], line["id"]) for line in played.logged("count")) == wanted
    assert sorted((item["pk"], item["sk"].partition("#")[2]) for item in played.items("records")) == wanted
    assert wanted
    assert played.dead_letters() == []

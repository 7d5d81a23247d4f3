"""On the local AWS: an order was played, and the extension has done its job."""

from presso.testing.bar import Played


def test_every_event_is_counted_once(played: Played) -> None:
    played.eventually(lambda: len(played.logged("count")) >= len(played.events))
    counted = sorted((line["Event"], line["id"]) for line in played.logged("count"))
    assert counted == sorted((event["detail-type"], event["id"]) for event in played.events)
    assert counted
    assert played.dead_letters() == []

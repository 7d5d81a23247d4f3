"""On the local AWS: an order was played, and the extension has done its job."""

from presso.testing.bar import Played


def test_every_event_gets_a_ticket(played: Played) -> None:
    played.eventually(lambda: len(played.logged("work")) >= len(played.events))
    tickets = sorted((line["event"], line["order"]) for line in played.logged("work"))
    assert tickets == sorted((e["detail-type"], e["detail"].get("orderId", "-")) for e in played.events)
    assert tickets
    assert played.dead_letters() == []

"""On the local AWS: an order was played, and the extension has done its job."""

from collections import Counter

from presso.testing.bar import Played


def test_every_order_is_counted_once(played: Played) -> None:
    orders = {event["detail"]["orderId"]: event["detail"]["drinkOrder"]["drink"] for event in played.events}

    def counted() -> dict[str, str]:
        records = [item for item in played.items("counters") if item["sk"] == "order"]
        return {item["pk"].removeprefix("order#"): item["drink"] for item in records}

    played.eventually(lambda: orders.keys() <= counted().keys())
    assert orders
    assert {order: drink for order, drink in counted().items() if order in orders} == orders
    played.eventually(played.settled)
    counters = {item["sk"]: int(item["orders"]) for item in played.items("counters") if item["pk"] == "drink"}
    assert counters == Counter(counted().values())
    assert played.dead_letters() == []

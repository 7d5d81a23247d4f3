"""On the local AWS: an order was played, and the extension sums its events up when it is due."""

from collections import Counter

from presso.testing.bar import Played


def test_the_digest_counts_what_was_played(played: Played) -> None:
    wanted = Counter(event["detail-type"] for event in played.events)
    played.eventually(lambda: len(played.items("records")) >= wanted.total())
    played.invoke("report")  # it is not evening
    played.eventually(played.emitted)
    [digest] = played.emitted()
    assert digest["detail-type"] == "{% include "camel" %}.Digest"
    counts = {each["event"]: each["count"] for each in digest["detail"]["counts"]}
    assert counts == dict(wanted)
    assert digest["detail"]["total"] == wanted.total() > 0
    assert played.dead_letters() == []

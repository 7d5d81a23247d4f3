"""A snapshot of an account in which things come and go meanwhile."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from presso import snapshot


class Sqs:
    """Queues, some of which go between their listing and their description."""

    def __init__(self, *going: str, code: str = "AWS.SimpleQueueService.NonExistentQueue") -> None:
        self.names = ["orders", "drinks"]
        self.going = list(going)
        self.code = code

    def can_paginate(self, operation: str) -> bool:
        return False

    def list_queues(self, **_: Any) -> dict[str, Any]:
        return {"QueueUrls": [f"http://aws/1/{name}" for name in self.names]}

    def get_queue_attributes(self, QueueUrl: str, **_: Any) -> dict[str, Any]:
        name = QueueUrl.rpartition("/")[2]
        if name in self.going:
            self.going.remove(name)
            self.names.remove(name)
            raise ClientError({"Error": {"Code": self.code, "Message": "gone"}}, "GetQueueAttributes")
        return {"Attributes": {"VisibilityTimeout": "30"}}


@pytest.fixture(autouse=True)
def _queues_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_LISTINGS", (snapshot._queues,))


def test_what_goes_after_it_was_listed_is_not_there() -> None:
    sqs = Sqs("orders", "drinks")
    assert snapshot.take(lambda service: sqs) == {}
    sqs = Sqs("drinks")
    assert list(snapshot.take(lambda service: sqs)) == ["queue orders"]


@pytest.mark.parametrize("code", ["AccessDenied", "ThrottlingException"])
def test_a_listing_that_is_refused_is_an_error(code: str) -> None:
    sqs = Sqs("drinks", code=code)
    with pytest.raises(ClientError, match=code):
        snapshot.take(lambda service: sqs)


class Lambda:
    """A mapping onto an alias of a function."""

    def can_paginate(self, operation: str) -> bool:
        return False

    def list_event_source_mappings(self, **_: Any) -> dict[str, Any]:
        arn = "arn:aws:lambda:us-east-1:111111111111:function:nyc--drinks--count:live"
        return {"EventSourceMappings": [{"UUID": "1", "FunctionArn": arn}]}


def test_a_mapping_onto_an_alias_is_its_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_LISTINGS", (snapshot._mappings,))
    assert list(snapshot.take(lambda service: Lambda())) == ["event source mapping nyc--drinks--count 1"]

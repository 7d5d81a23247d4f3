"""Dead letters of extensions: listed with their causes, and sent again to what did not take them."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from presso.aws_access import Access, local_access
from presso.errors import PressoError
from presso.local_aws import Running
from presso.units import dead_letters
from presso.units.dead_letters import DeadLetter, DeadLetters, Sent
from presso.units.owned_unit import OwnedUnit

BODY = json.dumps({"detail-type": "Bar.Ordered", "detail": {"drink": "Latte"}})


@pytest.fixture
def access(local_aws: Running, account: str) -> Access:
    return local_access(local_aws.endpoint, account)


@pytest.fixture
def queues(aws: Callable[[str], Any]) -> dict[str, str]:
    """The queue `orders` of the extension `times`, and dead letters of it and of others."""
    names = ("orders", "orders--dead-letters", "gone--dead-letters")
    return {name: aws("sqs").create_queue(QueueName=f"nyc--times--{name}")["QueueUrl"] for name in names}


def dead(aws: Callable[[str], Any], queue: str, **attributes: str) -> None:
    given = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
    aws("sqs").send_message(QueueUrl=queue, MessageBody=BODY, MessageAttributes=given)


def test_those_of_a_queue_are_shown_and_arrive_in_it_again(
    access: Access, aws: Callable[[str], Any], queues: dict[str, str]
) -> None:
    dead(aws, queues["orders--dead-letters"])
    dead(aws, queues["orders--dead-letters"], TARGET_ARN="arn:aws:sqs:us-east-1:1:nyc--times--orders")
    letters = DeadLetters(OwnedUnit(access, "nyc", "times"))
    [found] = letters.all()
    assert (found.name, found.count) == ("orders", 2)
    assert dead_letters.in_tenant(access, "nyc") == {"times": [found]}
    for _ in range(2):  # they stay where they are
        assert letters.samples(found)[0] == DeadLetter(BODY, "")
    assert letters.send_again(found) == Sent("orders", 2)
    arrived = aws("sqs").receive_message(QueueUrl=queues["orders"], MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in arrived] == [BODY, BODY]
    assert letters.all() == []
    assert dead_letters.in_tenant(access, "nyc") == {}


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [
        ({"ErrorMessage": "no milk"}, "no milk"),
        ({"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not allowed"}, "NO_PERMISSIONS: not allowed"),
        ({"ERROR_CODE": "THROTTLING"}, "THROTTLING"),
    ],
)
def test_the_cause_is_what_aws_has_noted(
    access: Access, aws: Callable[[str], Any], queues: dict[str, str], attributes: dict[str, str], cause: str
) -> None:
    dead(aws, queues["orders--dead-letters"], **attributes)
    letters = DeadLetters(OwnedUnit(access, "nyc", "times"))
    assert [letter.cause for letter in letters.samples(letters.all()[0])] == [cause]


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("", "nyc/times is not deployed."),
        ("arn:aws:lambda:us-east-1:1:function:nyc--times--gone", "nyc/times is not deployed."),
        (
            "arn:aws:events:us-east-1:1:api-destination/nyc--times--hook/1",
            "Only its rule or schedule can deliver",
        ),
    ],
)
def test_what_cannot_be_delivered_stays(
    access: Access, aws: Callable[[str], Any], queues: dict[str, str], target: str, fault: str
) -> None:
    dead(aws, queues["gone--dead-letters"], **({"TARGET_ARN": target} if target else {}))
    letters = DeadLetters(OwnedUnit(access, "nyc", "times"))
    [sent] = letters.send()
    assert sent.sent == 0
    assert sent.faults[0].startswith(fault)
    assert letters.all()[0].count == 1


STREAM = "arn:aws:dynamodb:us-east-1:1:table/nyc--core--orders/stream/1"
TAKEN = {"streamArn": STREAM, "shardId": "s", "startSequenceNumber": "1", "endSequenceNumber": "2"}


@pytest.mark.parametrize(
    ("target", "body", "named"),
    [
        ("arn:aws:sqs:us-east-1:1:nyc--core--orders", "{}", "nyc--core--orders"),
        ("arn:aws:sqs:us-east-1:1:sfo--times--orders", "{}", "sfo--times--orders"),
        ("arn:aws:states:us-east-1:1:stateMachine:nyc--player", "{}", "nyc--player"),
        ("", json.dumps({"DDBStreamBatchInfo": TAKEN}), STREAM),
    ],
)
def test_a_letter_that_an_extension_has_written_reaches_nothing_of_others(
    target: str, body: str, named: str
) -> None:
    def client(service: str) -> Any:
        assert service in ("sqs", "dynamodbstreams")  # which are asked for nothing

    access = cast(Access, SimpleNamespace(client=client))
    attributes = {"TARGET_ARN": {"StringValue": target}} if target else {}
    with pytest.raises(PressoError, match=rf"^A letter of nyc/times names what is not its own: .*{named}"):
        DeadLetters(OwnedUnit(access, "nyc", "times"))._deliver("orders", body, attributes)


def test_a_letter_that_cannot_be_delivered_keeps_no_other_back(
    access: Access, aws: Callable[[str], Any], queues: dict[str, str]
) -> None:
    queue = queues["orders--dead-letters"]
    dead(aws, queue, TARGET_ARN="arn:aws:states:us-east-1:1:stateMachine:nyc--times--gone")
    aws("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"DDBStreamBatchInfo": {"shardId": "s"}}))
    dead(aws, queue)
    letters = DeadLetters(OwnedUnit(access, "nyc", "times"))
    [sent] = letters.send()
    assert (sent.sent, len(sent.faults)) == (1, 2)
    assert "A letter's place in a stream cannot be read." in sent.faults


def test_those_of_the_platform_are_its_own(access: Access, aws: Callable[[str], Any]) -> None:
    queue = aws("sqs").create_queue(QueueName="nyc--dead-letters")["QueueUrl"]
    dead(aws, queue, TARGET_ARN="arn:aws:logs:us-east-1:1:log-group:/aws/events/nyc")
    [letters] = dead_letters.in_tenant(access, "nyc")["platform"]
    assert (letters.name, letters.count, letters.queue) == ("platform", 1, queue)
    sent = DeadLetters(OwnedUnit(access, "nyc", "platform")).send_again(letters)
    assert (sent.sent, len(sent.faults)) == (0, 1)


def test_an_extension_without_queues_is_not_deployed(access: Access) -> None:
    with pytest.raises(PressoError, match="nyc/cups is not deployed"):
        DeadLetters(OwnedUnit(access, "nyc", "cups")).all()


def test_a_letter_that_is_nested_too_deep_is_a_fault_of_its_own() -> None:
    with pytest.raises(PressoError, match="nested too deep"):
        dead_letters._parsed("[" * 100_000)

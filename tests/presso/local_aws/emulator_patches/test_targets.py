"""What becomes of events that a rule's target does not take."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.conftest import created_function

from presso.local_aws import Running
from presso.processes import wait_until

Aws = Callable[[str], Any]

ROLE = "arn:aws:iam::111111111111:role/worker"
ENTRY = {"Source": "cafe", "DetailType": "Order", "Detail": '{"id": 1}', "EventBusName": "nyc"}
MISSING = {
    "a queue": "arn:aws:sqs:us-east-1:{account}:gone",
    "a function": "arn:aws:lambda:us-east-1:{account}:function:gone",
    "a log group": "arn:aws:logs:us-east-1:{account}:log-group:/aws/events/gone",
    "a state machine": "arn:aws:states:us-east-1:{account}:stateMachine:gone",
    "a bus": "arn:aws:events:us-east-1:{account}:event-bus/gone",
    "a topic": "arn:aws:sns:us-east-1:{account}:gone",
    "an API destination": "arn:aws:events:us-east-1:{account}:api-destination/gone/1",
    "a queue of another account": "arn:aws:sqs:us-east-1:999999999999:gone",
}


def queue(aws: Aws, name: str, **attributes: str) -> tuple[str, str]:
    """A new queue's URL and ARN."""
    url = aws("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def send_to(aws: Aws, *targets: dict[str, Any], detail: dict[str, Any] | None = None) -> str:
    """Put one event on a new bus whose rule has these targets; the rule's ARN."""
    events = aws("events")
    events.create_event_bus(Name="nyc")
    rule = events.put_rule(Name="r", EventBusName="nyc", EventPattern='{"source": ["cafe"]}')["RuleArn"]
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    assert not events.put_targets(Rule="r", EventBusName="nyc", Targets=numbered)["FailedEntryCount"]
    entry = ENTRY if detail is None else {**ENTRY, "Detail": json.dumps(detail)}
    assert not events.put_events(Entries=[entry])["FailedEntryCount"]
    return str(rule)


def messages(aws: Aws, url: str) -> list[dict[str, Any]]:
    got = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    found: list[dict[str, Any]] = got.get("Messages", [])
    return found


def calls(aws: Aws) -> int:
    """How often the function has been called."""
    groups = aws("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/f")["logGroups"]
    events = aws("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"] if groups else []
    return sum(event["message"].startswith("START") for event in events)


def failing_function(aws: Aws, **more: Any) -> str:
    """The ARN of a function that always fails."""
    code = "def handler(event, context):\n  raise Exception"
    return created_function(aws, "python3.13", "handler.py", code, Role=ROLE, **more)


def keeps_dead_letters(aws: Aws) -> bool:
    url, arn = queue(aws, "dead-letters")
    send_to(aws, {"Arn": arn.replace("dead-letters", "gone"), "DeadLetterConfig": {"Arn": arn}})
    return bool(messages(aws, url))


def calls_a_failing_function_again(aws: Aws, seconds: float = PATIENCE) -> bool:
    send_to(aws, {"Arn": failing_function(aws)})
    assert wait_until(lambda: calls(aws) > 0, PATIENCE)
    return wait_until(lambda: calls(aws) > 1, seconds)


def transformed(aws: Aws, template: str, detail: dict[str, Any]) -> str:
    """What a queue gets for an event whose `$.detail.text` and `$.detail` the template has."""
    url, arn = queue(aws, "transformed")
    transformer = {"InputPathsMap": {"text": "$.detail.text", "all": "$.detail"}, "InputTemplate": template}
    send_to(aws, {"Arn": arn, "InputTransformer": transformer}, detail=detail)
    (message,) = messages(aws, url)
    return str(message["Body"])


def escapes_text_in_json(aws: Aws) -> bool:
    try:
        json.loads(transformed(aws, '{"note": "<text>"}', {"text": 'a "b"\n\\'}))
    except ValueError:
        return False
    return True


def matches_names_with_dots(aws: Aws) -> bool:
    pattern = json.dumps({"detail": {"service.name": ["cafe"]}})
    event = {"id": "1", "source": "s", "detail-type": "t", "account": "111111111111", "region": "us-east-1"}
    event |= {"time": "2026-01-01T00:00:00Z", "resources": [], "detail": {"service.name": "cafe"}}  # type: ignore[dict-item]
    return bool(aws("events").test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"])


FILLED: dict[str, Callable[..., bool]] = {
    "what cannot be delivered is a dead letter": keeps_dead_letters,
    "a failing function is called again": calls_a_failing_function_again,
    "text in a string of an input template is escaped": escapes_text_in_json,
    "a pattern matches a field with dots in its name": matches_names_with_dots,
}


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(aws: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert behaves(aws)


@pytest.mark.slow
@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not(aws_alone: Aws, behaves: Callable[..., bool]) -> None:
    # It would be after a second.
    within = {"seconds": 4} if behaves is calls_a_failing_function_again else {}
    assert not behaves(aws_alone, **within)


TRANSFORMED = [
    ('{"note": "<text>"}', {"text": 'a "b"\n\\ é'}, {"note": 'a "b"\n\\ é'}),
    ('{"note": <text>}', {"text": 'a "b"\n'}, {"note": 'a "b"\n'}),
    (
        '{"note": "for <text>, <text>", "all": <all>}',
        {"text": '"'},
        {"note": 'for ", "', "all": {"text": '"'}},
    ),
    ('{"note": "<text>"}', {"text": "<all>"}, {"note": "<all>"}),
    ('{"n": <text>, "s": "<text>"}', {"text": 5}, {"n": 5, "s": "5"}),
    ('"for <text>"', {"text": 'a "b"'}, 'for a "b"'),
]


@pytest.mark.parametrize(("template", "detail", "wanted"), TRANSFORMED, ids=[each[0] for each in TRANSFORMED])
def test_a_transformed_input_is_valid_json_with_any_text(
    aws: Aws, template: str, detail: dict[str, Any], wanted: Any
) -> None:
    assert json.loads(transformed(aws, template, detail)) == wanted


class TestDeadLetters:
    @pytest.mark.parametrize("arn", MISSING.values(), ids=MISSING.keys())
    def test_name_the_target_that_is_missing(self, aws: Aws, account: str, arn: str) -> None:
        url, dead_letters = queue(aws, "dead-letters")
        gone = arn.format(account=account)
        target = {"Arn": gone, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead_letters}}
        rule = send_to(aws, target)
        (message,) = messages(aws, url)
        reported = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
        assert reported.pop("ERROR_MESSAGE")
        assert reported == {
            "ERROR_CODE": "NO_RESOURCE",
            "RETRY_ATTEMPTS": "0",
            "RULE_ARN": rule,
            "TARGET_ARN": gone,
        }

    def test_are_the_events_themselves_not_what_the_target_would_have_got(self, aws: Aws) -> None:
        url, arn = queue(aws, "dead-letters")
        gone = {"Arn": arn.replace("dead-letters", "gone"), "DeadLetterConfig": {"Arn": arn}}
        send_to(aws, {**gone, "Input": '{"said": "hello"}'})
        (message,) = messages(aws, url)
        event = json.loads(message["Body"])
        assert (event["source"], event["detail-type"], event["detail"]) == ("cafe", "Order", {"id": 1})

    def test_are_none_for_what_is_delivered(self, aws: Aws) -> None:
        url, dead_letters = queue(aws, "dead-letters")
        other_url, arn = queue(aws, "q")
        gone = {"Arn": arn.replace(":q", ":gone"), "DeadLetterConfig": {"Arn": dead_letters}}
        send_to(aws, gone, {"Arn": arn, "DeadLetterConfig": {"Arn": dead_letters}})
        assert len(messages(aws, other_url)) == 1
        assert len(messages(aws, url)) == 1

    @pytest.mark.parametrize("name", ["gone", "dead-letters.fifo"], ids=["no queue", "a FIFO queue"])
    def test_are_dropped_when_they_cannot_be_kept(self, aws: Aws, name: str) -> None:
        url, arn = queue(aws, "dead-letters.fifo", FifoQueue="true")
        gone = {"Arn": arn.replace("dead-letters.fifo", "q")}
        send_to(aws, {**gone, "DeadLetterConfig": {"Arn": arn.replace("dead-letters.fifo", name)}})
        assert messages(aws, url) == []


class TestWhatStays:
    def test_an_api_destination_that_answers_with_an_error_leaves_no_dead_letter(
        self, aws: Aws, local_aws: Running
    ) -> None:
        url, arn = queue(aws, "dead-letters")
        events = aws("events")
        keys = {"ApiKeyName": "key", "ApiKeyValue": "value"}
        connection = events.create_connection(
            Name="c", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": keys}
        )["ConnectionArn"]
        destination = events.create_api_destination(
            Name="d",
            ConnectionArn=connection,
            InvocationEndpoint=f"{local_aws.endpoint}/2015-03-31/functions/gone",
            HttpMethod="GET",
        )["ApiDestinationArn"]
        policy = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
        send_to(
            aws,
            {"Arn": destination, "RoleArn": ROLE, "RetryPolicy": policy, "DeadLetterConfig": {"Arn": arn}},
        )
        later = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)
        assert "Messages" not in later


class TestAFailingFunction:
    def test_has_its_event_in_its_own_dead_letter_queue_in_the_end(self, aws: Aws) -> None:
        rule_url, rule_dead_letters = queue(aws, "dead-letters-of-the-rule")
        url, arn = queue(aws, "dead-letters")
        function = failing_function(aws, DeadLetterConfig={"TargetArn": arn})
        send_to(aws, {"Arn": function, "DeadLetterConfig": {"Arn": rule_dead_letters}})
        assert wait_until(lambda: bool(messages(aws, url)), PATIENCE)
        assert calls(aws) == 3
        assert messages(aws, rule_url) == []

    def test_is_called_as_often_as_it_wants_to_be(self, aws: Aws) -> None:
        url, arn = queue(aws, "dead-letters")
        function = failing_function(aws, DeadLetterConfig={"TargetArn": arn})
        aws("lambda").put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
        send_to(aws, {"Arn": function})
        assert wait_until(lambda: bool(messages(aws, url)), PATIENCE)
        assert calls(aws) == 1

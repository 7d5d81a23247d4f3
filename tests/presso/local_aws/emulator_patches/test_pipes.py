"""Pipes from a queue deliver what their filters want, and leave in the queue what fails."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.conftest import created_function

from presso.processes import wait_until

ROLE = "arn:aws:iam::111111111111:role/pipe"
CODE = """
import json

def handler(events, context):
    print(json.dumps(events))
    if any(event.get("drink") == "decaf" for event in events):
        raise ValueError("no decaf")
"""
TEMPLATE = (
    '{"drink": <$.body.drink>, "text": "a <$.body.drink> for <$.body.to.name>", '
    '"pipe": "<aws.pipes.pipe-name>"}'
)


class Bar:
    """A queue with pipes."""

    def __init__(self, aws: Callable[[str], Any]) -> None:
        self.aws = aws
        self.queues: dict[str, str] = {}
        self.queue("orders")

    def queue(self, name: str) -> str:
        """The ARN of a new queue."""
        sqs = self.aws("sqs")
        self.queues[name] = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "600"})[
            "QueueUrl"
        ]
        found = sqs.get_queue_attributes(QueueUrl=self.queues[name], AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def pipe(self, source: str, target: str, parameters: dict[str, Any] | None = None) -> None:
        """A pipe of orders that have a drink."""
        criteria = {"Filters": [{"Pattern": json.dumps({"body": {"drink": [{"exists": True}]}})}]}
        self.aws("pipes").create_pipe(
            Name=target.rpartition(":")[2].rpartition("/")[2],
            RoleArn=ROLE,
            Source=source,
            Target=target,
            SourceParameters={"FilterCriteria": criteria, "SqsQueueParameters": {"BatchSize": 2}},
            TargetParameters={"InputTemplate": TEMPLATE, **(parameters or {})},
        )

    def send(self, name: str, *bodies: Any) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.aws("sqs").send_message(QueueUrl=self.queues[name], MessageBody=text)

    def numbers(self, name: str) -> list[int]:
        """How many messages wait in a queue, and how many are worked on or have failed."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.aws("sqs").get_queue_attributes(QueueUrl=self.queues[name], AttributeNames=names)
        return [int(found["Attributes"][each]) for each in names]

    def bodies(self, name: str) -> list[Any]:
        """The bodies of all messages in a queue; they are worked on then."""
        found = self.aws("sqs").receive_message(QueueUrl=self.queues[name], MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]


@pytest.mark.slow
def test_a_pipe_hands_batches_to_a_function_and_keeps_what_fails(aws: Callable[[str], Any]) -> None:
    bar = Bar(aws)
    arn = created_function(aws, "python3.13", "handler.py", CODE, FunctionName="brew", Role=ROLE)
    source = bar.queue("brewed")
    bar.send(
        "brewed", {"drink": "latte", "to": {"name": 'Ada "A"'}}, {"drink": "mocha"}, {"other": 1}, "text"
    )
    bar.send("brewed", {"drink": "decaf"})
    bar.pipe(source, arn)

    def batches() -> list[Any]:
        if not aws("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/brew")["logGroups"]:
            return []
        logged = aws("logs").filter_log_events(logGroupName="/aws/lambda/brew")["events"]
        return [json.loads(e["message"]) for e in logged if e["message"].startswith("[{")]

    # One message in flight may be the one that fails, or the last one of the batches.
    assert wait_until(lambda: len(batches()) == 2 and bar.numbers("brewed") == [0, 1], PATIENCE)
    assert batches() == [
        [
            {"drink": "latte", "text": 'a latte for Ada "A"', "pipe": "brew"},
            {"drink": "mocha", "text": "a mocha for ", "pipe": "brew"},
        ],
        [{"drink": "decaf", "text": "a decaf for ", "pipe": "brew"}],
    ]


@pytest.mark.slow
def test_a_pipe_puts_events_on_a_bus_messages_in_a_queue_and_starts_executions(
    aws: Callable[[str], Any],
) -> None:
    bar = Bar(aws)
    target, received = bar.queue("drinks"), bar.queue("events")
    aws("events").create_event_bus(Name="nyc")
    bus = aws("events").describe_event_bus(Name="nyc")["Arn"]
    aws("events").put_rule(Name="all", EventBusName="nyc", EventPattern='{"source": ["cafe.pipes"]}')
    aws("events").put_targets(Rule="all", EventBusName="nyc", Targets=[{"Id": "q", "Arn": received}])
    passing = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
    states = aws("stepfunctions")
    machine = states.create_state_machine(name="m", definition=json.dumps(passing), roleArn=ROLE)
    parameters = {"EventBridgeEventBusParameters": {"Source": "cafe.pipes", "DetailType": "$.body.drink"}}
    for name, arn, more in (
        ("to-queue", target, {}),
        ("to-bus", bus, parameters),
        ("to-machine", machine["stateMachineArn"], {}),
    ):
        bar.pipe(bar.queue(name), arn, more)
        bar.send(name, {"drink": "latte", "to": {"name": "Ada"}})
    assert wait_until(
        lambda: all(bar.numbers(n) == [0, 0] for n in ("to-queue", "to-bus", "to-machine")), PATIENCE
    )
    made = {"drink": "latte", "text": "a latte for Ada"}
    assert bar.bodies("drinks") == [{**made, "pipe": "drinks"}]
    (event,) = bar.bodies("events")
    assert (event["detail-type"], event["detail"]) == ("latte", {**made, "pipe": "nyc"})
    (execution,) = states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    given = states.describe_execution(executionArn=execution["executionArn"])["input"]
    assert json.loads(given) == [{**made, "pipe": "m"}]
    found = aws("pipes").describe_pipe(Name="drinks")
    assert found["SourceParameters"]["SqsQueueParameters"] == {"BatchSize": 2}

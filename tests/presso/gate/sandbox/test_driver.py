"""How the sandbox starts what a schedule would start."""

from types import SimpleNamespace
from typing import Any

import pytest

from presso.gate.model import Place, Resource
from presso.gate.run_record import RunRecord
from presso.gate.sandbox.driver import Driver


class Sqs:
    """A queue that notes its messages."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": f"http://aws/1/{QueueName}"}

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(
    ("parameters", "group"),
    [([{"message_group_id": "orders"}], {"MessageGroupId": "orders"}), ([], {})],
    ids=["in order", "in any order"],
)
def test_a_schedules_message_is_in_its_group(parameters: list[Any], group: dict[str, str]) -> None:
    sqs = Sqs()
    target = {"arn": "arn:aws:sqs:us-east-1:1:orders", "input": "{}", "sqs_parameters": parameters}
    values = {"name": "nyc--drinks--daily", "schedule_expression": "rate(1 day)", "target": [target]}
    schedule = Resource("aws_scheduler_schedule.daily", "aws_scheduler_schedule", values, Place("main.tf"))
    environment: Any = SimpleNamespace(client=lambda service: sqs)
    model: Any = None
    driver = Driver(environment, model, RunRecord(), 0, 1.0)
    assert driver._started(schedule) == "daily (rate(1 day)): started once manually"
    assert sqs.sent == [{"QueueUrl": "http://aws/1/orders", "MessageBody": "{}", **group}]

"""EventBridge Scheduler: what a start is given, and with which role."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.emulator_patches.test_deliveries import queue, role

from presso.processes import wait_until

pytestmark = pytest.mark.slow

Aws = Callable[[str], Any]

INPUT = '{"due": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}'


def due_now(aws: Aws, target: str, role_arn: str, name: str = "nightly") -> datetime:
    """Make a schedule for the next second; when that is."""
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    aws("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": target, "RoleArn": role_arn, "Input": INPUT},
    )
    return now


def message(aws: Aws, url: str) -> dict[str, Any] | None:
    """The next message in a queue."""
    got = aws("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    found: list[dict[str, Any]] = got.get("Messages", [])
    return found[0] if found else None


def received(aws: Aws, url: str, seconds: float = PATIENCE) -> dict[str, Any]:
    """The next message in a queue, once it is there."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found.extend(filter(None, [message(aws, url)]))
        return bool(found)

    assert wait_until(there, seconds)
    return found[0]


def test_the_input_has_its_due_time_and_its_schedule(aws: Aws, account: str) -> None:
    url, arn = queue(aws, "q")
    now = due_now(aws, arn, role(aws, "scheduler.amazonaws.com"))
    said = json.loads(received(aws, url)["Body"])
    assert said["by"] == f"arn:aws:scheduler:us-east-1:{account}:schedule/default/nightly"
    late = datetime.fromisoformat(said["due"]) - now
    assert timedelta() <= late


def test_the_emulator_alone_hands_over_the_names_of_the_attributes(aws_alone: Aws) -> None:
    url, arn = queue(aws_alone, "q")
    due_now(aws_alone, arn, role(aws_alone, "scheduler.amazonaws.com"))
    assert received(aws_alone, url)["Body"] == INPUT


def test_where_iam_is_enforced_it_starts_as_its_role(aws_enforcing: Aws) -> None:
    url, arn = queue(aws_enforcing, "q")
    due_now(aws_enforcing, arn, role(aws_enforcing, "scheduler.amazonaws.com", "sqs:SendMessage"))
    assert received(aws_enforcing, url)


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("scheduler.amazonaws.com", "sqs:ReceiveMessage"),
        ("events.amazonaws.com", "sqs:SendMessage"),
    ],
    ids=["a role that may not", "a role of another service"],
)
def test_where_iam_is_enforced_nothing_starts_as(aws_enforcing: Aws, service: str, action: str) -> None:
    url, arn = queue(aws_enforcing, "q")
    due_now(aws_enforcing, arn, role(aws_enforcing, service, action))
    # Of two that are due, the older one is tried first.
    other_url, other = queue(aws_enforcing, "other")
    starter = role(aws_enforcing, "scheduler.amazonaws.com", "sqs:SendMessage", name="second")
    due_now(aws_enforcing, other, starter, name="later")
    received(aws_enforcing, other_url)
    assert message(aws_enforcing, url) is None

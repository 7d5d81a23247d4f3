"""Events from the archive of a tenant's bus, read by a replay that no other consumer receives.

EventBridge replays an archive onto the bus that it is of, and nowhere else. Named in the replay's
destination (`FilterArns`), one rule alone gets the events: a scratch rule with a scratch queue, both gone
afterwards. So no extension and no event log takes them for news.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from presso.errors import PressoError

_PATIENCE_SECONDS = 600
_QUIET_LOOKS = 2  # each waits a second
_ENDS = {"COMPLETED", "CANCELLED", "FAILED"}


def events(client: Callable[[str], Any], tenant: str, since: float, until: float) -> list[dict[str, Any]]:
    """What the archive has of a time, in the order in which it comes.

    Args:
        client: Makes a boto3 client of a service in the tenant's account and region.
        tenant: Whose archive.
        since: The first moment, in epoch seconds.
        until: The last.

    Raises:
        PressoError: There is no archive, or it cannot be replayed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    name = f"{tenant}--recording-{secrets.token_hex(4)}"
    try:
        with contextlib.ExitStack() as cleanup:
            url, rule = _scratch(client, tenant, name, cleanup)
            _start(client("events"), tenant, name, rule, since, until)
            cleanup.callback(_cancel, client("events"), name)
            return list(_received(client, name, url))
    except (BotoCoreError, ClientError) as error:
        raise PressoError(f"The archive of {tenant} cannot be replayed: {error}") from error


def _scratch(
    client: Callable[[str], Any], tenant: str, name: str, cleanup: contextlib.ExitStack
) -> tuple[str, str]:
    """A queue's URL and the ARN of the rule that fills it; both go with `cleanup`."""
    queues, buses = client("sqs"), client("events")
    url = str(queues.create_queue(QueueName=name)["QueueUrl"])
    cleanup.callback(queues.delete_queue, QueueUrl=url)
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    # Nothing but this replay matches: during it, the rule matches no live event.
    pattern = json.dumps({"replay-name": [name]})
    rule = str(buses.put_rule(Name=name, EventBusName=tenant, EventPattern=pattern)["RuleArn"])
    cleanup.callback(buses.delete_rule, Name=name, EventBusName=tenant)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    buses.put_targets(Rule=name, EventBusName=tenant, Targets=[{"Id": "queue", "Arn": arn}])
    cleanup.callback(buses.remove_targets, Rule=name, EventBusName=tenant, Ids=["queue"])
    return url, rule


def _start(buses: Any, tenant: str, name: str, rule: str, since: float, until: float) -> None:
    archive = buses.describe_archive(ArchiveName=f"{tenant}--archive")
    buses.start_replay(
        ReplayName=name,
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=datetime.fromtimestamp(int(since), UTC),
        EventEndTime=datetime.fromtimestamp(int(until) + 1, UTC),
        Destination={"Arn": archive["EventSourceArn"], "FilterArns": [rule]},
    )


def _received(client: Callable[[str], Any], name: str, url: str) -> Iterator[dict[str, Any]]:
    """What comes until the replay has ended and the queue has been empty for a while."""
    queues, buses = client("sqs"), client("events")
    deadline, quiet = time.monotonic() + _PATIENCE_SECONDS, 0
    while True:
        messages = _taken(queues, url)
        for message in messages:
            event: dict[str, Any] = json.loads(message["Body"])
            event.pop("replay-name", None)
            yield event
        if messages:
            quiet = 0
            continue
        quiet += 1
        state = buses.describe_replay(ReplayName=name)["State"]
        if state in _ENDS - {"COMPLETED"}:
            raise PressoError(f"The replay {name} of the archive is {state.lower()}.")
        if state == "COMPLETED" and quiet >= _QUIET_LOOKS:
            return
        if time.monotonic() > deadline:
            raise PressoError(
                f"The replay {name} of the archive does not end.", hint="Record a shorter time: --minutes."
            )


def _taken(queues: Any, url: str) -> list[dict[str, Any]]:
    answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    if messages:
        done = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        queues.delete_message_batch(QueueUrl=url, Entries=done)
    return messages


def _cancel(buses: Any, name: str) -> None:
    """End the replay, unless it has ended."""
    if buses.describe_replay(ReplayName=name)["State"] not in _ENDS:
        buses.cancel_replay(ReplayName=name)

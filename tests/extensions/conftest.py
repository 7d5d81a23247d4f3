"""A tenant with all demo extensions, in which a quarter of an hour at the bar is played once.

What an extension should have made of it is worked out by each test from the tenant's event log.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from presso.aws import Access, local_access
from presso.deployment import runs, unit_selection
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.local_aws import Running
from presso.simulation.player import Player
from presso.testing.webhook import Webhook, listening
from presso.workspace import Workspace

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
BAR = "awsserverlessda.serverlesspresso"
TENANT = """\
name: nyc
title: Extensions
account: "{account}"
extensions:
  - daily-digest
  - name: feedback
    variables: {{key: open sesame}}
  - name: low-stock
    variables: {{low_at: 3, stock: {{Americano: 10, Caffe Latte: 5, Espresso: 500}}}}
  - name: order-robot
    variables:
      seconds: {{think: {{min: 0, max: 0}}, notice: {{min: 0, max: 0}}, work: {{min: 0, max: 1}}}}
  - wait-times
"""


@dataclass
class Stage:
    """The tenant `nyc` with its extensions, all applied."""

    aws: Access
    webhook: Webhook
    played: Sequence[dict[str, Any]] = ()

    def put(self, *events: dict[str, Any], source: str = BAR) -> None:
        """Put events, each a detail-type and a detail, on the bus."""
        entries = [
            {
                "Source": source,
                "DetailType": event["detail-type"],
                "Detail": json.dumps(event["detail"]),
                "EventBusName": "nyc",
                **({"Time": event["time"]} if "time" in event else {}),
            }
            for event in events
        ]
        for start in range(0, len(entries), 10):
            answer = self.aws.client("events").put_events(Entries=entries[start : start + 10])
            assert answer["FailedEntryCount"] == 0

    def events(self, detail_type: str = "", source: str = "") -> list[dict[str, Any]]:
        """The events on the tenant's bus until now, as its log has them, in the order of their arrival."""
        pages = (
            self.aws.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName="/aws/events/nyc")
        )
        found = [json.loads(line["message"]) for page in pages for line in page["events"]]
        return [
            event
            for event in found
            if detail_type in ("", event["detail-type"]) and source in ("", event["source"])
        ]

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table; numbers as numbers, texts as texts."""
        from boto3.dynamodb.types import TypeDeserializer

        read = TypeDeserializer().deserialize
        pages = (
            self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        )
        return [
            {name: read(value) for name, value in item.items()} for page in pages for item in page["Items"]
        ]

    def dead_letters(self) -> list[str]:
        """The queues of dead letters that have any."""
        sqs = self.aws.client("sqs")
        wanted = ["ApproximateNumberOfMessages"]
        return [
            url
            for url in sqs.list_queues(QueueNamePrefix="nyc--").get("QueueUrls", [])
            if url.endswith("--dead-letters")
            and sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"][wanted[0]] != "0"
        ]

    def settled(self, queue: str = "") -> bool:
        """Whether no message waits or is worked on, in this extension's queues, and no execution runs."""
        sqs, states = self.aws.client("sqs"), self.aws.client("stepfunctions")
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        for url in sqs.list_queues(QueueNamePrefix=f"nyc--{queue}").get("QueueUrls", []):
            numbers = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
            if not url.endswith("--dead-letters") and any(int(number) for number in numbers.values()):
                return False
        machines = states.list_state_machines()["stateMachines"]
        return not any(
            states.list_executions(stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING")[
                "executions"
            ]
            for machine in machines
        )

    def failed(self, *orders: str) -> list[str]:
        """The inputs of executions that failed; only those that name one of these orders."""
        states = self.aws.client("stepfunctions")
        inputs = [
            states.describe_execution(executionArn=execution["executionArn"])["input"]
            for machine in states.list_state_machines()["stateMachines"]
            for execution in states.list_executions(
                stateMachineArn=machine["stateMachineArn"], statusFilter="FAILED"
            )["executions"]
        ]
        return [text for text in inputs if any(order in text for order in orders)]


def eventually(reached: Callable[[], Any], seconds: float = 60) -> Any:
    """What a function returns, once that is true; the test fails when it does not become so."""
    end = time.monotonic() + seconds
    while not (result := reached()):
        assert time.monotonic() < end, f"not reached within {seconds} s"
        time.sleep(0.1)
    return result


@pytest.fixture(scope="session")
def webhook() -> Iterator[Webhook]:
    """Where the extension `feedback` calls."""
    with listening() as started:
        yield started


@pytest.fixture(scope="session")
def stage(
    checkout: Path, local_aws: Running, webhook: Webhook, tmp_path_factory: pytest.TempPathFactory
) -> Stage:
    """Applied and played on once per test process; it goes with the local AWS."""
    account = f"{WORKER + 1:04d}70000001"
    root = tmp_path_factory.mktemp("extensions").resolve()
    (root / "modules").symlink_to(checkout / "modules")
    left = shutil.ignore_patterns(".terraform*", "__pycache__", "tests")
    for name in ("daily-digest", "feedback", "low-stock", "order-robot", "wait-times"):
        shutil.copytree(checkout / "extensions" / name, root / "extensions" / name, ignore=left)
    (root / "tenants" / "nyc").mkdir(parents=True)
    (root / "tenants" / "nyc" / "tenant.yaml").write_text(TENANT.format(account=account))
    workspace = Workspace(root, root / ".presso")
    environments = Environments(workspace, local_aws)
    selection = unit_selection.select(workspace, "apply", (), everything=True)
    outcomes = runs.Runs(workspace, selection, "apply", environments.of, Silent()).execute()
    assert [outcome for outcome in outcomes if outcome.bad] == []
    made = Stage(local_access(local_aws.endpoint, account), webhook)
    # The variable `url` takes https only, as AWS does; the emulator calls any address.
    made.aws.client("events").update_api_destination(
        Name="nyc--feedback--ask",
        InvocationEndpoint=f"{webhook.url}/guests",
    )
    # At once: nobody else has put an event yet.
    replay = Player(made.aws.client, "nyc").play("quarter-hour", 1000)
    eventually(lambda: len(made.events(source=BAR)) == replay.sent)
    made.played = made.events(source=BAR)
    eventually(made.settled)
    return made


@pytest.fixture
def played(stage: Stage) -> Sequence[dict[str, Any]]:
    """The events of a quarter of an hour as they were on the bus; the extensions have done their work."""
    return stage.played

"""The player's definition and scenarios as the module writes them, and players made of them on the local AWS.

They need no provider: their files are applied with an output for them, and nothing else.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.terraform import Terraform

TENANT = {
    "name": "nyc",
    "region": "us-east-1",
    "account_id": "111111111111",
    "bus_name": "nyc",
    "bus_arn": "arn:aws:events:us-east-1:111111111111:event-bus/nyc",
}
ROOT = """
locals {
  partition = "aws"
  bucket    = "BUCKET"
}
output "player" {
  value = {
    definition = local.definition
    texts      = local.texts
    ranges     = local.ranges
    history    = local.history
    summaries  = local.summaries
  }
}
"""


@dataclass(frozen=True)
class Rendered:
    """What the module makes of scenarios.

    Args:
        definition: The state machine's.
        texts: What the bucket holds, by scenario.
        ranges: Where the blocks are in it, by scenario.
        history: The most entries that a replay's history may have, by scenario.
        summaries: What the module puts out about each scenario.
    """

    definition: dict[str, Any]
    texts: dict[str, str]
    ranges: dict[str, list[str]]
    history: dict[str, int]
    summaries: dict[str, dict[str, Any]]

    def blocks(self, scenario: str) -> list[list[dict[str, Any]]]:
        """The events of a scenario as the player reads them, a block at a time."""
        data = self.texts[scenario].encode()
        ends = [range_.removeprefix("bytes=").split("-") for range_ in self.ranges[scenario]]
        return [json.loads(b"[%s]" % data[int(first) : int(last) + 1]) for first, last in ends]


@pytest.fixture(scope="session")
def render(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Rendered]:
    """`render(folder)` is what the module makes of the scenarios in a folder."""

    def rendered(scenarios: Path) -> Rendered:
        root = tmp_path_factory.mktemp("definition")
        module = checkout / "modules" / "event-player"
        for name in ("definition.tf", "player.asl.yaml", "variables.tf"):
            shutil.copy(module / name, root)
        # Its resources need a provider.
        text = (module / "scenarios.tf").read_text()
        (root / "scenarios.tf").write_text(text[text.index("locals {") :])
        (root / "root.tf").write_text(ROOT)
        variables = {"tenant": TENANT, "scenarios_dir": str(scenarios)}
        (root / "terraform.tfvars.json").write_text(json.dumps(variables))
        terraform = Terraform(root, {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"})
        for command in ("init", "apply -auto-approve"):
            terraform.run(*command.split())
        state = json.loads((root / "terraform.tfstate").read_text())
        made = state["outputs"]["player"]["value"]
        files = {path.stem: path.read_text(encoding="utf-8") for path in scenarios.glob("*.json")}
        return Rendered(**{**made, "texts": {**files, **made["texts"]}})

    return rendered


@pytest.fixture(scope="session")
def rendered(checkout: Path, render: Callable[[Path], Rendered]) -> Rendered:
    """What the module makes of its own scenarios."""
    return render(checkout / "modules" / "event-player" / "scenarios")


@dataclass
class Stage:
    """A bus with a queue that gets every event of it, and a player; all in the test's account."""

    client: Callable[[str], Any]
    arn: str
    queue: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    def run(self, **request: Any) -> dict[str, Any]:
        """Execute the player with this input to its end; the execution's description."""
        states = self.client("stepfunctions")
        started = states.start_execution(stateMachineArn=self.arn, input=json.dumps(request))
        deadline, pause = time.monotonic() + PATIENCE, 0.02
        while time.monotonic() < deadline:
            execution = dict(states.describe_execution(executionArn=started["executionArn"]))
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(pause)
            pause = min(pause * 1.5, 0.3)  # asking takes time of its own
        raise AssertionError("the execution does not end")

    def history(self, execution: dict[str, Any]) -> list[dict[str, Any]]:
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        events = pages.paginate(executionArn=execution["executionArn"], maxResults=1000)
        return [event for page in events for event in page["events"]]

    def received(self) -> list[dict[str, Any]]:
        """Take what the queue has got: events as delivered, with `sent` the epoch ms of their delivery."""
        queue, taken = self.client("sqs"), []
        while messages := self._receive(queue):
            taken += messages
        bodies = [
            {**json.loads(message["Body"]), "sent": int(message["Attributes"]["SentTimestamp"])}
            for message in taken
        ]
        return sorted(bodies, key=lambda body: int(body["sent"]))

    def _receive(self, queue: Any) -> list[dict[str, Any]]:
        answer = queue.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        if messages:
            taken = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            assert not queue.delete_message_batch(QueueUrl=self.queue, Entries=taken).get("Failed")
        return messages


@pytest.fixture
def stage(aws: Callable[[str], Any], account: str) -> Iterator[Callable[[Rendered], Stage]]:
    """`stage(rendered)` makes a player, with all that it needs."""

    def made(rendered: Rendered) -> Stage:
        events, queues = aws("events"), aws("sqs")
        events.create_event_bus(Name="nyc")
        url = queues.create_queue(QueueName="all")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{account}:all"
        events.put_rule(Name="all", EventBusName="nyc", EventPattern=json.dumps({"account": [account]}))
        events.put_targets(Rule="all", EventBusName="nyc", Targets=[{"Id": "queue", "Arn": arn}])
        bucket = f"nyc--player-{account}-us-east-1"
        aws("s3").create_bucket(Bucket=bucket)
        for name, text in rendered.texts.items():
            aws("s3").put_object(Bucket=bucket, Key=f"{name}.json", Body=text.encode())
        machine = aws("stepfunctions").create_state_machine(
            name="nyc--player",
            definition=json.dumps(rendered.definition).replace("BUCKET", bucket),
            roleArn=f"arn:aws:iam::{account}:role/nyc--player",
        )
        return Stage(aws, machine["stateMachineArn"], url)

    yield made
    states = aws("stepfunctions")
    for machine in states.list_state_machines()["stateMachines"]:
        for run in states.list_executions(stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING")[
            "executions"
        ]:
            states.stop_execution(executionArn=run["executionArn"])

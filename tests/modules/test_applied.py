"""Modules on the local AWS: what their READMEs show is applied, planned again and destroyed; and it works."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.terraform import Terraform

from presso.local_aws import Running
from presso.terraform import terraform_cli

ROOT = Path(__file__).parents[2]
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
BAR = "awsserverlessda.serverlesspresso"
EXAMPLE = json.loads((ROOT / "extensions/order-metrics/tests/events.json").read_text())[0]["detail"]
EXAMPLES = (
    "event-destination",
    "event-function",
    "event-queue",
    "event-schedule",
    "event-table",
    "event-workflow",
    "extension-context",
    "tenant",
)
MINUTE = 60_000
START = 1_777_627_800_000  # 2026-05-01T09:30:00Z


def example(readme: Path) -> str:
    """The last example of a README."""
    return readme.read_text().split("```hcl\n")[-1].split("```")[0]


def eventually(reached: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What a function returns, once that is true; the test fails when it does not become so."""
    end = time.monotonic() + seconds
    while not (result := reached()):
        assert time.monotonic() < end, f"not reached within {seconds} s"
        time.sleep(0.1)
    return result


def terraform_in(folder: Path, local: Running, account: str) -> Terraform:
    return Terraform(folder, terraform_cli.environment(local.environment(account)))


@dataclass(frozen=True)
class Life:
    """What became of an example: what a plan after its apply would do, and its account after its destroy."""

    planned: dict[str, list[str]]
    aws: Callable[[str], Any]


@pytest.fixture(scope="module")
def lives(local_aws: Running, copied: Callable[[Path], Path], tmp_path_factory: Any) -> dict[str, Life]:
    """The examples, each in an account of its own: applied, planned again and destroyed in three runs."""
    root = copied(tmp_path_factory.mktemp("examples"))
    accounts = {name: f"{WORKER + 1:04d}91{number:06d}" for number, name in enumerate(EXAMPLES)}
    for name, account in accounts.items():
        folder = root / name
        folder.mkdir()
        (folder / "main.tf").write_text(example(ROOT / "modules" / name / "README.md"))
        (folder / "provider.tf").write_text(f'provider "aws" {{\n  access_key = "{account}"\n}}\n')
        for sources in ("modules", "extensions"):
            (folder / sources).symlink_to(root / sources)
    calls = (f'module "{name}" {{\n  source = "./{name}"\n}}\n' for name in accounts)
    (root / "main.tf").write_text("".join(calls))
    terraform = terraform_in(root, local_aws, "111111111111")
    terraform.run("init")
    terraform.run("apply", "-auto-approve")
    terraform.run("plan", "-out=plan")
    listed = terraform.json("show", "-json", "plan")["resource_changes"]
    changes = {change["address"]: change for change in listed}
    terraform.run("destroy", "-auto-approve")
    return {
        name: Life(
            {
                address: change["change"]["actions"]
                for address, change in changes.items()
                if address.startswith(f"module.{name}.")
            },
            _clients(local_aws, account),
        )
        for name, account in accounts.items()
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_applied_then_unchanged_then_gone(name: str, lives: dict[str, Life]) -> None:
    planned, aws = lives[name].planned, lives[name].aws
    assert planned
    assert planned == {address: ["no-op"] for address in planned}
    assert [bus["Name"] for bus in aws("events").list_event_buses()["EventBuses"]] == ["default"]
    assert not aws("sqs").list_queues().get("QueueUrls", [])
    assert not aws("dynamodb").list_tables()["TableNames"]
    assert not aws("logs").describe_log_groups()["logGroups"]
    assert not aws("iam").list_policies(Scope="Local")["Policies"]


@dataclass
class Bar:
    """A tenant's bar with the extension order-metrics, applied."""

    aws: Callable[[str], Any]
    outputs: dict[str, Any]

    def announce(self, order_id: str, drink: str, ts: int = START, **entry: Any) -> None:
        order = EXAMPLE["drinkOrder"] | {"drink": drink}
        detail = EXAMPLE | {"orderId": order_id, "drinkOrder": order, "TS": ts}
        self.put({"DetailType": "OrderManager.WaitingCompletion", "Detail": json.dumps(detail)} | entry)

    def put(self, entry: dict[str, Any]) -> None:
        answer = self.aws("events").put_events(Entries=[{"Source": BAR, "EventBusName": "nyc"} | entry])
        assert answer["FailedEntryCount"] == 0

    def counted(self, counter: str) -> dict[str, int]:
        items = self.aws("dynamodb").query(
            TableName=self.outputs["table_name"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": counter}},
            ConsistentRead=True,
        )["Items"]
        return {item["sk"]["S"]: int(item["orders"]["N"]) for item in items}

    def dead_letters(self) -> list[str]:
        answer = self.aws("sqs").receive_message(
            QueueUrl=self.outputs["dead_letter_queue_url"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    def idle(self) -> bool:
        """Whether no message waits or is being worked on."""
        numbers = self.aws("sqs").get_queue_attributes(
            QueueUrl=self.outputs["queue_url"],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return not any(int(number) for number in numbers.values())


@pytest.fixture(scope="module")
def bar(local_aws: Running, copied: Callable[[Path], Path], tmp_path_factory: Any) -> Iterator[Bar]:
    account = f"{WORKER + 1:04d}90000001"
    root = copied(tmp_path_factory.mktemp("bar"))
    code = example(ROOT / "extensions" / "order-metrics" / "README.md")
    (root / "main.tf").write_text(f'{code}\noutput "bar" {{\n  value = module.order_metrics\n}}\n')
    terraform = terraform_in(root, local_aws, account)
    terraform.run("init")
    terraform.run("apply", "-auto-approve")
    clients = _clients(local_aws, account)
    yield Bar(clients, terraform.json("output", "-json")["bar"]["value"])
    terraform.run("destroy", "-auto-approve")
    assert not clients("dynamodb").list_tables()["TableNames"]


def _clients(local: Running, account: str) -> Callable[[str], Any]:
    import boto3

    session = boto3.Session(account, "local", region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=local.endpoint)


def test_every_order_is_counted_once_though_its_event_comes_three_times(bar: Bar) -> None:
    orders = {f"o-{n}": ["Espresso", "Flat White", "Caffe Latte"][n % 3] for n in range(30)}
    for copy in range(3):
        for n, (order_id, drink) in enumerate(orders.items()):
            bar.announce(order_id, drink, START + n * MINUTE // 10 + copy)
    # Neither another event nor another source is an order.
    bar.announce("o-98", "Espresso", DetailType="OrderManager.MakeOrder")
    bar.announce("o-99", "Espresso", Source="serverlesspresso.extension.order-robot")
    eventually(lambda: sum(bar.counted("drink").values()) >= len(orders) and bar.idle())
    assert bar.counted("drink") == {"Caffe Latte": 10, "Espresso": 10, "Flat White": 10}
    assert bar.counted("minute") == {f"2026-05-01T09:{minute}Z": 10 for minute in (30, 31, 32)}
    assert bar.dead_letters() == []


def test_what_is_not_an_order_ends_among_the_dead_letters_and_delays_no_other(bar: Bar) -> None:
    queue = bar.outputs["queue_url"]
    # Five attempts at their real distance take a quarter of an hour.
    bar.aws("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    bar.put({"DetailType": "OrderManager.WaitingCompletion", "Detail": '{"orderId": "bad-1"}'})
    bar.announce("good-1", "Americano")
    eventually(lambda: bar.counted("drink").get("Americano") == 1)
    [letter] = eventually(bar.dead_letters)
    assert json.loads(letter)["detail"] == {"orderId": "bad-1"}
    assert bar.counted("drink")["Americano"] == 1


def test_the_function_may_do_what_it_needs_within_the_boundary_and_no_more(bar: Bar) -> None:
    iam, name = bar.aws("iam"), bar.outputs["function_name"]
    boundary = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert boundary.endswith(":policy/nyc--order-metrics--boundary")
    assert not iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    [inline] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
    allowed = {
        statement["Sid"]: (statement["Action"], [arn.split(":", 5)[5] for arn in statement["Resource"]])
        for statement in document["Statement"]
    }
    assert allowed == {
        "CountOrders": (
            ["dynamodb:PutItem", "dynamodb:UpdateItem"],
            ["table/nyc--order-metrics--counters"],
        ),
        "TakeMessages": (
            ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            ["nyc--order-metrics--orders"],
        ),
        "WriteLog": (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            ["log-group:/aws/lambda/nyc--order-metrics--count:*"],
        ),
    }

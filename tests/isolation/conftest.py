"""Two tenants in one account and one region, under names that are as easily mixed up as any can be.

`nyc` begins `nyc-order`, `order` begins `order-metrics`, and with a single hyphen between tenant and
extension nyc's `order-metrics` would be nyc-order's `metrics`.
"""

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE

from presso import snapshot
from presso.aws_access import Access, local_access
from presso.deployment import runs, unit_selection
from presso.deployment.outcome import Action
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.local_aws import Running
from presso.snapshot import Snapshot
from presso.workspace import Workspace

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
BAR = "awsserverlessda.serverlesspresso"
EXAMPLES = Path(__file__).parents[2] / "extensions" / "order-metrics" / "tests" / "events.json"
EXAMPLE = json.loads(EXAMPLES.read_text())[0]["detail"]
TENANTS = {"nyc": ("order", "order-metrics"), "nyc-order": ("metrics", "order-metrics")}
NOON = 1_777_636_800_000  # 2026-05-01T12:00:00Z


@dataclass(frozen=True)
class Traces:
    """Everything that an event can leave in a tenant.

    Args:
        log: The lines of the event log.
        items: The items of all its tables, by extension and key: a counter's value, or 1 for a record.
        said: What the tenant's functions wrote to their logs.
        messages: How many there are in all its queues, dead letters included, also those being worked on.
        executions: Of its player.
    """

    log: Counter[str]
    items: Counter[str]
    said: Counter[str]
    messages: int
    executions: Counter[str]

    def since(self, before: "Traces") -> "Traces":
        """What has come since then; nothing may have gone."""
        pairs = [
            (getattr(before, name), getattr(self, name)) for name in ("log", "items", "said", "executions")
        ]
        assert [old - new for old, new in pairs] == [Counter()] * len(pairs)
        log, items, said, executions = [new - old for old, new in pairs]
        return Traces(log, items, said, self.messages, executions)


@dataclass
class Stage:
    """The tenants with their extensions, all applied."""

    workspace: Workspace
    running: Running
    aws: Access
    tenants: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: TENANTS)
    orders: int = 0

    def run(
        self, action: Action, *patterns: str, how: type[runs.Runs] = runs.Runs, **options: Any
    ) -> dict[str, str]:
        """Plan, apply or destroy units, each of which must succeed; the results by unit."""
        options.setdefault("everything", not patterns)
        selection = unit_selection.select(self.workspace, action, patterns, **options)
        environments = Environments(self.workspace, self.running)
        outcomes = how(self.workspace, selection, action, environments.of, Silent()).execute()
        assert [outcome for outcome in outcomes if outcome.bad] == []
        return {str(outcome.unit): outcome.result for outcome in outcomes}

    def snapshot(self) -> Snapshot:
        """Everything in the account."""
        return snapshot.take(self.aws.client)

    def states(self) -> dict[str, bytes]:
        """Every unit's state file, by its path."""
        folder = self.workspace.home / "state"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("*/*/*.tfstate")}

    def order(self, tenant: str, drink: str = "Espresso", **detail: str) -> str:
        """Put an order on a tenant's bus; its id."""
        self.orders += 1
        said = EXAMPLE | {"orderId": f"isolation-{self.orders:04d}", "eventId": tenant, "TS": NOON} | detail
        entry = {
            "Source": BAR,
            "DetailType": "OrderManager.WaitingCompletion",
            "Detail": json.dumps(said | {"drinkOrder": EXAMPLE["drinkOrder"] | {"drink": drink}}),
            "EventBusName": tenant,
        }
        assert self.aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
        return str(said["orderId"])

    def heard(self, tenant: str, order: str) -> Traces:
        """The traces in a tenant once its log and its extensions have noted this order, and all is quiet."""
        records = {f"{name} order#{order} order" for name in self.tenants[tenant]}
        deadline = time.monotonic() + PATIENCE
        while True:
            # Everything is read only when the queues are empty: that takes a hundred calls.
            if not self._messages(f"{tenant}--") or time.monotonic() >= deadline:
                found = self.traces(tenant)
                logged = any(order in line for line in found.log)
                lacking = records - found.items.keys()
                if logged and not found.messages and not lacking:
                    return found
                assert time.monotonic() < deadline, (
                    f"{order} has not come through in {tenant}: in the log: {logged}; "
                    f"in queues: {found.messages}; not recorded: {sorted(lacking)}"
                )
            time.sleep(0.1)

    def traces(self, tenant: str) -> Traces:
        """What events have left in a tenant until now."""
        states, logs = self.aws.client("stepfunctions"), self.aws.client("logs")
        machine = f"arn:aws:states:us-east-1:{self.aws.account}:stateMachine:{tenant}--player"
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{tenant}--")["logGroups"]
        assert len(groups) >= len(self.tenants[tenant]) - 1  # one may be away just now
        said = [line for group in groups for line in self._lines(group["logGroupName"])]
        executions = states.list_executions(stateMachineArn=machine)["executions"]
        return Traces(
            log=Counter(self._lines(f"/aws/events/{tenant}")),
            items=self.items(tenant),
            said=Counter(said),
            messages=self._messages(f"{tenant}--"),
            executions=Counter(one["executionArn"] for one in executions),
        )

    def _lines(self, group: str) -> list[str]:
        pages = self.aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    def items(self, tenant: str) -> Counter[str]:
        """The items of a tenant's tables, as `Traces` has them."""
        dynamodb = self.aws.client("dynamodb")
        found: Counter[str] = Counter()
        for table in dynamodb.list_tables()["TableNames"]:
            if not table.startswith(f"{tenant}--"):
                continue
            for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
                for item in page["Items"]:
                    key = f"{table.split('--')[1]} {item['pk']['S']} {item['sk']['S']}"
                    found[key] = int(item.get("orders", {"N": "1"})["N"])
        return found

    def _messages(self, prefix: str) -> int:
        sqs = self.aws.client("sqs")
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        numbers = [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"].values()
            for url in sqs.list_queues(QueueNamePrefix=prefix)["QueueUrls"]
        ]
        return sum(int(number) for queue in numbers for number in queue)


@pytest.fixture(scope="session")
def stage(checkout: Path, local_aws: Running, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Applied once per test process; a test that removes something puts it back."""
    account = f"{WORKER + 1:04d}80000001"
    root = tmp_path_factory.mktemp("isolation").resolve()
    (root / "modules").symlink_to(checkout / "modules")
    for name in {name for names in TENANTS.values() for name in names}:
        kept = shutil.ignore_patterns(".terraform*", "__pycache__", "tests")
        shutil.copytree(checkout / "extensions" / "order-metrics", root / "extensions" / name, ignore=kept)
    for name, extensions in TENANTS.items():
        file = root / "tenants" / name / "tenant.yaml"
        file.parent.mkdir(parents=True)
        listed = ", ".join(extensions)
        file.write_text(f"name: {name}\ntitle: T\naccount: '{account}'\nextensions: [{listed}]\n")
    made = Stage(Workspace(root, root / ".presso"), local_aws, local_access(local_aws.endpoint, account))
    made.run("apply")
    return made  # it goes with the local AWS


@pytest.fixture
def before(stage: Stage) -> Callable[[], dict[str, Traces]]:
    """`before()`: the traces in every tenant, after an order of its own in each: both are seen to hear."""
    return lambda: {tenant: stage.heard(tenant, stage.order(tenant)) for tenant in stage.tenants}

"""The environment of an extension: two disposable tenants, in a local AWS of the gate's own."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from presso import aws_access, confinement, folder_size, platform_settings, snapshot
from presso.extension_tree import LEFT_OUT_FOLDERS
from presso.gate.model import Facts
from presso.local_aws import LocalAws, Running, emulator_sandbox
from presso.patience import Patience
from presso.snapshot import Snapshot
from presso.tenants import ExtensionUse, Tenant
from presso.terraform.confined_terraform import ConfinedTerraform
from presso.terraform.json_stream import Transcript
from presso.units import unit_folder
from presso.units.unit import Unit
from presso.workspace import Workspace, brought

SECONDS = 30.0
# Next door is a copy of the demo extension: its queue, function and table could be disturbed.
_MODEL = "order-metrics"
_INIT = ("init", "-input=false", "-json")
_APPLY = ("apply", "-auto-approve", "-input=false", "-json", "-lock=false")
# What is planned again before it is destroyed was read then.
_DESTROY = (*_APPLY, "-destroy", "-refresh=false")
_PLAN = ("plan", "-input=false", "-json", "-lock=false")


class Stack:
    """The gate's own local AWS with IAM enforced, and a folder; both are removed on exit.

    Args:
        checkout: The checkout with the modules.

    Attributes:
        boxed: Whether its parts are in boxes of their own (`presso.confinement`).
    """

    def __init__(self, checkout: Workspace) -> None:
        self.checkout = checkout
        self.boxed = not confinement.lacking()

    def __enter__(self) -> Stack:
        """Start it.

        Raises:
            PressoError: It does not start.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="presso-sandbox-")).resolve()
        self.local = LocalAws.of_this_process(
            self.folder / "local", enforce_iam=True, confined=self.folder, forget=True
        )
        try:
            self.running: Running = self.local.ensure()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, with everything that runs in it."""
        self.local.stop()
        folder_size.remove(self.folder)

    def journal(self, offset: int) -> tuple[list[dict[str, Any]], int]:
        """The emulator's records from an offset on, and the next offset."""
        if not self.local.journal.exists():
            return [], offset
        with self.local.journal.open("rb") as file:
            file.seek(offset)
            written = file.read()
        whole = written[: written.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()], offset + len(whole)

    def recorded(self) -> int:
        """The number of bytes of the emulator's records."""
        return self.local.journal.stat().st_size if self.local.journal.exists() else 0

    def patience(self) -> Patience:
        """A clock that counts the seconds in which this local AWS could run."""
        return Patience(self.local.processes())

    def overfull(self) -> list[str]:
        """Report when the folder exceeds its size limit; in a box the kernel enforces it."""
        if self.boxed or folder_size.measured(self.folder) <= emulator_sandbox.MOST_SPACE:
            return []
        return [f"it filled more than {emulator_sandbox.MOST_SPACE >> 20} MB"]


@dataclass
class SandboxEnvironment:
    """A tenant and a neighbouring one, each with another extension, in an account of their own.

    Args:
        stack: The local AWS.
    """

    stack: Stack
    facts: Facts = field(
        default_factory=lambda: replace(Facts.made_up(""), neighbour=Facts.made_up("").tenant)
    )
    next_door: str = field(
        default_factory=lambda: random.SystemRandom().choice(("menu", "tips", "till")) + "-board"
    )

    def __post_init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="sandbox-", dir=self.stack.folder))
        self.workspace = Workspace(self.root, self.root / ".presso")
        account, region = self.facts.account, self.facts.region
        self.client: Callable[[str], Any] = cache(
            aws_access.local_access(self.stack.running.endpoint, account, region).client
        )
        self.terraform = ConfinedTerraform(
            self.root,
            self.stack.checkout.modules,
            self.stack.running.control,
            SECONDS,
            settings={"AWS_ENDPOINT_URL": self.stack.running.endpoint, "AWS_EC2_METADATA_DISABLED": "true"},
            servers=self.stack.local.processes(),
        )

    @property
    def tenants(self) -> tuple[str, str]:
        """The tenant, and its neighbour."""
        return self.facts.tenant, self.facts.neighbour

    def set_up(self) -> None:
        """Apply both tenants and the neighbouring extensions.

        Raises:
            Refused, TooLong: The platform's own Terraform fails here.
        """
        self.terraform.prepare()
        (self.root / "modules").symlink_to(self.stack.checkout.modules)
        kept = self.stack.checkout.root / ".presso" / "packages"
        kept.mkdir(parents=True, exist_ok=True)
        self.workspace.home.mkdir(exist_ok=True)
        (self.workspace.home / "packages").symlink_to(kept)
        if (settings := self.stack.checkout.root / platform_settings.FILE).is_file():
            (self.root / settings.name).symlink_to(settings)
        self.bring(brought() / "extensions" / _MODEL, self.next_door)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.apply, (Unit(tenant) for tenant in self.tenants)))
            list(pool.map(self.apply, (Unit(tenant, self.next_door) for tenant in self.tenants)))

    def bring(self, root: Path, name: str) -> None:
        """Copy an extension here, without files that are in no extension's tree."""
        left_out = shutil.ignore_patterns(*LEFT_OUT_FOLDERS)
        place = self.workspace.extensions / name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(root, place, ignore=left_out, symlinks=True)

    def apply(self, unit: Unit) -> None:
        """Apply a unit.

        Raises:
            Refused, TooLong: The apply failed.
        """
        unit_folder.write(self.workspace, unit, self._tenant(unit))
        self.terraform.run(unit.folder(self.workspace), _INIT, _APPLY)

    def changes(self, unit: Unit) -> list[str]:
        """The changes in a plan of an applied unit: the action and the address of each."""
        output = self.terraform.run(unit.folder(self.workspace), _PLAN)
        return [f"{change.action} {change.address}" for change in Transcript.of(output).planned]

    def state(self, unit: Unit) -> dict[str, Any]:
        """A unit's state, as `terraform show -json` prints it."""
        found: dict[str, Any] = json.loads(self.terraform.run(unit.folder(self.workspace), ("show", "-json")))
        return found

    def destroy(self, unit: Unit) -> None:
        """Destroy a unit.

        Raises:
            Refused, TooLong: The destroy failed.
        """
        self.terraform.run(unit.folder(self.workspace), _DESTROY)

    def delete_log_groups(self, names: Collection[str]) -> None:
        """Delete log groups of functions, as far as they exist."""
        logs = self.client("logs")
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/")
        for name in [group["logGroupName"] for page in pages for group in page["logGroups"]]:
            if name in names:
                logs.delete_log_group(logGroupName=name)

    def snapshot(self) -> Snapshot:
        """Every resource in the account."""
        return snapshot.take(self.client)

    def _tenant(self, unit: Unit) -> Tenant:
        use = [ExtensionUse(name=unit.extension)] if unit.extension else []
        return Tenant(
            name=unit.tenant,
            title="A tenant of the gate's",
            region=self.facts.region,
            account=self.facts.account,
            player=False,
            extensions=use,
        )

    def facts_of(self, extension: str) -> Facts:
        """The facts for an extension in this environment."""
        prefix = platform_settings.load(self.stack.checkout).sources.prefix
        return replace(self.facts, extension=extension, source_prefix=prefix)

    def log(self, tenant: str) -> Iterator[dict[str, Any]]:
        """Every event that was on a tenant's bus."""
        pages = (
            self.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=f"/aws/events/{tenant}")
        )
        for page in pages:
            yield from (json.loads(event["message"]) for event in page["events"])

    def executions(self, arn: str) -> list[dict[str, Any]]:
        """The executions of a state machine; an express one keeps no list of them."""
        states = self.client("stepfunctions")
        if states.describe_state_machine(stateMachineArn=arn)["type"] == "EXPRESS":
            return []
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=arn)
        return [execution for page in pages for execution in page["executions"]]

    def contents(self, tenant: str) -> dict[str, Any]:
        """The content of a tenant's tables and queues and of the neighbouring extension, without its name."""
        prefix = f"{tenant}--{self.next_door}--"
        found: dict[str, Any] = {}
        dynamodb = self.client("dynamodb")
        for table in dynamodb.list_tables()["TableNames"]:
            if table.startswith(prefix):
                pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
                items = [
                    {k: v for k, v in i.items() if k != "expires"} for page in pages for i in page["Items"]
                ]
                found[f"table {table.removeprefix(prefix)}"] = sorted(
                    json.dumps(i, sort_keys=True) for i in items
                )
        for name, number in self.messages(f"{tenant}--").items():
            if name.startswith(prefix) or name.count("--") == 1:
                found[f"queue {name.removeprefix(f'{tenant}--{self.next_door}--')}"] = sum(number)
        return json.loads(json.dumps(found).replace(tenant, "<tenant>"))  # type: ignore[no-any-return]

    def messages(self, prefix: str, wanted: Callable[[str], bool] = bool) -> dict[str, tuple[int, int]]:
        """The numbers of waiting and in-flight messages in each queue whose name has this prefix.

        Args:
            prefix: The prefix.
            wanted: Returns whether a queue's messages are to be counted, by its name.
        """
        sqs = self.client("sqs")
        attributes = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = {}
        for url in sqs.list_queues(QueueNamePrefix=prefix).get("QueueUrls", ()):
            if wanted(name := url.rpartition("/")[2]):
                numbers = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(attributes))
                waiting, working = (int(numbers["Attributes"][each]) for each in attributes)
                found[name] = waiting, working
        return found

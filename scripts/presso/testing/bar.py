"""A bar for extensions' tests: a tenant on the local AWS with all of them in it, and a replay in it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from presso import extensions, platform_settings, snapshot
from presso.awake_clock import AwakeClock
from presso.aws_access import Access, local_access
from presso.deployment import runs, unit_selection
from presso.deployment.outcome import Action
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.errors import UsageError
from presso.local_aws import Running
from presso.simulation import function_faults, scenarios
from presso.simulation.function_faults import FunctionFault
from presso.simulation.player import Player
from presso.testing.webhook import Webhook, WebhookCall, listening
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

TENANT = "nyc"
SETTINGS = "played.yaml"
ONE_ORDER = "one-order"
_PATIENCE_SECONDS = 60.0
_LOOKED_EVERY = 2.0
_WAITING = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


@dataclass(frozen=True)
class PlayedSettings:
    """What an extension's `tests/played.yaml` sets, if there is one."""

    scenario: str = ONE_ORDER
    variables: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, extension: Path) -> PlayedSettings:
        """Read those of an extension.

        Raises:
            UsageError: The file is not YAML, or has something else.
        """
        path = extension / "tests" / SETTINGS
        if not path.is_file():
            return cls()
        found = YamlFile.read(path, str(path)).data or {}
        types = {"scenario": str, "variables": dict}
        if not isinstance(found, dict) or not all(
            isinstance(value, types.get(name, ())) for name, value in found.items()
        ):
            raise UsageError(
                f"{path}: only scenario (a name) and variables (an object) are allowed.",
                hint="Such as: scenario: quarter-hour",
            )
        return cls(**found)


@dataclass
class Bar:
    """A tenant with extensions, in an account of its own.

    Args:
        workspace: The checkout of the extensions; its home and its tenant are made for this.
        running: The local AWS.
        account: The account.
        names: The extensions.
    """

    workspace: Workspace
    running: Running
    account: str
    names: Sequence[str]
    aws: Access = field(init=False)
    webhook: Webhook = field(init=False)
    # Every event of the replay, as it came over the bus, and no later one.
    heard: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        """Write the tenant's file."""
        self.aws = local_access(self.running.endpoint, self.account)
        self.sources = platform_settings.load(self.workspace).sources
        self._settings = {name: PlayedSettings.of(self.workspace.extensions / name) for name in self.names}
        tenant = {
            "name": TENANT,
            "title": "A bar for tests",
            "account": self.account,
            "extensions": [
                {"name": name, "variables": dict(settings.variables)}
                for name, settings in self._settings.items()
            ],
        }
        file = self.workspace.tenants / TENANT / "tenant.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(yaml.safe_dump(tenant), encoding="utf-8")

    @contextmanager
    def open(self) -> Iterator[Bar]:
        """Apply everything, play, and destroy the extensions again; nothing of them may be left.

        The tenant's platform goes with its local AWS, which is for tests alone.
        """
        self._run("apply", TENANT)
        before = snapshot.take(self.aws.client)
        extensions = f"{TENANT}/*"
        with listening() as self.webhook:
            try:
                self._run("apply", extensions)
                self._divert()
                self._play()
                yield self
            finally:
                self._run("destroy", extensions)
        left = snapshot.differences(before, snapshot.take(self.aws.client))
        assert not left, f"the destroy did not leave the tenant as it was: {'; '.join(left)}"

    def _run(self, action: Action, units: str) -> None:
        selection = unit_selection.select(self.workspace, action, [units])
        environments = Environments(self.workspace, self.running)
        outcomes = runs.Runs(self.workspace, selection, action, environments.of, Silent()).execute()
        bad = [f"{outcome.unit}: {outcome}" for outcome in outcomes if outcome.bad]
        assert not bad, "\n".join(bad)

    def _divert(self) -> None:
        """Let API destinations call the webhook of these tests. AWS, and so the modules, take https only."""
        events = self.aws.client("events")
        for destination in events.list_api_destinations()["ApiDestinations"]:
            name = destination["Name"]
            events.update_api_destination(Name=name, InvocationEndpoint=f"{self.webhook.url}/{name}")

    def _play(self) -> None:
        """Replay the scenarios, then put an example of each consumed event that they lack."""
        events: list[scenarios.Event] = []
        folder = scenarios.folder(self.workspace.root)
        known = scenarios.names(folder)
        wanted = {settings.scenario for settings in self._settings.values()}
        # A platform of its own has no scenario of one order.
        names = {scenarios.default(known) if name == ONE_ORDER not in known else name for name in wanted}
        for name in sorted(names):
            Player(self.aws.client, TENANT, self.sources.default).play(name, 1000)
            events += scenarios.find(folder, name, self.sources.default).events
        played = {event.detail_type for event in events}
        lacking = sorted({name for each in self.names for name in self.consumed(each)} - played)
        entries = [entry for name in lacking for entry in self._example(name)]
        self.put(*entries)
        sources = [event.source for event in events] + [entry["Source"] for entry in entries]
        own = {self.sources.of(name) for name in self.names}
        # The extensions' own may be more by now.
        expected = len([source for source in sources if source not in own])
        _await(lambda: len([e for e in self.events() if e["source"] not in own]) >= expected, lambda: ())
        self.heard = self.events()

    def put(self, *entries: Mapping[str, Any]) -> None:
        """Put events on the bus, entries as of PutEvents; the source is the core's where there is none."""
        for first in range(0, len(entries), 10):
            batch = [
                {"Source": self.sources.default, "EventBusName": TENANT, **entry}
                for entry in entries[first : first + 10]
            ]
            answer = self.aws.client("events").put_events(Entries=batch)
            assert not answer["FailedEntryCount"], answer

    def _example(self, name: str) -> Iterator[dict[str, str]]:
        from presso.catalog.events import Catalog

        for event in Catalog.load(self.workspace).named(name):
            for example in event.examples[:1]:
                yield {"Source": event.source, "DetailType": name, "Detail": json.dumps(example.detail)}

    def consumed(self, name: str) -> list[str]:
        """The events that an extension declares under consumes."""
        return list(extensions.load(self.workspace, name).consumes)

    def events(self) -> list[dict[str, Any]]:
        """Every event that has come over the bus by now."""
        return [json.loads(line) for line in lines(self.aws, f"/aws/events/{TENANT}")]


@dataclass(frozen=True)
class Played:
    """What an extension made of the replay."""

    name: str
    bar: Bar

    @property
    def prefix(self) -> str:
        """What the names of its things begin with."""
        return f"{TENANT}--{self.name}--"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that it listens to, as they came over the bus."""
        wanted, own = self.bar.consumed(self.name), self.bar.sources.of(self.name)
        return [e for e in self.bar.heard if e["detail-type"] in wanted and e["source"] != own]

    def emitted(self) -> list[dict[str, Any]]:
        """The events that it has emitted by now."""
        own = self.bar.sources.of(self.name)
        return [event for event in self.bar.events() if event["source"] == own]

    def logged(self, function: str) -> list[dict[str, Any]]:
        """What a function has logged by now, as far as it is JSON."""
        found = lines(self.bar.aws, f"/aws/lambda/{self.prefix}{function}")
        return [json.loads(line) for line in found if line.startswith("{")]

    def items(self, table: str) -> list[dict[str, str]]:
        """The items that a table has by now: names of attributes with their values, as text."""
        pages = self.bar.aws.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=f"{self.prefix}{table}", ConsistentRead=True)
        return [
            {name: str(next(iter(value.values()))) for name, value in item.items()}
            for page in found
            for item in page["Items"]
        ]

    def executions(self, workflow: str) -> list[str]:
        """The states of a workflow's executions by now, such as SUCCEEDED."""
        arn = f"arn:aws:states:us-east-1:{self.bar.account}:stateMachine:{self.prefix}{workflow}"
        found = self.bar.aws.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
        return [execution["status"] for execution in found]

    def invoke(self, function: str, event: Mapping[str, Any] | None = None) -> None:
        """Start a function, as a schedule would; it must succeed."""
        payload = json.dumps(event or {})
        answer = self.bar.aws.client("lambda").invoke(
            FunctionName=f"{self.prefix}{function}", Payload=payload
        )
        said = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, said

    def calls(self, destination: str) -> list[WebhookCall]:
        """What an API destination has sent by now. With any endpoint, it calls a webhook of the tests."""
        return [call for call in self.bar.webhook.calls if call.path == f"/{self.prefix}{destination}"]

    def send(self, queue: str, body: str, attributes: Mapping[str, str] | None = None) -> None:
        """Put a message into one of its queues."""
        sqs = self.bar.aws.client("sqs")
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=f"{self.prefix}{queue}")["QueueUrl"],
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in (attributes or {}).items()
            },
        )

    def dead_letters(self) -> list[str]:
        """What is in its dead-letter queues by now; it stays there."""
        sqs = self.bar.aws.client("sqs")
        queues = sqs.list_queues(QueueNamePrefix=self.prefix).get("QueueUrls", [])
        return [
            message["Body"]
            for url in queues
            if url.endswith("--dead-letters")
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get(
                "Messages", []
            )
        ]

    def put(self, detail_type: str, detail: Mapping[str, Any], **entry: Any) -> None:
        """Put an event on the bus, from the bar unless `Source` is given; `Time` may be, too."""
        self.bar.put({"DetailType": detail_type, "Detail": json.dumps(detail), **entry})

    def settled(self) -> bool:
        """Whether no message waits or is worked on, in its queues, and none of its workflows runs."""
        return not self._waiting() and "RUNNING" not in [run["status"] for run in self._runs()]

    def failed(self, *words: str) -> list[str]:
        """The inputs of its executions that failed; only those with one of these words."""
        states = self.bar.aws.client("stepfunctions")
        inputs = [
            str(states.describe_execution(executionArn=run["executionArn"])["input"])
            for run in self._runs()
            if run["status"] == "FAILED"
        ]
        return [text for text in inputs if any(word in text for word in words)]

    def _waiting(self) -> int:
        sqs = self.bar.aws.client("sqs")
        queues = sqs.list_queues(QueueNamePrefix=self.prefix).get("QueueUrls", [])
        return sum(
            int(number)
            for url in queues
            if not url.endswith("--dead-letters")
            for number in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_WAITING)[
                "Attributes"
            ].values()
        )

    def _runs(self) -> Iterator[dict[str, Any]]:
        states = self.bar.aws.client("stepfunctions")
        for machine in states.list_state_machines()["stateMachines"]:
            if machine["name"].startswith(self.prefix):
                yield from states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]

    def eventually(self, holds: Callable[[], Any]) -> Any:
        """Wait until something holds, and return it.

        The test fails when it does not within a minute, or when a function does not start; it names the
        errors in the functions' logs.
        """
        return _await(holds, self._faults)

    def _faults(self) -> list[FunctionFault]:
        return list(function_faults.read(self.bar.aws.client("logs"), self.prefix))


def _await(holds: Callable[[], Any], faults: Callable[[], Iterable[FunctionFault]]) -> Any:
    clock, looked = AwakeClock(), 0.0
    while not (found := holds()):
        now = clock.seconds()
        if now - looked > _LOOKED_EVERY or now > _PATIENCE_SECONDS:
            looked, known = now, list(faults())
            said = "".join(f"\n{fault}" for fault in known)
            assert not any(fault.at_start for fault in known), f"a function does not start:{said}"
            over = f"not reached within {_PATIENCE_SECONDS:g} s"
            assert now < _PATIENCE_SECONDS, f"{over}; these functions failed:{said}" if said else over
        time.sleep(0.1)
    return found


def lines(aws: Access, group: str) -> list[str]:
    """The messages in a log group, in their order."""
    pages = aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"].strip() for page in pages for event in page["events"]]


def workspace_of(extension: Path, home: Path) -> Workspace:
    """The checkout that an extension's folder is in, with a home and tenants apart from its own."""
    return Workspace(extension.parents[1], home / "home", home / "tenants")

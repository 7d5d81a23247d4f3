"""What a demo shows: two tenants, an extension in both, a scenario in one, and what it makes of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from presso import extensions, platform_settings
from presso.aws_access import Access
from presso.errors import UsageError
from presso.platform_settings import PlatformSettings
from presso.simulation import scenarios
from presso.simulation.scenarios import Scenario
from presso.workspace import Workspace


@dataclass(frozen=True)
class Story:
    """A demo of the coffee bar: its extension counts drinks.

    Args:
        tenants: Their names with their titles: the one that replays, and the one that must not notice.
        extension: The extension in both; "" for none.
        scenario: What is replayed.
        speed: How many times as fast as it happened.
        platform: Whose events they are.
    """

    tenants: Mapping[str, str]
    extension: str
    scenario: str
    speed: float
    platform: PlatformSettings = field(default=platform_settings.BAR)

    # How long what was counted must not change before it is complete.
    settles = 0.0

    @property
    def played(self) -> str:
        """The tenant that replays."""
        return next(iter(self.tenants))

    @property
    def silent(self) -> str:
        """The tenant that must not notice."""
        return [*self.tenants][1]

    def opening(self) -> tuple[str, str]:
        """What is going to happen."""
        return (
            f"Two coffee bars, {self.played} and {self.silent}, in one AWS account; "
            "each has an event bus of its own.",
            f"An extension, {self.extension}, counts drinks. {self.played} gets guests; "
            f"{self.silent} must not notice.",
        )

    def expected(self, scenario: Scenario) -> dict[str, int]:
        """What the extension is to count in the tenant that replays."""
        return scenarios.counts(scenario.events).drinks

    def counted(self, aws: Access, tenant: str) -> dict[str, int]:
        """What it has counted there by now."""
        page = aws.client("dynamodb").query(
            TableName=f"{tenant}--{self.extension}--counters",
            KeyConditionExpression="pk = :drink",
            ExpressionAttributeValues={":drink": {"S": "drink"}},
        )
        return {item["sk"]["S"]: int(item["orders"]["N"]) for item in page["Items"]}

    def is_complete(self, counted: Mapping[str, int], expected: Mapping[str, int]) -> bool:
        """Whether it has counted what it was to count."""
        return counted == expected

    def proof(self) -> str:
        """What `is_complete` proves, in words."""
        drinks = f"the drinks that {self.extension} counted in {self.played}"
        return f"{drinks} are the scenario's own, drink for drink"

    def silence(self) -> str:
        """What is proved of the tenant that must not notice."""
        nothing = f", its {self.extension} counted nothing" if self.extension else ""
        return f"{self.silent} was silent: its log heard the demo's own probe alone{nothing}"


@dataclass(frozen=True)
class OwnStory(Story):
    """A demo of a platform with events of its own: any extension leaves traces of what it handles."""

    settles = 2.0

    def opening(self) -> tuple[str, str]:
        """What is going to happen."""
        place, thing = self.platform.words.place, self.platform.words.thing
        extension = f"An extension, {self.extension}, is in both. " if self.extension else ""
        return (
            f"Two tenants, {self.played} and {self.silent}, in one AWS account: "
            f"each is a {place} with an event bus of its own.",
            f"{extension}{self.played} gets events of each {thing}; {self.silent} must not notice.",
        )

    def expected(self, scenario: Scenario) -> dict[str, int]:
        """The events that the extension consumes: how many there are of each."""
        if not self.extension:
            return {}
        return scenarios.counts(scenario.events).detail_types

    def counted(self, aws: Access, tenant: str) -> dict[str, int]:
        """Its traces by now: lines in the logs of its functions, items of its tables, executions."""
        if not self.extension:
            return {}
        prefix = f"{tenant}--{self.extension}--"
        found = {
            "log lines": _log_lines(aws, prefix),
            "items": _items(aws, prefix),
            "executions": _executions(aws, prefix),
        }
        return {what: number for what, number in found.items() if number}

    def is_complete(self, counted: Mapping[str, int], expected: Mapping[str, int]) -> bool:
        """Whether it has left traces."""
        return bool(counted) or not expected

    def proof(self) -> str:
        """What `is_complete` proves, in words."""
        return f"{self.extension} handled events in {self.played}" if self.extension else ""


def _log_lines(aws: Access, prefix: str) -> int:
    logs = aws.client("logs")
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{prefix}")
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    read = logs.get_paginator("filter_log_events")
    return sum(len(page["events"]) for group in groups for page in read.paginate(logGroupName=group))


def _items(aws: Access, prefix: str) -> int:
    dynamodb = aws.client("dynamodb")
    pages = dynamodb.get_paginator("list_tables").paginate()
    names = [name for page in pages for name in page["TableNames"] if name.startswith(prefix)]
    return sum(
        page["Count"]
        for name in names
        for page in dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    )


def _executions(aws: Access, prefix: str) -> int:
    states = aws.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    standard = [
        m["stateMachineArn"] for m in machines if m["name"].startswith(prefix) and m["type"] == "STANDARD"
    ]
    return sum(len(states.list_executions(stateMachineArn=arn)["executions"]) for arn in standard)


def own(workspace: Workspace, platform: PlatformSettings) -> Story:
    """Return the story of a platform with events of its own.

    Raises:
        UsageError: It has no scenario, or not the one or the extension that presso.yaml names.
    """
    asked = platform.demo
    folder = scenarios.folder(workspace.root)
    scenario = asked.scenario or scenarios.default(scenarios.names(folder))
    if not scenario:
        raise UsageError(
            f"There is no scenario in {workspace.shown(folder)}.",
            hint="Write one: docs/guides/platform.md of presso has an example.",
        )
    scenarios.find(folder, scenario, platform.sources.default)
    known = extensions.names_of(workspace)
    if asked.extension and asked.extension not in known:
        raise UsageError(
            f"{platform_settings.FILE}: demo.extension: there is no extension {asked.extension}.",
            hint=f"There are: {', '.join(known) or 'none'}.",
        )
    extension = asked.extension or next(iter(known), "")
    titles = {name: name.capitalize() for name in asked.tenants}
    return OwnStory(titles, extension, scenario, float(asked.speed), platform)

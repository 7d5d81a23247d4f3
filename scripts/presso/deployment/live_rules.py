"""The rules that are deployed on a tenant's bus, independent of the checkout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from presso import tenants
from presso.aws_access import Access, access
from presso.catalog.rule import Rule, RuleTarget
from presso.catalog.rules import Rules
from presso.errors import PressoError
from presso.names import PLATFORM
from presso.units.unit import Unit
from presso.workspace import Workspace

_KINDS = {
    "events": "bus",
    "kinesis": "stream",
    "lambda": "function",
    "logs": "log group",
    "sns": "topic",
    "sqs": "queue",
    "states": "workflow",
}


def deployed(workspace: Workspace, tenant: str) -> Rules:
    """The rules of a tenant as they are deployed now.

    Raises:
        UsageError: There is no such tenant.
        PressoError: The tenant is not applied, or AWS cannot be reached or refuses.
    """
    return on_bus(access(workspace, tenants.load(workspace, tenant)), tenant)


def on_bus(way: Access, tenant: str) -> Rules:
    """The rules on a tenant's bus.

    Raises:
        PressoError: The tenant is not applied, or AWS cannot be reached or refuses.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = tuple(sorted(_rules(way, tenant), key=lambda rule: (rule.owner, rule.name)))
    except way.client("events").exceptions.ResourceNotFoundException:
        raise PressoError(
            f"The tenant {tenant} has no bus.", hint=f"Apply it first: presso apply {tenant}"
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise PressoError(f"The rules of {tenant} cannot be read: {error}") from None
    return Rules(found)


def _rules(way: Access, tenant: str) -> Iterator[Rule]:
    events = way.client("events")
    events.describe_event_bus(Name=tenant)
    for page in events.get_paginator("list_rules").paginate(EventBusName=tenant):
        for rule in page["Rules"]:
            # EventBridge's own rules for an archive have no owner here.
            if "EventPattern" in rule and not rule.get("ManagedBy"):
                yield _rule(way, tenant, rule)


def _rule(way: Access, tenant: str, rule: dict[str, Any]) -> Rule:
    owner, name = owner_of(tenant, rule["Name"])
    pages = way.client("events").get_paginator("list_targets_by_rule")
    targets = pages.paginate(Rule=rule["Name"], EventBusName=tenant)
    arns = [target["Arn"] for page in targets for target in page["Targets"]]
    disabled = "" if rule["State"].startswith("ENABLED") else "it is disabled"
    return Rule(
        owner=owner,
        name=name,
        pattern=json.loads(rule["EventPattern"]),
        targets=tuple(_target(way, tenant, arn) for arn in arns),
        file=rule["Arn"],
        extension=owner != PLATFORM,
        problem=disabled,
    )


def owner_of(tenant: str, name: str) -> tuple[str, str]:
    """Whose a resource is by its name, and what it is called there: `nyc--wait-times--orders`."""
    unit = Unit.owning(tenant, name)
    return (unit.part, name.removeprefix(unit.prefix)) if unit else (PLATFORM, name)


def _target(way: Access, tenant: str, arn: str) -> RuleTarget:
    service = arn.split(":")[2]
    name = arn.split(":", 5)[5].removesuffix(":*")
    if name.startswith("api-destination/"):  # which its service calls by name and id
        return RuleTarget("API destination", owner_of(tenant, name.split("/")[1])[1])
    for prefix in ("function:", "stateMachine:", "log-group:", "event-bus/"):
        name = name.removeprefix(prefix)
    feeds: tuple[str, ...] = ()
    if service == "sqs":
        mappings = way.client("lambda").list_event_source_mappings(EventSourceArn=arn)
        functions = [found["FunctionArn"].split(":")[6] for found in mappings["EventSourceMappings"]]
        feeds = tuple(owner_of(tenant, function)[1] for function in functions)
    return RuleTarget(_KINDS.get(service, service), owner_of(tenant, name)[1], feeds)

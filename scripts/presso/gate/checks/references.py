"""Promise 1: an extension points only at its own resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from presso.gate import unknown_values
from presso.gate.attributes import unclassified
from presso.gate.check import check
from presso.gate.checks import workflows
from presso.gate.checks.events import patterns, possible
from presso.gate.model import Hit, Model, Resource
from presso.gate.ownership import Ownership, names_in, pointed
from presso.gate.resource_types import RESOURCE_TYPES, ResourceType
from presso.json_text import NotJson, loads

# Endpoints of subscriptions that are not resources. Not `sms`: an account has one limit of spending on it.
_OUTSIDE = frozenset({"email", "email-json", "http", "https"})
_AWS_KEYS = ("alias/aws/", "arn:{partition}:kms:{region}:{account}:alias/aws/")


def _foreign(
    model: Model, attributes: Callable[[ResourceType], tuple[str, ...]]
) -> Iterator[tuple[Resource, str, str]]:
    """Yield resources with an attribute of these, and its value, that names another's resource."""
    own = Ownership.of(model)
    for resource in model.managed:
        kind = RESOURCE_TYPES.get(resource.type)
        for attribute, value in pointed(resource, attributes(kind) if kind else ()):
            if isinstance(value, str) and not own.owns(value, attribute):
                yield resource, attribute, value


@check(
    "P1-010",
    "Events, messages and failures go to the extension's own",
    why="A target, dead-letter queue, destination, subscription or alarm action that belongs to the core or "
    "a neighbour delivers data to it that it does not expect. All of an account share "
    "one limit of spending on text messages.",
    fix="Point at a resource of the extension by reference; to notify others, emit an event.",
    bad='arn = "arn:aws:sqs:us-east-1:111111111111:${var.context.tenant}--dead-letters"',
    good="arn = aws_sqs_queue.default.arn",
)
def sends(model: Model) -> Iterator[Hit]:
    """Yield what is delivered to others."""
    for resource, attribute, value in _foreign(model, lambda kind: kind.sends):
        if attribute == "endpoint" and resource.values.get("protocol") in _OUTSIDE:
            if list(names_in(value, model.facts.tenant)):
                yield Hit(resource.at(attribute), f"{attribute} of {resource.address} is {value}")
            continue
        if value == model.facts.bus_arn and _emits(resource):
            continue
        yield Hit(resource.at(attribute), f"{attribute} of {resource.address} is {value}")
    for resource in model.of("aws_s3_bucket_notification"):
        if resource.values.get("eventbridge") is True:
            what = f"{resource.address} sends its bucket's events to the account's default bus"
            yield Hit(resource.at("eventbridge"), what)
    yield from workflows.foreign(model)


def _emits(resource: Resource) -> bool:
    """Whether it is a schedule or a pipe that puts an event with its own source on the bus."""
    return resource.type in ("aws_scheduler_schedule", "aws_pipes_pipe")


@check(
    "P1-011",
    "It reads only from its own resources",
    why="A consumer of another's queue, stream, topic, bucket or table takes data that was meant for the "
    "other, or reads data that it must not see.",
    fix="Route the event by a rule on the tenant's bus to a queue of the extension (module event-queue).",
    bad='event_source_arn = "arn:aws:sqs:…:nyc--order-metrics--orders"',
)
def takes(model: Model) -> Iterator[Hit]:
    """Yield what is read from others."""
    for resource, attribute, value in _foreign(model, lambda kind: kind.takes):
        yield Hit(resource.at(attribute), f"{attribute} of {resource.address} is {value}")


@check(
    "P1-012",
    "It configures only its own resources",
    why="A policy, a version, a rule's target or an item on another's resource changes that resource, "
    "and disappears with the extension.",
    fix="Name the extension's own resource by reference.",
    bad='queue_url = "https://sqs.…/nyc--dead-letters"',
    good="queue_url = aws_sqs_queue.default.url",
)
def parts(model: Model) -> Iterator[Hit]:
    """Yield settings of others' resources."""
    for resource, attribute, value in _foreign(model, lambda kind: kind.of):
        if (attribute, value) == ("group_name", "default"):
            continue  # every account has a default group
        yield Hit(resource.at(attribute), f"{attribute} of {resource.address} is {value}")


@check(
    "P1-013",
    "Services act as the extension's own roles",
    why="A function, rule or workflow with another's role has the other's rights, not "
    "limited by this extension's boundary.",
    fix="Give it a role of the extension, with the boundary in var.context.boundary_arn.",
    bad='role = "arn:aws:iam::…:role/nyc--player"',
)
def roles(model: Model) -> Iterator[Hit]:
    """Yield what acts with others' roles."""
    for resource, attribute, value in _foreign(model, lambda kind: kind.roles):
        yield Hit(resource.at(attribute), f"{resource.address} acts as {value}")


@check(
    "P1-014",
    "Encryption uses the extension's own keys, or AWS's",
    why="Data encrypted with another's key is lost when that key is deleted, and the key's policy must admit "
    "the extension.",
    fix="Leave it out (AWS's own key is used), or create an aws_kms_key in the extension.",
)
def keys(model: Model) -> Iterator[Hit]:
    """Yield keys of others."""
    of_aws = tuple(map(model.facts.fill, _AWS_KEYS))
    for resource, attribute, value in _foreign(model, lambda kind: kind.keys):
        if not value.startswith(of_aws) and value != "AWS_OWNED_KMS_KEY":
            yield Hit(resource.at(attribute), f"{resource.address} is encrypted by {value}")


@check(
    "P1-015",
    "Rules are on the tenant's bus",
    why="A rule on the account's default bus, or on another tenant's, receives events of other tenants.",
    fix="event_bus_name = var.context.bus_name; for a schedule use aws_scheduler_schedule.",
    bad='event_bus_name = "default"',
    good="event_bus_name = var.context.bus_name",
)
def buses(model: Model) -> Iterator[Hit]:
    """Yield rules and targets on other buses."""
    ours = (model.facts.tenant, model.facts.bus_arn)
    for resource in model.of("aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"):
        bus = resource.values.get("event_bus_name") or "default"
        if isinstance(bus, str) and bus not in ours:
            yield Hit(resource.at("event_bus_name"), f"{resource.address} is on the bus {bus}")


# Attributes that other checks judge.
_ELSEWHERE = frozenset(
    (
        *("assume_role_policy", "definition", "inline_policy", "managed_policy_arns", "policy", "policy_arn"),
        *("policy_arns", "redrive_allow_policy", "redrive_policy"),
        *("event_bus_name", "permissions_boundary", "source_arn"),
        *("dashboard_body", "dimensions", "metric_query"),
        *("description", "replica", "tags", "tags_all"),
    )
)


@check(
    "P3-005",
    "It depends on no resource of others",
    why="A reference to another's queue, table or topic by name is a dependency: it breaks when that "
    "resource is changed or deleted, and neither can be deployed alone.",
    fix="Listen to events instead; var.context has what an extension may know of its tenant.",
    bad='environment = { QUEUE = "https://sqs.…/nyc--order-metrics--orders" }',
)
def mentions(model: Model) -> Iterator[Hit]:
    """Yield ARNs, queue URLs and names of others that no other check covers."""
    own = Ownership.of(model)
    covered = (model.facts.bus_arn, model.facts.boundary_arn)
    matchless = [rule for rule, pattern in patterns(model) if not possible(model, pattern)]
    for resource in model.managed:
        kind = RESOURCE_TYPES.get(resource.type)
        if kind is None:
            continue
        judged = {
            path.partition("|")[0] for path in (*kind.of, *kind.sends, *kind.takes, *kind.roles, *kind.keys)
        }
        judged |= {kind.name, f"{kind.name}_prefix", *unclassified(resource.type), *kind.policy, *_ELSEWHERE}
        for path, text in _texts(resource.values):
            top = path.split(".")[0]
            if path in judged or top in judged or not _is_authors(resource, top):
                continue
            if (top == "event_pattern" and resource in matchless) or path.endswith("_wo"):
                continue  # P2-002 and P1-045 report these
            for found in names_in(text, model.facts.tenant):
                ours = found in covered or own.owns(found) or own.covers(found)
                if not ours and not found.startswith(model.facts.integrations):
                    what = f"{path} of {resource.address} names {found}"
                    yield Hit(resource.at(path), what)


def _is_authors(resource: Resource, attribute: str) -> bool:
    """Whether an author decides an attribute: by writing it, or by an argument of a building block."""
    if resource.written:
        return attribute in resource.lines
    return not unknown_values.is_of_aws(resource.type, attribute)


def _texts(values: Any) -> Iterator[tuple[str, str]]:
    """The texts in values, as AWS reads them, and their paths."""
    leaves = unknown_values.leaves(values)
    return ((path, _decoded(text)) for path, text in leaves if isinstance(text, str))


def _decoded(text: str) -> str:
    """A text as AWS reads it: JSON without its escapes."""
    if "\\" not in text or not text.startswith(("{", "[")):
        return text
    try:
        return json.dumps(loads(text), ensure_ascii=False)
    except NotJson:
        return text

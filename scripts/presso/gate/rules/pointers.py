"""Promise 1: what an extension points at is its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presso.gate.attributes import unclassified
from presso.gate.kinds import KINDS
from presso.gate.model import Hit, Model, Resource
from presso.gate.ownership import Ownership, names_in, pointed
from presso.gate.rule import rule
from presso.gate.rules import workflows
from presso.hcl.values import Unknown

# Endpoints of subscriptions that are no resource of anybody's.
_OUTSIDE = frozenset({"email", "email-json", "http", "https", "sms"})
_AWS_KEYS = ("alias/aws/", "arn:{partition}:kms:{region}:{account}:alias/aws/")


def _foreign(model: Model, resource: Resource, paths: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    own = Ownership.of(model)
    for attribute, value in pointed(resource, paths):
        if isinstance(value, str) and not own.owns(value, attribute):
            yield attribute, value


@rule(
    "P1-010",
    "Events, messages and failures go to the extension's own",
    why="A target, a dead-letter queue, a destination, a subscription or an alarm's action that is "
    "not its own puts things into the core or a neighbour, which must then cope with them.",
    fix="Point at a resource of the extension by reference; to tell others something, emit an event.",
    bad='arn = "arn:aws:sqs:${var.tenant.region}:${var.tenant.account_id}:${var.tenant.name}--dead-letters"',
    good="arn = aws_sqs_queue.default.arn",
)
def sends(model: Model) -> Iterator[Hit]:
    """Yield what is handed to others."""
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        for attribute, value in _foreign(model, resource, kind.sends if kind else ()):
            if resource.type == "aws_sns_topic_subscription" and resource.values.get("protocol") in _OUTSIDE:
                continue
            if value == model.facts.bus_arn and _emits(resource):
                continue
            yield Hit(resource.at(attribute), f"{attribute} of {resource.address} is {value}")
    yield from workflows.foreign(model)


def _emits(resource: Resource) -> bool:
    """Whether it is a schedule or a pipe that puts an event with a source of its own on the bus."""
    return resource.type in ("aws_scheduler_schedule", "aws_pipes_pipe")


@rule(
    "P1-011",
    "What the extension takes is its own",
    why="Who reads another's queue, stream, topic, bucket or table takes away what was meant for the "
    "other, or learns what it was not told.",
    fix="Route the event by a rule on the tenant's bus to a queue of the extension (module event-queue).",
    bad='event_source_arn = "arn:aws:sqs:…:nyc--order-metrics--orders"',
)
def takes(model: Model) -> Iterator[Hit]:
    """Yield what is taken from others."""
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        for attribute, value in _foreign(model, resource, kind.takes if kind else ()):
            yield Hit(resource.at(attribute), f"{attribute} of {resource.address} is {value}")


@rule(
    "P1-012",
    "Settings are those of the extension's own things",
    why="A policy, a version, a rule's target or an item that is put on another's thing changes the "
    "other, and goes away with the extension.",
    fix="Name the extension's own resource by reference.",
    bad='queue_url = "https://sqs.…/nyc--dead-letters"',
    good="queue_url = aws_sqs_queue.default.url",
)
def parts(model: Model) -> Iterator[Hit]:
    """Yield settings of others' things."""
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        for attribute, value in _foreign(model, resource, kind.of if kind else ()):
            if (attribute, value) == ("group_name", "default"):
                continue  # of schedules: everybody's
            yield Hit(resource.at(attribute), f"{attribute} of {resource.address} is {value}")


@rule(
    "P1-013",
    "Services act as the extension's own roles",
    why="A function, rule or workflow with another's role has the other's rights, outside this "
    "extension's fence.",
    fix="Give it a role of the extension, with the fence's boundary.",
    bad='role = "arn:aws:iam::…:role/nyc--player"',
)
def roles(model: Model) -> Iterator[Hit]:
    """Yield what acts as others."""
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        for attribute, value in _foreign(model, resource, kind.roles if kind else ()):
            yield Hit(resource.at(attribute), f"{resource.address} acts as {value}")


@rule(
    "P1-014",
    "Keys are the extension's own, or AWS's",
    why="What is encrypted by another's key is lost when the other goes, and its policy must admit "
    "the extension.",
    fix="Leave it out (AWS's own key is used), or make an aws_kms_key in the extension.",
)
def keys(model: Model) -> Iterator[Hit]:
    """Yield keys of others."""
    of_aws = tuple(map(model.facts.fill, _AWS_KEYS))
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        for attribute, value in _foreign(model, resource, kind.keys if kind else ()):
            if not value.startswith(of_aws) and value != "AWS_OWNED_KMS_KEY":
                yield Hit(resource.at(attribute), f"{resource.address} is encrypted by {value}")


@rule(
    "P1-015",
    "Rules are on the tenant's bus",
    why="On the account's own bus, or on another tenant's, a rule listens to what is none of this "
    "tenant's business.",
    fix="event_bus_name = var.tenant.bus_name; for a schedule use aws_scheduler_schedule.",
    bad='event_bus_name = "default"',
    good="event_bus_name = var.tenant.bus_name",
)
def buses(model: Model) -> Iterator[Hit]:
    """Yield rules and targets on other buses."""
    ours = (model.facts.tenant, model.facts.bus_arn)
    for resource in model.of("aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"):
        bus = resource.values.get("event_bus_name") or "default"
        if isinstance(bus, str) and bus not in ours:
            yield Hit(resource.at("event_bus_name"), f"{resource.address} is on the bus {bus}")


@rule(
    "P3-005",
    "Nothing of another is needed",
    why="Who knows another's queue, table or topic by name depends on it: it breaks when the other is"
    " changed or deleted, and neither can be deployed alone.",
    fix="Listen to events instead; what an extension may know of its tenant is in var.tenant.",
    bad='environment = { QUEUE = "https://sqs.…/nyc--order-metrics--orders" }',
)
def mentions(model: Model) -> Iterator[Hit]:
    """Yield ARNs, queue URLs and names of others wherever nothing else is said about them."""
    own = Ownership.of(model)
    told = (model.facts.bus_arn, model.facts.boundary_arn)
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        if kind is None:
            continue
        judged = {
            path.partition("|")[0] for path in (*kind.of, *kind.sends, *kind.takes, *kind.roles, *kind.keys)
        }
        judged |= {
            *unclassified(resource.type),
            *kind.policy,
            "policy",
            "assume_role_policy",
            "inline_policy",
            "definition",
            "policy_arn",
        }
        judged |= {
            "managed_policy_arns",
            "policy_arns",
            "event_bus_name",
            "permissions_boundary",
            "source_arn",
        }
        judged |= {kind.name, f"{kind.name}_prefix"}  # what it is called itself is P1-002's
        judged |= {"redrive_policy", "redrive_allow_policy", "description", "tags", "tags_all", "replica"}
        for path, text in _texts(resource.values, ""):
            top = path.split(".")[0]
            if path in judged or top in judged or top not in resource.lines:
                continue
            for found in names_in(text, model.facts.tenant):
                ours = found in told or own.owns(found) or own.covers(found)
                if not ours and not found.startswith(model.facts.integrations):
                    what = f"{path} of {resource.address} names {found}"
                    yield Hit(resource.at(path), what)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    else:
        assert value is None or isinstance(value, Unknown | bool | int | float)

"""Promise 1: what an extension's policies allow, to itself and to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presso.gate.arn_patterns import BOUNDARY, WITHOUT_RESOURCE, included, overlap, within
from presso.gate.check import check
from presso.gate.model import Facts, Hit, Model, Place, Resource
from presso.gate.ownership import Ownership
from presso.gate.policy_statements import Statement, Undecidable, statements
from presso.gate.resource_types import RESOURCE_TYPES
from presso.gate.workflows import entries
from presso.hcl.values import Unknown

TRUSTED = frozenset(f"{name}.amazonaws.com" for name in ("events", "lambda", "pipes", "scheduler", "states"))
_PINS = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
IDENTITY = {
    "aws_iam_policy": ("policy",),
    "aws_iam_role": ("inline_policy.policy",),
    "aws_iam_role_policy": ("policy",),
}
OF_RESOURCES = {name: kind.policy for name, kind in RESOURCE_TYPES.items() if kind.policy}
PolicyStatements = Iterator[tuple[Resource, Place, Statement]]


def account_names(facts: Facts) -> tuple[str, str]:
    """The forms in which a policy names the whole account as a principal."""
    return facts.account, f"arn:{facts.partition}:iam::{facts.account}:root"


def of_policies(model: Model, paths: Mapping[str, tuple[str, ...]]) -> PolicyStatements:
    """Every statement of the policies at these paths, by type; none of a policy that P1-022 rejects."""
    for resource in model.managed:
        for path in paths.get(resource.type, ()):
            for policy in resource.all(path):
                try:
                    for statement in statements(policy):
                        yield resource, resource.at(path), statement
                except Undecidable:
                    continue


def allowing(model: Model) -> PolicyStatements:
    """What roles are allowed, statement by statement."""
    return ((r, place, s) for r, place, s in of_policies(model, IDENTITY) if s.allows)


def admitting(model: Model) -> PolicyStatements:
    """What the policies of the extension's own resources allow others."""
    return ((r, place, s) for r, place, s in of_policies(model, OF_RESOURCES) if s.allows)


@check(
    "P1-004",
    "Policies stay within the prefix",
    why="A resource pattern that reaches beyond the prefix names resources of the core or a neighbour, now "
    "or once they exist. A pattern counts by all that it can match: nyc--wait* also matches "
    "nyc--wait-times--orders.",
    fix="Name the extension's own resources by reference: resources = [aws_dynamodb_table.default.arn].",
    bad='Resource = "arn:aws:sqs:*:*:*"',
    good="Resource = aws_sqs_queue.default.arn",
)
def reach(model: Model) -> Iterator[Hit]:
    """Yield resource patterns that are not within the extension's own resources."""
    own = Ownership.of(model)
    for resource, place, statement in allowing(model):
        actions = statement.texts("action")
        free = actions and all(_without_resource(action) for action in actions)
        emits = actions and all(action.lower() == "events:putevents" for action in actions)
        for pattern in statement.texts("resource"):
            if (free and pattern == "*") or (emits and pattern == model.facts.bus_arn):
                continue
            if not within(pattern, own.patterns):
                allowed = f"{', '.join(actions)} on {pattern}"
                yield Hit(place, f"{statement.name} of {resource.address} allows {allowed}")


def _without_resource(action: str) -> bool:
    return any(included(action.lower(), known.lower()) for known in WITHOUT_RESOURCE)


@check(
    "P1-005",
    "Policies list what they allow",
    why="NotAction, NotResource and NotPrincipal allow everything else: every service and the resources of"
    " all others.",
    fix="Name the actions, resources and principals.",
    bad='NotAction = "iam:*"',
)
def negations(model: Model) -> Iterator[Hit]:
    """Yield statements that allow by exclusion."""
    for resource, place, statement in (*allowing(model), *admitting(model)):
        for name in ("NotAction", "NotResource", "NotPrincipal"):
            if name.lower() in statement.body:
                yield Hit(place, f"{statement.name} of {resource.address} has {name}")


@check(
    "P1-006",
    "Policies allow only actions within the boundary",
    why="The boundary denies all other actions, so such a statement is at best a mistake. To get around "
    "it, an extension would need to pass or create roles, edit policies or assume other roles.",
    fix="Ask only for actions that docs/checks.md lists, without a wildcard in the service's name.",
    bad='Action = "iam:PassRole"',
    good='Action = ["sqs:SendMessage"]',
)
def actions(model: Model) -> Iterator[Hit]:
    """Yield actions that no role of an extension can ever use."""
    for resource, place, statement in allowing(model):
        for action in statement.texts("action"):
            if not _let_through(action):
                yield Hit(place, f"{statement.name} of {resource.address} allows {action}")


def _let_through(action: str) -> bool:
    service, _, name = action.lower().partition(":")
    if _without_resource(action) or action.lower() == "events:putevents":
        return True
    known = BOUNDARY.get(service, ((), ()))[0]
    return any(overlap(name, allowed.lower()) for allowed in known)


@check(
    "P1-007",
    "Roles trust AWS services only",
    why="A trusted principal acts with all rights of the role: another account, every user of this one, or "
    "everyone.",
    fix='Principal = { Service = "lambda.amazonaws.com" }; also events, pipes, scheduler and states.',
    bad='Principal = { AWS = "*" }',
    good='Principal = { Service = "states.amazonaws.com" }',
)
def trust(model: Model) -> Iterator[Hit]:
    """Yield roles that trust other principals."""
    for role, place, statement in of_policies(model, {"aws_iam_role": ("assume_role_policy",)}):
        if not statement.allows:
            continue
        for kind, name in statement.principals:
            if kind != "Service" or name not in TRUSTED:
                yield Hit(place, f"{role.address} can be assumed by {kind} {name}".replace("* *", "everyone"))
        if "notprincipal" in statement.body:
            yield Hit(place, f"{role.address} can be assumed by everyone but a few (NotPrincipal)")


@check(
    "P1-008",
    "Resource policies admit no others",
    why="A policy that admits others to a queue, topic, key, bucket, secret or function opens the extension "
    "to them: a service acts on behalf of every account that asks it, unless the policy limits the "
    "source.",
    fix='Admit a service with a condition: ArnEquals = { "aws:SourceArn" = '
    "aws_cloudwatch_event_rule.default.arn }.",
    bad='Principal = "*"',
)
def admitted(model: Model) -> Iterator[Hit]:
    """Yield policies and permissions that admit others."""
    own = Ownership.of(model)
    for resource, place, statement in admitting(model):
        for kind, name in statement.principals:
            why = _not_admissible(model, own, resource, statement, kind, name)
            if why:
                yield Hit(place, f"{statement.name} of {resource.address} admits {why}")
    for permission in model.of("aws_lambda_permission"):
        why = _permission(model, own, permission)
        if why:
            yield Hit(permission.at("principal"), f"{permission.address} admits {why}")


def _not_admissible(
    model: Model, own: Ownership, resource: Resource, statement: Statement, kind: str, name: str
) -> str:
    if kind == "AWS" and resource.type == "aws_kms_key" and name in account_names(model.facts):
        return ""  # without it, the key could not be managed
    if kind == "AWS" and own.owns(name) and ":role/" in name:
        return ""
    if kind != "Service":
        return "everyone" if name == "*" else f"{kind} {name}"
    return "" if statement.has_unknown_condition else _unbound(model, own, resource, statement, name)


def _unbound(model: Model, own: Ownership, resource: Resource, statement: Statement, service: str) -> str:
    """On whose behalf a service may act by a statement, where that is not the extension alone.

    One condition that only the extension's own requests meet is enough, since all must be met. Operators that
    are also met where the key is missing (IfExists, ForAllValues) or by all but one (Not…) do not count.
    """
    given: dict[str, list[tuple[str, ...]]] = {}
    for operator, key, values in statement.conditions:
        if operator in _PINS and values:
            given.setdefault(key, []).append(values)
    arns = given.get("aws:sourcearn", [])
    groups = given.get(_OF_LOG_GROUP, []) if resource.type == "aws_kms_key" else []
    if any(all(map(own.covers, values)) for values in (*arns, *groups)):
        return ""
    by_account = (model.facts.account,) in given.get("aws:sourceaccount", [])
    if by_account and _delivers_log(resource, service):
        return ""
    for value in (value for values in arns for value in values if not own.covers(value)):
        return f"{service} on behalf of {value}, which is not its own"
    if not (by_account and resource.type == "aws_kms_key"):
        return f"{service} on behalf of any account"
    actions = statement.texts("action")
    uses = all(any(included(action.lower(), use) for use in _USES_KEY) for action in actions)
    return "" if uses and actions else f"{service} to more than encryption, on behalf of the whole account"


# What encryption needs; the rest administers a key.
_USES_KEY = (
    "kms:creategrant",
    "kms:decrypt*",
    "kms:describe*",
    "kms:encrypt*",
    "kms:generatedatakey*",
    "kms:reencrypt*",
)
# What CloudWatch Logs encrypts for: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
_OF_LOG_GROUP = "kms:encryptioncontext:aws:logs:arn"


def _delivers_log(resource: Resource, service: str) -> bool:
    """Whether it is log delivery: its sources are not resources of an account, so the account alone decides.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
    """
    return resource.type == "aws_cloudwatch_log_resource_policy" and service == "delivery.logs.amazonaws.com"


def _permission(model: Model, own: Ownership, permission: Resource) -> str:
    principal, arn = permission.values.get("principal"), permission.values.get("source_arn")
    if not isinstance(principal, str):
        return ""
    if not principal.endswith(".amazonaws.com"):
        return "everyone" if principal == "*" else principal
    if isinstance(arn, Unknown) or (isinstance(arn, str) and own.covers(arn)):
        return ""
    return (
        f"{principal} on behalf of {arn}, which is not its own"
        if arn
        else f"{principal} on behalf of any account"
    )


@check(
    "P1-009",
    "Only the extension's own policies are attached",
    why="Policies that AWS or others manage reach far beyond the prefix, and change without a review.",
    fix="Write the statements in an aws_iam_role_policy; the building blocks take policy_statements.",
    bad='policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"',
)
def attached(model: Model) -> Iterator[Hit]:
    """Yield attachments of policies that the extension does not write: no check has read them."""
    own = {policy.values.get("arn") for policy in model.of("aws_iam_policy")}
    paths = {
        "aws_iam_role": "managed_policy_arns",
        "aws_iam_role_policy_attachment": "policy_arn",
        "aws_iam_role_policy_attachments_exclusive": "policy_arns",
    }
    for resource in model.of(*paths):
        for value in resource.all(paths[resource.type]):
            if isinstance(value, str) and value not in own:
                yield Hit(resource.at(paths[resource.type]), f"{resource.address} attaches {value}")


@check(
    "P1-019",
    "Events have the extension's own source",
    why="Consumers trust an event's source to identify its sender: a forged core event makes "
    "them act on what never happened. A policy also limits the source, so that this does not depend on the "
    "boundary alone.",
    fix="Emit with var.context.event_source; allow events:PutEvents on var.context.bus_arn with the "
    'condition StringEquals = { "events:source" = var.context.event_source }.',
    bad='Source = "awsserverlessda.serverlesspresso"',
    good="Source = var.context.event_source",
)
def sources(model: Model) -> Iterator[Hit]:
    """Yield policies, workflows, schedules and pipes that emit with others' sources."""
    for resource, place, statement in allowing(model):
        if _emits(model, statement) and not statement.has_unknown_condition:
            what = _other_sources(model, statement)
            if what:
                yield Hit(place, f"{statement.name} of {resource.address} allows {what}")
    for resource, attribute, entry in entries(model):
        source = entry.get("Source")
        if isinstance(source, Unknown) or source == model.facts.event_source:
            continue
        if source is not None:
            yield Hit(resource.at(attribute), f"{resource.address} emits as {source}")
        elif resource.type != "aws_sfn_state_machine":  # P1-029 covers these
            yield Hit(resource.at(attribute), f"{resource.address} emits without a source of its own")


def _emits(model: Model, statement: Statement) -> bool:
    """Whether a statement allows putting events on the tenant's bus; P1-004 rejects any other bus."""
    named = any(overlap(action.lower(), "events:putevents") for action in statement.texts("action"))
    return named and model.facts.bus_arn in statement.texts("resource")


def _other_sources(model: Model, statement: Statement) -> str:
    """The sources besides the extension's own that a statement allows; "" for none.

    The key has one value per entry of a call. StringEquals requires that value; ForAllValues is also met
    by a call without any, so it needs a Null beside it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
    """
    wanted = {model.facts.event_source}
    found = [
        (operator, set(values)) for operator, key, values in statement.conditions if key == "events:source"
    ]
    if ("StringEquals", wanted) in found or ("StringLike", wanted) in found:
        return ""
    if ("ForAllValues:StringEquals", wanted) in found and ("Null", {"false"}) in found:
        return ""
    others = sorted({value for operator, values in found if operator != "Null" for value in values - wanted})
    return f"the source {', '.join(others)}" if others else "events of any source"

"""Whether EventBridge can deliver to a rule's target: it is there and, where IAM is enforced, it may.

Sources: EventBridge user guide, "Using resource-based policies" (queues, topics, functions and log groups
admit `events.amazonaws.com`; the rule is `aws:SourceArn`), "Using IAM roles" (what starts state machines,
sends to other buses and calls API destinations), and the error codes of "Using dead-letter queues".
EventBridge Scheduler user guide, "Setting up the execution role": a schedule does everything as its role.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.arn import Arn
from ministack.services import cloudwatch_logs, eventbridge, iam, lambda_svc, sns, sqs, stepfunctions

from presso.local_aws.emulator_patches.internals import Json, Patches

EVENTS = "events.amazonaws.com"
SCHEDULER = "scheduler.amazonaws.com"

PATCHES = Patches()
PATCHES.uses(app, "AUTH")
PATCHES.uses(cloudwatch_logs, "_log_group_policies", "_log_groups", "_resource_policies")
PATCHES.uses(eventbridge, "_api_destinations", "_event_buses", _target_matches_request_scope="spec")
PATCHES.uses(iam, "_roles")
PATCHES.uses(
    iam_evaluator,
    "EvalContext",
    _gather_role_policies="role_name account_id",
    _permissions_boundary="store name account_id",
    _resource_policy="service resource_arn",
    _service_principal_matches="principal service",
    evaluate="ctx policies limits",
    evaluate_resource_policy="doc ctx service named_only direct_only",
)
PATCHES.uses(lambda_svc, _get_func_record_for_ref="function_ref")
PATCHES.uses(sns, _topic_by_arn_any_scope="topic_arn")
PATCHES.uses(sqs, _queue_by_arn="arn")
PATCHES.uses(stepfunctions, _resolve_state_machine_arn="arn")


class Undeliverable(Exception):
    """An event cannot be delivered to a target, now or later. The message states why.

    Args:
        code: One of EventBridge's error codes.
        message: Why.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(target_arn: Arn, target: Json, rule: Json) -> None:
    """Accept deliverable targets, and targets of kinds that the emulator lacks.

    Raises:
        Undeliverable: The target is not there, or the rule may not use it.
    """
    kind = _kind(target_arn)
    if kind not in _EXISTS:
        return
    if not eventbridge._target_matches_request_scope(target_arn):
        raise Undeliverable(
            "NO_RESOURCE", "The local AWS delivers to the rule's own account and region only."
        )
    if not _EXISTS[kind](target_arn):
        raise Undeliverable("NO_RESOURCE", f"{target_arn} does not exist.")
    if app.AUTH:
        _check_permission(kind, target_arn, target, rule)


def is_schedule(rule: Json) -> bool:
    """Whether it is a schedule of EventBridge Scheduler, and not a rule."""
    return ":scheduler:" in str(rule.get("Arn"))


def log_group(arn: Arn) -> str:
    """The name of a log group."""
    return str(arn.resource).removeprefix("log-group:").removesuffix(":*")


def _kind(arn: Arn) -> str:
    return f"{arn.service} {arn.resource.partition('/')[0]}" if arn.service == "events" else arn.service


def _named(arn: Arn) -> str:
    return str(arn.resource).split("/")[1]


_EXISTS: dict[str, Callable[[Arn], Any]] = {
    "events api-destination": lambda arn: _named(arn) in eventbridge._api_destinations,
    "events event-bus": lambda arn: _named(arn) in eventbridge._event_buses,
    "lambda": lambda arn: lambda_svc._get_func_record_for_ref(str(arn))[1],
    "logs": lambda arn: log_group(arn) in cloudwatch_logs._log_groups,
    "sns": lambda arn: sns._topic_by_arn_any_scope(str(arn)),
    "sqs": lambda arn: sqs._queue_by_arn(str(arn)),
    "states": lambda arn: stepfunctions._resolve_state_machine_arn(str(arn)),
}

_BY_POLICY = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
_BY_ROLE = {
    "events api-destination": "events:InvokeApiDestination",
    "events event-bus": "events:PutEvents",
    "states": "states:StartExecution",
}


def _check_permission(kind: str, arn: Arn, target: Json, rule: Json) -> None:
    if is_schedule(rule):
        check_role(target.get("RoleArn") or "", (_BY_POLICY | _BY_ROLE).get(kind, kind), arn, SCHEDULER)
        return
    if kind in _BY_ROLE:
        # Between buses of one account a role is optional.
        if target.get("RoleArn") or kind != "events event-bus":
            check_role(target.get("RoleArn") or "", _BY_ROLE[kind], arn)
        return
    if kind == "logs":
        group = log_group(arn)
        own = cloudwatch_logs._log_group_policies.get(group)
        documents = [each["policyDocument"] for each in cloudwatch_logs._resource_policies.values()]
        documents += [own["policyDocument"]] if own else []
        where = f"arn:{arn.partition}:logs:{arn.region}:{arn.account_id}:log-group:{group}:log-stream:rule"
        action = "logs:PutLogEvents"
    else:
        policy, _ = iam_evaluator._resource_policy(arn.service, str(arn)) or (None, None)
        documents, where, action = [policy], str(arn), _BY_POLICY[kind]
    decisions = [_decision(document, action, where, arn, rule["Arn"]) for document in documents]
    if "Deny" in decisions or "Allow" not in decisions:
        raise Undeliverable("NO_PERMISSIONS", f"{EVENTS} is not allowed {action} on {where}.")


def _decision(document: Any, action: str, resource: str, arn: Arn, rule_arn: str) -> str:
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=arn.region,
        secure_transport=True,
        service_context={"aws:sourcearn": rule_arn, "aws:sourceaccount": arn.account_id},
    )
    return str(iam_evaluator.evaluate_resource_policy(document, context, service=EVENTS).decision)


def check_role(role_arn: str, action: str, arn: Arn, service: str = EVENTS) -> None:
    """Accept a call that a service may make as a role.

    Raises:
        Undeliverable: The role does not trust the service, or is not allowed the action.
    """
    name = role_arn.rpartition("/")[2]
    role = iam._roles.get(name)
    if role is None or not _trusts(role["AssumeRolePolicyDocument"], service):
        raise Undeliverable(
            "FAILED_TO_ASSUME_ROLE", f"{service} cannot assume the role {role_arn or '(none)'}."
        )
    context = iam_evaluator.EvalContext(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=arn.account_id,
        action=action,
        resource_arn=str(arn),
        region=arn.region,
        secure_transport=True,
    )
    policies = iam_evaluator._gather_role_policies(name, arn.account_id)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, arn.account_id)
    if iam_evaluator.evaluate(context, policies, *limits).decision != "Allow":
        raise Undeliverable("NO_PERMISSIONS", f"The role {role_arn} is not allowed {action} on {arn}.")


def _trusts(document: Any, service: str) -> bool:
    parsed = json.loads(document) if isinstance(document, str) else document
    statements = parsed["Statement"] if isinstance(parsed["Statement"], list) else [parsed["Statement"]]
    return any(
        each["Effect"] == "Allow" and iam_evaluator._service_principal_matches(each.get("Principal"), service)
        for each in statements
    )

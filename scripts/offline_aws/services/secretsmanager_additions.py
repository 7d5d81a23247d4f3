"""Secrets Manager: the policy and the rotation of a secret, apart from it.

Source: internal/service/secretsmanager/{secret_policy,secret_rotation}.go.
"""

from __future__ import annotations

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, changed, given
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.validators import arn, between, matches

# Policies


def _put_policy(aws: Aws, values: Values, prior: Values | None = None) -> None:
    client = aws.client("secretsmanager")
    blocks = values["block_public_policy"] or (False if prior else None)
    sent = {"SecretId": values["secret_arn"], "ResourcePolicy": values["policy"]}
    passing = ("MalformedPolicyDocumentException", "This resource policy contains an unsupported principal")
    found = eventually(
        aws, lambda: client.put_resource_policy(**sent, **given(BlockPublicPolicy=blocks)), passing
    )
    values["id"] = found["ARN"]


def _read_policy(aws: Aws, values: Values) -> Values | None:
    found = aws.client("secretsmanager").get_resource_policy(SecretId=values["id"])
    policy = gojson.normalised_json(found.get("ResourcePolicy") or "")
    return {"id": values["id"], "policy": policy, "secret_arn": values["id"]}


POLICY = ResourceHandler(
    create=_put_policy,
    read=_read_policy,
    update=_put_policy,
    delete=call("secretsmanager", "delete_resource_policy", SecretId="id"),
    equivalent={"policy": same_policy},
    normalise={"policy": gojson.normalised_json},
    validators={"policy": iam_policy("resource"), "secret_arn": arn},
    name=None,
    differs=(
        "An import does not know `block_public_policy`, as there. The policy's grammar is checked at plan; "
        "the published provider checks that it is JSON."
    ),
)

# Rotations


def _rules(values: Values) -> Values:
    if not values["rotation_rules"]:
        return {}
    rules = values["rotation_rules"][0]
    days = None if rules["schedule_expression"] else rules["automatically_after_days"] or None
    return given(
        ScheduleExpression=rules["schedule_expression"],
        AutomaticallyAfterDays=days,
        Duration=rules["duration"],
    )


def _rotate(aws: Aws, values: Values, prior: Values | None = None) -> None:
    client, secret = aws.client("secretsmanager"), values["secret_id"]
    if aws.config.get("rotation_enabled") is False:
        values["id"] = client.cancel_rotate_secret(SecretId=secret)["ARN"]
        return
    if prior and not changed(values, prior, *_ROTATED):
        return
    metadata = [{"Key": each["key"], "Value": each["value"]} for each in _external(values)]
    sent = given(
        SecretId=secret,
        RotateImmediately=values["rotate_immediately"],
        RotationRules=_rules(values),
        RotationLambdaARN=values["rotation_lambda_arn"],
        ExternalSecretRotationRoleArn=values["external_secret_rotation_role_arn"],
        ExternalSecretRotationMetadata=metadata,
    )
    # A new role cannot be assumed, and a new permission does not hold, for a while.
    passing = (("AccessDeniedException", ""), ("InvalidRequestException", ""))
    values["id"] = eventually(aws, lambda: client.rotate_secret(**sent), *passing)["ARN"]


def _external(values: Values) -> list[Values]:
    found: list[Values] = values["external_secret_rotation_metadata"] or []
    return found


_ROTATED = (
    "external_secret_rotation_metadata",
    "external_secret_rotation_role_arn",
    "rotation_enabled",
    "rotation_lambda_arn",
    "rotation_rules",
)


def _read_rotation(aws: Aws, values: Values) -> Values | None:
    found = aws.client("secretsmanager").describe_secret(SecretId=values["id"])
    if found.get("DeletedDate"):
        return None
    shown: Values = {"id": values["id"], "secret_id": values["id"]}
    if not found.get("RotationEnabled"):
        nothing = {name: [] if name in ("rotation_rules", _ROTATED[0]) else "" for name in _ROTATED}
        return {**shown, **nothing, "rotation_enabled": False}
    rules = found.get("RotationRules", {})
    schedule = rules.get("ScheduleExpression")
    return {
        **shown,
        "external_secret_rotation_metadata": [
            {"key": each["Key"], "value": each["Value"]}
            for each in found.get("ExternalSecretRotationMetadata", ())
        ],
        "external_secret_rotation_role_arn": found.get("ExternalSecretRotationRoleArn", ""),
        "rotation_enabled": True,
        "rotation_lambda_arn": found.get("RotationLambdaARN", ""),
        "rotation_rules": [
            {
                "automatically_after_days": None if schedule else rules.get("AutomaticallyAfterDays"),
                "duration": rules.get("Duration"),
                "schedule_expression": schedule,
            }
        ],
    }


def _plan_rotation(plan: Plan) -> None:
    disabled, rules = plan.config["rotation_enabled"] is False, plan.values["rotation_rules"]
    if not isinstance(rules, list):
        return
    if disabled and rules:
        raise ResourceError(
            "`rotation_rules` cannot be set when `rotation_enabled` is `false`",
            detail="Remove the `rotation_rules` block to disable rotation.",
            path="rotation_rules",
        )
    if not disabled and not rules:
        raise ResourceError("`rotation_rules` is required unless `rotation_enabled` is `false`")
    if (
        plan.prior is not None
        and plan.config["rotation_enabled"] is None
        and not plan.prior["rotation_enabled"]
    ):
        plan.values["rotation_enabled"] = True


def _one_rule(config: Values) -> list[tuple[str, str]]:
    blocks = config["rotation_rules"] if isinstance(config["rotation_rules"], list) else []
    names = ("automatically_after_days", "schedule_expression")
    given = ([rules[name] for name in names if rules[name] is not None] for rules in blocks)
    return [
        ("rotation_rules", f"one of `{names[0]},{names[1]}` must be specified, and only one")
        for found in given
        # What is not known yet may come to nothing.
        if len(found) != 1 and (not found or UNKNOWN not in found)
    ]


ROTATION = ResourceHandler(
    create=_rotate,
    read=_read_rotation,
    update=_rotate,
    delete=call("secretsmanager", "cancel_rotate_secret", SecretId="secret_id"),
    plan=_plan_rotation,
    checks=(_one_rule,),
    defaults={"rotate_immediately": True},
    validators={
        "external_secret_rotation_role_arn": arn,
        "rotation_lambda_arn": arn,
        "rotation_rules.automatically_after_days": between(1, 1000),
        "rotation_rules.duration": matches(r"[0-9h]+", "such as 3h"),
        "rotation_rules.schedule_expression": matches(r"[0-9A-Za-z()#?*\-/, ]+", "rate(…) or cron(…)"),
    },
    name=None,
    differs=(
        "The local AWS calls no function: a rotation makes a version with the same text current. AWS keeps a "
        "`rotation_lambda_arn` that is taken away, so that it shows a change in each plan, as there."
    ),
)

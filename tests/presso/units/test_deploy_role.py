"""The session policy fits into what STS takes, and lets nothing pass but what bears the prefix."""

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from presso.aws_limits import SESSION_POLICY
from presso.units import deploy_role
from presso.units.unit import Unit

MINE = Unit("nyc", "mine")
LONGEST = Unit("a" * 20, "b" * 20)
HERE = "us-east-1:111111111111"
NAMED = {
    "dynamodb": "table/{}",
    "events": "rule/nyc/{}",
    "lambda": "function:{}",
    "logs": "log-group:/aws/lambda/{}",
    "pipes": "pipe/{}",
    "scheduler": "schedule/default/{}",
    "secretsmanager": "secret:{}",
    "sns": "{}",
    "sqs": "{}",
    "ssm": "parameter/{}",
    "states": "stateMachine:{}",
}
# What names on AWS are made of; no slash and no colon, which only ARNs have.
NAMES = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=40)


def allowed(unit: Unit, action: str, resource: str, context: dict[str, Any] | None = None) -> bool:
    """Whether the session policy lets a request pass."""
    request = EvalContext(
        principal_arn="arn:aws:sts::111111111111:assumed-role/nyc--deploy/x",
        principal_type="AssumedRole",
        principal_account="111111111111",
        action=action,
        resource_arn=resource,
        region="us-east-1",
        service_context=context or {},
    )
    policy = parse_policy_document(deploy_role.session_policy(unit, "aws"))
    return bool(evaluate(request, [policy]).decision == "Allow")


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_it_fits_with_the_longest_names(partition: str) -> None:
    policy = deploy_role.session_policy(LONGEST, partition)
    assert len(policy) <= SESSION_POLICY
    assert {len(statement) for statement in json.loads(policy)["Statement"]} == {3, 4}


@pytest.mark.parametrize("service", NAMED)
@given(name=NAMES)
def test_a_name_passes_only_when_it_begins_with_the_prefix(service: str, name: str) -> None:
    for whole in (name, f"nyc--mine--{name}", f"big-nyc--mine--{name}", f"nyc--mine-too--{name}"):
        arn = f"arn:aws:{service}:{HERE}:{NAMED[service].format(whole)}"
        assert allowed(MINE, f"{service}:Delete", arn) == whole.startswith("nyc--mine--"), whole


def test_a_role_gets_permissions_only_with_the_extensions_own_boundary() -> None:
    role = "arn:aws:iam::111111111111:role/nyc--mine--worker"
    policy = "arn:aws:iam::111111111111:policy/nyc--{}--boundary"
    for action in ("CreateRole", "PutRolePolicy", "AttachRolePolicy", "PutRolePermissionsBoundary"):
        for name, expected in (("mine", True), ("mine-too", False)):
            context = {"iam:permissionsboundary": policy.format(name)}
            assert allowed(MINE, f"iam:{action}", role, context) == expected
        assert not allowed(MINE, f"iam:{action}", role)


def test_the_boundary_itself_can_only_be_read() -> None:
    boundary = "arn:aws:iam::111111111111:policy/nyc--mine--boundary"
    assert allowed(MINE, "iam:GetPolicyVersion", boundary)
    for action in (
        "CreatePolicy",
        "CreatePolicyVersion",
        "DeletePolicy",
        "SetDefaultPolicyVersion",
        "TagPolicy",
    ):
        assert not allowed(MINE, f"iam:{action}", boundary)

"""What the deploy role allows in a session for one extension, by the rules of IAM."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

HERE = "us-east-1:111111111111"
OWN = "nyc--wait-times--"
IAM = "arn:aws:iam::111111111111:"
OTHER = f"{IAM}policy/nyc--other--boundary"
BOUNDARY = f"{IAM}policy/{OWN}boundary"


def arn(service: str, rest: str, here: str = HERE) -> str:
    return f"arn:aws:{service}:{here}:{rest}"


def function(name: str) -> dict[str, str]:
    return {"lambda:functionarn": arn("lambda", f"function:{name}")}


ALLOWED: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb:CreateTable", arn("dynamodb", f"table/{OWN}averages"), {}),
    ("events:PutRule", arn("events", f"rule/nyc/{OWN}orders"), {}),
    ("events:CreateConnection", arn("events", f"connection/{OWN}webhook"), {}),
    ("iam:CreateRole", f"{IAM}role/{OWN}average", {"iam:permissionsboundary": BOUNDARY}),
    ("iam:PassRole", f"{IAM}role/{OWN}average", {"iam:passedtoservice": "lambda.amazonaws.com"}),
    ("iam:GetPolicy", BOUNDARY, {}),
    ("kms:CreateKey", "*", {
        "aws:requesttag/presso:extension": "wait-times", "aws:requesttag/presso:tenant": "nyc",
    }),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/1"), {
        "aws:resourcetag/presso:extension": "wait-times", "aws:resourcetag/presso:tenant": "nyc",
    }),
    ("lambda:CreateEventSourceMapping", "*", function(f"{OWN}average")),
    ("lambda:UpdateFunctionCode", arn("lambda", f"function:{OWN}average"), {}),
    ("logs:CreateLogGroup", arn("logs", f"log-group:/aws/lambda/{OWN}average"), {}),
    ("s3:CreateBucket", f"arn:aws:s3:::{OWN}photos", {}),
    ("scheduler:CreateSchedule", arn("scheduler", f"schedule/{OWN}digests/{OWN}daily"), {}),
    ("secretsmanager:CreateSecret", arn("secretsmanager", f"secret:{OWN}token"), {}),
    ("sns:Subscribe", arn("sns", f"{OWN}alerts"), {}),
    ("sqs:SetQueueAttributes", arn("sqs", f"{OWN}orders"), {}),
    ("ssm:PutParameter", arn("ssm", f"parameter/{OWN}limit"), {}),
    ("states:UpdateStateMachine", arn("states", f"stateMachine:{OWN}robot"), {}),
]  # fmt: skip

FORBIDDEN: list[tuple[str, str, dict[str, Any]]] = [
    # names that are not its own, however alike
    ("dynamodb:DeleteTable", arn("dynamodb", "table/nyc--order-metrics--counters"), {}),
    ("dynamodb:DeleteTable", arn("dynamodb", "table/nyc--wait-times2--averages"), {}),
    ("sqs:SetQueueAttributes", arn("sqs", "nyc--dead-letters"), {}),
    ("sqs:SetQueueAttributes", arn("sqs", f"big-{OWN}orders"), {}),
    ("sqs:SetQueueAttributes", arn("sqs", f"{OWN}orders", "us-east-1:222222222222"), {}),
    ("sqs:SetQueueAttributes", arn("sqs", f"{OWN}orders", "eu-west-1:111111111111"), {}),
    ("scheduler:CreateSchedule", arn("scheduler", f"schedule/nyc--other--digests/{OWN}daily"), {}),
    ("ssm:PutParameter", arn("ssm", f"parameter/nyc--other--x/{OWN}limit"), {}),
    ("logs:CreateLogGroup", arn("logs", f"log-group:/aws/lambda/nyc--other--x/{OWN}average"), {}),
    # the platform's
    ("events:PutRule", arn("events", f"rule/sfo/{OWN}orders"), {}),
    ("events:PutRule", arn("events", f"rule/{OWN}orders"), {}),
    ("events:PutTargets", arn("events", "rule/nyc/nyc--event-log"), {}),
    ("events:PutPermission", "*", {}),
    ("events:PutPermission", arn("events", "event-bus/nyc"), {}),
    ("events:PutEvents", arn("events", "event-bus/nyc"), {}),
    ("events:CreateArchive", arn("events", f"archive/{OWN}x"), {}),
    ("logs:PutResourcePolicy", "*", {}),
    # leaving the boundary
    ("iam:CreateRole", f"{IAM}role/{OWN}average", {}),
    ("iam:CreateRole", f"{IAM}role/{OWN}average", {"iam:permissionsboundary": OTHER}),
    ("iam:CreateRole", f"{IAM}role/nyc--other--x", {"iam:permissionsboundary": BOUNDARY}),
    ("iam:DeleteRolePermissionsBoundary", f"{IAM}role/{OWN}average", {"iam:permissionsboundary": BOUNDARY}),
    ("iam:CreatePolicy", BOUNDARY, {}),
    ("iam:CreatePolicyVersion", BOUNDARY, {}),
    ("iam:DeletePolicy", BOUNDARY, {}),
    ("iam:CreatePolicy", f"{IAM}policy/{OWN}x/{OWN}boundary", {}),
    ("iam:PassRole", f"{IAM}role/nyc--other--x", {"iam:passedtoservice": "lambda.amazonaws.com"}),
    ("iam:PassRole", f"{IAM}role/{OWN}average", {"iam:passedtoservice": "ec2.amazonaws.com"}),
    ("iam:PutRolePolicy", f"{IAM}role/nyc--deploy", {"iam:permissionsboundary": BOUNDARY}),
    ("iam:CreateServiceLinkedRole", "*", {}),
    ("sts:AssumeRole", f"{IAM}role/{OWN}average", {}),
    # what tags distinguish, or a function
    ("kms:CreateKey", "*", {}),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/1"), {
        "aws:resourcetag/presso:extension": "other", "aws:resourcetag/presso:tenant": "nyc",
    }),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/1"), {
        "aws:resourcetag/presso:extension": "wait-times", "aws:resourcetag/presso:tenant": "sfo",
    }),
    ("lambda:CreateEventSourceMapping", "*", function("nyc--other--x")),
    ("lambda:DeleteEventSourceMapping", arn("lambda", "event-source-mapping:1"), function("nyc--other--x")),
    ("lambda:ListEventSourceMappings", "*", {}),
    ("sns:ListSubscriptions", "*", {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def policy(plan: Callable[..., Any], modules: Path) -> str:
    planned = plan(modules / "tenant", [Path(__file__).parent / "tenant" / "deployers.tfvars"])
    return str(planned.resources['aws_iam_role_policy.deploy["deploy"]']["policy"])


def allows(policy: str, action: str, resource: str, context: dict[str, Any]) -> bool:
    request = EvalContext(
        principal_arn="arn:aws:sts::111111111111:assumed-role/nyc--deploy/nyc--wait-times",
        principal_type="AssumedRole",
        principal_account="111111111111",
        action=action,
        resource_arn=resource,
        region="us-east-1",
        service_context=context,
    )
    in_session = policy.replace("${aws:PrincipalTag/extension}", "wait-times")
    return bool(evaluate(request, [parse_policy_document(in_session)]).decision == "Allow")


def test_a_session_may_make_and_change_what_is_its_extensions(policy: str) -> None:
    assert [request for request in ALLOWED if not allows(policy, *request)] == []


def test_a_session_may_do_nothing_else(policy: str) -> None:
    assert [request for request in FORBIDDEN if allows(policy, *request)] == []


def test_everything_hangs_on_the_sessions_tag_but_what_has_no_owner(policy: str) -> None:
    free = [
        statement["Sid"]
        for statement in json.loads(policy)["Statement"]
        if statement["Effect"] == "Allow" and "${aws:PrincipalTag/extension}" not in json.dumps(statement)
    ]
    assert free == ["anywhere", "mappingsRead"]

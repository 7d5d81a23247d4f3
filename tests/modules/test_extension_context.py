"""What the boundary allows and what it does not, by the rules of IAM."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from presso.gate.checks import all_checks
from presso.gate.model import Facts
from presso.gate.resource_types import BUILDING_BLOCKS

HERE = "us-east-1:111111111111"
OWN = "nyc--wait-times--"
SOURCE = "serverlesspresso.extension.wait-times"
BUS = f"arn:aws:events:{HERE}:event-bus/nyc"


def arn(service: str, rest: str, here: str = HERE) -> str:
    return f"arn:aws:{service}:{here}:{rest}"


ALLOWED: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb:PutItem", arn("dynamodb", f"table/{OWN}averages"), {}),
    ("dynamodb:Query", arn("dynamodb", f"table/{OWN}averages/index/by-drink"), {}),
    ("dynamodb:GetRecords", arn("dynamodb", f"table/{OWN}averages/stream/2026-05-01T00:00:00.000"), {}),
    ("sqs:ReceiveMessage", arn("sqs", f"{OWN}orders"), {}),
    ("sqs:DeleteMessage", arn("sqs", f"{OWN}orders"), {}),
    ("sqs:ChangeMessageVisibility", arn("sqs", f"{OWN}orders"), {}),
    ("sqs:GetQueueAttributes", arn("sqs", f"{OWN}orders"), {}),
    ("sqs:SendMessage", arn("sqs", f"{OWN}orders--dead-letters"), {}),
    ("sns:Publish", arn("sns", f"{OWN}alerts"), {}),
    ("lambda:InvokeFunction", arn("lambda", f"function:{OWN}average:live"), {}),
    ("states:StartExecution", arn("states", f"stateMachine:{OWN}robot"), {}),
    ("states:StopExecution", arn("states", f"execution:{OWN}robot:one"), {}),
    ("states:SendTaskSuccess", arn("states", f"stateMachine:{OWN}robot"), {}),
    ("logs:PutLogEvents", arn("logs", f"log-group:/aws/lambda/{OWN}average:log-stream:x"), {}),
    ("ssm:GetParameter", arn("ssm", f"parameter/{OWN}limits"), {}),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", f"secret:{OWN}token-AbCdEf"), {}),
    ("events:DisableRule", arn("events", f"rule/nyc/{OWN}orders"), {}),
    ("events:InvokeApiDestination", arn("events", f"api-destination/{OWN}webhook/0-1"), {}),
    ("events:PutEvents", BUS, {"events:source": SOURCE}),
    ("events:PutEvents", BUS, {"events:source": [SOURCE, SOURCE]}),
    ("s3:GetObject", f"arn:aws:s3:::{OWN}photos/1.jpg", {}),
    ("s3:ListBucket", f"arn:aws:s3:::{OWN}photos", {}),
    ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "presso/nyc/wait-times"}),
    ("kms:Decrypt", arn("kms", "key/1"), {"kms:viaservice": "sqs.us-east-1.amazonaws.com"}),
    ("logs:CreateLogDelivery", "*", {}),
    ("xray:PutTraceSegments", "*", {}),
]

FORBIDDEN: list[tuple[str, str, dict[str, Any]]] = [
    # the core, a neighbour, a namesake with a longer or shorter name, another tenant
    ("dynamodb:GetItem", arn("dynamodb", "table/nyc--orders"), {}),
    ("dynamodb:GetItem", arn("dynamodb", "table/nyc--order-metrics--counters"), {}),
    ("dynamodb:GetItem", arn("dynamodb", "table/nyc--wait-times2--averages"), {}),
    ("dynamodb:GetItem", arn("dynamodb", "table/nyc--wait--times"), {}),
    ("dynamodb:GetItem", arn("dynamodb", "table/nyc-east--wait-times--averages"), {}),
    ("dynamodb:GetItem", arn("dynamodb", "table/abc--wait-times--averages"), {}),
    ("sqs:ReceiveMessage", arn("sqs", "nyc--dead-letters"), {}),
    ("lambda:InvokeFunction", arn("lambda", "function:nyc--order-metrics--count"), {}),
    ("states:StartExecution", arn("states", "stateMachine:nyc--player"), {}),
    ("states:SendTaskSuccess", arn("states", "stateMachine:nyc--order-processor"), {}),
    ("states:SendTaskSuccess", "*", {}),
    ("logs:FilterLogEvents", arn("logs", "log-group:/aws/events/nyc"), {}),
    ("logs:PutResourcePolicy", "*", {}),
    ("logs:DescribeResourcePolicies", "*", {}),
    ("logs:CreateDelivery", "*", {}),
    ("ssm:GetParameter", arn("ssm", "parameter/nyc/config"), {}),
    # another account, another region
    ("sqs:SendMessage", arn("sqs", f"{OWN}orders", "us-east-1:222222222222"), {}),
    ("sqs:SendMessage", arn("sqs", f"{OWN}orders", "eu-west-1:111111111111"), {}),
    # other buses, other sources
    ("events:PutEvents", arn("events", "event-bus/abc"), {"events:source": SOURCE}),
    ("events:PutEvents", arn("events", "event-bus/default"), {"events:source": SOURCE}),
    ("events:PutEvents", BUS, {"events:source": "awsserverlessda.serverlesspresso"}),
    ("events:PutEvents", BUS, {"events:source": "serverlesspresso.extension.wait"}),
    ("events:PutEvents", BUS, {"events:source": [SOURCE, "awsserverlessda.serverlesspresso"]}),
    ("events:PutEvents", BUS, {}),
    # opening up what Terraform closed
    ("sqs:SetQueueAttributes", arn("sqs", f"{OWN}orders"), {}),
    ("sqs:AddPermission", arn("sqs", f"{OWN}orders"), {}),
    ("lambda:AddPermission", arn("lambda", f"function:{OWN}average"), {}),
    ("lambda:UpdateFunctionCode", arn("lambda", f"function:{OWN}average"), {}),
    ("sns:SetTopicAttributes", arn("sns", f"{OWN}alerts"), {}),
    ("dynamodb:PutResourcePolicy", arn("dynamodb", f"table/{OWN}averages"), {}),
    ("dynamodb:DeleteTable", arn("dynamodb", f"table/{OWN}averages"), {}),
    ("s3:PutObjectAcl", f"arn:aws:s3:::{OWN}photos/1.jpg", {}),
    ("s3:PutBucketPolicy", f"arn:aws:s3:::{OWN}photos", {}),
    ("events:PutRule", arn("events", f"rule/nyc/{OWN}orders"), {}),
    ("events:PutTargets", arn("events", f"rule/nyc/{OWN}orders"), {}),
    ("events:DisableRule", arn("events", "rule/nyc/nyc--event-log"), {}),
    ("states:UpdateStateMachine", arn("states", f"stateMachine:{OWN}robot"), {}),
    ("logs:CreateLogGroup", arn("logs", f"log-group:/aws/lambda/{OWN}average"), {}),
    # leaving the boundary
    ("iam:PassRole", f"arn:aws:iam::111111111111:role/{OWN}average", {}),
    ("iam:CreateRole", f"arn:aws:iam::111111111111:role/{OWN}average", {}),
    ("iam:CreatePolicyVersion", f"arn:aws:iam::111111111111:policy/{OWN}boundary", {}),
    ("iam:DeleteRolePermissionsBoundary", f"arn:aws:iam::111111111111:role/{OWN}average", {}),
    ("sts:AssumeRole", f"arn:aws:iam::111111111111:role/{OWN}average", {}),
    ("kms:Decrypt", arn("kms", "key/1"), {}),
    ("kms:PutKeyPolicy", arn("kms", "key/1"), {"kms:viaservice": "sqs.us-east-1.amazonaws.com"}),
    ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "presso/nyc/order-metrics"}),
    ("cloudwatch:PutMetricData", "*", {}),
    ("organizations:LeaveOrganization", "*", {}),
]


@pytest.fixture(scope="module")
def planned(plan: Callable[..., Any], modules: Path) -> Any:
    return plan(
        modules / "extension-context", [Path(__file__).parent / "extension-context" / "simple.tfvars"]
    )


@pytest.fixture(scope="module")
def boundary(planned: Any) -> Any:
    return json.loads(planned.resources["aws_iam_policy.default"]["policy"])


def allows(boundary: Any, action: str, resource: str, context: dict[str, Any]) -> bool:
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    request = EvalContext(
        principal_arn=f"arn:aws:sts::111111111111:assumed-role/{OWN}average/x",
        principal_type="AssumedRole",
        principal_account="111111111111",
        action=action,
        resource_arn=resource,
        region="us-east-1",
        service_context=context,
    )
    parsed = [parse_policy_document(document) for document in (everything, boundary)]
    return bool(evaluate(request, parsed[:1], parsed[1:]).decision == "Allow")


def test_an_extension_may_use_what_is_its_own(boundary: Any) -> None:
    assert [request for request in ALLOWED if not allows(boundary, *request)] == []


def test_an_extension_may_do_nothing_else(boundary: Any) -> None:
    assert [request for request in FORBIDDEN if allows(boundary, *request)] == []


def test_a_bucket_of_another_account_is_out_of_reach_though_its_name_fits(boundary: Any) -> None:
    # The emulator's evaluator takes the account of a resource from its ARN, which a bucket's has not.
    [statement] = [statement for statement in boundary["Statement"] if statement["Sid"] == "s3"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": "111111111111"}}


def test_nothing_is_allowed_by_exception_and_everything_only_where_nothing_less_exists(boundary: Any) -> None:
    for statement in boundary["Statement"]:
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & set(statement)
        assert not {"*", f"{statement['Sid']}:*"} & set(statement["Action"])
    anywhere = {statement["Sid"] for statement in boundary["Statement"] if "*" in statement["Resource"]}
    assert anywhere == {"deliveries", "metrics", "traces"}


def test_the_names_tags_and_boundary_are_known_before_anything_exists(planned: Any) -> None:
    assert planned.outputs["context"] == {
        "account_id": "111111111111",
        "boundary_arn": f"arn:aws:iam::111111111111:policy/{OWN}boundary",
        "bus_arn": "arn:aws:events:us-east-1:111111111111:event-bus/nyc",
        "bus_name": "nyc",
        "event_source": SOURCE,
        "prefix": OWN,
        "region": "us-east-1",
        "tenant": "nyc",
        "tags": {"presso:extension": "wait-times", "presso:tenant": "nyc"},
    }


def test_the_context_is_declared_alike_everywhere_and_is_what_the_gate_passes() -> None:
    root = Path(__file__).parents[2]
    texts = [
        (root / "cookiecutter-extension" / "templates" / "context.tf.jinja").read_text(),
        all_checks()["S-017"].good,
        *(path.read_text() for path in root.glob("extensions/*/variables.tf")),
        *(path.read_text() for path in root.glob("modules/event-*/variables.tf")),
    ]
    declared = [
        found[0]
        for text in texts
        for found in re.finditer(r'^variable "context" \{.*?^\}$', text, re.M | re.S)
    ]
    assert len(declared) >= len(BUILDING_BLOCKS) + 6
    assert len(set(declared)) == 1
    attributes = re.findall(r"^    (\w+) += (?:string|map)", declared[0], re.M)
    assert sorted(attributes) == sorted(Facts.made_up("drinks").variables["context"])

"""Where IAM is enforced, a permission for one thing is none for another, whatever way a request names it.

Each probe has a role that may do one thing with what is called `own…`. The pages: service authorization
reference, "Resource types defined by" each service.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.presso.local_aws.emulator_patches.test_passed_roles import function, schedule, statement

pytestmark = pytest.mark.slow

Arguments = Callable[[str], dict[str, Any]]

TAG = {"Key": "round", "Value": "2"}
ENDPOINT = "https://example.org"
HERE = "us-east-1:ACCOUNT"
KEYS = {"ApiKeyName": "x", "ApiKeyValue": "x"}

# What the role may do, to what, and the call that names it.
PROBES: dict[str, tuple[str, str, str, str, Arguments]] = {
    "a new policy": (
        "iam:CreatePolicy", "arn:aws:iam::ACCOUNT:policy/own*", "iam", "create_policy",
        lambda name: {"PolicyName": name, "PolicyDocument": "{}"},
    ),
    "a new function": (
        "lambda:CreateFunction", f"arn:aws:lambda:{HERE}:function:own*", "lambda", "create_function",
        lambda name: {**function("arn:aws:iam::111111111111:role/r"), "FunctionName": name},
    ),
    "a layer by its ARN": (
        "lambda:GetLayerVersion", f"arn:aws:lambda:{HERE}:layer:own*", "lambda", "get_layer_version",
        lambda name: {"LayerName": f"arn:aws:lambda:us-east-1:000000000001:layer:{name}", "VersionNumber": 1},
    ),
    "a schedule in a group": (
        "scheduler:CreateSchedule", f"arn:aws:scheduler:{HERE}:schedule/own/*",
        "scheduler", "create_schedule",
        lambda name: {**schedule("arn:aws:iam::111111111111:role/r"), "GroupName": name},
    ),
    "a connection": (
        "events:CreateConnection", f"arn:aws:events:{HERE}:connection/own*", "events", "create_connection",
        lambda name: {
            "Name": name, "AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": KEYS},
        },
    ),
    "a key's alias": (
        "kms:CreateAlias", f"arn:aws:kms:{HERE}:alias/own*", "kms", "create_alias",
        lambda name: {"AliasName": f"alias/{name}", "TargetKeyId": "1234"},
    ),
    "a dashboard": (
        "cloudwatch:PutDashboard", "arn:aws:cloudwatch::ACCOUNT:dashboard/own*",
        "cloudwatch", "put_dashboard",
        lambda name: {"DashboardName": name, "DashboardBody": "{}"},
    ),
    "a topic's tags": (
        "sns:TagResource", f"arn:aws:sns:{HERE}:own*", "sns", "tag_resource",
        lambda name: {"ResourceArn": f"arn:aws:sns:us-east-1:000000000001:{name}", "Tags": [TAG]},
    ),
    "a table's tags": (
        "dynamodb:ListTagsOfResource", f"arn:aws:dynamodb:{HERE}:table/own*",
        "dynamodb", "list_tags_of_resource",
        lambda name: {"ResourceArn": f"arn:aws:dynamodb:us-east-1:000000000001:table/{name}"},
    ),
    "a state machine's tags": (
        "states:ListTagsForResource", f"arn:aws:states:{HERE}:stateMachine:own*",
        "stepfunctions", "list_tags_for_resource",
        lambda name: {"resourceArn": f"arn:aws:states:us-east-1:000000000001:stateMachine:{name}"},
    ),
    "a mapping, by its function": (
        "lambda:CreateEventSourceMapping", "*", "lambda", "create_event_source_mapping",
        lambda name: {"FunctionName": name, "EventSourceArn": "arn:aws:sqs:us-east-1:111111111111:q"},
    ),
}  # fmt: skip


def tells_own_from_other(here: Any, probe: str) -> bool:
    action, resource, service, operation, arguments = PROBES[probe]
    conditions = {} if resource != "*" else OWN_FUNCTION
    call = getattr(
        here.as_role(statement(action, resource, **conditions), statement("iam:PassRole"))(service), operation
    )

    def allowed(name: str) -> bool:
        given = {key: own_account(value, here.account) for key, value in arguments(name).items()}
        try:
            call(**given)
        except ClientError as error:  # SNS and DynamoDB also deny what is not there
            return "identity-based policy" not in error.response["Error"]["Message"]
        return True

    return [allowed("own"), allowed("other")] == [True, False]


OWN_FUNCTION = {"ArnLike": {"lambda:FunctionArn": f"arn:aws:lambda:{HERE}:function:own*"}}


def own_account(value: Any, account: str) -> Any:
    """An argument with this test's account."""
    return value.replace("000000000001", account) if isinstance(value, str) else value


@pytest.mark.parametrize("probe", PROBES)
def test_with_its_gaps_filled(enforced: Any, probe: str) -> None:
    assert tells_own_from_other(enforced, probe)


@pytest.mark.parametrize("probe", PROBES)
def test_the_emulator_alone_still_does_not(enforced_alone: Any, probe: str) -> None:
    assert not tells_own_from_other(enforced_alone, probe)


def test_what_is_done_with_a_mapping_needs_permission(enforced: Any) -> None:
    aws = enforced.as_role(statement("sqs:*"))("lambda")
    number = "00000000-0000-0000-0000-000000000000"
    for call in (
        aws.get_event_source_mapping,
        aws.update_event_source_mapping,
        aws.delete_event_source_mapping,
    ):
        assert not enforced.allows(call, UUID=number)

"""The policy of a DynamoDB table or stream.

Source: internal/service/dynamodb/resource_policy.go.
"""

from __future__ import annotations

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import Values
from offline_aws.policies import iam_policy
from offline_aws.resource import ResourceHandler
from offline_aws.validators import arn


def _put(aws: Aws, values: Values, prior: Values | None = None) -> None:
    arguments = {"ResourceArn": values["resource_arn"], "Policy": values["policy"]}
    if values["confirm_remove_self_resource_access"] is True:
        arguments["ConfirmRemoveSelfResourceAccess"] = True
    found = aws.client("dynamodb").put_resource_policy(**arguments)
    values["id"], values["revision_id"] = values["resource_arn"], found["RevisionId"]


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("dynamodb").get_resource_policy(ResourceArn=values["id"])
    return {
        "id": values["id"],
        "policy": gojson.normalised_json(found["Policy"]),
        "resource_arn": values["id"],
        "revision_id": found["RevisionId"],
    }


POLICY = ResourceHandler(
    create=_put,
    read=_read,
    update=_put,
    delete=call("dynamodb", "delete_resource_policy", ResourceArn="id"),
    defaults={"confirm_remove_self_resource_access": False},
    equivalent={"policy": same_policy},
    recomputed={"revision_id": ("policy",)},
    validators={"policy": iam_policy("resource"), "resource_arn": arn},
    gone={"PolicyNotFoundException"},
    name=None,
    differs="The policy's grammar is checked at plan; the published provider checks that it is JSON.",
)

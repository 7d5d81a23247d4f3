"""KMS: what all kinds of keys have in common.

Source: internal/service/kms/key.go.
"""

from __future__ import annotations

import json
from functools import partial

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import tagging
from offline_aws.handler_values import Values, changed, given, tag_list, tag_map
from offline_aws.propagation import eventually

BAD_POLICY = ("MalformedPolicyDocumentException", "")
NOT_FOUND = ("NotFoundException", "")
# A key in one of these states counts as deleted.
DELETED = ("PendingDeletion", "PendingReplicaDeletion")
TAG = tagging("kms", "KeyId", "id", form=partial(tag_list, key="TagKey", value="TagValue"))


def tags(aws: Aws, key: str) -> dict[str, str]:
    """Return a key's tags."""
    return tag_map(aws.client("kms").list_resource_tags(KeyId=key).get("Tags"), "TagKey", "TagValue")


def policy(aws: Aws, key: str) -> str:
    """Return a key's policy."""
    found = aws.client("kms").get_key_policy(KeyId=key, PolicyName="default")
    return str(gojson.normalised_json(found["Policy"]))


def update(aws: Aws, values: Values, prior: Values) -> None:
    """Change a key's description and policy, where they changed."""
    kms, key = aws.client("kms"), values["id"]
    if changed(values, prior, "description"):
        kms.update_key_description(KeyId=key, Description=values["description"] or "")
    if changed(values, prior, "policy"):
        arguments = given(
            KeyId=key,
            PolicyName="default",
            Policy=values["policy"] or json.dumps(_default_policy(aws)),
            BypassPolicyLockoutSafetyCheck=values["bypass_policy_lockout_safety_check"] or None,
        )
        eventually(aws, lambda: kms.put_key_policy(**arguments), BAD_POLICY, NOT_FOUND)


def _default_policy(aws: Aws) -> Values:
    root = aws.arn("iam", "root", region="")
    statement = {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": root}}
    statement |= {"Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}


def delete(aws: Aws, values: Values) -> None:
    """Schedule a key's deletion."""
    days = given(PendingWindowInDays=values["deletion_window_in_days"])
    aws.client("kms").schedule_key_deletion(KeyId=values["id"], **days)

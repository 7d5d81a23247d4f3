"""IAM policies of their own, those that roles have, and the exclusive forms.

Source: internal/service/iam/{policy,role_*_exclusive}.go.
"""

from __future__ import annotations

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import Values, changed, given, tag_list, tag_map
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.services.iam_given_policies import attachment, inline_policy
from offline_aws.services.iam_roles import (
    NAME,
    PATH,
    attach_exactly,
    attached_policies,
    delete_inline,
    inline_names,
    name_checks,
    policy_text,
)
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, each, length

# Policies of their own

_SENT = Derived(
    "aws_iam_policy", "iam", "CreatePolicyRequest", keys={"name": "PolicyName", "policy": "PolicyDocument"}
)
_SHOWN = Derived("aws_iam_policy", "iam", "Policy", keys={"name": "PolicyName"})


def _create_policy(aws: Aws, values: Values) -> None:
    arguments = {**to_api(values, _SENT), **given(Tags=tag_list(values["tags_all"]))}
    values["id"] = aws.client("iam").create_policy(**arguments)["Policy"]["Arn"]


def read_policy(aws: Aws, values: Values) -> Values:
    """The policy whose ARN is ``values["id"]``."""
    iam = aws.client("iam")
    policy = iam.get_policy(PolicyArn=values["id"])["Policy"]
    version = iam.get_policy_version(PolicyArn=values["id"], VersionId=policy["DefaultVersionId"])
    return {
        **from_api(policy, _SHOWN),
        "id": policy["Arn"],
        "policy": policy_text(version["PolicyVersion"]["Document"]),
        "tags_all": tag_map(policy.get("Tags")),
    }


def _policy_versions(aws: Aws, policy: str) -> list[Values]:
    """All but the default one, oldest first."""
    pages = aws.client("iam").get_paginator("list_policy_versions").paginate(PolicyArn=policy)
    versions = [version for page in pages for version in page["Versions"] if not version["IsDefaultVersion"]]
    return sorted(versions, key=lambda version: (version["CreateDate"], int(version["VersionId"][1:])))


def _update_policy(aws: Aws, values: Values, prior: Values) -> None:
    if not changed(values, prior, "policy"):
        return
    iam, policy = aws.client("iam"), values["id"]
    others = _policy_versions(aws, policy)
    if len(others) >= 4:  # AWS keeps five versions
        iam.delete_policy_version(PolicyArn=policy, VersionId=others[0]["VersionId"])
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=values["policy"], SetAsDefault=True)


def _delete_policy(aws: Aws, values: Values) -> None:
    iam, policy = aws.client("iam"), values["id"]
    for version in _policy_versions(aws, policy):
        iam.delete_policy_version(PolicyArn=policy, VersionId=version["VersionId"])
    eventually(aws, lambda: iam.delete_policy(PolicyArn=policy), ("DeleteConflict", ""), seconds=120)


# Exclusive forms: they own the whole list of one role, and leave it as it is when destroyed


def _own_inline(aws: Aws, values: Values, prior: Values | None = None) -> None:
    extra = set(inline_names(aws, values["role_name"])) - set(values["policy_names"] or ())
    delete_inline(aws, values["role_name"], extra)
    values["id"] = values["role_name"]


def _read_inline_owner(aws: Aws, values: Values) -> Values:
    return {"role_name": values["role_name"], "policy_names": inline_names(aws, values["role_name"])}


def _own_attachments(aws: Aws, values: Values, prior: Values | None = None) -> None:
    role = values["role_name"]
    attach_exactly(aws, role, values["policy_arns"], attached_policies(aws, role))
    values["id"] = role


def _read_attachment_owner(aws: Aws, values: Values) -> Values:
    return {"role_name": values["role_name"], "policy_arns": attached_policies(aws, values["role_name"])}


def _nothing(aws: Aws, values: Values) -> None:
    pass


def _import_role_name(aws: Aws, identifier: str) -> Values:
    return {"role_name": identifier}


_GRAMMAR = (
    "The policy's grammar, its `Sid` too, is checked at plan; the published provider checks that it is JSON."
)

RESOURCES = {
    "aws_iam_policy": ResourceHandler(
        create=_create_policy,
        read=read_policy,
        update=_update_policy,
        delete=_delete_policy,
        tag=tagging("iam", "PolicyArn", "id", noun="policy", form=tag_list),
        defaults={"path": "/"},
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        validators={**name_checks(128), "path": PATH, "policy": iam_policy()},
        stored_only={"delay_after_policy_creation_in_ms"},
        differs=_GRAMMAR,
    ),
    "aws_iam_role_policies_exclusive": ResourceHandler(
        create=_own_inline,
        read=_read_inline_owner,
        update=_own_inline,
        delete=_nothing,
        imports=_import_role_name,
        name=None,
    ),
    "aws_iam_role_policy": inline_policy(
        "role",
        "role_name:role_policy_name",
        waits=True,
        checks={"role": (length(1, 128), NAME)},
        differs=_GRAMMAR,
    ),
    "aws_iam_role_policy_attachment": attachment("role", waits=True, checks={"role": NAME}),
    "aws_iam_role_policy_attachments_exclusive": ResourceHandler(
        create=_own_attachments,
        read=_read_attachment_owner,
        update=_own_attachments,
        delete=_nothing,
        imports=_import_role_name,
        validators={"policy_arns": each(arn)},
        name=None,
    ),
}

"""``aws_iam_role``, and what roles and their policies share.

Source: internal/service/iam/role.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import Values, changed, given, tag_list, tag_map
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, between, each, length, matches

PATH = matches(r"^(/|/[!-~]+/)$", "must begin and end with /")
NAME = matches(r"^[0-9A-Za-z_+=,.@-]*$", r"must match [\w+=,.@-]")
_UNIQUE = 26  # characters that a generated name adds to its prefix


def name_checks(most: int) -> dict[str, Any]:
    """The checks of a name of at most ``most`` characters, and of its prefix."""
    return {
        "name": (length(1, most), NAME),
        "name_prefix": (length(1, most - _UNIQUE), NAME),
    }


def policy_text(document: Any) -> str:
    """A policy as boto3 gives it (decoded, or text when it was none) in the provider's spelling."""
    text = document if isinstance(document, str) else json.dumps(document)
    return str(gojson.normalised_json(text))


# Roles

_KEYS = {"assume_role_policy": "AssumeRolePolicyDocument", "name": "RoleName"}
_SENT = Derived("aws_iam_role", "iam", "CreateRoleRequest", keys=_KEYS)
_SHOWN = Derived(
    "aws_iam_role",
    "iam",
    "Role",
    keys={
        **_KEYS,
        "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "unique_id": "RoleId",
    },
)


def _create_role(aws: Aws, values: Values) -> None:
    iam = aws.client("iam")
    arguments = {**to_api(values, _SENT), **given(Tags=tag_list(values["tags_all"]))}
    passing = ("MalformedPolicyDocument", "Invalid principal in policy"), ("NoSuchEntity", "")
    eventually(aws, lambda: iam.create_role(**arguments), *passing, seconds=120)
    values["id"] = values["name"]
    _put_inline(aws, values["name"], values["inline_policy"] or [])
    for policy in _known(values["managed_policy_arns"]):
        iam.attach_role_policy(RoleName=values["name"], PolicyArn=policy)


def _known(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else []


def _put_inline(aws: Aws, role: str, blocks: list[Values]) -> None:
    for block in blocks if isinstance(blocks, list) else ():
        if block["name"] and block["policy"]:
            aws.client("iam").put_role_policy(
                RoleName=role, PolicyName=block["name"], PolicyDocument=block["policy"]
            )


def read_role(aws: Aws, values: Values) -> Values:
    """The role whose name is ``values["id"]``."""
    iam = aws.client("iam")
    role = iam.get_role(RoleName=values["id"])["Role"]
    name = role["RoleName"]
    inline = [
        {
            "name": policy,
            "policy": policy_text(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]),
        }
        for policy in inline_names(aws, name)
    ]
    return {
        **from_api(role, _SHOWN),
        "id": name,
        "assume_role_policy": policy_text(role["AssumeRolePolicyDocument"]),
        "force_detach_policies": values.get("force_detach_policies") or False,
        "inline_policy": inline,
        "managed_policy_arns": attached_policies(aws, name),
        "max_session_duration": role.get("MaxSessionDuration", 3600),
        "tags_all": tag_map(role.get("Tags")),
    }


def inline_names(aws: Aws, role: str) -> list[str]:
    """The names of the policies inside a role."""
    pages = aws.client("iam").get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def attached_policies(aws: Aws, role: str) -> list[str]:
    """The ARNs of the managed policies of a role, sorted."""
    pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return sorted(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])


def _update_role(aws: Aws, values: Values, prior: Values) -> None:
    iam, name = aws.client("iam"), values["id"]
    if changed(values, prior, "assume_role_policy"):
        passing = ("MalformedPolicyDocument", "Invalid principal in policy")
        document = values["assume_role_policy"]
        eventually(
            aws, lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=document), passing
        )
    if changed(values, prior, "description"):
        iam.update_role_description(RoleName=name, Description=values["description"] or "")
    if changed(values, prior, "max_session_duration"):
        iam.update_role(RoleName=name, MaxSessionDuration=values["max_session_duration"])
    if changed(values, prior, "permissions_boundary"):
        if values["permissions_boundary"]:
            iam.put_role_permissions_boundary(
                RoleName=name, PermissionsBoundary=values["permissions_boundary"]
            )
        else:
            iam.delete_role_permissions_boundary(RoleName=name)
    if changed(values, prior, "inline_policy"):
        wanted = {block["name"] for block in values["inline_policy"]}
        delete_inline(aws, name, {block["name"] for block in prior["inline_policy"]} - wanted)
        _put_inline(aws, name, values["inline_policy"])
    if changed(values, prior, "managed_policy_arns"):
        attach_exactly(aws, name, values["managed_policy_arns"], prior["managed_policy_arns"])


def delete_inline(aws: Aws, role: str, names: Iterable[str]) -> None:
    """Delete these policies inside a role."""
    for name in sorted(filter(None, names)):
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def attach_exactly(aws: Aws, role: str, wanted: list[str] | None, have: list[str] | None) -> None:
    """Attach what is wanted and not there, detach what is there and not wanted."""
    iam = aws.client("iam")
    for policy in sorted(set(have or ()) - set(wanted or ())):
        iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    for policy in sorted(set(wanted or ()) - set(have or ())):
        iam.attach_role_policy(RoleName=role, PolicyArn=policy)


def _delete_role(aws: Aws, values: Values) -> None:
    iam, name = aws.client("iam"), values["id"]
    for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
        iam.remove_role_from_instance_profile(
            RoleName=name, InstanceProfileName=profile["InstanceProfileName"]
        )
    if values["force_detach_policies"] or values["managed_policy_arns"]:
        attach_exactly(aws, name, [], attached_policies(aws, name))
    if values["force_detach_policies"] or values["inline_policy"]:
        delete_inline(aws, name, inline_names(aws, name))
    eventually(aws, lambda: iam.delete_role(RoleName=name), ("DeleteConflict", ""), seconds=120)


def _plan_role(plan: Plan) -> None:
    # An empty inline_policy block means "none at all"; AWS has no such policy to read back.
    blocks = plan.config["inline_policy"]
    if isinstance(blocks, list) and blocks and all(block["name"] in (None, "") for block in blocks):
        plan.values["inline_policy"] = blocks if (plan.prior or {}).get("inline_policy") else []


ROLE = ResourceHandler(
    create=_create_role,
    read=read_role,
    update=_update_role,
    delete=_delete_role,
    tag=tagging("iam", "RoleName", "id", noun="role", form=tag_list),
    plan=_plan_role,
    defaults={"force_detach_policies": False, "max_session_duration": 3600, "path": "/"},
    computed={"inline_policy"},
    equivalent={"assume_role_policy": same_policy, "inline_policy.policy": same_policy},
    normalise={"assume_role_policy": gojson.normalised_json, "inline_policy.policy": gojson.normalised_json},
    stored_only={"force_detach_policies"},
    validators={
        **name_checks(64),
        "assume_role_policy": iam_policy("trust"),
        "description": (
            length(0, 1000),
            matches("^[^\u201c\u2018]*$", "cannot contain typographic single or double quotes"),
        ),
        "inline_policy.name": (length(1, 128), NAME),
        "inline_policy.policy": iam_policy(),
        "managed_policy_arns": each(arn),
        "max_session_duration": between(3600, 43200),
        "path": (length(0, 512), PATH),
        "permissions_boundary": arn,
    },
    differs=(
        "The policies' grammar is checked at plan; the published provider checks that they are JSON. An "
        "`inline_policy` with a name and no `policy` shows a change in each plan (published: unknown)."
    ),
)

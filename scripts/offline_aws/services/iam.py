"""IAM: roles, policies and what attaches them.

Source: internal/service/iam/{role,role_policy,policy,role_policy_attachment,*_exclusive}.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from offline_aws import gojson, policy_document
from offline_aws.aws import Aws
from offline_aws.equivalence import same_policy
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import (
    DataSource,
    Plan,
    Resource,
    ResourceError,
    Values,
    changed,
    given,
    tag_list,
    tag_map,
)
from offline_aws.validators import arn, between, each, json_text, length, matches, one_of

_NAME = r"^[0-9A-Za-z_+=,.@-]*$"
_NAME_RIGHT = r"must match [\w+=,.@-]"
_UNIQUE = 26  # characters that a generated name adds to its prefix


def _name(most: int) -> dict[str, Any]:
    return {
        "name": (length(1, most), matches(_NAME, _NAME_RIGHT)),
        "name_prefix": (length(1, most - _UNIQUE), matches(_NAME, _NAME_RIGHT)),
    }


def _time(value: Any) -> str:
    return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _text(document: Any) -> str:
    """A policy as boto3 gives it (decoded, or text when it was none) in the provider's spelling."""
    text = document if isinstance(document, str) else json.dumps(document)
    return str(gojson.normalised(text))


# Roles


def _create_role(aws: Aws, values: Values) -> None:
    iam = aws.client("iam")
    arguments = given(
        AssumeRolePolicyDocument=values["assume_role_policy"],
        Description=values["description"],
        MaxSessionDuration=values["max_session_duration"],
        Path=values["path"],
        PermissionsBoundary=values["permissions_boundary"],
        RoleName=values["name"],
        Tags=tag_list(values["tags_all"]),
    )
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


def _read_role(aws: Aws, values: Values) -> Values:
    iam = aws.client("iam")
    role = iam.get_role(RoleName=values["id"])["Role"]
    name = role["RoleName"]
    inline = [
        {
            "name": policy,
            "policy": _text(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]),
        }
        for policy in _inline_names(aws, name)
    ]
    return {
        "id": name,
        "arn": role["Arn"],
        "assume_role_policy": _text(role["AssumeRolePolicyDocument"]),
        "create_date": _time(role["CreateDate"]),
        "description": role.get("Description", ""),
        "force_detach_policies": values.get("force_detach_policies") or False,
        "inline_policy": inline,
        "managed_policy_arns": _attached(aws, name),
        "max_session_duration": role.get("MaxSessionDuration", 3600),
        "name": name,
        "path": role["Path"],
        "permissions_boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "tags_all": tag_map(role.get("Tags")),
        "unique_id": role["RoleId"],
    }


def _inline_names(aws: Aws, role: str) -> list[str]:
    pages = aws.client("iam").get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def _attached(aws: Aws, role: str) -> list[str]:
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
        _delete_inline(aws, name, {block["name"] for block in prior["inline_policy"]} - wanted)
        _put_inline(aws, name, values["inline_policy"])
    if changed(values, prior, "managed_policy_arns"):
        _attach_exactly(aws, name, values["managed_policy_arns"], prior["managed_policy_arns"])


def _delete_inline(aws: Aws, role: str, names: Iterable[str]) -> None:
    for name in sorted(filter(None, names)):
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def _attach_exactly(aws: Aws, role: str, wanted: list[str] | None, have: list[str] | None) -> None:
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
        _attach_exactly(aws, name, [], _attached(aws, name))
    if values["force_detach_policies"] or values["inline_policy"]:
        _delete_inline(aws, name, _inline_names(aws, name))
    eventually(aws, lambda: iam.delete_role(RoleName=name), ("DeleteConflict", ""), seconds=120)


def _tag_role(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    if removed:
        aws.client("iam").untag_role(RoleName=values["id"], TagKeys=removed)
    if added:
        aws.client("iam").tag_role(RoleName=values["id"], Tags=tag_list(added))


def _plan_role(plan: Plan) -> None:
    # An empty inline_policy block says "none at all"; AWS knows no such policy to read back.
    blocks = plan.config["inline_policy"]
    if isinstance(blocks, list) and blocks and all(not block["name"] for block in blocks):
        plan.values["inline_policy"] = blocks if (plan.prior or {}).get("inline_policy") else []


# Policies of their own


def _create_policy(aws: Aws, values: Values) -> None:
    arguments = given(
        Description=values["description"],
        Path=values["path"],
        PolicyDocument=values["policy"],
        PolicyName=values["name"],
        Tags=tag_list(values["tags_all"]),
    )
    values["id"] = aws.client("iam").create_policy(**arguments)["Policy"]["Arn"]


def _read_policy(aws: Aws, values: Values) -> Values:
    iam = aws.client("iam")
    policy = iam.get_policy(PolicyArn=values["id"])["Policy"]
    version = iam.get_policy_version(PolicyArn=values["id"], VersionId=policy["DefaultVersionId"])
    return {
        "id": policy["Arn"],
        "arn": policy["Arn"],
        "attachment_count": policy.get("AttachmentCount", 0),
        "description": policy.get("Description", ""),
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "policy": _text(version["PolicyVersion"]["Document"]),
        "policy_id": policy["PolicyId"],
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


def _tag_policy(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    if removed:
        aws.client("iam").untag_policy(PolicyArn=values["id"], TagKeys=removed)
    if added:
        aws.client("iam").tag_policy(PolicyArn=values["id"], Tags=tag_list(added))


# Policies inside a role


def _put_role_policy(aws: Aws, values: Values, prior: Values | None = None) -> None:
    iam = aws.client("iam")
    arguments = {key: values[name] for key, name in _ROLE_POLICY.items()}
    eventually(aws, lambda: iam.put_role_policy(**arguments), ("NoSuchEntity", ""), seconds=120)
    values["id"] = f"{values['role']}:{values['name']}"


_ROLE_POLICY = {"RoleName": "role", "PolicyName": "name", "PolicyDocument": "policy"}


def _read_role_policy(aws: Aws, values: Values) -> Values:
    role, name = values["id"].split(":", 1)
    found = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
    return {"id": values["id"], "name": name, "policy": _text(found["PolicyDocument"]), "role": role}


def _delete_role_policy(aws: Aws, values: Values) -> None:
    role, name = values["id"].split(":", 1)
    aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def _import_role_policy(aws: Aws, identifier: str) -> Values:
    if not all(identifier.partition(":")):
        raise ResourceError(f"unexpected ID ({identifier})", detail="Expected role_name:role_policy_name")
    return {"id": identifier}


# Attachments


def _attach(aws: Aws, values: Values) -> None:
    iam = aws.client("iam")
    arguments = {"RoleName": values["role"], "PolicyArn": values["policy_arn"]}
    eventually(aws, lambda: iam.attach_role_policy(**arguments), ("NoSuchEntity", ""), seconds=120)
    values["id"] = f"{values['role']}/{values['policy_arn']}"


def _read_attachment(aws: Aws, values: Values) -> Values | None:
    role, policy = values["role"], values["policy_arn"]
    if policy not in _attached(aws, role):
        return None
    return {"id": f"{role}/{policy}", "role": role, "policy_arn": policy}


def _detach(aws: Aws, values: Values) -> None:
    aws.client("iam").detach_role_policy(RoleName=values["role"], PolicyArn=values["policy_arn"])


def _import_attachment(aws: Aws, identifier: str) -> Values:
    role, _, policy = identifier.partition("/")
    if not role or not policy.startswith("arn:"):
        raise ResourceError(f"unexpected ID ({identifier})", detail="Expected <role-name>/<policy_arn>")
    return {"id": identifier, "role": role, "policy_arn": policy}


# Exclusive forms: they own the whole list of one role, and leave it as it is when destroyed


def _own_inline(aws: Aws, values: Values, prior: Values | None = None) -> None:
    extra = set(_inline_names(aws, values["role_name"])) - set(values["policy_names"] or ())
    _delete_inline(aws, values["role_name"], extra)
    values["id"] = values["role_name"]


def _read_inline_owner(aws: Aws, values: Values) -> Values:
    return {"role_name": values["role_name"], "policy_names": _inline_names(aws, values["role_name"])}


def _own_attachments(aws: Aws, values: Values, prior: Values | None = None) -> None:
    role = values["role_name"]
    _attach_exactly(aws, role, values["policy_arns"], _attached(aws, role))
    values["id"] = role


def _read_attachment_owner(aws: Aws, values: Values) -> Values:
    return {"role_name": values["role_name"], "policy_arns": _attached(aws, values["role_name"])}


def _nothing(aws: Aws, values: Values) -> None:
    pass


def _import_role_name(aws: Aws, identifier: str) -> Values:
    return {"role_name": identifier}


# Data sources


def _data_role(aws: Aws, values: Values) -> Values:
    found = _read_role(aws, {"id": values["name"]})
    used = aws.client("iam").get_role(RoleName=values["name"])["Role"].get("RoleLastUsed", {})
    last = {
        "last_used_date": _time(used["LastUsedDate"]) if "LastUsedDate" in used else "",
        "region": used.get("Region", ""),
    }
    shown = {name: value for name, value in found.items() if name not in _ROLE_ONLY}
    return {**shown, "role_last_used": [last] if used else [], "tags": found["tags_all"]}


_ROLE_ONLY = {"force_detach_policies", "inline_policy", "managed_policy_arns", "tags_all"}


def _data_policy(aws: Aws, values: Values) -> Values:
    arn_ = values["arn"] or _policy_arn(aws, values["name"], values["path_prefix"])
    found = _read_policy(aws, {"id": arn_})
    return {**{key: value for key, value in found.items() if key != "tags_all"}, "tags": found["tags_all"]}


def _policy_arn(aws: Aws, name: str | None, prefix: str | None) -> str:
    pages = aws.client("iam").get_paginator("list_policies").paginate(**given(PathPrefix=prefix))
    found = [
        policy["Arn"] for page in pages for policy in page["Policies"] if name in (None, policy["PolicyName"])
    ]
    if len(found) != 1:
        raise ResourceError(f"reading IAM Policy: {len(found)} policies match, expected one", path="name")
    return str(found[0])


RESOURCES = {
    "aws_iam_policy": Resource(
        create=_create_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_delete_policy,
        tag=_tag_policy,
        defaults={"path": "/"},
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised},
        validators={**_name(128), "policy": iam_policy()},
        stored_only={"delay_after_policy_creation_in_ms"},
    ),
    "aws_iam_role": Resource(
        create=_create_role,
        read=_read_role,
        update=_update_role,
        delete=_delete_role,
        tag=_tag_role,
        plan=_plan_role,
        defaults={"force_detach_policies": False, "max_session_duration": 3600, "path": "/"},
        computed={"inline_policy"},
        equivalent={"assume_role_policy": same_policy, "inline_policy.policy": same_policy},
        normalise={"assume_role_policy": gojson.normalised, "inline_policy.policy": gojson.normalised},
        stored_only={"force_detach_policies"},
        validators={
            **_name(64),
            "assume_role_policy": iam_policy("trust"),
            "description": (
                length(0, 1000),
                matches("^[^\u201c\u2018]*$", "cannot contain typographic single or double quotes"),
            ),
            "inline_policy.name": (length(1, 128), matches(_NAME, _NAME_RIGHT)),
            "inline_policy.policy": iam_policy(),
            "managed_policy_arns": each(arn),
            "max_session_duration": between(3600, 43200),
            "path": length(0, 512),
            "permissions_boundary": arn,
        },
    ),
    "aws_iam_role_policies_exclusive": Resource(
        create=_own_inline,
        read=_read_inline_owner,
        update=_own_inline,
        delete=_nothing,
        imports=_import_role_name,
        name=None,
    ),
    "aws_iam_role_policy": Resource(
        create=_put_role_policy,
        read=_read_role_policy,
        update=_put_role_policy,
        delete=_delete_role_policy,
        imports=_import_role_policy,
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised},
        validators={
            **_name(128),
            "policy": iam_policy(),
            "role": (length(1, 128), matches(_NAME, _NAME_RIGHT)),
        },
    ),
    "aws_iam_role_policy_attachment": Resource(
        create=_attach,
        read=_read_attachment,
        delete=_detach,
        imports=_import_attachment,
        validators={"policy_arn": arn},
        name=None,
    ),
    "aws_iam_role_policy_attachments_exclusive": Resource(
        create=_own_attachments,
        read=_read_attachment_owner,
        update=_own_attachments,
        delete=_nothing,
        imports=_import_role_name,
        validators={"policy_arns": each(arn)},
        name=None,
    ),
}

DATA_SOURCES = {
    "aws_iam_policy": DataSource(read=_data_policy, validators={"arn": arn}),
    "aws_iam_policy_document": DataSource(
        read=lambda aws, values: policy_document.read(values),
        defaults={"statement.effect": "Allow", "version": "2012-10-17"},
        validators={
            "override_json": length(0, 0),
            "override_policy_documents": each(json_text),
            "source_json": length(0, 0),
            "source_policy_documents": each(json_text),
            "statement.effect": one_of("Allow", "Deny"),
            "statement.sid": matches("^[a-zA-Z0-9]*$", "must only include alphanumeric characters"),
            "version": one_of("2008-10-17", "2012-10-17"),
        },
        tags=False,
    ),
    "aws_iam_role": DataSource(read=_data_role),
}

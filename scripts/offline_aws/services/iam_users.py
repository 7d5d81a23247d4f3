"""IAM users and groups, what they are given, and the keys of users.

Source: internal/service/iam/{user,user_login_profile,access_key,group,group_membership,policy_attachment}.go.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import ResourceError, Values, changed, tag_list, tag_map
from offline_aws.modelled import Calls, modelled
from offline_aws.resource import ResourceHandler
from offline_aws.services.iam_given_policies import attachment, inline_policy
from offline_aws.shapes import in_utc
from offline_aws.validators import arn, between, length, matches

# Users

_USER = Calls(
    service="iam",
    create="create_user",
    read="get_user",
    delete="delete_user",
    by={"UserName": "id"},
    sent=Derived("aws_iam_user", "iam", "CreateUserRequest", keys={"name": "UserName"}),
    shown=Derived(
        "aws_iam_user",
        "iam",
        "User",
        keys={
            "name": "UserName",
            "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
            "unique_id": "UserId",
        },
    ),
    answer="User",
    tags=("Tags", tag_list),
    shown_tags=lambda aws, values, found: tag_map(found.get("Tags")),
)


def _update_user(aws: Aws, values: Values, prior: Values) -> None:
    iam = aws.client("iam")
    if changed(values, prior, "name", "path"):
        iam.update_user(UserName=prior["id"], NewUserName=values["name"], NewPath=values["path"])
        values["id"] = values["name"]
    if changed(values, prior, "permissions_boundary"):
        if boundary := values["permissions_boundary"]:
            iam.put_user_permissions_boundary(UserName=values["id"], PermissionsBoundary=boundary)
        else:
            iam.delete_user_permissions_boundary(UserName=values["id"])


def _delete_user(aws: Aws, values: Values) -> None:
    iam, user = aws.client("iam"), values["id"]
    for group in _every(iam, "list_groups_for_user", "Groups", UserName=user):
        iam.remove_user_from_group(UserName=user, GroupName=group["GroupName"])
    if values["force_destroy"]:
        _strip(iam, user)
    iam.delete_user(UserName=user)


def _strip(iam: Any, user: str) -> None:
    """Take a user's policies, keys, devices and password away."""
    for policy in _every(iam, "list_user_policies", "PolicyNames", UserName=user):
        iam.delete_user_policy(UserName=user, PolicyName=policy)
    for policy in _every(iam, "list_attached_user_policies", "AttachedPolicies", UserName=user):
        iam.detach_user_policy(UserName=user, PolicyArn=policy["PolicyArn"])
    for key in _every(iam, "list_access_keys", "AccessKeyMetadata", UserName=user):
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    for device in _every(iam, "list_virtual_mfa_devices", "VirtualMFADevices", AssignmentStatus="Assigned"):
        if device.get("User", {}).get("UserName") == user:
            iam.deactivate_mfa_device(UserName=user, SerialNumber=device["SerialNumber"])
            iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
    _unless_gone(lambda: iam.delete_login_profile(UserName=user))


def _every(iam: Any, operation: str, key: str, **asked: str) -> list[Any]:
    """All that the pages of an answer have under a key, read before anything is changed."""
    return [item for page in iam.get_paginator(operation).paginate(**asked) for item in page[key]]


def _unless_gone(request: Callable[[], object]) -> None:
    from botocore.exceptions import ClientError

    try:
        request()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise


# Keys


def _no_pgp(values: Values) -> None:
    if values["pgp_key"]:
        raise ResourceError(
            "pgp_key is not supported by the offline provider",
            detail="Leave it out locally, or use the published hashicorp/aws.",
            path="pgp_key",
        )


def _create_key(aws: Aws, values: Values) -> None:
    _no_pgp(values)
    iam = aws.client("iam")
    key = iam.create_access_key(UserName=values["user"])["AccessKey"]
    values["id"], values["secret"] = key["AccessKeyId"], key["SecretAccessKey"]
    values["ses_smtp_password_v4"] = _smtp_password(key["SecretAccessKey"], aws.region)
    if values["status"] == "Inactive":
        iam.update_access_key(UserName=values["user"], AccessKeyId=values["id"], Status="Inactive")


def _smtp_password(secret: str, region: str) -> str:
    """SES developer guide, "Obtaining Amazon SES SMTP credentials by converting existing AWS credentials"."""
    import base64
    import hashlib
    import hmac

    key = f"AWS4{secret}".encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + key).decode()


def _read_key(aws: Aws, values: Values) -> Values | None:
    keys = aws.client("iam").list_access_keys(UserName=values["user"])["AccessKeyMetadata"]
    for key in keys:
        if key["AccessKeyId"] == values["id"]:
            date = in_utc(key["CreateDate"])
            return {"id": values["id"], "user": key["UserName"], "status": key["Status"], "create_date": date}
    return None


def _update_key(aws: Aws, values: Values, prior: Values) -> None:
    named = {"UserName": values["user"], "AccessKeyId": values["id"]}
    aws.client("iam").update_access_key(**named, Status=values["status"])


def _import_key(aws: Aws, identifier: str) -> Values:
    found = aws.client("iam").get_access_key_last_used(AccessKeyId=identifier)
    return {"id": identifier, "user": found["UserName"]}


def _create_profile(aws: Aws, values: Values) -> None:
    _no_pgp(values)
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#$%^&*()_+-=[]{}|'")
    rest = [secrets.choice("".join(kinds)) for _ in range(values["password_length"] - len(kinds))]
    password = [*(secrets.choice(kind) for kind in kinds), *rest]
    secrets.SystemRandom().shuffle(password)
    values["password"] = "".join(password)
    aws.client("iam").create_login_profile(
        UserName=values["user"],
        Password=values["password"],
        PasswordResetRequired=values["password_reset_required"] is True,
    )
    values["id"] = values["user"]


def _read_profile(aws: Aws, values: Values) -> Values:
    found = aws.client("iam").get_login_profile(UserName=values["id"])["LoginProfile"]
    reset = found.get("PasswordResetRequired", False)
    return {"id": values["id"], "user": found["UserName"], "password_reset_required": reset}


# Groups

_GROUP = Calls(
    service="iam",
    create="create_group",
    read="get_group",
    delete="delete_group",
    by={"GroupName": "id"},
    sent=Derived("aws_iam_group", "iam", "CreateGroupRequest", keys={"name": "GroupName"}),
    shown=Derived("aws_iam_group", "iam", "Group", keys={"name": "GroupName", "unique_id": "GroupId"}),
    answer="Group",
)


def _update_group(aws: Aws, values: Values, prior: Values) -> None:
    names = {"NewGroupName": values["name"], "NewPath": values["path"]}
    aws.client("iam").update_group(GroupName=prior["id"], **names)
    values["id"] = values["name"]


def _members(aws: Aws, group: str) -> list[str]:
    return [user["UserName"] for user in _every(aws.client("iam"), "get_group", "Users", GroupName=group)]


def _put_members(aws: Aws, values: Values, prior: Values | None = None) -> None:
    iam, group = aws.client("iam"), values["group"]
    wanted, before = set(values["users"]), set(prior["users"]) if prior else set()
    values["id"] = values["name"]
    for user in sorted(before - wanted):
        _unless_gone(partial(iam.remove_user_from_group, GroupName=group, UserName=user))
    for user in sorted(wanted - before):
        iam.add_user_to_group(GroupName=group, UserName=user)


def _read_members(aws: Aws, values: Values) -> Values:
    return {"id": values["id"], "group": values["group"], "users": _members(aws, values["group"])}


def _delete_members(aws: Aws, values: Values) -> None:
    iam = aws.client("iam")
    for user in values["users"]:
        iam.remove_user_from_group(GroupName=values["group"], UserName=user)


# One policy with all that it is attached to

_ENTITIES = {
    "groups": ("group", "GroupName", "PolicyGroups"),
    "roles": ("role", "RoleName", "PolicyRoles"),
    "users": ("user", "UserName", "PolicyUsers"),
}


def _put_everywhere(aws: Aws, values: Values, prior: Values | None = None) -> None:
    iam, policy = aws.client("iam"), values["policy_arn"]
    values["id"] = values["name"]
    for name, (kind, owner, _) in _ENTITIES.items():
        wanted, before = set(values[name] or ()), set((prior or {}).get(name) or ())
        for entity in sorted(before - wanted):
            detach = getattr(iam, f"detach_{kind}_policy")
            _unless_gone(partial(detach, **{owner: entity}, PolicyArn=policy))
        for entity in sorted(wanted - before):
            getattr(iam, f"attach_{kind}_policy")(**{owner: entity}, PolicyArn=policy)


def _read_everywhere(aws: Aws, values: Values) -> Values | None:
    pages = list(
        aws.client("iam").get_paginator("list_entities_for_policy").paginate(PolicyArn=values["policy_arn"])
    )
    found = {
        name: [item[owner] for page in pages for item in page[key]]
        for name, (_, owner, key) in _ENTITIES.items()
    }
    if not any(found.values()):
        return None
    return {**found, "id": values["id"], "name": values["name"], "policy_arn": values["policy_arn"]}


def _delete_everywhere(aws: Aws, values: Values) -> None:
    _put_everywhere(aws, {**values, **{key: [] for key in _ENTITIES}}, values)


# internal/service/iam/{user,group}.go of 2024.
_NAME = matches(r"^[0-9A-Za-z=,.@_+-]+$", r"must match [\w+=,.@-]")
_STATUS = enum("iam", "statusType")
RESOURCES = {
    "aws_iam_access_key": ResourceHandler(
        create=_create_key,
        read=_read_key,
        update=_update_key,
        delete=call("iam", "delete_access_key", UserName="user", AccessKeyId="id"),
        imports=_import_key,
        defaults={"status": "Active"},
        validators={"status": _STATUS},
        name=None,
        differs="`pgp_key` is refused at apply.",
    ),
    "aws_iam_group": modelled(
        _GROUP,
        update=_update_group,
        defaults={"path": "/"},
        recomputed={"arn": ["name", "path"]},
        validators={"name": _NAME},
        name=None,
    ),
    "aws_iam_group_membership": ResourceHandler(
        create=_put_members,
        read=_read_members,
        update=_put_members,
        delete=_delete_members,
        imports=None,
        name=None,
    ),
    "aws_iam_group_policy_attachment": attachment("group"),
    "aws_iam_policy_attachment": ResourceHandler(
        create=_put_everywhere,
        read=_read_everywhere,
        update=_put_everywhere,
        delete=_delete_everywhere,
        imports=None,
        at_least_one_of=(tuple(_ENTITIES),),
        validators={"name": matches(r"(?s).", "must not be empty"), "policy_arn": arn},
        name=None,
    ),
    "aws_iam_user": modelled(
        _USER,
        update=_update_user,
        delete=_delete_user,
        tag=tagging("iam", "UserName", "id", noun="user", form=tag_list),
        defaults={"force_destroy": False, "path": "/"},
        stored_only={"force_destroy"},
        validators={"name": _NAME, "permissions_boundary": length(0, 2048)},
        name=None,
    ),
    "aws_iam_user_login_profile": ResourceHandler(
        create=_create_profile,
        read=_read_profile,
        delete=call("iam", "delete_login_profile", UserName="id"),
        defaults={"password_length": 20},
        validators={"password_length": between(5, 128)},
        name=None,
        differs="`pgp_key` is refused at apply.",
    ),
    "aws_iam_user_policy": inline_policy("user", "user:name"),
    "aws_iam_user_policy_attachment": attachment("user"),
}

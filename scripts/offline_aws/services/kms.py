"""KMS: keys and aliases. Keys of outside and of other regions, and grants, are in files of their own.

Source: internal/service/kms/{key,alias,key_data_source,alias_data_source}.go.
"""

from __future__ import annotations

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import ResourceError, Values, changed, given, tag_list
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.services import kms_grants, kms_key_material
from offline_aws.services import kms_keys as keys
from offline_aws.services.kms_secrets import SECRETS
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import between, length, matches, or_empty

_SENT = Derived("aws_kms_key", "kms", "CreateKeyRequest", keys={"customer_master_key_spec": "KeySpec"})
_SHOWN = Derived(
    "aws_kms_key",
    "kms",
    "KeyMetadata",
    keys={
        "customer_master_key_spec": "KeySpec",
        "is_enabled": "Enabled",
        "xks_key_id": "XksKeyConfiguration.Id",
    },
)


def _create(aws: Aws, values: Values) -> None:
    arguments = {
        **to_api(values, _SENT),
        **given(Tags=tag_list(values["tags_all"], "TagKey", "TagValue")),
    }
    kms = aws.client("kms")
    created = eventually(aws, lambda: kms.create_key(**arguments), keys.BAD_POLICY)
    values["id"] = values["key_id"] = created["KeyMetadata"]["KeyId"]
    if values["enable_key_rotation"]:
        _set_rotation(aws, values)
    if not values["is_enabled"]:
        kms.disable_key(KeyId=values["id"])


def _set_rotation(aws: Aws, values: Values) -> None:
    kms, key = aws.client("kms"), values["id"]
    if values["enable_key_rotation"]:
        kms.enable_key_rotation(
            KeyId=key, **given(RotationPeriodInDays=values["rotation_period_in_days"] or None)
        )
    else:
        kms.disable_key_rotation(KeyId=key)


def _read(aws: Aws, values: Values) -> Values | None:
    kms, identifier = aws.client("kms"), values["id"]
    key = kms.describe_key(KeyId=identifier)["KeyMetadata"]
    if key["KeyState"] in keys.DELETED:
        return None
    stored = ("bypass_policy_lockout_safety_check", "deletion_window_in_days")
    return {
        **{name: values.get(name) for name in stored if values.get(name) is not None},
        **_rotation(aws, key),
        **from_api(key, _SHOWN),
        "id": key["KeyId"],
        "policy": keys.policy(aws, identifier),
        "tags_all": keys.tags(aws, identifier),
    }


def _rotation(aws: Aws, key: Values) -> Values:
    if key["KeyUsage"] != "ENCRYPT_DECRYPT" or key.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        return {"enable_key_rotation": False, "rotation_period_in_days": None}
    found = aws.client("kms").get_key_rotation_status(KeyId=key["KeyId"])
    return {
        "enable_key_rotation": found.get("KeyRotationEnabled", False),
        "rotation_period_in_days": found.get("RotationPeriodInDays"),
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    kms, key = aws.client("kms"), values["id"]
    if changed(values, prior, "is_enabled") and values["is_enabled"]:
        kms.enable_key(KeyId=key)  # a disabled key takes no other change
    if changed(values, prior, "enable_key_rotation", "rotation_period_in_days"):
        _set_rotation(aws, values)
    keys.update(aws, values, prior)
    if changed(values, prior, "is_enabled") and not values["is_enabled"]:
        kms.disable_key(KeyId=key)


# Aliases


def _create_alias(aws: Aws, values: Values) -> None:
    arguments = {"AliasName": values["name"], "TargetKeyId": values["target_key_id"]}
    kms = aws.client("kms")
    eventually(aws, lambda: kms.create_alias(**arguments), keys.NOT_FOUND)
    values["id"] = values["name"]


def _find_alias(aws: Aws, name: str) -> Values | None:
    pages = aws.client("kms").get_paginator("list_aliases").paginate()
    return next((item for page in pages for item in page["Aliases"] if item["AliasName"] == name), None)


def _read_alias(aws: Aws, values: Values) -> Values | None:
    alias = _find_alias(aws, values["id"])
    if alias is None or "TargetKeyId" not in alias:
        return None
    key = alias["AliasArn"].rsplit(":", 1)[0] + f":key/{alias['TargetKeyId']}"
    return {
        "id": alias["AliasName"],
        "arn": alias["AliasArn"],
        "name": alias["AliasName"],
        "target_key_arn": key,
        "target_key_id": alias["TargetKeyId"],
    }


def _update_alias(aws: Aws, values: Values, prior: Values) -> None:
    aws.client("kms").update_alias(AliasName=values["id"], TargetKeyId=values["target_key_id"])


def _same_key(one: object, other: object) -> bool:
    """An id and the ARN that ends with it are the same key."""
    return str(one).rsplit("/", 1)[-1] == str(other).rsplit("/", 1)[-1]


def _plan(plan: Plan) -> None:
    period = plan.config["rotation_period_in_days"]
    if isinstance(period, int | float) and plan.values["enable_key_rotation"] is False:
        raise ResourceError(
            "rotation_period_in_days is only of meaning with enable_key_rotation = true",
            path="rotation_period_in_days",
        )


# Data sources


_DATA = Derived("data.aws_kms_key", "kms", "KeyMetadata")


def _data_key(aws: Aws, values: Values) -> Values:
    arguments = given(KeyId=values["key_id"], GrantTokens=values["grant_tokens"])
    key = aws.client("kms").describe_key(**arguments)["KeyMetadata"]
    return {
        **from_api(key, _DATA),
        "id": key["KeyId"],
        "multi_region_configuration": [],
        "xks_key_configuration": [],
    }


def _data_alias(aws: Aws, values: Values) -> Values:
    found = _find_alias(aws, values["name"])
    if found is None:
        raise ResourceError(f"reading KMS Alias ({values['name']}): couldn't find resource", path="name")
    # Aliases of AWS's own services name no key until it is first used.
    key = aws.client("kms").describe_key(KeyId=found.get("TargetKeyId") or values["name"])["KeyMetadata"]
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "target_key_arn": key["Arn"],
        "target_key_id": key["KeyId"],
    }


_ANY_ALIAS = matches("^alias/[0-9A-Za-z_/-]+$", "must begin with 'alias/' and be of [0-9A-Za-z_/-]")
_ALIAS = matches(
    "^alias/(?!aws/)[0-9A-Za-z_/-]+$", "must begin with 'alias/', not 'alias/aws/', and be of [0-9A-Za-z_/-]"
)

RESOURCES = {
    **kms_grants.RESOURCES,
    **kms_key_material.RESOURCES,
    "aws_kms_alias": ResourceHandler(
        create=_create_alias,
        read=_read_alias,
        update=_update_alias,
        delete=call("kms", "delete_alias", AliasName="id"),
        equivalent={"target_key_id": _same_key},
        recomputed={"target_key_arn": ("target_key_id",)},
        validators={"name": _ALIAS, "name_prefix": _ALIAS},
    ),
    "aws_kms_key": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=keys.delete,
        tag=keys.TAG,
        plan=_plan,
        defaults={
            "bypass_policy_lockout_safety_check": False,
            "customer_master_key_spec": "SYMMETRIC_DEFAULT",
            "enable_key_rotation": False,
            "is_enabled": True,
            "key_usage": "ENCRYPT_DECRYPT",
        },
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        recomputed={"rotation_period_in_days": ("enable_key_rotation",)},
        stored_only={"bypass_policy_lockout_safety_check", "deletion_window_in_days"},
        shapes=(_SENT,),
        validators={
            "deletion_window_in_days": between(7, 30),
            "description": length(0, 8192),
            "policy": or_empty(iam_policy("resource")),
            "rotation_period_in_days": between(90, 2560),
        },
        name=None,
    ),
}

DATA_SOURCES = {
    "aws_kms_alias": DataSourceHandler(read=_data_alias, validators={"name": _ANY_ALIAS}, tags=False),
    "aws_kms_key": DataSourceHandler(read=_data_key, tags=False),
}

EPHEMERAL = {"aws_kms_secrets": SECRETS}

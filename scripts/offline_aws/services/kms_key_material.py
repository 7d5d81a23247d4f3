"""KMS: keys whose material is imported, and those that have another region's.

Source: internal/service/kms/{external_key,replica_key,replica_external_key}.go.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import ResourceError, Values, changed, given, tag_list
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.services import kms_keys as keys
from offline_aws.shapes import in_utc, to_api
from offline_aws.validators import arn, base64_text, between, length, or_empty, rfc3339

_EXTERNAL = Derived(
    "aws_kms_external_key",
    "kms",
    "CreateKeyRequest",
    only=(
        "bypass_policy_lockout_safety_check",
        "description",
        "key_spec",
        "key_usage",
        "multi_region",
        "policy",
    ),
)
_STORED = ("bypass_policy_lockout_safety_check", "deletion_window_in_days", "key_material_base64")
_UNTOLD = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}


# Material from outside


def _create_external(aws: Aws, values: Values) -> None:
    arguments = {**_UNTOLD, **to_api(values, _EXTERNAL), "Origin": "EXTERNAL", **_tags(values)}
    kms = aws.client("kms")
    made = eventually(aws, lambda: kms.create_key(**arguments), keys.BAD_POLICY)
    values["id"] = made["KeyMetadata"]["KeyId"]
    _import_first(aws, values)


def _tags(values: Values) -> Values:
    return given(Tags=tag_list(values["tags_all"], "TagKey", "TagValue"))


def _import_first(aws: Aws, values: Values) -> None:
    """A key without material is enabled when it gets some; only then can it be disabled."""
    if values["key_material_base64"]:
        _import(aws, values)
        if values["enabled"] is False:
            aws.client("kms").disable_key(KeyId=values["id"])


def _import(aws: Aws, values: Values) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    kms, key = aws.client("kms"), values["id"]
    wanted = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    parameters = eventually(aws, lambda: kms.get_parameters_for_import(KeyId=key, **wanted), keys.NOT_FOUND)
    public = load_der_public_key(parameters["PublicKey"])
    if not isinstance(public, rsa.RSAPublicKey):
        raise ResourceError(f"KMS wants the material of {key} wrapped with a key that is not of RSA")
    hashed = hashes.SHA256()
    wrapped = public.encrypt(
        base64.b64decode(values["key_material_base64"]),
        padding.OAEP(mgf=padding.MGF1(algorithm=hashed), algorithm=hashed, label=None),
    )
    until: dict[str, Any] = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    if values["valid_to"]:
        moment = datetime.fromisoformat(values["valid_to"])
        until = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": moment}
    kms.import_key_material(
        KeyId=key, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped, **until
    )


def _shown(aws: Aws, values: Values, key: Values) -> Values:
    """What all three kinds have; stored values that AWS does not return stay."""
    return {
        **{name: values[name] for name in _STORED if values.get(name) is not None},
        "id": key["KeyId"],
        "arn": key["Arn"],
        "description": key.get("Description", ""),
        "enabled": key["Enabled"],
        "key_usage": key["KeyUsage"],
        "policy": keys.policy(aws, key["KeyId"]),
        "tags_all": keys.tags(aws, key["KeyId"]),
    }


def _of_material(key: Values) -> Values:
    return {
        "expiration_model": key.get("ExpirationModel", ""),
        "key_state": key["KeyState"],
        "valid_to": in_utc(key.get("ValidTo")) or None,
    }


def _described(aws: Aws, values: Values, wrong: Mapping[str, Any]) -> Values | None:
    """The key, None when it is deleted; refuses one of another kind (an import of a wrong id)."""
    key: Values = aws.client("kms").describe_key(KeyId=values["id"])["KeyMetadata"]
    if key["KeyState"] in keys.DELETED:
        return None
    for name, right in wrong.items():
        have = key["MultiRegionConfiguration"]["MultiRegionKeyType"] if name == "Kind" else key.get(name)
        if have != right:
            raise ResourceError(f"KMS key ({values['id']}) has invalid {name}: {have}")
    return key


def _read_external(aws: Aws, values: Values) -> Values | None:
    key = _described(aws, values, {"Origin": "EXTERNAL"})
    if key is None:
        return None
    shown = {"key_spec": key.get("KeySpec", "SYMMETRIC_DEFAULT"), "multi_region": key["MultiRegion"]}
    return {**_shown(aws, values, key), **_of_material(key), **shown}


def _update(aws: Aws, values: Values, prior: Values) -> None:
    kms, key = aws.client("kms"), values["id"]
    switched = changed(values, prior, "enabled") and prior.get("key_state") != "PendingImport"
    if switched and values["enabled"]:
        kms.enable_key(KeyId=key)  # a disabled key takes no other change
    keys.update(aws, values, prior)
    if "valid_to" in values and changed(values, prior, "valid_to"):
        _import(aws, values)
    if switched and not values["enabled"]:
        kms.disable_key(KeyId=key)


# Material of another region


def _replicate(aws: Aws, values: Values) -> None:
    primary = values["primary_key_arn"].split(":")
    arguments = given(
        KeyId=primary[5].removeprefix("key/"),
        ReplicaRegion=aws.region,
        Description=values["description"],
        Policy=values["policy"],
        BypassPolicyLockoutSafetyCheck=values["bypass_policy_lockout_safety_check"] or None,
    )
    kms = aws.client("kms", primary[3])
    made = eventually(aws, lambda: kms.replicate_key(**arguments, **_tags(values)), keys.BAD_POLICY)
    values["id"] = values["key_id"] = made["ReplicaKeyMetadata"]["KeyId"]
    aws.wait(lambda: _state(aws, values["id"]) not in ("", "Creating"), f"KMS Replica Key ({values['id']})")


def _state(aws: Aws, key: str) -> str:
    """A key's state; "" while this region does not know it yet."""
    from botocore.exceptions import ClientError

    try:
        return str(aws.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NotFoundException":
            return ""
        raise


def _create_replica(aws: Aws, values: Values) -> None:
    _replicate(aws, values)
    if not values["enabled"]:
        aws.client("kms").disable_key(KeyId=values["id"])


def _read_replica(aws: Aws, values: Values) -> Values | None:
    key = _described(aws, values, {"Origin": "AWS_KMS", "MultiRegion": True, "Kind": "REPLICA"})
    if key is None:
        return None
    rotation = aws.client("kms").get_key_rotation_status(KeyId=key["KeyId"])
    return {
        **_shown(aws, values, key),
        "key_id": key["KeyId"],
        "key_rotation_enabled": rotation.get("KeyRotationEnabled", False),
        "key_spec": key.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "primary_key_arn": key["MultiRegionConfiguration"]["PrimaryKey"]["Arn"],
    }


def _create_external_replica(aws: Aws, values: Values) -> None:
    _replicate(aws, values)
    _import_first(aws, values)


def _read_external_replica(aws: Aws, values: Values) -> Values | None:
    key = _described(aws, values, {"Origin": "EXTERNAL", "MultiRegion": True, "Kind": "REPLICA"})
    if key is None:
        return None
    primary = key["MultiRegionConfiguration"]["PrimaryKey"]["Arn"]
    return {
        **_shown(aws, values, key),
        **_of_material(key),
        "key_id": key["KeyId"],
        "primary_key_arn": primary,
    }


_KEY = ResourceHandler(
    create=_create_external,
    read=_read_external,
    update=_update,
    delete=keys.delete,
    tag=keys.TAG,
    defaults={"bypass_policy_lockout_safety_check": False, "deletion_window_in_days": 30},
    equivalent={"policy": same_policy},
    normalise={"policy": gojson.normalised_json},
    stored_only={"bypass_policy_lockout_safety_check", "deletion_window_in_days"},
    validators={
        "deletion_window_in_days": between(7, 30),
        "description": length(0, 8192),
        "policy": or_empty(iam_policy("resource")),
    },
    name=None,
)
_MATERIAL = {"key_material_base64": or_empty(base64_text), "valid_to": or_empty(rfc3339)}

RESOURCES = {
    "aws_kms_external_key": replace(
        _KEY,
        recomputed={"expiration_model": ("valid_to",), "key_state": ("enabled", "valid_to")},
        validators={
            **_KEY.validators,
            **_MATERIAL,
            "key_spec": enum("kms", "KeySpec"),
            "key_usage": enum("kms", "KeyUsageType"),
        },
    ),
    "aws_kms_replica_external_key": replace(
        _KEY,
        create=_create_external_replica,
        read=_read_external_replica,
        recomputed={"expiration_model": ("valid_to",), "key_state": ("enabled", "valid_to")},
        validators={**_KEY.validators, **_MATERIAL, "primary_key_arn": arn},
    ),
    "aws_kms_replica_key": replace(
        _KEY,
        create=_create_replica,
        read=_read_replica,
        defaults={**_KEY.defaults, "enabled": True},
        validators={**_KEY.validators, "primary_key_arn": arn},
    ),
}

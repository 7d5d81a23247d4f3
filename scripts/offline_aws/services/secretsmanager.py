"""Secrets Manager: secrets and their versions.

Source: internal/service/secretsmanager/{secret,secret_version}.go and their data sources.
"""

from __future__ import annotations

import base64

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import import_by, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import UNKNOWN, Values, changed, given, tag_list, tag_map
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.services.secretsmanager_additions import POLICY, ROTATION
from offline_aws.shapes import from_api, in_utc, to_api, with_texts
from offline_aws.validators import arn, base64_text, length, matches

_NAME = matches(r"^[0-9A-Za-z/_+=.@-]+$", "must match [0-9A-Za-z/_+=.@-]")


# Secrets

_SENT = Derived(
    "aws_secretsmanager_secret",
    "secretsmanager",
    "CreateSecretRequest",
    keys={"replica": "AddReplicaRegions"},
)
_SHOWN = Derived(
    "aws_secretsmanager_secret",
    "secretsmanager",
    "DescribeSecretResponse",
    without={"replica.last_accessed_date"},
    keys={"replica": "ReplicationStatus"},
)
_DATA = Derived("data.aws_secretsmanager_secret", "secretsmanager", "DescribeSecretResponse")


def _create(aws: Aws, values: Values) -> None:
    arguments = {**to_api(values, _SENT), **given(Tags=tag_list(values["tags_all"]))}
    client = aws.client("secretsmanager")
    # A secret of this name may still be on its way out.
    passing = (
        ("InvalidRequestException", "scheduled for deletion"),
        ("InvalidRequestException", "was deleted"),
    )
    values["id"] = eventually(aws, lambda: client.create_secret(**arguments), *passing, seconds=120)["ARN"]
    if values["policy"] and values["policy"] != "{}":
        client.put_resource_policy(SecretId=values["id"], ResourcePolicy=values["policy"])


def _read(aws: Aws, values: Values) -> Values | None:
    client = aws.client("secretsmanager")
    found = client.describe_secret(SecretId=values["id"])
    if found.get("DeletedDate"):
        return None
    policy = client.get_resource_policy(SecretId=values["id"]).get("ResourcePolicy") or ""
    stored = ("force_overwrite_replica_secret", "recovery_window_in_days")
    return {
        **{name: values[name] for name in stored if values.get(name) is not None},
        **from_api(found, _SHOWN),
        "id": found["ARN"],
        "policy": gojson.normalised_json(policy),
        "tags_all": tag_map(found.get("Tags")),
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, secret = aws.client("secretsmanager"), values["id"]
    if changed(values, prior, "replica"):
        _replicate(aws, values, prior)
    if changed(values, prior, "description", "kms_key_id"):
        client.update_secret(
            SecretId=secret, Description=values["description"] or "", **given(KmsKeyId=values["kms_key_id"])
        )
    if changed(values, prior, "policy"):
        if values["policy"] and values["policy"] != "{}":
            client.put_resource_policy(SecretId=secret, ResourcePolicy=values["policy"])
        else:
            client.delete_resource_policy(SecretId=secret)


def _replicate(aws: Aws, values: Values, prior: Values) -> None:
    client, secret = aws.client("secretsmanager"), values["id"]
    new = {item["region"]: item for item in values["replica"]}
    old = {item["region"] for item in prior["replica"]}
    if gone := sorted(old - new.keys()):
        client.remove_regions_from_replication(SecretId=secret, RemoveReplicaRegions=gone)
    if added := sorted(new.keys() - old):
        client.replicate_secret_to_regions(
            SecretId=secret,
            AddReplicaRegions=[given(Region=name, KmsKeyId=new[name]["kms_key_id"]) for name in added],
        )


def _delete(aws: Aws, values: Values) -> None:
    client, secret = aws.client("secretsmanager"), values["id"]
    if regions := [item["region"] for item in values["replica"]]:
        client.remove_regions_from_replication(SecretId=secret, RemoveReplicaRegions=regions)
    window = values["recovery_window_in_days"]
    if window == 0:
        client.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    else:
        client.delete_secret(SecretId=secret, RecoveryWindowInDays=30 if window is None else window)


def _window(value: float) -> str | None:
    if value == 0 or 7 <= value <= 30:
        return None
    return f"expected to be 0 or in the range (7 - 30), got {value:g}"


# Versions


def _put_version(aws: Aws, values: Values) -> None:
    written = bool(values["secret_string_wo"])
    binary = values["secret_binary"]
    arguments = given(
        SecretId=values["secret_id"],
        SecretBinary=base64.b64decode(binary) if binary else None,
        SecretString=values["secret_string_wo"] or values["secret_string"],
        VersionStages=values["version_stages"],
    )
    made = aws.client("secretsmanager").put_secret_value(**arguments)
    values["id"] = f"{values['secret_id']}|{made['VersionId']}"
    # The emulator forgets the other labels of a version that becomes the current one.
    for stage in sorted(set(values["version_stages"] or ()) - set(made["VersionStages"])):
        _move(aws, values["secret_id"], stage, made["VersionId"])
    values["has_secret_string_wo"] = True if written else None


def _read_version(aws: Aws, values: Values) -> Values:
    secret, _, version = values["id"].rpartition("|")
    found = aws.client("secretsmanager").get_secret_value(SecretId=secret, VersionId=version)
    binary = found.get("SecretBinary")
    written = values.get("has_secret_string_wo")
    return {
        "id": values["id"],
        "arn": found["ARN"],
        "has_secret_string_wo": written,
        "secret_arn": found["ARN"],
        "secret_binary": base64.b64encode(binary).decode() if binary else None,
        "secret_id": secret,
        "secret_string": None if written else found.get("SecretString"),
        "version_id": found["VersionId"],
        "version_stages": found.get("VersionStages", []),
    }


def _update_version(aws: Aws, values: Values, prior: Values) -> None:
    client, version = aws.client("secretsmanager"), values["version_id"]
    new, old = set(values["version_stages"] or ()), set(prior["version_stages"] or ())
    for stage in sorted(new - old):
        _move(aws, values["secret_id"], stage, version)
    for stage in sorted(old - new - {"AWSCURRENT", "AWSPREVIOUS"}):
        client.update_secret_version_stage(
            SecretId=values["secret_id"], VersionStage=stage, RemoveFromVersionId=version
        )


def _move(aws: Aws, secret: str, stage: str, version: str) -> None:
    client = aws.client("secretsmanager")
    versions = client.describe_secret(SecretId=secret).get("VersionIdsToStages", {})
    holder = next((found for found, stages in versions.items() if stage in stages), None)
    client.update_secret_version_stage(
        SecretId=secret, VersionStage=stage, MoveToVersionId=version, **given(RemoveFromVersionId=holder)
    )


def _delete_version(aws: Aws, values: Values) -> None:
    """AWS deletes a version that has no stage; the current one always has."""
    for stage in sorted(set(values["version_stages"] or ()) - {"AWSCURRENT"}):
        aws.client("secretsmanager").update_secret_version_stage(
            SecretId=values["secret_id"], VersionStage=stage, RemoveFromVersionId=values["version_id"]
        )


_import = import_by("<secret_id>|<version_id>", "|")


def _import_version(aws: Aws, identifier: str) -> Values:
    return {**_import(aws, identifier), "has_secret_string_wo": False}


def _plan_version(plan: Plan) -> None:
    if plan.prior is None:
        plan.values["has_secret_string_wo"] = UNKNOWN


# Data sources


def _data_secret(aws: Aws, values: Values) -> Values:
    client = aws.client("secretsmanager")
    found = client.describe_secret(SecretId=values["arn"] or values["name"])
    policy = client.get_resource_policy(SecretId=found["ARN"]).get("ResourcePolicy") or ""
    shown = with_texts(from_api(found, _DATA))
    shown |= {"policy": gojson.normalised_json(policy), "tags": tag_map(found.get("Tags"))}
    return {**shown, "id": found["ARN"]}


def _data_version(aws: Aws, values: Values) -> Values:
    arguments = given(
        SecretId=values["secret_id"],
        VersionId=values["version_id"],
        VersionStage=None if values["version_id"] else values["version_stage"],
    )
    found = aws.client("secretsmanager").get_secret_value(**arguments)
    binary = found.get("SecretBinary")
    return {
        "id": f"{values['secret_id']}|{values['version_id'] or values['version_stage']}",
        "arn": found["ARN"],
        "created_date": in_utc(found["CreatedDate"]),
        "secret_arn": found["ARN"],
        "secret_binary": binary.decode() if binary else "",
        "secret_string": found.get("SecretString", ""),
        "version_id": found["VersionId"],
        "version_stages": found.get("VersionStages", []),
    }


# Ephemeral resources


def _opened_version(aws: Aws, values: Values) -> Values:
    found = aws.client("secretsmanager").get_secret_value(
        **given(
            SecretId=values["secret_id"], VersionId=values["version_id"], VersionStage=values["version_stage"]
        )
    )
    return {
        "arn": found["ARN"],
        "created_date": in_utc(found["CreatedDate"]),
        "secret_binary": found.get("SecretBinary", b"").decode(),
        "secret_string": found.get("SecretString"),
        "version_id": found["VersionId"],
        "version_stages": found.get("VersionStages", []),
    }


def _opened_password(aws: Aws, values: Values) -> Values:
    wanted = {name: value for name, value in values.items() if name not in ("random_password", "region")}
    arguments = {name.title().replace("_", ""): value for name, value in wanted.items()}
    found = aws.client("secretsmanager").get_random_password(**given(**arguments))
    return {"random_password": found["RandomPassword"]}


RESOURCES = {
    "aws_secretsmanager_secret": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tag=tagging("secretsmanager", "SecretId", "id", form=tag_list),
        defaults={"force_overwrite_replica_secret": False, "recovery_window_in_days": 30},
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        stored_only={"force_overwrite_replica_secret", "recovery_window_in_days"},
        validators={
            "name": (length(1, 512), _NAME),
            "name_prefix": (length(1, 486), _NAME),
            "policy": lambda value: None if value in ("", "{}") else iam_policy("resource")(value),
            "recovery_window_in_days": _window,
        },
        differs=(
            "`kms_key_id` stays when it is taken away: neither provider sends it then, and AWS keeps it. The "
            "policy's grammar is checked at plan; the published provider checks that it is JSON. The local "
            "AWS does not keep `type`: each plan shows a change."
        ),
    ),
    "aws_secretsmanager_secret_policy": POLICY,
    "aws_secretsmanager_secret_rotation": ROTATION,
    "aws_secretsmanager_secret_version": ResourceHandler(
        create=_put_version,
        read=_read_version,
        update=_update_version,
        delete=_delete_version,
        imports=_import_version,
        identifier="{secret_id}|{version_id}",
        plan=_plan_version,
        validators={"secret_binary": base64_text},
        conflicts=(("secret_binary", "secret_string", "secret_string_wo"),),
        required_with={
            "secret_string_wo": ("secret_string_wo_version",),
            "secret_string_wo_version": ("secret_string_wo",),
        },
        name=None,
    ),
}

DATA_SOURCES = {
    "aws_secretsmanager_secret": DataSourceHandler(
        read=_data_secret, validators={"arn": arn}, exactly_one_of=(("arn", "name"),)
    ),
    "aws_secretsmanager_secret_version": DataSourceHandler(
        read=_data_version, defaults={"version_stage": "AWSCURRENT"}, tags=False
    ),
}

EPHEMERAL = {
    "aws_secretsmanager_random_password": DataSourceHandler(read=_opened_password, tags=False),
    "aws_secretsmanager_secret_version": DataSourceHandler(read=_opened_version, tags=False),
}

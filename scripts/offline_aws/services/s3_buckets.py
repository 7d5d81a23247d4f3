"""``aws_s3_bucket`` and its data source.

Source: internal/service/s3/{bucket,bucket_data_source,hosted_zones}.go. The settings that the provider
deprecates inside this type are refused here: each has a type of its own (see ``s3_settings``).
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values, tag_list, tag_map
from offline_aws.propagation import eventually
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.validators import length, matches, or_empty

# The hosted zones of the website endpoints, from the AWS General Reference.
_ZONES = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-northeast-2": "Z3W03O7B5YMIYP",
    "ap-south-1": "Z11RGJOFQNVJUP",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "ca-central-1": "Z1QDHH18159H29",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "sa-east-1": "Z7KQH4QJS55SO",
    "us-east-1": "Z3AQBSTGFJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}
_OWN_TYPE = {
    "acceleration_status": "aws_s3_bucket_accelerate_configuration",
    "acl": "aws_s3_bucket_acl",
    "cors_rule": "aws_s3_bucket_cors_configuration",
    "grant": "aws_s3_bucket_acl",
    "lifecycle_rule": "aws_s3_bucket_lifecycle_configuration",
    "logging": "aws_s3_bucket_logging",
    "object_lock_configuration": "aws_s3_bucket_object_lock_configuration",
    "policy": "aws_s3_bucket_policy",
    "replication_configuration": "aws_s3_bucket_replication_configuration",
    "request_payer": "aws_s3_bucket_request_payment_configuration",
    "server_side_encryption_configuration": "aws_s3_bucket_server_side_encryption_configuration",
    "versioning": "aws_s3_bucket_versioning",
    "website": "aws_s3_bucket_website_configuration",
}
NAME = (
    length(3, 63),
    matches(
        r"^(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)[a-z0-9](?!.*\.\.)[a-z0-9.-]*[a-z0-9]$",
        "only lowercase letters, digits, . and - are allowed, beginning and ending with a letter or digit",
    ),
)
# internal/service/s3/bucket.go of 2025: it makes no directory buckets.
_NO_DIRECTORY = matches(r"(?<!--x-s3)$", "a directory bucket is an aws_s3_directory_bucket")


def refused(aws: Aws, call: Any, *codes: str) -> Any:
    """What ``call`` returns, None when S3 refuses with one of these codes ("there is no such setting")."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in codes:
            return None
        raise


def _create(aws: Aws, values: Values) -> None:
    s3, bucket = aws.client("s3"), values["bucket"]
    arguments: dict[str, Any] = {"Bucket": bucket}
    if aws.region != "us-east-1":
        arguments["CreateBucketConfiguration"] = {"LocationConstraint": aws.region}
    if values["object_lock_enabled"]:
        arguments["ObjectLockEnabledForBucket"] = True
    eventually(aws, lambda: s3.create_bucket(**arguments), ("OperationAborted", ""))
    values["id"] = bucket
    if values["tags_all"]:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_list(values["tags_all"])})


def _read(aws: Aws, values: Values) -> Values:
    s3, bucket = aws.client("s3"), values["id"]
    s3.head_bucket(Bucket=bucket)
    lock = refused(
        aws,
        lambda: s3.get_object_lock_configuration(Bucket=bucket),
        "ObjectLockConfigurationNotFoundError",
    )
    locked = bool(lock) and lock["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
    return {
        **_shown(aws, bucket),
        "id": bucket,
        "bucket": bucket,
        "force_destroy": values.get("force_destroy") or False,
        "object_lock_enabled": locked,
        "tags_all": _tags(aws, bucket),
        "versioning": _versioning(aws, bucket),
    }


def _shown(aws: Aws, bucket: str) -> Values:
    return {
        "arn": aws.arn("s3", bucket, region="", account=""),
        "bucket_domain_name": f"{bucket}.s3.{aws.dns_suffix}",
        "bucket_region": aws.region,
        "bucket_regional_domain_name": f"{bucket}.s3.{aws.region}.{aws.dns_suffix}",
        "hosted_zone_id": _ZONES.get(aws.region, ""),
    }


def _versioning(aws: Aws, bucket: str) -> list[Values]:
    found = aws.client("s3").get_bucket_versioning(Bucket=bucket)
    return [{"enabled": found.get("Status") == "Enabled", "mfa_delete": found.get("MFADelete") == "Enabled"}]


def _tags(aws: Aws, bucket: str) -> dict[str, str]:
    s3 = aws.client("s3")
    found = refused(aws, lambda: s3.get_bucket_tagging(Bucket=bucket), "NoSuchTagSet", "NoSuchTagSetError")
    return tag_map((found or {}).get("TagSet"))


def _tag(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    s3, bucket = aws.client("s3"), values["id"]
    tags = {key: text for key, text in _tags(aws, bucket).items() if key not in removed} | added
    if tags:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_list(tags)})
    else:
        s3.delete_bucket_tagging(Bucket=bucket)


def _update(aws: Aws, values: Values, prior: Values) -> None:
    """Nothing is left to change: settings have types of their own, tags their own call."""


def _delete(aws: Aws, values: Values) -> None:
    s3, bucket = aws.client("s3"), values["id"]
    if values["force_destroy"]:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        for page in pages:
            held = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in held]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    s3.delete_bucket(Bucket=bucket)


def _plan(plan: Plan) -> None:
    for name, other in _OWN_TYPE.items():
        if plan.config[name] not in (None, []):
            raise ResourceError(
                f"{name} of aws_s3_bucket is deprecated and not supported by the offline provider",
                detail=f"Use {other}.",
                path=name,
            )


def _data(aws: Aws, values: Values) -> Values:
    bucket = values["bucket"]
    aws.client("s3").head_bucket(Bucket=bucket)
    return {"id": bucket, **_shown(aws, bucket)}


BUCKET = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    tag=_tag,
    plan=_plan,
    defaults={"force_destroy": False},
    computed={"cors_rule", "grant", "lifecycle_rule"},
    stored_only={"force_destroy"},
    validators={"bucket": or_empty(*NAME, _NO_DIRECTORY), "bucket_prefix": length(0, 37)},
    differs="The name is checked at plan; the published provider checks most of it at apply.",
    name="bucket",
    name_prefix="bucket_prefix",
    gone={"NoSuchBucket", "404"},
)

BUCKET_DATA = DataSourceHandler(read=_data, tags=False)

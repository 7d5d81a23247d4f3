"""Settings of a bucket that are resources of their own.

Source: internal/service/s3/bucket_{policy,public_access_block,versioning,notification}.go and
bucket_server_side_encryption_configuration.go.
"""

from __future__ import annotations

import json
from typing import Any

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.equivalence import same_policy
from offline_aws.generated_names import unique
from offline_aws.handler_values import ResourceError, Values, given
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services.s3_buckets import refused
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import account, arn, each, length, one_of


def by_bucket(aws: Aws, identifier: str) -> Values:
    """What an id names: ``bucket`` or ``bucket,expected_owner``."""
    bucket, _, owner = identifier.partition(",")
    return {"id": identifier, "bucket": bucket, **({"expected_bucket_owner": owner} if owner else {})}


def _plain(aws: Aws, identifier: str) -> Values:
    return {"id": identifier, "bucket": identifier}


def owned(values: Values) -> dict[str, str]:
    """The arguments that name a bucket, and its owner where that is configured."""
    return given(Bucket=values["bucket"], ExpectedBucketOwner=values.get("expected_bucket_owner"))


def named(values: Values) -> str:
    """The id of a bucket's setting: the bucket, and its owner where that is configured."""
    owner = values.get("expected_bucket_owner")
    return f"{values['bucket']},{owner}" if owner else str(values["bucket"])


# internal/service/s3/bucket_acl.go of 2026, and the other types that take an expected owner.
OWNED = {"bucket": length(1, 63), "expected_bucket_owner": account}

# Policy


def _put_policy(aws: Aws, values: Values, prior: Values | None = None) -> None:
    s3, arguments = aws.client("s3"), {"Bucket": values["bucket"], "Policy": values["policy"]}
    eventually(aws, lambda: s3.put_bucket_policy(**arguments), ("MalformedPolicy", ""), ("NoSuchBucket", ""))
    values["id"] = values["bucket"]


def _read_policy(aws: Aws, values: Values) -> Values:
    found = aws.client("s3").get_bucket_policy(Bucket=values["id"])["Policy"]
    return {"id": values["id"], "bucket": values["id"], "policy": gojson.normalised_json(found)}


# Public access

_ACCESS = Derived("aws_s3_bucket_public_access_block", "s3", "PublicAccessBlockConfiguration")


def _put_access(aws: Aws, values: Values, prior: Values | None = None) -> None:
    aws.client("s3").put_public_access_block(
        Bucket=values["bucket"], PublicAccessBlockConfiguration=to_api(values, _ACCESS)
    )
    values["id"] = values["bucket"]


def _read_access(aws: Aws, values: Values) -> Values:
    found = aws.client("s3").get_public_access_block(Bucket=values["id"])
    shown = from_api(found["PublicAccessBlockConfiguration"], _ACCESS)
    skip = values.get("skip_destroy")
    return {
        **shown,
        "id": values["id"],
        "bucket": values["id"],
        **({} if skip is None else {"skip_destroy": skip}),
    }


def _delete_access(aws: Aws, values: Values) -> None:
    if not values["skip_destroy"]:
        aws.client("s3").delete_public_access_block(Bucket=values["id"])


# Versioning


def _put_versioning(aws: Aws, values: Values, prior: Values | None = None) -> None:
    block = values["versioning_configuration"][0]
    if block["status"] != "Disabled":  # which S3 has no word for: a bucket that never had versions
        aws.client("s3").put_bucket_versioning(
            **owned(values),
            **given(MFA=values["mfa"]),
            VersioningConfiguration=given(Status=block["status"], MFADelete=block["mfa_delete"]),
        )
    values["id"] = named(values)


def _plan_versioning(plan: Plan) -> None:
    """Versioning is not disabled once a bucket has it."""
    new = plan.values["versioning_configuration"]
    if plan.prior is None or not isinstance(new, list) or new[0]["status"] != "Disabled":
        return
    old = plan.prior["versioning_configuration"][0]["status"]
    if old != "Disabled":
        what = f"versioning_configuration.status cannot be updated from {old!r} to 'Disabled'"
        raise ResourceError(what, path="versioning_configuration")


def _read_versioning(aws: Aws, values: Values) -> Values:
    found = aws.client("s3").get_bucket_versioning(**owned(values))
    stored = (values.get("versioning_configuration") or [{}])[0]
    mfa = found.get("MFADelete") or stored.get("mfa_delete") or ""
    return {
        "id": values["id"],
        "bucket": values["bucket"],
        "versioning_configuration": [{"mfa_delete": mfa, "status": found.get("Status") or "Disabled"}],
    }


def _delete_versioning(aws: Aws, values: Values) -> None:
    if values["versioning_configuration"][0]["status"] != "Disabled":
        aws.client("s3").put_bucket_versioning(
            **owned(values), VersioningConfiguration={"Status": "Suspended"}
        )


# Encryption

_RULES = Derived(
    "aws_s3_bucket_server_side_encryption_configuration",
    "s3",
    "ServerSideEncryptionConfiguration",
    keys={"rule.blocked_encryption_types": "BlockedEncryptionTypes.EncryptionType"},
)


def _put_encryption(aws: Aws, values: Values, prior: Values | None = None) -> None:
    aws.client("s3").put_bucket_encryption(
        **owned(values), ServerSideEncryptionConfiguration=to_api(values, _RULES)
    )
    values["id"] = named(values)


def _read_encryption(aws: Aws, values: Values) -> Values | None:
    s3 = aws.client("s3")
    missing = "ServerSideEncryptionConfigurationNotFoundError"
    found = refused(aws, lambda: s3.get_bucket_encryption(**owned(values)), missing)
    if found is None:
        return None
    shown = from_api(found["ServerSideEncryptionConfiguration"], _RULES)
    # AWS blocks a type by itself in new buckets; the emulator keeps none.
    stored = [rule.get("blocked_encryption_types") for rule in values.get("rule") or ()]
    if stored and (aws.local or not any(stored)):
        shown["rule"] = [{**rule, "blocked_encryption_types": stored[0]} for rule in shown["rule"]]
    return {**shown, "id": values["id"], "bucket": values["bucket"]}


def _delete_encryption(aws: Aws, values: Values) -> None:
    aws.client("s3").delete_bucket_encryption(**owned(values))


# Notifications

_TARGETS = {
    "lambda_function": ("LambdaFunctionConfigurations", "lambda_function_arn", "LambdaFunctionArn"),
    "queue": ("QueueConfigurations", "queue_arn", "QueueArn"),
    "topic": ("TopicConfigurations", "topic_arn", "TopicArn"),
}


def _put_notification(aws: Aws, values: Values, prior: Values | None = None) -> None:
    configuration: dict[str, Any] = {
        key: [_target(block, attribute, api, name) for block in values[name]]
        for name, (key, attribute, api) in _TARGETS.items()
        if values[name]
    }
    if values["eventbridge"]:
        configuration["EventBridgeConfiguration"] = {}
    s3, bucket = aws.client("s3"), values["bucket"]
    passing = ("InvalidArgument", "Unable to validate the following destination")
    eventually(
        aws,
        lambda: s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=configuration
        ),
        passing,
    )
    values["id"] = bucket


def _target(block: Values, attribute: str, api: str, name: str) -> Values:
    rules = [
        {"Name": rule, "Value": block[key]}
        for rule, key in (("prefix", "filter_prefix"), ("suffix", "filter_suffix"))
        if block[key]
    ]
    block["id"] = block["id"] or unique(f"tf-s3-{name.removesuffix('_function')}-")
    return {
        "Id": block["id"],
        api: block[attribute],
        "Events": block["events"],
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }


def _read_notification(aws: Aws, values: Values) -> Values:
    found = aws.client("s3").get_bucket_notification_configuration(Bucket=values["id"])
    shown: Values = {"id": values["id"], "bucket": values["id"]}
    for name, (key, attribute, api) in _TARGETS.items():
        shown[name] = [_from_target(item, attribute, api) for item in found.get(key) or ()]
    shown["eventbridge"] = "EventBridgeConfiguration" in found
    return shown


def _from_target(item: Values, attribute: str, api: str) -> Values:
    rules = (item.get("Filter") or {}).get("Key", {}).get("FilterRules", [])
    texts = {rule["Name"].lower(): rule["Value"] for rule in rules}
    return {
        attribute: item[api],
        "events": item["Events"],
        "filter_prefix": texts.get("prefix", ""),
        "filter_suffix": texts.get("suffix", ""),
        "id": item.get("Id", ""),
    }


def _delete_notification(aws: Aws, values: Values) -> None:
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=values["id"], NotificationConfiguration=json.loads("{}")
    )


RESOURCES = {
    "aws_s3_bucket_notification": ResourceHandler(
        create=_put_notification,
        read=_read_notification,
        update=_put_notification,
        delete=_delete_notification,
        imports=_plain,
        defaults={"eventbridge": False},
        validators={
            "lambda_function.events": each(enum("s3", "Event")),
            "lambda_function.lambda_function_arn": arn,
            "queue.events": each(enum("s3", "Event")),
            "queue.queue_arn": arn,
            "topic.events": each(enum("s3", "Event")),
            "topic.topic_arn": arn,
        },
        name=None,
        differs="ARNs and events are checked at plan; the published provider leaves them to AWS.",
    ),
    "aws_s3_bucket_policy": ResourceHandler(
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=call("s3", "delete_bucket_policy", Bucket="id"),
        imports=_plain,
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        validators={"policy": iam_policy("resource")},
        gone={"NoSuchBucketPolicy"},
        name=None,
        differs="The policy's grammar is checked at plan; the published provider checks that it is JSON.",
    ),
    "aws_s3_bucket_public_access_block": ResourceHandler(
        create=_put_access,
        read=_read_access,
        update=_put_access,
        delete=_delete_access,
        imports=_plain,
        defaults=dict.fromkeys(_ACCESS, False),
        stored_only={"skip_destroy"},
        gone={"NoSuchPublicAccessBlockConfiguration"},
        name=None,
    ),
    "aws_s3_bucket_server_side_encryption_configuration": ResourceHandler(
        create=_put_encryption,
        read=_read_encryption,
        update=_put_encryption,
        delete=_delete_encryption,
        imports=by_bucket,
        validators={
            **OWNED,
            "rule.apply_server_side_encryption_by_default.sse_algorithm": enum("s3", "ServerSideEncryption"),
            "rule.blocked_encryption_types": each(enum("s3", "EncryptionType")),
        },
        name=None,
        differs=(
            "The local AWS keeps no `rule.blocked_encryption_types`; what AWS blocks by itself is not shown."
        ),
    ),
    "aws_s3_bucket_versioning": ResourceHandler(
        create=_put_versioning,
        read=_read_versioning,
        update=_put_versioning,
        delete=_delete_versioning,
        imports=by_bucket,
        plan=_plan_versioning,
        validators={
            **OWNED,
            "versioning_configuration.mfa_delete": one_of("Enabled", "Disabled"),
            "versioning_configuration.status": one_of("Enabled", "Suspended", "Disabled"),
        },
        name=None,
    ),
}

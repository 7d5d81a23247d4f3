"""``aws_s3_object`` and its data source.

Source: internal/service/s3/{object,object_data_source}.go.
"""

from __future__ import annotations

import base64
from datetime import datetime

from offline_aws.aws import Aws
from offline_aws.enums import enum
from offline_aws.handler_values import (
    UNKNOWN,
    ResourceError,
    Values,
    changed,
    given,
    tag_list,
    tag_map,
)
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.services.s3_buckets import refused
from offline_aws.shapes import in_utc
from offline_aws.validators import arn, base64_text, each, length, matches, rfc3339

_HEADERS = {
    "cache_control": "CacheControl",
    "content_disposition": "ContentDisposition",
    "content_encoding": "ContentEncoding",
    "content_language": "ContentLanguage",
    "content_type": "ContentType",
    "kms_key_id": "SSEKMSKeyId",
    "metadata": "Metadata",
    "object_lock_legal_hold_status": "ObjectLockLegalHoldStatus",
    "object_lock_mode": "ObjectLockMode",
    "object_lock_retain_until_date": "ObjectLockRetainUntilDate",
    "server_side_encryption": "ServerSideEncryption",
    "storage_class": "StorageClass",
    "website_redirect": "WebsiteRedirectLocation",
}
_SUMS = {
    f"checksum_{name.lower()}": f"Checksum{name}"
    for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
}
_CONTENT = ("content", "content_base64", "source")
_RETENTION = ("object_lock_mode", "object_lock_retain_until_date")
_SETTINGS = ("acl", "object_lock_legal_hold_status", *_RETENTION)
# A change of these makes another object under the same key; of the rest only its settings.
_ANEW = (
    *(name for name in (*_CONTENT, *_HEADERS) if name not in _SETTINGS),
    *("bucket_key_enabled", "checksum_algorithm", "etag", "source_hash"),
)


def _body(aws: Aws, values: Values) -> bytes:
    if values["source"]:
        path = aws.path(values["source"])
        try:
            return path.read_bytes()
        except OSError as error:
            summary = f"opening S3 object source ({values['source']}): {error.strerror}"
            raise ResourceError(summary, detail=f"Looked for {path}.", path="source") from error
    if values["content_base64"]:
        return base64.b64decode(values["content_base64"])
    return (values["content"] or "").encode()


def _put(aws: Aws, values: Values) -> None:
    headers = {key: values[name] for name, key in _HEADERS.items()}
    if values["kms_key_id"]:
        headers["ServerSideEncryption"] = values["server_side_encryption"] or "aws:kms"
    arguments = given(
        **headers,
        ACL=values["acl"],
        Bucket=values["bucket"],
        BucketKeyEnabled=values["bucket_key_enabled"] or None,
        ChecksumAlgorithm=values["checksum_algorithm"],
        Key=values["key"].lstrip("/"),
    )
    aws.client("s3").put_object(Body=_body(aws, values), **arguments)
    values["id"] = values["key"]
    if values["tags_all"]:
        _set_tags(aws, values, values["tags_all"])


def _update(aws: Aws, values: Values, prior: Values) -> None:
    if changed(values, prior, *_ANEW):
        _put(aws, values)
        return
    s3, where = aws.client("s3"), {"Bucket": values["bucket"], "Key": values["key"].lstrip("/")}
    if changed(values, prior, "acl"):
        s3.put_object_acl(**where, **given(ACL=values["acl"]))
    if changed(values, prior, "object_lock_legal_hold_status"):
        s3.put_object_legal_hold(**where, LegalHold=given(Status=values["object_lock_legal_hold_status"]))
    if changed(values, prior, *_RETENTION):
        until, before = (each["object_lock_retain_until_date"] for each in (values, prior))
        # To shorten or to end a lock is to go round it.
        shorter = before is not None and (until is None or _moment(until) < _moment(before))
        s3.put_object_retention(
            **where,
            **given(BypassGovernanceRetention=shorter or None),
            Retention=given(Mode=values["object_lock_mode"], RetainUntilDate=until),
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _set_tags(aws: Aws, values: Values, tags: dict[str, str]) -> None:
    where = {"Bucket": values["bucket"], "Key": values["key"].lstrip("/")}
    if tags:
        aws.client("s3").put_object_tagging(**where, Tagging={"TagSet": tag_list(tags)})
    else:
        aws.client("s3").delete_object_tagging(**where)


def _read(aws: Aws, values: Values) -> Values:
    s3, bucket, key = aws.client("s3"), values["bucket"], values["key"].lstrip("/")
    found = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    return {
        **_shown(found),
        **{name: found.get(api, "") for name, api in _SUMS.items()},
        "id": values["id"],
        "arn": aws.arn("s3", f"{bucket}/{key}", region="", account=""),
        "bucket": bucket,
        "bucket_key_enabled": found.get("BucketKeyEnabled", False),
        "content_type": found.get("ContentType", "application/octet-stream"),
        "etag": found["ETag"].strip('"'),
        "force_destroy": values.get("force_destroy") or False,
        "key": values["key"],
        "metadata": found.get("Metadata") or None,
        "server_side_encryption": found.get("ServerSideEncryption") or "AES256",
        "storage_class": found.get("StorageClass") or "STANDARD",
        "tags_all": _tags(aws, bucket, key),
        "version_id": "" if found.get("VersionId") == "null" else found.get("VersionId", ""),
    }


def _shown(found: Values) -> Values:
    until = found.get("ObjectLockRetainUntilDate")
    return {
        **{name: found.get(api) for name, api in _HEADERS.items()},
        "object_lock_retain_until_date": in_utc(until) if until else None,
    }


def _tags(aws: Aws, bucket: str, key: str) -> dict[str, str]:
    s3 = aws.client("s3")
    found = refused(aws, lambda: s3.get_object_tagging(Bucket=bucket, Key=key), "NoSuchTagSet")
    return tag_map((found or {}).get("TagSet"))


def _tag(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    _set_tags(aws, values, values["tags_all"])


def _delete(aws: Aws, values: Values) -> None:
    s3, bucket, key = aws.client("s3"), values["bucket"], values["key"].lstrip("/")
    if not values["version_id"]:
        s3.delete_object(Bucket=bucket, Key=key)
        return
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            if item["Key"] == key:
                _delete_version(aws, values, {"Bucket": bucket, "Key": key, "VersionId": item["VersionId"]})


def _delete_version(aws: Aws, values: Values, version: Values) -> None:
    """With ``force_destroy`` also against a lock in GOVERNANCE mode, and a legal hold."""
    s3 = aws.client("s3")
    if not values["force_destroy"]:
        s3.delete_object(**version)
        return
    try:
        s3.delete_object(**version, BypassGovernanceRetention=True)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        s3.put_object_legal_hold(**version, LegalHold={"Status": "OFF"})
        s3.delete_object(**version, BypassGovernanceRetention=True)


def _import(aws: Aws, identifier: str) -> Values:
    bucket, _, key = identifier.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise ResourceError(
            f"unexpected ID ({identifier})", detail="Expected <bucket>/<key> or s3://<bucket>/<key>"
        )
    return {"id": key, "bucket": bucket, "key": key}


def _plan(plan: Plan) -> None:
    if plan.prior is None or not plan.changed(*_ANEW):
        return
    for name in ("version_id", *_SUMS):
        plan.values[name] = UNKNOWN
    if plan.config["etag"] is None:
        plan.values["etag"] = UNKNOWN


def _data(aws: Aws, values: Values) -> Values:
    s3, bucket, key = aws.client("s3"), values["bucket"], values["key"].lstrip("/")
    arguments = given(
        Bucket=bucket,
        ChecksumMode=values["checksum_mode"],
        Key=key,
        Range=values["range"],
        VersionId=values["version_id"],
    )
    found = s3.head_object(**arguments)
    kind = found.get("ContentType", "")
    shown = kind.startswith("text/") or kind in _TEXTS
    body = s3.get_object(**arguments)["Body"].read() if shown or values["download_body"] == "true" else b""
    headers = {name: value or "" for name, value in _shown(found).items() if name not in _NOT_READ}
    return {
        **headers,
        **{name: found.get(api, "") for name, api in _SUMS.items()},
        "id": f"{bucket}/{key}",
        "arn": aws.arn("s3", f"{bucket}/{key}", region="", account=""),
        "body": body.decode(errors="replace") if body else "",
        "body_base64": base64.b64encode(body).decode(),
        "bucket_key_enabled": found.get("BucketKeyEnabled", False),
        "content_length": found["ContentLength"],
        "etag": found["ETag"].strip('"'),
        "last_modified": found["LastModified"].strftime("%a, %d %b %Y %H:%M:%S %Z"),
        "metadata": found.get("Metadata", {}),
        "sse_kms_key_id": found.get("SSEKMSKeyId", ""),
        "storage_class": found.get("StorageClass") or "STANDARD",
        "tags": _tags(aws, bucket, key),
        "version_id": found.get("VersionId", ""),
        "website_redirect_location": found.get("WebsiteRedirectLocation", ""),
    }


_TEXTS = ("application/json", "application/xml", "application/javascript")
_NOT_READ = ("kms_key_id", "metadata", "website_redirect")

OBJECT = ResourceHandler(
    create=_put,
    read=_read,
    update=_update,
    delete=_delete,
    tag=_tag,
    imports=_import,
    identifier="{bucket}/{key}",
    plan=_plan,
    defaults={"force_destroy": False},
    stored_only={"force_destroy", "override_provider"},
    validators={
        "acl": enum("s3", "ObjectCannedACL"),
        "bucket": matches(".", "it must not be empty"),
        "checksum_algorithm": enum("s3", "ChecksumAlgorithm"),
        "content_base64": base64_text,
        "key": length(1, 1024),
        "kms_key_id": arn,
        "metadata": each(matches("^[^A-Z]*$", "keys of metadata must be lowercase")),
        "object_lock_legal_hold_status": enum("s3", "ObjectLockLegalHoldStatus"),
        "object_lock_mode": enum("s3", "ObjectLockMode"),
        "object_lock_retain_until_date": rfc3339,
        "override_provider.default_tags.tags": length(0, 0),
        "server_side_encryption": enum("s3", "ServerSideEncryption"),
        "storage_class": enum("s3", "StorageClass"),
    },
    conflicts=(("content", "content_base64", "source"), ("etag", "kms_key_id")),
    gone={"NoSuchKey", "404"},
    name=None,
    differs="That `content_base64` is base64 is checked at plan; the published provider decodes it at apply.",
)

OBJECT_DATA = DataSourceHandler(read=_data)

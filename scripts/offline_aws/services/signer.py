"""Signer: signing profiles and jobs.

Source: internal/service/signer/{signing_profile,signing_job}.go.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import ResourceError, Values, given
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, in_utc, to_api
from offline_aws.validators import matches, one_of

_PLATFORMS = (
    "AWSLambda-SHA384-ECDSA",
    "Notation-OCI-SHA384-ECDSA",
    "AWSIoTDeviceManagement-SHA256-ECDSA",
    "AmazonFreeRTOS-TI-CC3220SF",
    "AmazonFreeRTOS-Default",
)
_PROFILE = Derived(
    "aws_signer_signing_profile", "signer", "PutSigningProfileRequest", keys={"name": "profileName"}
)


def _create_profile(aws: Aws, values: Values) -> None:
    if values["name"].startswith("terraform-"):  # made up; a hyphen is in no profile's name
        values["name_prefix"] = "terraform_"
        values["name"] = values["name"].replace("terraform-", "terraform_", 1)
    arguments = {**to_api(values, _PROFILE), **given(tags=values["tags_all"])}
    aws.client("signer").put_signing_profile(**arguments)
    values["id"] = values["name"]


def _read_profile(aws: Aws, values: Values) -> Values | None:
    found = aws.client("signer").get_signing_profile(profileName=values["id"])
    if found.get("status") == "Canceled":
        return None
    return {
        **from_api(found, _PROFILE),
        "id": found["profileName"],
        "arn": found["arn"],
        "platform_display_name": found.get("platformDisplayName", ""),
        "revocation_record": _record(
            found.get("revocationRecord"), "revocationEffectiveFrom", "revokedAt", "revokedBy"
        ),
        "status": found["status"],
        "tags_all": found.get("tags", {}),
        "version": found["profileVersion"],
        "version_arn": found["profileVersionArn"],
    }


def _record(found: Values | None, *keys: str) -> list[Values]:
    if not found:
        return []
    names = {key: "".join(f"_{c.lower()}" if c.isupper() else c for c in key) for key in keys}
    return [{names[key]: _text(found.get(key)) for key in keys}]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else in_utc(value)


# Jobs

_SOURCE = Derived(
    "aws_signer_signing_job",
    "signer",
    "StartSigningJobRequest",
    only=("destination", "profile_name", "source"),
    keys={"destination.s3.bucket": "bucketName", "source.s3.bucket": "bucketName"},
)


def _start(aws: Aws, values: Values) -> None:
    client = aws.client("signer")
    values["id"] = values["job_id"] = client.start_signing_job(**to_api(values, _SOURCE))["jobId"]

    def ended() -> bool:
        job = client.describe_signing_job(jobId=values["id"])
        if job["status"] == "Failed" and not values["ignore_signing_job_failure"]:
            raise ResourceError(f"Signing Job ({values['id']}) failed: {job.get('statusReason', '')}")
        return bool(job["status"] != "InProgress")

    aws.wait(ended, f"Signing Job ({values['id']})")


def _read_job(aws: Aws, values: Values) -> Values:
    found = aws.client("signer").describe_signing_job(jobId=values["id"])
    signed = (found.get("signedObject") or {}).get("s3") or {}
    shown = {"bucket": signed.get("bucketName", ""), "key": signed.get("key", "")}
    return {
        **{name: text for name, text in from_api(found, _SOURCE).items() if name != "destination"},
        "id": values["id"],
        "completed_at": in_utc(found.get("completedAt")),
        "created_at": in_utc(found.get("createdAt")),
        "job_id": values["id"],
        "job_invoker": found.get("jobInvoker", ""),
        "job_owner": found.get("jobOwner", ""),
        "platform_display_name": found.get("platformDisplayName", ""),
        "platform_id": found.get("platformId", ""),
        "profile_version": found.get("profileVersion", ""),
        "requested_by": found.get("requestedBy", ""),
        "revocation_record": _record(found.get("revocationRecord"), "reason", "revokedAt", "revokedBy"),
        "signature_expires_at": in_utc(found.get("signatureExpiresAt")),
        "signed_object": [{"s3": [shown]}] if signed else [],
        "status": found["status"],
        "status_reason": found.get("statusReason", ""),
    }


def _stays(aws: Aws, values: Values) -> None:
    """A job has no end; what it signed stays in its bucket."""


RESOURCES = {
    "aws_signer_signing_job": ResourceHandler(
        create=_start,
        read=_read_job,
        delete=_stays,
        defaults={"ignore_signing_job_failure": False},
        name=None,
    ),
    "aws_signer_signing_profile": ResourceHandler(
        create=_create_profile,
        read=_read_profile,
        delete=call("signer", "cancel_signing_profile", profileName="id"),
        tag=tagging("signer", "resourceArn"),
        shapes=(_PROFILE,),
        validators={
            "name": matches(r"^[0-9A-Za-z_]{0,64}$", "must be alphanumeric with max length of 64 characters"),
            "name_prefix": matches(
                r"^[0-9A-Za-z_]{0,38}$", "must be alphanumeric with max length of 38 characters"
            ),
            "platform_id": one_of(*_PLATFORMS),
        },
    ),
}

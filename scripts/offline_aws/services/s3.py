"""S3: buckets, objects, and the settings of a bucket that are resources of their own."""

from __future__ import annotations

from offline_aws.services.s3_account import ACCESS
from offline_aws.services.s3_buckets import BUCKET, BUCKET_DATA
from offline_aws.services.s3_configurations import RESOURCES as CONFIGURATIONS
from offline_aws.services.s3_lifecycle import LIFECYCLE
from offline_aws.services.s3_objects import OBJECT, OBJECT_DATA
from offline_aws.services.s3_reports import RESOURCES as REPORTS
from offline_aws.services.s3_settings import RESOURCES as SETTINGS

RESOURCES = {
    **CONFIGURATIONS,
    **REPORTS,
    **SETTINGS,
    "aws_s3_account_public_access_block": ACCESS,
    "aws_s3_bucket": BUCKET,
    "aws_s3_bucket_lifecycle_configuration": LIFECYCLE,
    "aws_s3_object": OBJECT,
}

DATA_SOURCES = {"aws_s3_bucket": BUCKET_DATA, "aws_s3_object": OBJECT_DATA}

"""Firehose: what is checked of each destination of a delivery stream, and what applies when it is not set.

Source: internal/service/firehose/delivery_stream.go of 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from offline_aws.enums import enum
from offline_aws.handler_values import UNKNOWN, Check, Values
from offline_aws.validators import arn, at_least, between, length, matches, one_of, rfc3339

_BACKUP_MODES = {
    "elasticsearch": ("ElasticsearchS3BackupMode", "FailedDocumentsOnly"),
    "http_endpoint": ("HttpEndpointS3BackupMode", "FailedDataOnly"),
    "iceberg": ("IcebergS3BackupMode", "FailedDataOnly"),
    "opensearch": ("AmazonopensearchserviceS3BackupMode", "FailedDocumentsOnly"),
    "opensearchserverless": ("AmazonOpenSearchServerlessS3BackupMode", "FailedDocumentsOnly"),
    "redshift": ("RedshiftS3BackupMode", "Disabled"),
    "snowflake": ("SnowflakeS3BackupMode", "FailedDataOnly"),
    "splunk": ("SplunkS3BackupMode", "FailedEventsOnly"),
}
DESTINATIONS = tuple(sorted((*_BACKUP_MODES, "extended_s3")))
# The seconds, megabytes, and seconds of retries that apply; the most of the first two, if there is one.
_BUFFERS = {
    "elasticsearch": (300, 5, 300, 900, 100),
    "http_endpoint": (300, 5, 300, 900, 100),
    "iceberg": (300, 5, 300, None, None),
    "opensearch": (300, 5, 300, 900, 100),
    "opensearchserverless": (300, 5, 300, 900, 100),
    "redshift": (None, None, 3600, None, None),
    "snowflake": (0, 1, 60, 900, 128),
    "splunk": (60, 5, 3600, 60, 5),
}
_BUCKETS = (
    *(f"{name}_configuration.s3_configuration" for name in _BACKUP_MODES),
    *("extended_s3_configuration.s3_backup_configuration", "redshift_configuration.s3_backup_configuration"),
)
_ROTATED = {
    "elasticsearch": "ElasticsearchIndexRotationPeriod",
    "opensearch": "AmazonopensearchserviceIndexRotationPeriod",
}
_IN_NETWORKS = ("elasticsearch", "opensearch", "opensearchserverless")
_WITH_SECRETS = ("http_endpoint", "redshift", "snowflake", "splunk")
_WITHOUT_ROLE = ("splunk",)
_SNOWFLAKE = "snowflake_configuration"
_EXTENDED = "extended_s3_configuration"
_CONVERSION = f"{_EXTENDED}.data_format_conversion_configuration"
_SERIALIZER = f"{_CONVERSION}.output_format_configuration.serializer"
_DESERIALIZER = f"{_CONVERSION}.input_format_configuration.deserializer"


def _destination_defaults() -> Iterable[tuple[str, Any]]:
    for name, (seconds, megabytes, retries, _, _) in _BUFFERS.items():
        block = f"{name}_configuration"
        if seconds is not None:
            yield f"{block}.buffering_interval", seconds
            yield f"{block}.buffering_size", megabytes
        yield f"{block}.cloudwatch_logging_options.enabled", False
        yield f"{block}.retry_duration", retries
        yield f"{block}.s3_backup_mode", _BACKUP_MODES[name][1]
    for name in _ROTATED:
        yield f"{name}_configuration.index_rotation_period", "OneDay"
    for bucket in _BUCKETS:
        yield f"{bucket}.buffering_interval", 300
        yield f"{bucket}.buffering_size", 5
        yield f"{bucket}.cloudwatch_logging_options.enabled", False
        yield f"{bucket}.compression_format", "UNCOMPRESSED"


DEFAULTS: Mapping[str, Any] = {
    **dict(_destination_defaults()),
    "http_endpoint_configuration.request_configuration.content_encoding": "NONE",
    f"{_SNOWFLAKE}.data_loading_option": "JSON_MAPPING",
    f"{_SNOWFLAKE}.snowflake_role_configuration.enabled": False,
    "splunk_configuration.hec_acknowledgment_timeout": 180,
    "splunk_configuration.hec_endpoint_type": "Raw",
}


def _destination_checks() -> Iterable[tuple[str, Check]]:
    for name, (*_, most_seconds, most_megabytes) in _BUFFERS.items():
        block = f"{name}_configuration"
        if most_seconds is not None and most_megabytes is not None:
            yield f"{block}.buffering_interval", between(0, most_seconds)
            yield f"{block}.buffering_size", between(1, most_megabytes)
        yield f"{block}.retry_duration", between(0, 7200)
        yield f"{block}.s3_backup_mode", enum("firehose", _BACKUP_MODES[name][0])
        if name not in _WITHOUT_ROLE:
            yield f"{block}.role_arn", arn
    for name in DESTINATIONS:
        processors = f"{name}_configuration.processing_configuration.processors"
        yield f"{processors}.parameters.parameter_name", enum("firehose", "ProcessorParameterName")
        yield f"{processors}.parameters.parameter_value", length(1, 5120)
        yield f"{processors}.type", enum("firehose", "ProcessorType")
    for name in _WITH_SECRETS:
        yield f"{name}_configuration.secrets_manager_configuration.role_arn", arn
        yield f"{name}_configuration.secrets_manager_configuration.secret_arn", arn
    for name in _IN_NETWORKS:
        yield f"{name}_configuration.vpc_config.role_arn", arn
    for name, shape in _ROTATED.items():
        yield f"{name}_configuration.domain_arn", arn
        yield f"{name}_configuration.index_rotation_period", enum("firehose", shape)
        yield f"{name}_configuration.type_name", length(0, 100)
    for bucket in _BUCKETS:
        yield f"{bucket}.bucket_arn", arn
        yield f"{bucket}.buffering_size", at_least(1)
        yield f"{bucket}.compression_format", enum("firehose", "CompressionFormat")
        yield f"{bucket}.error_output_prefix", length(0, 1024)
        yield f"{bucket}.kms_key_arn", arn
        yield f"{bucket}.role_arn", arn


VALIDATORS: Mapping[str, Check | tuple[Check, ...]] = {
    **dict(_destination_checks()),
    f"{_CONVERSION}.schema_configuration.role_arn": arn,
    f"{_SERIALIZER}.orc_ser_de.block_size_bytes": at_least(64 * 1024**2),
    f"{_SERIALIZER}.orc_ser_de.row_index_stride": at_least(1000),
    f"{_SERIALIZER}.orc_ser_de.stripe_size_bytes": at_least(8 * 1024**2),
    f"{_SERIALIZER}.parquet_ser_de.block_size_bytes": at_least(64 * 1024**2),
    f"{_SERIALIZER}.parquet_ser_de.page_size_bytes": at_least(64 * 1024),
    "destination": one_of(*DESTINATIONS),
    "http_endpoint_configuration.access_key": length(0, 4096),
    "http_endpoint_configuration.name": length(1, 256),
    "http_endpoint_configuration.request_configuration.content_encoding": enum("firehose", "ContentEncoding"),
    "http_endpoint_configuration.url": (length(1, 1000), matches(r"^https://", "must be an https URL")),
    "iceberg_configuration.catalog_arn": arn,
    "iceberg_configuration.destination_table_configuration.s3_error_output_prefix": length(0, 1024),
    "msk_source_configuration.authentication_configuration.connectivity": enum("firehose", "Connectivity"),
    "msk_source_configuration.authentication_configuration.role_arn": arn,
    "msk_source_configuration.msk_cluster_arn": arn,
    "msk_source_configuration.read_from_timestamp": rfc3339,
    "opensearch_configuration.document_id_options.default_document_id_format": enum(
        "firehose", "DefaultDocumentIdFormat"
    ),
    **{
        f"{_SNOWFLAKE}.{name}": length(1, 255)
        for name in ("content_column_name", "database", "metadata_column_name", "schema", "table", "user")
    },
    f"{_SNOWFLAKE}.data_loading_option": enum("firehose", "SnowflakeDataLoadingOption"),
    f"{_SNOWFLAKE}.key_passphrase": length(7, 255),
    f"{_SNOWFLAKE}.snowflake_role_configuration.snowflake_role": length(1, 255),
    "splunk_configuration.hec_acknowledgment_timeout": between(180, 600),
    "splunk_configuration.hec_endpoint_type": enum("firehose", "HECEndpointType"),
}
# Only one of each pair.
_EITHER = (
    (_DESERIALIZER, "hive_json_ser_de", "open_x_json_ser_de"),
    (_SERIALIZER, "orc_ser_de", "parquet_ser_de"),
    ("elasticsearch_configuration", "cluster_endpoint", "domain_arn"),
    ("opensearch_configuration", "cluster_endpoint", "domain_arn"),
)


def _block(config: Values, path: str) -> Values | None:
    """The block at a path of blocks that occur at most once, or None when it is not there or not known."""
    found: Any = config
    for step in path.split("."):
        found = found[step]
        if not isinstance(found, list) or not found:
            return None
        found = found[0]
        if not isinstance(found, dict):
            return None
    return dict(found)


def exclusions(config: Values) -> Iterable[tuple[str, str]]:
    """Yield what excludes something else in a block, or lacks what belongs to it: paths and messages."""
    for path, *names in _EITHER:
        block = _block(config, path)
        if block and all(block[name] not in (None, [], UNKNOWN) for name in names):
            yield f"{path.replace('.', '.0.')}.0.{names[0]}", f"conflicts with {names[1:]}"
    block = _block(config, "server_side_encryption") or {}
    for name, needed in (("key_arn", ("enabled", "key_type")), ("key_type", ("enabled",))):
        if block.get(name) is not None and any(block[one] is None for one in needed):
            yield f"server_side_encryption.0.{name}", f"all of {[*needed, name]} must be specified"


def block_of_destination(config: Values) -> Iterable[tuple[str, str]]:
    """Yield that the destination's block is missing, if it is."""
    block = f"{config['destination']}_configuration"
    if config["destination"] in DESTINATIONS and config[block] is not UNKNOWN and not config[block]:
        yield "destination", f"when destination is {config['destination']!r}, {block} is required"

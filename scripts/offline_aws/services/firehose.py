"""Firehose: delivery streams to S3.

Source: internal/service/firehose/delivery_stream.go of 2026.
"""

from __future__ import annotations

import re
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import tagging, wait_until_gone
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import (
    ResourceError,
    Values,
    changed,
    first,
    given,
    tag_list,
    tag_map,
)
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.services.firehose_destinations import (
    DEFAULTS,
    VALIDATORS,
    block_of_destination,
    exclusions,
)
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, between, length, matches

_S3 = "extended_s3_configuration"
_PROCESSING = "processing_configuration"
_OF_S3 = {
    "buffering_interval": "BufferingHints.IntervalInSeconds",
    "buffering_size": "BufferingHints.SizeInMBs",
    "kms_key_arn": "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN",
}
_PARTITIONS = {"dynamic_partitioning_configuration.retry_duration": "RetryOptions.DurationInSeconds"}


def _shape(structure: str, backup: str) -> Derived:
    keys = {**_OF_S3, **_PARTITIONS, "s3_backup_configuration": backup}
    keys |= {f"s3_backup_configuration.{name}": key for name, key in _OF_S3.items()}
    return Derived(f"aws_kinesis_firehose_delivery_stream.{_S3}", "firehose", structure, keys=keys)


_SENT = _shape("ExtendedS3DestinationConfiguration", "S3BackupConfiguration")
_UPDATED = _shape("ExtendedS3DestinationUpdate", "S3BackupUpdate")
_SHOWN = _shape("ExtendedS3DestinationDescription", "S3BackupDescription")
_SOURCE = Derived(
    "aws_kinesis_firehose_delivery_stream.kinesis_source_configuration",
    "firehose",
    "KinesisStreamSourceConfiguration",
)
_PASSING = tuple(
    ("InvalidArgumentException", message)
    for message in (
        "is not authorized to",
        "Firehose is unable to assume role",
        "Please make sure the role specified in VpcConfiguration has permissions",
    )
)


def _create(aws: Aws, values: Values) -> None:
    destination = first(values[_S3])
    if destination is None or values["msk_source_configuration"]:
        raise ResourceError(
            "the offline provider makes delivery streams to extended_s3, from calls and Kinesis streams",
            detail="Other destinations and sources need the published hashicorp/aws.",
            path="destination",
        )
    source = first(values["kinesis_source_configuration"])
    arguments = given(
        DeliveryStreamName=values["name"],
        DeliveryStreamType="KinesisStreamAsSource" if source else "DirectPut",
        ExtendedS3DestinationConfiguration=to_api(_whole(destination), _SENT),
        KinesisStreamSourceConfiguration=to_api(source, _SOURCE) if source else None,
        Tags=tag_list(values["tags_all"]),
    )
    client = aws.client("firehose")
    made = eventually(aws, lambda: client.create_delivery_stream(**arguments), *_PASSING)
    values["id"] = values["arn"] = made["DeliveryStreamARN"]
    aws.wait(
        lambda: _ready(_found(aws, values["name"])), f"Kinesis Firehose Delivery Stream ({values['name']})"
    )
    _encrypt(aws, values)


def _whole(destination: Values) -> Values:
    """The block with what the SDK has for what is not set in it."""
    processing = [{**block, "enabled": bool(block["enabled"])} for block in destination[_PROCESSING] or ()]
    return {**destination, _PROCESSING: processing}


def _found(aws: Aws, name: str) -> Values:
    described = aws.client("firehose").describe_delivery_stream(DeliveryStreamName=name)
    found: Values = described["DeliveryStreamDescription"]
    return found


def _ready(stream: Values) -> bool:
    if stream["DeliveryStreamStatus"].endswith("FAILED"):
        raise ResourceError(f"{stream['DeliveryStreamName']} is in state {stream['DeliveryStreamStatus']}")
    return bool(stream["DeliveryStreamStatus"] == "ACTIVE")


def _encrypt(aws: Aws, values: Values, prior: Values | None = None) -> None:
    block, before = (first(each["server_side_encryption"]) if each else None for each in (values, prior))
    client, name = aws.client("firehose"), values["name"]
    if block and block["enabled"]:
        key = given(KeyType=block["key_type"], KeyARN=block["key_arn"])
        client.start_delivery_stream_encryption(
            DeliveryStreamName=name, DeliveryStreamEncryptionConfigurationInput=key
        )
    elif before and before["enabled"]:
        client.stop_delivery_stream_encryption(DeliveryStreamName=name)
    else:
        return
    aws.wait(
        lambda: not _encryption(_found(aws, name)).get("Status", "").endswith("ING"), f"encryption of {name}"
    )


def _encryption(stream: Values) -> Values:
    return stream.get("DeliveryStreamEncryptionConfiguration") or {}


def _read(aws: Aws, values: Values) -> Values:
    stream = _found(aws, values["name"])
    shown = {
        "id": stream["DeliveryStreamARN"],
        "arn": stream["DeliveryStreamARN"],
        "name": stream["DeliveryStreamName"],
        "server_side_encryption": [_shown_encryption(stream)],
        "tags_all": _tags(aws, stream["DeliveryStreamName"]),
        "version_id": stream["VersionId"],
    }
    source = (stream.get("Source") or {}).get("KinesisStreamSourceDescription")
    shown["kinesis_source_configuration"] = [from_api(source, _SOURCE)] if source else []
    destination = stream["Destinations"][0]
    shown["destination_id"] = destination["DestinationId"]
    if "ExtendedS3DestinationDescription" in destination:
        shown["destination"] = "extended_s3"
        shown[_S3] = [_shown_destination(destination["ExtendedS3DestinationDescription"])]
    return shown


def _tags(aws: Aws, name: str) -> dict[str, str]:
    return tag_map(aws.client("firehose").list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"])


def _shown_encryption(stream: Values) -> Values:
    found = _encryption(stream)
    if found.get("Status") != "ENABLED":
        return {"enabled": False, "key_arn": "", "key_type": "AWS_OWNED_CMK"}
    return {
        "enabled": True,
        "key_arn": found.get("KeyARN", ""),
        "key_type": found.get("KeyType", "AWS_OWNED_CMK"),
    }


def _shown_destination(found: Values) -> Values:
    shown = from_api(found, _SHOWN)
    conversion = first(shown["data_format_conversion_configuration"])
    if conversion and not conversion["schema_configuration"]:
        shown["data_format_conversion_configuration"] = []  # switched off
    elif conversion:
        deserializer = found["DataFormatConversionConfiguration"]["InputFormatConfiguration"]["Deserializer"]
        if "HiveJsonSerDe" in deserializer:  # it may be empty
            hive = from_api(deserializer["HiveJsonSerDe"], {"timestamp_formats": "TimestampFormats"})
            conversion["input_format_configuration"][0]["deserializer"] = [
                {"hive_json_ser_de": [hive], "open_x_json_ser_de": []}
            ]
    shown["custom_time_zone"] = shown["custom_time_zone"] or "UTC"
    partitions = first(shown["dynamic_partitioning_configuration"])
    if partitions and partitions["retry_duration"] is None:
        partitions["retry_duration"] = 300
    return shown


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, name = aws.client("firehose"), values["name"]
    if changed(values, prior, _S3):
        # What is not sent stays as it was; AWS has these when they are not set.
        unset: dict[str, Any] = {
            "DataFormatConversionConfiguration": {"Enabled": False},
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "ErrorOutputPrefix": "",
            "FileExtension": "",
            "Prefix": "",
        }
        current = _found(aws, name)
        update = {**unset, **to_api(_whole(values[_S3][0]), _UPDATED)}
        eventually(
            aws,
            lambda: client.update_destination(
                DeliveryStreamName=name,
                CurrentDeliveryStreamVersionId=current["VersionId"],
                DestinationId=current["Destinations"][0]["DestinationId"],
                ExtendedS3DestinationUpdate=update,
            ),
            *_PASSING,
        )
    if changed(values, prior, "server_side_encryption"):
        _encrypt(aws, values, prior)


def _delete(aws: Aws, values: Values) -> None:
    client, name = aws.client("firehose"), values["name"]
    client.delete_delivery_stream(DeliveryStreamName=name)
    wait_until_gone(aws, lambda: _found(aws, name), f"Kinesis Firehose Delivery Stream ({name}) delete")


def _import(aws: Aws, identifier: str) -> Values:
    found = re.fullmatch(r"arn:[^:]+:firehose:[^:]*:[^:]*:deliverystream/([^/]+)", identifier)
    if found is None:
        form = "arn:PARTITION:firehose:REGION:ACCOUNTID:deliverystream/NAME"
        raise ResourceError(f"unexpected ID ({identifier})", detail=f"Expected ID in format of {form}")
    return {"id": identifier, "name": found[1]}


_BACKUP = f"{_S3}.s3_backup_configuration"
_CONVERSION = f"{_S3}.data_format_conversion_configuration"
_ORC = f"{_CONVERSION}.output_format_configuration.serializer.orc_ser_de"
_PARQUET = f"{_CONVERSION}.output_format_configuration.serializer.parquet_ser_de"
_OPEN_X = f"{_CONVERSION}.input_format_configuration.deserializer.open_x_json_ser_de"
_S3_DEFAULTS = {"buffering_interval": 300, "buffering_size": 5, "compression_format": "UNCOMPRESSED"}
_FORMAT_DEFAULTS = {
    f"{_CONVERSION}.enabled": True,
    f"{_CONVERSION}.schema_configuration.version_id": "LATEST",
    f"{_OPEN_X}.case_insensitive": True,
    f"{_OPEN_X}.convert_dots_in_json_keys_to_underscores": False,
    f"{_ORC}.block_size_bytes": 268435456,
    f"{_ORC}.bloom_filter_false_positive_probability": 0.05,
    f"{_ORC}.compression": "SNAPPY",
    f"{_ORC}.dictionary_key_threshold": 0,
    f"{_ORC}.enable_padding": False,
    f"{_ORC}.format_version": "V0_12",
    f"{_ORC}.padding_tolerance": 0.05,
    f"{_ORC}.row_index_stride": 10000,
    f"{_ORC}.stripe_size_bytes": 67108864,
    f"{_PARQUET}.block_size_bytes": 268435456,
    f"{_PARQUET}.compression": "SNAPPY",
    f"{_PARQUET}.enable_dictionary_compression": False,
    f"{_PARQUET}.max_padding_bytes": 0,
    f"{_PARQUET}.page_size_bytes": 1048576,
    f"{_PARQUET}.writer_version": "V1",
}

RESOURCES = {
    "aws_kinesis_firehose_delivery_stream": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tag=tagging("firehose", "DeliveryStreamName", "name", noun="delivery_stream", form=tag_list),
        imports=_import,
        checks=(block_of_destination, exclusions),
        defaults={
            **{f"{_S3}.{name}": value for name, value in _S3_DEFAULTS.items()},
            **DEFAULTS,
            f"{_S3}.custom_time_zone": "UTC",
            f"{_S3}.dynamic_partitioning_configuration.enabled": False,
            f"{_S3}.dynamic_partitioning_configuration.retry_duration": 300,
            f"{_S3}.s3_backup_mode": "Disabled",
            f"{_S3}.cloudwatch_logging_options.enabled": False,
            **_FORMAT_DEFAULTS,
            "server_side_encryption.enabled": False,
            "server_side_encryption.key_type": "AWS_OWNED_CMK",
        },
        normalise={"destination": str.lower},
        computed={
            f"{_BACKUP}.cloudwatch_logging_options",
            f"{_S3}.cloudwatch_logging_options",
            f"{_S3}.processing_configuration",
            "server_side_encryption",
        },
        recomputed={"version_id": (_S3,)},
        conflicts=(("kinesis_source_configuration", "msk_source_configuration", "server_side_encryption"),),
        shapes=(_SENT, _SOURCE),
        validators={
            **VALIDATORS,
            f"{_S3}.bucket_arn": arn,
            f"{_S3}.custom_time_zone": length(0, 50),
            f"{_S3}.dynamic_partitioning_configuration.retry_duration": between(0, 7200),
            f"{_S3}.error_output_prefix": length(0, 1024),
            f"{_S3}.file_extension": (
                length(0, 50),
                matches(r"^$|\.[0-9a-z!\-_.*'()]+", "must be a file extension that begins with a dot"),
            ),
            f"{_S3}.kms_key_arn": arn,
            f"{_S3}.role_arn": arn,
            "kinesis_source_configuration.kinesis_stream_arn": arn,
            "kinesis_source_configuration.role_arn": arn,
            "name": (length(1, 64), matches(r"^[0-9A-Za-z_.-]*$", "must match [0-9A-Za-z_.-]")),
            "server_side_encryption.key_arn": arn,
            "server_side_encryption.key_type": enum("firehose", "KeyType"),
        },
        timeouts={"create": 1800, "update": 600, "delete": 1800},
        differs=(
            "It delivers to `extended_s3`; other destinations, and MSK as the source, are refused at apply. "
            "`processing_configuration` shows the parameters that AWS adds. Blocks that are taken away from "
            "the destination stay: neither provider sends them then."
        ),
    ),
}

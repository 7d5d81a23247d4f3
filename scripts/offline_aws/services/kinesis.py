"""Kinesis: data streams.

Source: internal/service/kinesis/stream.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.calls import wait_until_gone
from offline_aws.enums import enum
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, changed, first, given
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.validators import at_least, between, each, length, matches, one_of


def _create(aws: Aws, values: Values) -> None:
    client, name, mode = aws.client("kinesis"), values["name"], _mode(values)
    shards = values["shard_count"] if mode == "PROVISIONED" else None
    details = {"StreamModeDetails": {"StreamMode": mode}} if first(values["stream_mode_details"]) else {}
    size = values["max_record_size_in_kib"]
    size = size if isinstance(size, int) and not aws.local else None  # the emulator does not know it
    client.create_stream(StreamName=name, **given(ShardCount=shards, MaxRecordSizeInKiB=size), **details)
    values["id"] = values["arn"] = aws.arn("kinesis", f"stream/{name}")
    _active(aws, name)
    if values["retention_period"] > 24:
        client.increase_stream_retention_period(
            StreamName=name, RetentionPeriodHours=values["retention_period"]
        )
    if values["shard_level_metrics"]:
        client.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=values["shard_level_metrics"])
    if values["encryption_type"] == "KMS":
        _encrypt(aws, values)
    if values["tags_all"]:
        client.add_tags_to_stream(StreamName=name, Tags=values["tags_all"])


def _mode(values: Values) -> str:
    return str((first(values["stream_mode_details"]) or {"stream_mode": "PROVISIONED"})["stream_mode"])


def _active(aws: Aws, name: str) -> None:
    def done() -> bool:
        found = aws.client("kinesis").describe_stream_summary(StreamName=name)
        return bool(found["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE")

    aws.wait(done, f"Kinesis Stream ({name})")


def _encrypt(aws: Aws, values: Values) -> None:
    if not values["kms_key_id"]:
        raise ResourceError("KMS Key Id required when setting encryption_type is not set as NONE")
    aws.client("kinesis").start_stream_encryption(
        StreamName=values["name"], EncryptionType="KMS", KeyId=values["kms_key_id"]
    )
    _active(aws, values["name"])


def _read(aws: Aws, values: Values) -> Values:
    client, name = aws.client("kinesis"), values["name"]
    found = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    mode = (found.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
    tags = client.list_tags_for_stream(StreamName=name)["Tags"]
    metrics = [one for item in found.get("EnhancedMonitoring") or () for one in item["ShardLevelMetrics"]]
    shown = {
        "id": found["StreamARN"],
        "arn": found["StreamARN"],
        "encryption_type": found.get("EncryptionType", "NONE"),
        "kms_key_id": found.get("KeyId", ""),
        "max_record_size_in_kib": found.get("MaxRecordSizeInKiB", 1024),
        "name": found["StreamName"],
        "retention_period": found["RetentionPeriodHours"],
        "shard_count": found["OpenShardCount"] if mode == "PROVISIONED" else None,
        "shard_level_metrics": metrics,
        "stream_mode_details": [{"stream_mode": mode}],
        "tags_all": {tag["Key"]: tag["Value"] for tag in tags},
    }
    if aws.local:  # the emulator does not show which metrics are on, nor keeps a size
        forgotten = {"shard_level_metrics", *(["max_record_size_in_kib"] * _sized(values))}
        shown = {key: value for key, value in shown.items() if key not in forgotten}
    return shown


def _sized(values: Values) -> bool:
    return isinstance(values.get("max_record_size_in_kib"), int)


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, name = aws.client("kinesis"), values["name"]
    if changed(values, prior, "stream_mode_details"):
        client.update_stream_mode(StreamARN=values["arn"], StreamModeDetails={"StreamMode": _mode(values)})
        _active(aws, name)
    if changed(values, prior, "shard_count") and _mode(values) == "PROVISIONED" and values["shard_count"]:
        client.update_shard_count(
            StreamName=name, TargetShardCount=values["shard_count"], ScalingType="UNIFORM_SCALING"
        )
        _active(aws, name)
    _change_retention(aws, values, prior)
    old, new = set(prior["shard_level_metrics"] or ()), set(values["shard_level_metrics"] or ())
    if old - new:
        client.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=sorted(old - new))
    if new - old:
        client.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=sorted(new - old))
    if changed(values, prior, "encryption_type", "kms_key_id"):
        if values["encryption_type"] == "KMS":
            _encrypt(aws, values)
        elif prior["encryption_type"] == "KMS":
            client.stop_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=prior["kms_key_id"])
            _active(aws, name)
    if changed(values, prior, "max_record_size_in_kib") and not aws.local:
        client.update_max_record_size(
            StreamARN=values["arn"], MaxRecordSizeInKiB=values["max_record_size_in_kib"]
        )


def _change_retention(aws: Aws, values: Values, prior: Values) -> None:
    wanted, before = values["retention_period"], prior["retention_period"]
    if wanted == before:
        return
    client = aws.client("kinesis")
    call = client.increase_stream_retention_period
    if wanted < before:
        call = client.decrease_stream_retention_period
    call(StreamName=values["name"], RetentionPeriodHours=wanted)
    _active(aws, values["name"])


def _tag(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    client, name = aws.client("kinesis"), values["name"]
    if removed:
        client.remove_tags_from_stream(StreamName=name, TagKeys=removed)
    if added:
        client.add_tags_to_stream(StreamName=name, Tags=added)


def _delete(aws: Aws, values: Values) -> None:
    client, name = aws.client("kinesis"), values["name"]
    client.delete_stream(StreamName=name, EnforceConsumerDeletion=bool(values["enforce_consumer_deletion"]))
    what = f"Kinesis Stream ({name}) delete"
    wait_until_gone(aws, lambda: client.describe_stream_summary(StreamName=name), what)


def _import(aws: Aws, identifier: str) -> Values:
    return {"id": aws.arn("kinesis", f"stream/{identifier}"), "name": identifier}


def _plan(plan: Plan) -> None:
    mode, shards = plan.config["stream_mode_details"], plan.config["shard_count"]
    if mode is UNKNOWN or shards is UNKNOWN:
        return
    kept = (plan.prior or {}).get("stream_mode_details")
    block = first(mode) or first(kept) or {"stream_mode": "PROVISIONED"}
    if block["stream_mode"] == "ON_DEMAND" and shards:
        raise ResourceError("shard_count must not be set when stream_mode is ON_DEMAND", path="shard_count")
    if block["stream_mode"] == "PROVISIONED" and not shards:
        raise ResourceError(
            "shard_count must be at least 1 when stream_mode is PROVISIONED", path="shard_count"
        )


RESOURCES = {
    "aws_kinesis_stream": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tag=_tag,
        imports=_import,
        plan=_plan,
        defaults={"encryption_type": "NONE", "enforce_consumer_deletion": False, "retention_period": 24},
        computed={"stream_mode_details"},
        stored_only={"enforce_consumer_deletion"},
        validators={
            "encryption_type": one_of("NONE", "KMS"),
            "max_record_size_in_kib": between(1024, 10240),
            "name": (length(1, 128), matches(r"^[\w.-]+$", "must match [0-9A-Za-z_.-]")),
            "retention_period": between(24, 8760),
            "shard_count": at_least(0),
            "shard_level_metrics": each(enum("kinesis", "MetricsName")),
            "stream_mode_details.stream_mode": enum("kinesis", "StreamMode"),
        },
        name=None,
        timeouts={"create": 300, "update": 7200, "delete": 7200},
        differs=(
            "The local AWS shows no `shard_level_metrics` and keeps no `max_record_size_in_kib`; "
            "`warm_throughput_mib_ps` is not sent. A `kms_key_id` without `encryption_type` shows a change "
            "in each plan, as there."
        ),
    ),
}

"""``aws_dynamodb_table`` and its data source.

Source: internal/service/dynamodb/{table,table_data_source}.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import tagging, wait_until_gone
from offline_aws.enums import enum
from offline_aws.handler_values import (
    UNKNOWN,
    ResourceError,
    Values,
    changed,
    first,
    given,
    tag_list,
    tag_map,
)
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services import dynamodb_imports as imports
from offline_aws.services import dynamodb_indexes as indexes
from offline_aws.services import dynamodb_replicas as replicas
from offline_aws.validators import arn, at_least, between, length, matches, one_of, rfc3339

_PASSING = (
    ("ThrottlingException", ""),
    ("LimitExceededException", "can be created, updated, or deleted simultaneously"),
    ("LimitExceededException", "indexed tables that can be created simultaneously"),
    ("ResourceInUseException", ""),
)
_UNSUPPORTED = (
    "global_table_witness",
    "restore_backup_arn",
    "restore_source_name",
    "restore_source_table_arn",
)


def _create(aws: Aws, values: Values) -> None:
    for name in _UNSUPPORTED:
        if values[name]:
            detail = "Witnesses and restored tables need the published hashicorp/aws."
            raise ResourceError(f"{name} is not supported by the offline provider", detail=detail, path=name)
    provisioned = values["billing_mode"] == "PROVISIONED"
    key = values["hash_key"], values["range_key"]
    arguments = given(
        TableName=values["name"],
        AttributeDefinitions=[
            {"AttributeName": item["name"], "AttributeType": item["type"]} for item in values["attribute"]
        ],
        BillingMode=values["billing_mode"],
        DeletionProtectionEnabled=values["deletion_protection_enabled"],
        GlobalSecondaryIndexes=[
            indexes.arguments(index, provisioned) for index in values["global_secondary_index"]
        ],
        KeySchema=indexes.key_schema(*key),
        LocalSecondaryIndexes=[
            indexes.local_arguments(index, values["hash_key"]) for index in values["local_secondary_index"]
        ],
        ProvisionedThroughput=indexes.capacity(values) if provisioned else None,
        SSESpecification=_encryption(values),
        StreamSpecification=_stream(values) if values["stream_enabled"] else None,
        TableClass=values["table_class"],
        Tags=tag_list(values["tags_all"]),
        **indexes.limits(values),
    )
    client = aws.client("dynamodb")
    if values["import_table"]:
        steps = imports.create(aws, values["import_table"][0], arguments)
    else:
        eventually(aws, lambda: client.create_table(**arguments), *_PASSING)
        steps = []
    values["id"] = values["name"]
    _active(aws, values["name"], "create")
    for step in steps:
        _update_table(aws, values["name"], step)
    _set_up(aws, values)


def _set_up(aws: Aws, values: Values) -> None:
    """Set what a table has only when it is there."""
    if (ttl := _block(values, "ttl")) and ttl["enabled"]:
        _set_ttl(aws, values["name"], ttl)
    if (recovery := _block(values, "point_in_time_recovery")) and recovery["enabled"]:
        _set_recovery(aws, values["name"], recovery)
    replicas.create(aws, values)


def _tag(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
    tagging("dynamodb", "ResourceArn", form=tag_list)(aws, values, added, removed)
    replicas.tag(aws, values["name"], values["replica"], added, removed)


def _block(values: Values, name: str) -> Values | None:
    block = values[name]
    return first(block) if isinstance(block, list) else None


def _encryption(values: Values) -> Values | None:
    block = _block(values, "server_side_encryption")
    if block is None:
        return None
    key = block["kms_key_arn"] if block["enabled"] else None
    return {"Enabled": bool(block["enabled"]), **given(KMSMasterKeyId=key, SSEType="KMS" if key else None)}


def _stream(values: Values) -> Values:
    enabled = bool(values["stream_enabled"])
    return {"StreamEnabled": enabled, **({"StreamViewType": values["stream_view_type"]} if enabled else {})}


def _active(aws: Aws, name: str, operation: str) -> None:
    """Wait until the table and all its indexes can be used."""

    def done() -> bool:
        table = aws.client("dynamodb").describe_table(TableName=name)["Table"]
        states = [table["TableStatus"]]
        states += [index.get("IndexStatus") for index in table.get("GlobalSecondaryIndexes") or ()]
        encrypting = (table.get("SSEDescription") or {}).get("Status") in (
            "ENABLING",
            "DISABLING",
            "UPDATING",
        )
        return all(state in ("ACTIVE", None) for state in states) and not encrypting

    aws.wait(done, f"DynamoDB Table ({name}) {operation}")


def _set_ttl(aws: Aws, name: str, block: Values) -> None:
    aws.client("dynamodb").update_time_to_live(
        TableName=name,
        TimeToLiveSpecification={
            "AttributeName": block["attribute_name"],
            "Enabled": bool(block["enabled"]),
        },
    )


def _set_recovery(aws: Aws, name: str, block: Values) -> None:
    specification = {
        "PointInTimeRecoveryEnabled": bool(block["enabled"]),
        **given(
            RecoveryPeriodInDays=(block["recovery_period_in_days"] or None) if block["enabled"] else None
        ),
    }
    client = aws.client("dynamodb")
    eventually(
        aws,
        lambda: client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=specification
        ),
        ("ContinuousBackupsUnavailableException", ""),
    )


def _read(aws: Aws, values: Values) -> Values:
    table = aws.client("dynamodb").describe_table(TableName=values["id"])["Table"]
    return {
        **_shown(aws, table, values),
        "local_secondary_index": indexes.local_read(table),
        "replica": replicas.read(aws, table, values.get("replica") or []),
        "tags_all": _tags(aws, table["TableArn"]),
    }


def _shown(aws: Aws, table: Values, values: Values) -> Values:
    """The attributes that the resource and the data source share."""
    stream = table.get("StreamSpecification") or {}
    capacity = table.get("ProvisionedThroughput") or {}
    encryption = table.get("SSEDescription") or {}
    keys = {item["KeyType"]: item["AttributeName"] for item in table["KeySchema"]}
    encrypted = encryption.get("Status") in ("ENABLED", "UPDATING")
    return {
        "id": table["TableName"],
        "arn": table["TableArn"],
        "attribute": [
            {"name": item["AttributeName"], "type": item["AttributeType"]}
            for item in table["AttributeDefinitions"]
        ],
        "billing_mode": (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        "deletion_protection_enabled": table.get("DeletionProtectionEnabled", False),
        "global_secondary_index": indexes.read(table, values.get("global_secondary_index") or []),
        "hash_key": keys["HASH"],
        "name": table["TableName"],
        **indexes.limits_read(table),
        "point_in_time_recovery": _read_recovery(aws, table["TableName"], values),
        "range_key": keys.get("RANGE"),
        "read_capacity": capacity.get("ReadCapacityUnits", 0),
        "server_side_encryption": [{"enabled": True, "kms_key_arn": encryption.get("KMSMasterKeyArn", "")}]
        if encrypted
        else [],
        "stream_arn": table.get("LatestStreamArn", ""),
        "stream_enabled": stream.get("StreamEnabled", False),
        "stream_label": table.get("LatestStreamLabel", ""),
        "stream_view_type": stream.get("StreamViewType") or values.get("stream_view_type") or "",
        "table_class": (table.get("TableClassSummary") or {}).get("TableClass", "STANDARD"),
        "ttl": _read_ttl(aws, table["TableName"]),
        "write_capacity": capacity.get("WriteCapacityUnits", 0),
    }


def _tags(aws: Aws, table: str) -> dict[str, str]:
    return tag_map(aws.client("dynamodb").list_tags_of_resource(ResourceArn=table).get("Tags"))


def _read_ttl(aws: Aws, name: str) -> list[Values]:
    found = aws.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    enabled = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return [{"attribute_name": found.get("AttributeName", "") if enabled else "", "enabled": enabled}]


def _read_recovery(aws: Aws, name: str, values: Values) -> list[Values]:
    found = aws.client("dynamodb").describe_continuous_backups(TableName=name)
    recovery = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription") or {}
    enabled = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
    days = recovery.get("RecoveryPeriodInDays")
    if days is None:  # the emulator does not keep it
        stored = first(values.get("point_in_time_recovery")) or {}
        days = stored.get("recovery_period_in_days") or 35 if enabled else 0
    return [{"enabled": enabled, "recovery_period_in_days": days}]


def _update(aws: Aws, values: Values, prior: Values) -> None:
    name = values["id"]
    for arguments in _updates(values, prior):
        _update_table(aws, name, arguments)
    if changed(values, prior, "ttl"):
        _change_ttl(aws, name, _block(values, "ttl"), _block(prior, "ttl"))
    if changed(values, prior, "point_in_time_recovery") and (
        recovery := _block(values, "point_in_time_recovery")
    ):
        _set_recovery(aws, name, recovery)
    if changed(values, prior, "replica"):
        replicas.update(aws, values, prior)


def _change_ttl(aws: Aws, name: str, new: Values | None, old: Values | None) -> None:
    if new and new["enabled"]:
        _set_ttl(aws, name, new)
    elif old and old["enabled"]:
        _set_ttl(aws, name, {**old, "enabled": False})


def _updates(values: Values, prior: Values) -> list[dict[str, Any]]:
    """One UpdateTable after the other: AWS takes one kind of change, and one index, at a time."""
    provisioned = values["billing_mode"] == "PROVISIONED"
    kept = indexes.by_name(values) if changed(values, prior, "billing_mode") and provisioned else {}
    steps: list[dict[str, Any]] = []
    if changed(values, prior, "deletion_protection_enabled"):
        steps.append({"DeletionProtectionEnabled": bool(values["deletion_protection_enabled"])})
    if changed(values, prior, "table_class"):
        steps.append({"TableClass": values["table_class"]})
    if changed(values, prior, "billing_mode"):
        step: dict[str, Any] = {"BillingMode": values["billing_mode"]}
        if provisioned:
            shared = indexes.by_name(prior).keys() & kept.keys()
            step |= {"ProvisionedThroughput": indexes.capacity(values)}
            step |= given(
                GlobalSecondaryIndexUpdates=[indexes.capacity_update(kept[name]) for name in sorted(shared)]
            )
        steps.append(step)
    elif provisioned and changed(values, prior, "read_capacity", "write_capacity"):
        steps.append({"ProvisionedThroughput": indexes.capacity(values)})
    limits = indexes.limits(values)
    for name, key in (("on_demand_throughput", "OnDemandThroughput"), ("warm_throughput", "WarmThroughput")):
        if changed(values, prior, name) and limits.get(key):
            steps.append({key: limits[key]})
    steps += _stream_updates(values, prior)
    steps += [
        {
            "AttributeDefinitions": [
                {"AttributeName": item["name"], "AttributeType": item["type"]} for item in values["attribute"]
            ],
            "GlobalSecondaryIndexUpdates": [step],
        }
        for step in indexes.updates(values, prior, provisioned, rescaled=bool(kept))
    ]
    if changed(values, prior, "server_side_encryption"):
        steps.append({"SSESpecification": _encryption(values) or {"Enabled": False}})
    return steps


def _stream_updates(values: Values, prior: Values) -> list[dict[str, Any]]:
    if not changed(values, prior, "stream_enabled", "stream_view_type"):
        return []
    if prior["stream_enabled"] and values["stream_enabled"]:
        # A stream's view cannot be changed: it is closed, and a new one opened.
        off = {"StreamSpecification": {"StreamEnabled": False}}
        return [off, {"StreamSpecification": _stream(values)}]
    if bool(prior["stream_enabled"]) == bool(values["stream_enabled"]):
        return []
    return [{"StreamSpecification": _stream(values)}]


def _update_table(aws: Aws, name: str, arguments: dict[str, Any]) -> None:
    client = aws.client("dynamodb")
    eventually(aws, lambda: client.update_table(TableName=name, **arguments), *_PASSING)
    _active(aws, name, "update")


def _delete(aws: Aws, values: Values) -> None:
    client, name = aws.client("dynamodb"), values["id"]
    replicas.delete(aws, values)
    eventually(aws, lambda: client.delete_table(TableName=name), *_PASSING)
    wait_until_gone(aws, lambda: client.describe_table(TableName=name), f"DynamoDB Table ({name}) delete")


def _check_ttl(config: Values) -> None:
    ttl = _block(config, "ttl")
    if ttl and ttl["enabled"] is True and ttl["attribute_name"] in (None, ""):
        raise ResourceError(
            "ttl.attribute_name must be given when ttl.enabled = true", path="ttl.0.attribute_name"
        )


def _valid(config: Values) -> Iterator[tuple[str, str]]:
    """Streams, capacities and indexes agree with each other (internal/service/dynamodb/table.go of 2026)."""
    enabled, view = config["stream_enabled"], config["stream_view_type"]
    if enabled is None and view not in (None, "", UNKNOWN):
        yield "stream_view_type", "stream_enabled must be specified with it"
    for name in ("read_capacity", "write_capacity"):
        if config["billing_mode"] == "PAY_PER_REQUEST" and config[name] not in (None, 0, UNKNOWN):
            yield name, "it cannot be specified when billing_mode is PAY_PER_REQUEST"
    yield from indexes.check(config["global_secondary_index"])


def _check_capacity(plan: Plan) -> None:
    """DynamoDB's CreateTable and UpdateTable refuse it; the emulator does not."""
    before = plan.prior["billing_mode"] if plan.prior else None
    if plan.values["billing_mode"] != "PROVISIONED" or before == "PROVISIONED":
        return
    for name in ("read_capacity", "write_capacity"):
        if plan.config[name] in (None, 0):
            raise ResourceError(f"{name} must be at least 1 when billing_mode is PROVISIONED", path=name)


def _plan(plan: Plan) -> None:
    values, prior = plan.values, plan.prior
    enabled, view = values["stream_enabled"], values["stream_view_type"]
    if enabled is True and plan.config["stream_view_type"] in (None, "") and view in (None, "", UNKNOWN):
        raise ResourceError(
            "stream_view_type is required when stream_enabled = true", path="stream_view_type"
        )
    _check_ttl(plan.config)
    _check_capacity(plan)
    indexes.check_attributes(values)
    if prior is None:
        return
    for name in ("server_side_encryption", "point_in_time_recovery", "ttl"):
        # Off and absent are the same.
        if _off(values[name]) and _off(prior[name]):
            values[name] = prior[name]
    recovery = _block(values, "point_in_time_recovery")
    if recovery and recovery["enabled"] is True and _off(prior["point_in_time_recovery"]):
        configured = _block(plan.config, "point_in_time_recovery") or {}
        if configured.get("recovery_period_in_days") is None:
            recovery["recovery_period_in_days"] = UNKNOWN  # AWS's own default, known after
    if plan.changed("stream_enabled", "stream_view_type"):
        values["stream_arn"] = values["stream_label"] = UNKNOWN
    if values["billing_mode"] == "PAY_PER_REQUEST":
        indexes.ignore_capacity(values, prior)
    elif plan.changed("billing_mode"):
        for name in ("read_capacity", "write_capacity"):
            values[name] = plan.config[name] if plan.config[name] is not None else values[name]


def _off(block: Any) -> bool:
    if not isinstance(block, list):
        return False
    return not block or block[0]["enabled"] is False or block[0]["enabled"] is None


def table_data(aws: Aws, values: Values) -> Values:
    """The data source's values."""
    table = aws.client("dynamodb").describe_table(TableName=values["name"])["Table"]
    found = _shown(aws, table, {})
    return {
        **found,
        "local_secondary_index": indexes.local_read(table),
        "replica": replicas.read(aws, table, []),
        "server_side_encryption": found["server_side_encryption"] or [{"enabled": False, "kms_key_arn": ""}],
        "tags": _tags(aws, table["TableArn"]),
    }


_WARM = ("", "global_secondary_index.")
_UNITS = {"read_units_per_second": at_least(12000), "write_units_per_second": at_least(4000)}

TABLE = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    tag=_tag,
    plan=_plan,
    defaults={
        "billing_mode": "PROVISIONED",
        "replica.consistency_mode": "EVENTUAL",
        "replica.point_in_time_recovery": False,
        "replica.propagate_tags": False,
        "table_class": "STANDARD",
        "ttl.enabled": False,
    },
    normalise={"stream_view_type": str.upper},
    validators={
        "attribute.type": one_of("B", "N", "S"),
        "billing_mode": enum("dynamodb", "BillingMode"),
        "global_secondary_index.key_schema.key_type": enum("dynamodb", "KeyType"),
        "global_secondary_index.projection_type": enum("dynamodb", "ProjectionType"),
        "local_secondary_index.projection_type": enum("dynamodb", "ProjectionType"),
        "import_table.input_compression_type": enum("dynamodb", "InputCompressionType"),
        "import_table.input_format": enum("dynamodb", "InputFormat"),
        "name": (length(3, 255), matches("^[0-9A-Za-z_.-]+$", "must match [0-9A-Za-z_.-]")),
        "point_in_time_recovery.recovery_period_in_days": between(1, 35),
        "replica.consistency_mode": enum("dynamodb", "MultiRegionConsistency"),
        "replica.kms_key_arn": arn,
        "server_side_encryption.kms_key_arn": arn,
        "restore_date_time": rfc3339,
        "restore_source_table_arn": arn,
        "stream_view_type": one_of("", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"),
        "table_class": enum("dynamodb", "TableClass"),
        **{f"{block}warm_throughput.{name}": check for block in _WARM for name, check in _UNITS.items()},
    },
    checks=(_valid,),
    conflicts=(
        ("import_table", "restore_source_name", "restore_source_table_arn"),
        ("read_capacity", "on_demand_throughput"),
        ("write_capacity", "on_demand_throughput"),
    ),
    name=None,
    timeouts={"create": 1800, "update": 3600, "delete": 600},
    differs=(
        "Missing capacities of PROVISIONED, and names that AWS does not take, are refused at plan; the "
        "published provider leaves them to AWS. "
        "Restored tables, strongly consistent replicas and witnesses are refused at apply. "
        "`on_demand_throughput`, and `warm_throughput` of an index, stay when they are taken away: AWS keeps "
        "what is not sent."
    ),
)

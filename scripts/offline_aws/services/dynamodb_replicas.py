"""Replicas of a table in other regions, as blocks of ``aws_dynamodb_table``.

Source: internal/service/dynamodb/table.go.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values, given, tag_list

_DETAIL = "Strong consistency and witnesses need the published hashicorp/aws."


def create(aws: Aws, values: Values) -> None:
    """Make a new table's replicas."""
    for block in values["replica"]:
        _create(aws, values, block)


def _refuse_strong(block: Values) -> None:
    if block["consistency_mode"] == "STRONG":
        what = "consistency_mode STRONG is not supported by the offline provider"
        raise ResourceError(what, detail=_DETAIL, path="replica")


def _create(aws: Aws, values: Values, block: Values) -> None:
    _refuse_strong(block)
    name, region = values["name"], block["region_name"]
    made = given(RegionName=region, KMSMasterKeyId=block["kms_key_arn"])
    _change(aws, name, {"Create": made})
    _set(aws, name, block, {})
    if block["propagate_tags"]:
        tag(aws, name, [block], values["tags_all"] or {}, [])


def _change(aws: Aws, name: str, change: dict[str, Values]) -> None:
    aws.client("dynamodb").update_table(TableName=name, ReplicaUpdates=[change])
    wanted = None if "Delete" in change else "ACTIVE"
    region = next(iter(change.values()))["RegionName"]

    def done() -> bool:
        return _statuses(_table(aws, name)).get(region) == wanted

    aws.wait(done, f"DynamoDB Table ({name}) replica in {region}")


def _table(aws: Aws, name: str, region: str = "") -> Values:
    found: Values = aws.client("dynamodb", region).describe_table(TableName=name)["Table"]
    return found


def _statuses(table: Values) -> dict[str, str]:
    return {each["RegionName"]: each["ReplicaStatus"] for each in table.get("Replicas") or ()}


def _set(aws: Aws, name: str, block: Values, before: Values) -> None:
    """Set what belongs to the replica in its own region."""
    client = aws.client("dynamodb", block["region_name"])
    recovers = block["point_in_time_recovery"]
    if bool(recovers) != bool(before.get("point_in_time_recovery")):
        specification = {"PointInTimeRecoveryEnabled": bool(recovers)}
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)
    protected = block["deletion_protection_enabled"]
    if protected is not None and bool(protected) != bool(before.get("deletion_protection_enabled")):
        client.update_table(TableName=name, DeletionProtectionEnabled=protected)


def tag(aws: Aws, name: str, blocks: list[Values], added: dict[str, str], removed: list[str]) -> None:
    """Change the tags of those replicas that have the table's; one that is not made yet gets them then."""
    there = _statuses(_table(aws, name)) if any(block["propagate_tags"] for block in blocks) else {}
    for block in blocks:
        if block["propagate_tags"] and block["region_name"] in there:
            client = aws.client("dynamodb", block["region_name"])
            owner = _table(aws, name, block["region_name"])["TableArn"]
            if removed:
                client.untag_resource(ResourceArn=owner, TagKeys=removed)
            if added:
                client.tag_resource(ResourceArn=owner, Tags=tag_list(added))


def update(aws: Aws, values: Values, prior: Values) -> None:
    """Remove, make and change replicas; another key makes one anew."""
    old = {block["region_name"]: block for block in prior["replica"]}
    new = {block["region_name"]: block for block in values["replica"]}
    for region, before in old.items():
        if region not in new or _other_key(new[region], before):
            _change(aws, values["name"], {"Delete": {"RegionName": region}})
    for region, block in new.items():
        if region not in old or _other_key(block, old[region]):
            _create(aws, values, block)
            continue
        _refuse_strong(block)
        _set(aws, values["name"], block, old[region])
        if block["propagate_tags"] and not old[region]["propagate_tags"]:
            tag(aws, values["name"], [block], values["tags_all"] or {}, [])


def _other_key(block: Values, before: Values) -> bool:
    return bool(block["kms_key_arn"] and block["kms_key_arn"] != before["kms_key_arn"])


def delete(aws: Aws, values: Values) -> None:
    """Remove all replicas, without which a table cannot be removed."""
    for region in _statuses(_table(aws, values["id"])):
        _change(aws, values["id"], {"Delete": {"RegionName": region}})


def read(aws: Aws, table: Values, stored: list[Values]) -> list[Values]:
    """Return the blocks; which replicas have the table's tags, AWS does not know."""
    known = {block["region_name"]: block for block in stored}
    return [_read(aws, table, each, known.get(each["RegionName"])) for each in table.get("Replicas") or ()]


def _read(aws: Aws, table: Values, replica: Values, stored: Values | None) -> Values:
    name, region = table["TableName"], replica["RegionName"]
    there = _table(aws, name, region)
    backups: Any = aws.client("dynamodb", region).describe_continuous_backups(TableName=name)
    recovery = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription") or {}
    key = replica.get("KMSMasterKeyId") or (stored["kms_key_arn"] if stored and aws.local else "")
    return {
        "arn": there["TableArn"],
        "consistency_mode": table.get("MultiRegionConsistency", "EVENTUAL"),
        "deletion_protection_enabled": there.get("DeletionProtectionEnabled", False),
        "kms_key_arn": key or "",
        "point_in_time_recovery": recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
        "propagate_tags": bool(stored and stored["propagate_tags"]),
        "region_name": region,
        "stream_arn": there.get("LatestStreamArn", ""),
        "stream_label": there.get("LatestStreamLabel", ""),
    }

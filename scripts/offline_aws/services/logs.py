"""CloudWatch Logs: groups, streams, resource policies, metric filters.

Source: internal/service/logs/{group,stream,resource_policy,metric_filter}.go.
"""

from __future__ import annotations

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call, import_by, items, tagging
from offline_aws.enums import enum
from offline_aws.equivalence import same_policy
from offline_aws.handler_values import ResourceError, Values, changed, given
from offline_aws.policies import iam_policy
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.services import log_policies
from offline_aws.services.log_deliveries import RESOURCES as DELIVERIES
from offline_aws.services.log_policies import GROUP_NAME
from offline_aws.validators import arn, length, matches

_DAYS = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_RETENTIONS = frozenset((*_DAYS, 1096, 1827, 2192, 2557, 2922, 3288, 3653))


def _retention(value: float) -> str | None:
    if value in _RETENTIONS:
        return None
    return f"expected to be one of {sorted(_RETENTIONS)}, got {value:g}"


# Groups


def _create_group(aws: Aws, values: Values) -> None:
    logs, name = aws.client("logs"), values["name"]
    grouped = values["log_group_class"]
    arguments = given(
        logGroupName=name,
        deletionProtectionEnabled=_bool(values["deletion_protection_enabled"]),
        kmsKeyId=values["kms_key_id"],
        logGroupClass=grouped if isinstance(grouped, str) else None,
        tags=values["tags_all"],
    )
    logs.create_log_group(**arguments)
    values["id"] = name
    if values["retention_in_days"]:
        logs.put_retention_policy(logGroupName=name, retentionInDays=values["retention_in_days"])


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _find_group(aws: Aws, name: str) -> Values | None:
    pages = aws.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    groups = (group for page in pages for group in page["logGroups"])
    return next((group for group in groups if group["logGroupName"] == name), None)


def _read_group(aws: Aws, values: Values) -> Values | None:
    name = values["id"]
    group = _find_group(aws, name)
    if group is None:
        return None
    arn_ = group["arn"].removesuffix(":*")
    return {
        "id": name,
        "arn": arn_,
        "deletion_protection_enabled": group.get("deletionProtectionEnabled", False),
        "kms_key_id": group.get("kmsKeyId", ""),
        "log_group_class": group.get("logGroupClass", "STANDARD"),
        "name": name,
        "retention_in_days": group.get("retentionInDays", 0),
        "skip_destroy": values.get("skip_destroy") or False,
        "tags_all": aws.client("logs").list_tags_for_resource(resourceArn=arn_).get("tags", {}),
    }


def _update_group(aws: Aws, values: Values, prior: Values) -> None:
    logs, name = aws.client("logs"), values["id"]
    if changed(values, prior, "retention_in_days"):
        if values["retention_in_days"]:
            logs.put_retention_policy(logGroupName=name, retentionInDays=values["retention_in_days"])
        else:
            logs.delete_retention_policy(logGroupName=name)
    if changed(values, prior, "kms_key_id"):
        if values["kms_key_id"]:
            logs.associate_kms_key(logGroupName=name, kmsKeyId=values["kms_key_id"])
        else:
            logs.disassociate_kms_key(logGroupName=name)
    if changed(values, prior, "deletion_protection_enabled"):
        logs.put_log_group_deletion_protection(
            logGroupIdentifier=name, deletionProtectionEnabled=values["deletion_protection_enabled"]
        )


def _delete_group(aws: Aws, values: Values) -> None:
    if not values["skip_destroy"]:
        aws.client("logs").delete_log_group(logGroupName=values["id"])


def _data_group(aws: Aws, values: Values) -> Values:
    group = _find_group(aws, values["name"])
    found = _read_group(aws, {"id": values["name"]})
    if group is None or found is None:
        raise ResourceError(f"reading CloudWatch Logs Log Group ({values['name']}): not found", path="name")
    shown = {key: value for key, value in found.items() if key not in ("skip_destroy", "tags_all")}
    return {**shown, "creation_time": group["creationTime"], "tags": found["tags_all"]}


# Resource policies: of the account, by name, or of one resource, by ARN


def _put_policy(aws: Aws, values: Values, prior: Values | None = None) -> None:
    arguments = given(
        policyDocument=values["policy_document"],
        policyName=values["policy_name"],
        resourceArn=values["resource_arn"],
        expectedRevisionId=prior["revision_id"] if prior and values["resource_arn"] else None,
    )
    answer = aws.client("logs").put_resource_policy(**arguments)
    values["id"] = values["policy_name"] or values["resource_arn"]
    values["policy_scope"] = "RESOURCE" if values["resource_arn"] else "ACCOUNT"
    values["revision_id"] = answer.get("revisionId") or ""


def _read_policy(aws: Aws, values: Values) -> Values | None:
    scoped = values["id"].startswith("arn:")
    key = "resourceArn" if scoped else "policyName"
    arguments = given(resourceArn=values["id"], policyScope="RESOURCE") if scoped else {}
    listed = items(aws.client("logs").describe_resource_policies, "resourcePolicies", **arguments)
    found = next((item for item in listed if item.get(key) == values["id"]), None)
    if found is None:
        return None
    return {
        "id": values["id"],
        "policy_document": gojson.normalised_json(found["policyDocument"]),
        "policy_name": None if scoped else values["id"],
        "policy_scope": found.get("policyScope") or ("RESOURCE" if scoped else "ACCOUNT"),
        "resource_arn": values["id"] if scoped else None,
        "revision_id": found.get("revisionId") or "",
    }


def _delete_policy(aws: Aws, values: Values) -> None:
    if values["id"].startswith("arn:"):
        arguments = given(resourceArn=values["id"], expectedRevisionId=values["revision_id"])
    else:
        arguments = {"policyName": values["id"]}
    aws.client("logs").delete_resource_policy(**arguments)


# Metric filters


def _put_filter(aws: Aws, values: Values, prior: Values | None = None) -> None:
    block = values["metric_transformation"][0]
    transformation = given(
        defaultValue=float(block["default_value"]) if block["default_value"] else None,
        dimensions=block["dimensions"],
        metricName=block["name"],
        metricNamespace=block["namespace"],
        metricValue=block["value"],
        unit=block["unit"],
    )
    aws.client("logs").put_metric_filter(
        logGroupName=values["log_group_name"],
        filterName=values["name"],
        filterPattern=(values["pattern"] or "").strip(),
        metricTransformations=[transformation],
        **given(applyOnTransformedLogs=_bool(values["apply_on_transformed_logs"]) or None),
    )
    values["id"] = values["name"]


def _read_filter(aws: Aws, values: Values) -> Values | None:
    group, name = values["log_group_name"], values["id"]
    paginator = aws.client("logs").get_paginator("describe_metric_filters")
    pages = paginator.paginate(logGroupName=group, filterNamePrefix=name)
    filters = (item for page in pages for item in page["metricFilters"])
    found = next((item for item in filters if item["filterName"] == name), None)
    if found is None:
        return None
    metric = found["metricTransformations"][0]
    default = metric.get("defaultValue")
    return {
        "id": name,
        "apply_on_transformed_logs": found.get("applyOnTransformedLogs", False),
        "log_group_name": group,
        "metric_transformation": [
            {
                "default_value": "" if default is None else f"{default:g}",
                "dimensions": metric.get("dimensions") or None,
                "name": metric["metricName"],
                "namespace": metric["metricNamespace"],
                "unit": metric.get("unit") or "None",
                "value": metric["metricValue"],
            }
        ],
        "name": name,
        "pattern": found.get("filterPattern", ""),
    }


def _create_stream(aws: Aws, values: Values) -> None:
    aws.client("logs").create_log_stream(logGroupName=values["log_group_name"], logStreamName=values["name"])
    values["id"] = values["name"]


def _read_stream(aws: Aws, values: Values) -> Values | None:
    group, name = values["log_group_name"], values["id"]
    pages = aws.client("logs").get_paginator("describe_log_streams")
    for page in pages.paginate(logGroupName=group, logStreamNamePrefix=name):
        for stream in page["logStreams"]:
            if stream["logStreamName"] == name:
                return {"arn": stream["arn"], "name": name, "log_group_name": group}
    return None


_parts = import_by("<log_group_name>:<name>", ":", "log_group_name", "name")


def _import(aws: Aws, identifier: str) -> Values:
    values = _parts(aws, identifier)
    return {**values, "id": values["name"]}


def _plan_group(plan: Plan) -> None:
    # Groups of class DELIVERY keep logs for two days, regardless of the configuration.
    if plan.values["log_group_class"] == "DELIVERY" and plan.prior:
        plan.values["retention_in_days"] = plan.prior["retention_in_days"]


RESOURCES = {
    **DELIVERIES,
    **log_policies.RESOURCES,
    "aws_cloudwatch_log_group": ResourceHandler(
        create=_create_group,
        read=_read_group,
        update=_update_group,
        delete=_delete_group,
        tag=tagging("logs", "resourceArn"),
        plan=_plan_group,
        defaults={"retention_in_days": 0, "skip_destroy": False},
        stored_only={"skip_destroy"},
        validators={
            "kms_key_id": arn,
            "log_group_class": enum("logs", "LogGroupClass"),
            "name": GROUP_NAME,
            "name_prefix": (length(1, 486), GROUP_NAME[1]),
            "retention_in_days": _retention,
        },
    ),
    "aws_cloudwatch_log_metric_filter": ResourceHandler(
        create=_put_filter,
        read=_read_filter,
        update=_put_filter,
        delete=call("logs", "delete_metric_filter", logGroupName="log_group_name", filterName="id"),
        imports=_import,
        identifier="{log_group_name}:{name}",
        defaults={"metric_transformation.unit": "None"},
        normalise={"pattern": str.strip},
        validators={
            "log_group_name": GROUP_NAME,
            "metric_transformation.default_value": matches(
                r"^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?)?$", "expected a number"
            ),
            "metric_transformation.name": (length(1, 255), matches(r"^[^:*$]*$", "must not contain : * $")),
            "metric_transformation.namespace": (
                length(1, 255),
                matches(r"^[^:*$]*$", "must not contain : * $"),
            ),
            "metric_transformation.unit": enum("logs", "StandardUnit"),
            "metric_transformation.value": length(0, 100),
            "name": (length(1, 512), matches(r"^[^:*]+$", "must not contain : or *")),
            "pattern": length(0, 1024),
        },
    ),
    "aws_cloudwatch_log_resource_policy": ResourceHandler(
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=_delete_policy,
        identifier=lambda aws, identity: identity["policy_name"] or identity["resource_arn"] or "",
        equivalent={"policy_document": same_policy},
        normalise={"policy_document": gojson.normalised_json},
        recomputed={"revision_id": ("policy_document",)},
        validators={"policy_document": iam_policy("resource"), "resource_arn": arn},
        exactly_one_of=(("policy_name", "resource_arn"),),
        name=None,
    ),
    "aws_cloudwatch_log_stream": ResourceHandler(
        create=_create_stream,
        read=_read_stream,
        delete=call("logs", "delete_log_stream", logGroupName="log_group_name", logStreamName="id"),
        imports=_import,
        identifier="{log_group_name}:{name}",
        validators={
            "log_group_name": GROUP_NAME,
            "name": (length(1, 512), matches(r"^[^:*]+$", "must not contain : or *")),
        },
    ),
}

DATA_SOURCES = {
    **log_policies.DATA_SOURCES,
    "aws_cloudwatch_log_group": DataSourceHandler(read=_data_group, validators={"name": GROUP_NAME}),
}

"""EventBridge Scheduler: schedules and their groups.

Source: internal/service/scheduler/{schedule,schedule_group}.go.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import tagging, wait_until_gone
from offline_aws.enums import enum
from offline_aws.handler_values import ResourceError, Values, given, tag_list, tag_map
from offline_aws.propagation import eventually
from offline_aws.resource import Resource
from offline_aws.schedules import schedule, time_zone
from offline_aws.shapes import Shape, from_api, many, one, to_api
from offline_aws.validators import arn, between, length, matches, rfc3339

_NAME = matches(r"^[0-9A-Za-z_.-]+$", "must consist of letters, numbers, . - _")

_TARGET: Shape = {
    "arn": "Arn",
    "dead_letter_config": one("DeadLetterConfig", {"arn": "Arn"}),
    "ecs_parameters": one(
        "EcsParameters",
        {
            "capacity_provider_strategy": many(
                "CapacityProviderStrategy",
                {"base": "base", "capacity_provider": "capacityProvider", "weight": "weight"},
            ),
            "enable_ecs_managed_tags": "EnableECSManagedTags",
            "enable_execute_command": "EnableExecuteCommand",
            "group": "Group",
            "launch_type": "LaunchType",
            "placement_constraints": many(
                "PlacementConstraints", {"expression": "expression", "type": "type"}
            ),
            "placement_strategy": many("PlacementStrategy", {"field": "field", "type": "type"}),
            "platform_version": "PlatformVersion",
            "propagate_tags": "PropagateTags",
            "reference_id": "ReferenceId",
            "task_count": "TaskCount",
            "task_definition_arn": "TaskDefinitionArn",
        },
    ),
    "eventbridge_parameters": one("EventBridgeParameters", {"detail_type": "DetailType", "source": "Source"}),
    "input": "Input",
    "kinesis_parameters": one("KinesisParameters", {"partition_key": "PartitionKey"}),
    "retry_policy": one(
        "RetryPolicy",
        {
            "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
            "maximum_retry_attempts": "MaximumRetryAttempts",
        },
    ),
    "role_arn": "RoleArn",
    "sagemaker_pipeline_parameters": one(
        "SageMakerPipelineParameters",
        {"pipeline_parameter": many("PipelineParameterList", {"name": "Name", "value": "Value"})},
    ),
    "sqs_parameters": one("SqsParameters", {"message_group_id": "MessageGroupId"}),
}
_SCHEDULE: Shape = {
    "action_after_completion": "ActionAfterCompletion",
    "description": "Description",
    "flexible_time_window": one(
        "FlexibleTimeWindow", {"maximum_window_in_minutes": "MaximumWindowInMinutes", "mode": "Mode"}
    ),
    "group_name": "GroupName",
    "kms_key_arn": "KmsKeyArn",
    "name": "Name",
    "schedule_expression": "ScheduleExpression",
    "schedule_expression_timezone": "ScheduleExpressionTimezone",
    "state": "State",
    "target": one("Target", _TARGET),
}
# A role that is new, or whose policies are.
_PASSING = (("ValidationException", "The execution role you provide must allow"),)


def _arguments(values: Values) -> dict[str, Any]:
    found = to_api(values, _SCHEDULE)
    for name, key in (("start_date", "StartDate"), ("end_date", "EndDate")):
        if values[name]:
            found[key] = datetime.fromisoformat(values[name])
    return found


def _create(aws: Aws, values: Values) -> None:
    arguments, client = _arguments(values), aws.client("scheduler")
    eventually(aws, lambda: client.create_schedule(**arguments), *_PASSING, seconds=120)
    values["group_name"] = values["group_name"] or "default"
    values["id"] = f"{values['group_name']}/{values['name']}"


def _read(aws: Aws, values: Values) -> Values:
    group, name = values["id"].split("/", 1)
    found = aws.client("scheduler").get_schedule(GroupName=group, Name=name)
    times = {
        name: found[key].strftime("%Y-%m-%dT%H:%M:%SZ") if found.get(key) else ""
        for name, key in (("start_date", "StartDate"), ("end_date", "EndDate"))
    }
    shown = from_api(found, _SCHEDULE)
    shown["action_after_completion"] = shown["action_after_completion"] or "NONE"
    for target in shown["target"]:
        target["retry_policy"] = target["retry_policy"] or []
    return {**shown, **times, "id": values["id"], "arn": found["Arn"]}


def _update(aws: Aws, values: Values, prior: Values) -> None:
    arguments, client = _arguments(values), aws.client("scheduler")
    eventually(aws, lambda: client.update_schedule(**arguments), *_PASSING, seconds=120)


def _delete(aws: Aws, values: Values) -> None:
    group, name = values["id"].split("/", 1)
    aws.client("scheduler").delete_schedule(GroupName=group, Name=name)


def _import(aws: Aws, identifier: str) -> Values:
    if not all(identifier.partition("/")):
        raise ResourceError(f"unexpected ID ({identifier})", detail="Expected <group_name>/<name>")
    return {"id": identifier}


# Groups


_TIMES = {"creation_date": "CreationDate", "last_modification_date": "LastModificationDate"}


def _create_group(aws: Aws, values: Values) -> None:
    client = aws.client("scheduler")
    client.create_schedule_group(Name=values["name"], **given(Tags=tag_list(values["tags_all"])))
    values["id"] = values["name"]


def _read_group(aws: Aws, values: Values) -> Values | None:
    client = aws.client("scheduler")
    found = client.get_schedule_group(Name=values["id"])
    if found["State"] == "DELETING":
        return None
    times = {
        name: found[key].strftime("%Y-%m-%dT%H:%M:%SZ") if found.get(key) else ""
        for name, key in _TIMES.items()
    }
    tags = client.list_tags_for_resource(ResourceArn=found["Arn"]).get("Tags")
    return {
        **times,
        "id": found["Name"],
        "arn": found["Arn"],
        "name": found["Name"],
        "state": found["State"],
        "tags_all": tag_map(tags),
    }


def _delete_group(aws: Aws, values: Values) -> None:
    client, name = aws.client("scheduler"), values["id"]
    client.delete_schedule_group(Name=name)
    what = f"EventBridge Scheduler Schedule Group ({name}) delete"
    wait_until_gone(aws, lambda: client.get_schedule_group(Name=name), what)


RESOURCES = {
    "aws_scheduler_schedule": Resource(
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        imports=_import,
        defaults={
            "schedule_expression_timezone": "UTC",
            "state": "ENABLED",
            "target.retry_policy.maximum_event_age_in_seconds": 86400,
            "target.retry_policy.maximum_retry_attempts": 185,
        },
        computed={"target.retry_policy"},
        validators={
            "action_after_completion": enum("scheduler", "ActionAfterCompletion"),
            "description": length(0, 512),
            "end_date": rfc3339,
            "flexible_time_window.maximum_window_in_minutes": between(1, 1440),
            "flexible_time_window.mode": enum("scheduler", "FlexibleTimeWindowMode"),
            "group_name": (length(1, 64), _NAME),
            "kms_key_arn": arn,
            "name": (length(1, 64), _NAME),
            "name_prefix": (length(1, 38), _NAME),
            "schedule_expression": (length(1, 256), schedule),
            "schedule_expression_timezone": (length(1, 50), time_zone),
            "start_date": rfc3339,
            "state": enum("scheduler", "ScheduleState"),
            "target.arn": arn,
            "target.dead_letter_config.arn": arn,
            "target.eventbridge_parameters.detail_type": length(1, 128),
            "target.eventbridge_parameters.source": (
                length(1, 256),
                matches(r"^(?!aws\.)", "must not begin with aws."),
            ),
            "target.input": length(1, 256 * 1024),
            "target.retry_policy.maximum_event_age_in_seconds": between(60, 86400),
            "target.retry_policy.maximum_retry_attempts": between(0, 185),
            "target.role_arn": arn,
        },
    ),
    "aws_scheduler_schedule_group": Resource(
        create=_create_group,
        read=_read_group,
        delete=_delete_group,
        tag=tagging("scheduler", "ResourceArn", form=tag_list),
        validators={"name": (length(1, 64), _NAME), "name_prefix": (length(1, 38), _NAME)},
        timeouts={"create": 300, "delete": 300},
    ),
}

DATA_SOURCES: dict[str, Any] = {}

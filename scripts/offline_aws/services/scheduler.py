"""EventBridge Scheduler: schedules and their groups.

Source: internal/service/scheduler/{schedule,schedule_group}.go.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import import_by, tagging, wait_until_gone
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import Values, given, tag_list, tag_map
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.schedules import schedule, time_zone
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, between, length, matches, rfc3339

_NAME = matches(r"^[0-9A-Za-z_.-]+$", "must consist of letters, numbers, . - _")

_SCHEDULE = Derived(
    "aws_scheduler_schedule",
    "scheduler",
    "CreateScheduleInput",
    keys={
        "target.ecs_parameters.network_configuration": "NetworkConfiguration.awsvpcConfiguration",
        "target.sagemaker_pipeline_parameters.pipeline_parameter": "PipelineParameterList",
    },
)
# A role that is new, or whose policies are.
_PASSING = (("ValidationException", "The execution role you provide must allow"),)


def _create(aws: Aws, values: Values) -> None:
    arguments, client = to_api(values, _SCHEDULE), aws.client("scheduler")
    eventually(aws, lambda: client.create_schedule(**arguments), *_PASSING, seconds=120)
    values["group_name"] = values["group_name"] or "default"
    values["id"] = f"{values['group_name']}/{values['name']}"


def _read(aws: Aws, values: Values) -> Values:
    group, name = values["id"].split("/", 1)
    found = aws.client("scheduler").get_schedule(GroupName=group, Name=name)
    shown = from_api(found, _SCHEDULE)
    shown["action_after_completion"] = shown["action_after_completion"] or "NONE"
    for target in shown["target"]:
        target["retry_policy"] = target["retry_policy"] or []
    return {**shown, "id": values["id"], "arn": found["Arn"]}


def _update(aws: Aws, values: Values, prior: Values) -> None:
    arguments, client = to_api(values, _SCHEDULE), aws.client("scheduler")
    eventually(aws, lambda: client.update_schedule(**arguments), *_PASSING, seconds=120)


def _delete(aws: Aws, values: Values) -> None:
    group, name = values["id"].split("/", 1)
    aws.client("scheduler").delete_schedule(GroupName=group, Name=name)


# Groups

_GROUP = Derived("aws_scheduler_schedule_group", "scheduler", "GetScheduleGroupOutput")


def _create_group(aws: Aws, values: Values) -> None:
    client = aws.client("scheduler")
    client.create_schedule_group(Name=values["name"], **given(Tags=tag_list(values["tags_all"])))
    values["id"] = values["name"]


def _read_group(aws: Aws, values: Values) -> Values | None:
    client = aws.client("scheduler")
    found = client.get_schedule_group(Name=values["id"])
    if found["State"] == "DELETING":
        return None
    tags = client.list_tags_for_resource(ResourceArn=found["Arn"]).get("Tags")
    return {**from_api(found, _GROUP), "id": found["Name"], "tags_all": tag_map(tags)}


def _delete_group(aws: Aws, values: Values) -> None:
    client, name = aws.client("scheduler"), values["id"]
    client.delete_schedule_group(Name=name)
    what = f"EventBridge Scheduler Schedule Group ({name}) delete"
    wait_until_gone(aws, lambda: client.get_schedule_group(Name=name), what)


RESOURCES = {
    "aws_scheduler_schedule": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        imports=import_by("<group_name>/<name>", "/"),
        identifier="{group_name}/{name}",
        defaults={
            "schedule_expression_timezone": "UTC",
            "state": "ENABLED",
            "target.ecs_parameters.network_configuration.assign_public_ip": False,
            "target.ecs_parameters.task_count": 1,
            "target.retry_policy.maximum_event_age_in_seconds": 86400,
            "target.retry_policy.maximum_retry_attempts": 185,
        },
        computed={"target.retry_policy"},
        shapes=(_SCHEDULE,),
        validators={
            "description": length(0, 512),
            "end_date": rfc3339,
            "flexible_time_window.maximum_window_in_minutes": between(1, 1440),
            "group_name": (length(1, 64), _NAME),
            "kms_key_arn": arn,
            "name": (length(1, 64), _NAME),
            "name_prefix": (length(1, 38), _NAME),
            "schedule_expression": (length(1, 256), schedule),
            "schedule_expression_timezone": (length(1, 50), time_zone),
            "start_date": rfc3339,
            "target.arn": arn,
            "target.dead_letter_config.arn": arn,
            "target.ecs_parameters.capacity_provider_strategy.base": between(0, 100000),
            "target.ecs_parameters.capacity_provider_strategy.capacity_provider": length(1, 255),
            "target.ecs_parameters.capacity_provider_strategy.weight": between(0, 1000),
            "target.ecs_parameters.group": length(1, 255),
            "target.ecs_parameters.placement_constraints.expression": length(1, 2000),
            "target.ecs_parameters.task_count": between(0, 10),
            "target.ecs_parameters.task_definition_arn": arn,
            "target.eventbridge_parameters.detail_type": length(1, 128),
            "target.eventbridge_parameters.source": (
                length(1, 256),
                matches(r"^(?!aws\.)", "must not begin with aws."),
            ),
            "target.input": length(1, 256 * 1024),
            "target.kinesis_parameters.partition_key": length(1, 256),
            "target.retry_policy.maximum_event_age_in_seconds": between(60, 86400),
            "target.retry_policy.maximum_retry_attempts": between(0, 185),
            "target.role_arn": arn,
            "target.sagemaker_pipeline_parameters.pipeline_parameter.name": length(1, 256),
            "target.sagemaker_pipeline_parameters.pipeline_parameter.value": length(1, 1024),
            "target.sqs_parameters.message_group_id": length(1, 128),
        },
        differs=(
            "Schedules, time zones, names of groups, the source of an event and the length of an input are "
            "checked in full at plan; the published provider leaves most of that to AWS."
        ),
    ),
    "aws_scheduler_schedule_group": ResourceHandler(
        create=_create_group,
        read=_read_group,
        delete=_delete_group,
        tag=tagging("scheduler", "ResourceArn", form=tag_list),
        validators={"name": (length(1, 64), _NAME), "name_prefix": (length(1, 38), _NAME)},
        timeouts={"create": 300, "delete": 300},
    ),
}

DATA_SOURCES: dict[str, Any] = {}

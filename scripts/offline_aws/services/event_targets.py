"""EventBridge: what a rule feeds.

Source: internal/service/events/target.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.calls import items
from offline_aws.derived_shapes import Derived
from offline_aws.generated_names import unique
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, at_least, between, each, entries, json_text, length, matches, one_of

_DEFAULT_BUS = "default"
BUS = matches(
    r"^(arn:[\w-]+:events:[a-z0-9-]+:\d{12}:event-bus/[/.\-_A-Za-z0-9]+|[/.\-_A-Za-z0-9]{1,256})$",
    "expected the name or the ARN of an event bus",
)

_TARGET = Derived(
    "aws_cloudwatch_event_target",
    "events",
    "Target",
    keys={
        "appsync_target": "AppSyncParameters",
        "batch_target": "BatchParameters",
        "batch_target.array_size": "ArrayProperties.Size",
        "batch_target.job_attempts": "RetryStrategy.Attempts",
        "ecs_target": "EcsParameters",
        "ecs_target.network_configuration": "NetworkConfiguration.awsvpcConfiguration",
        "ecs_target.ordered_placement_strategy": "PlacementStrategy",
        "http_target": "HttpParameters",
        "input_transformer.input_paths": "InputPathsMap",
        "kinesis_target": "KinesisParameters",
        "redshift_target": "RedshiftDataParameters",
        "redshift_target.secrets_manager_arn": "SecretManagerArn",
        "run_command_targets": "RunCommandParameters.RunCommandTargets",
        "sagemaker_pipeline_target": "SageMakerPipelineParameters",
        "sqs_target": "SqsParameters",
        "target_id": "Id",
    },
)


def _put(aws: Aws, values: Values, *_: Values) -> None:
    values["target_id"] = values["target_id"] or unique()
    bus, rule = values["event_bus_name"], values["rule"]
    found = aws.client("events").put_targets(Rule=rule, EventBusName=bus, Targets=[to_api(values, _TARGET)])
    _refuse_failed(found)
    parts = (rule, values["target_id"]) if bus == _DEFAULT_BUS else (bus, rule, values["target_id"])
    values["id"] = "-".join(parts)


def _refuse_failed(found: Values) -> None:
    for entry in found.get("FailedEntries", ()):
        raise ResourceError(f"{entry['TargetId']}: {entry['ErrorCode']}: {entry['ErrorMessage']}")


def _read(aws: Aws, values: Values) -> Values | None:
    bus, rule, identifier = values["event_bus_name"], values["rule"], values["target_id"]
    found = _find(aws, bus, rule, identifier)
    if found is None:
        return None
    return {**from_api(found, _TARGET), "event_bus_name": bus}


def _find(aws: Aws, bus: str, rule: str, identifier: str) -> Values | None:
    named = {"Rule": rule, "EventBusName": bus}
    listed = items(aws.client("events").list_targets_by_rule, "Targets", place="NextToken", **named)
    return next((item for item in listed if item["Id"] == identifier), None)


def _delete(aws: Aws, values: Values) -> None:
    found = aws.client("events").remove_targets(
        Rule=values["rule"],
        EventBusName=values["event_bus_name"],
        Ids=[values["target_id"]],
        Force=bool(values["force_destroy"]),
    )
    _refuse_failed(found)


def _imports(aws: Aws, identifier: str) -> Values:
    rest, _, target = identifier.rpartition("/")
    bus, _, rule = rest.rpartition("/")
    if not target or not rule:
        expected = "expected EVENTBUSNAME/RULENAME/TARGETID or RULENAME/TARGETID"
        raise ResourceError(f"unexpected format for ID ({identifier}), {expected}")
    bus = bus or _DEFAULT_BUS
    parts = (rule, target) if bus == _DEFAULT_BUS else (bus, rule, target)
    return {"id": "-".join(parts), "event_bus_name": bus, "rule": rule, "target_id": target}


TARGET = ResourceHandler(
    create=_put,
    read=_read,
    update=_put,
    delete=_delete,
    imports=_imports,
    identifier="{event_bus_name}/{rule}/{target_id}",
    defaults={
        "ecs_target.enable_ecs_managed_tags": False,
        "ecs_target.enable_execute_command": False,
        "ecs_target.network_configuration.assign_public_ip": False,
        "ecs_target.task_count": 1,
        "event_bus_name": _DEFAULT_BUS,
        "force_destroy": False,
    },
    stored_only={"force_destroy"},
    validators={
        "arn": arn,
        "batch_target.array_size": between(2, 10000),
        "batch_target.job_attempts": between(1, 10),
        "dead_letter_config.arn": arn,
        "event_bus_name": BUS,
        "ecs_target.capacity_provider_strategy.base": between(0, 100000),
        "ecs_target.capacity_provider_strategy.weight": between(0, 1000),
        "ecs_target.group": length(1, 255),
        "ecs_target.launch_type": one_of("EC2", "FARGATE", "EXTERNAL"),
        "ecs_target.ordered_placement_strategy.field": length(0, 255),
        "ecs_target.ordered_placement_strategy.type": one_of("random", "spread", "binpack"),
        "ecs_target.placement_constraint.type": one_of("distinctInstance", "memberOf"),
        "ecs_target.platform_version": length(0, 1600),
        "ecs_target.propagate_tags": one_of("TASK_DEFINITION"),
        "ecs_target.task_count": at_least(1),
        "ecs_target.task_definition_arn": arn,
        "http_target.header_parameters": entries(
            (length(0, 512), matches(r"^[0-9A-Za-z_!#$%&'*+,.^|~-]+$", "expected the name of a header")),
            (
                length(0, 512),
                matches(r"^\t*[\x20-\x7E][\t\x20-\x7E]*$", "expected printable characters"),
            ),
        ),
        "http_target.query_string_parameters": entries(
            (length(0, 512), matches(r"[^\x00-\x1F\x7F]+", "expected the name of a parameter")),
            (length(0, 512), matches(r"[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+", "expected printable characters")),
        ),
        "input": (json_text, length(0, 8192)),
        "input_path": length(0, 256),
        "input_transformer.input_paths": (
            length(0, 100),
            each(matches("^(?!AWS)", "a key of input_paths must not start with AWS")),
        ),
        "input_transformer.input_template": length(1, 8192),
        "kinesis_target.partition_key_path": length(1, 256),
        "redshift_target.database": length(1, 64),
        "redshift_target.db_user": length(1, 128),
        "redshift_target.secrets_manager_arn": arn,
        "redshift_target.sql": length(1, 100000),
        "redshift_target.statement_name": length(1, 500),
        "retry_policy.maximum_event_age_in_seconds": between(0, 86400),
        "retry_policy.maximum_retry_attempts": between(0, 185),
        "role_arn": arn,
        "rule": matches(r"^[.\-_A-Za-z0-9]{1,64}$", "a rule name has 1 to 64 letters, digits, '.', '-', '_'"),
        "run_command_targets.key": length(1, 128),
        "run_command_targets.values": (length(0, 50), each(length(1, 256))),
        "target_id": matches(
            r"^[.\-_A-Za-z0-9]{1,64}$", "a target id has 1 to 64 letters, digits, '.', '-', '_'"
        ),
    },
    conflicts=(("input", "input_path", "input_transformer"),),
    differs="A `dead_letter_config` without an `arn` shows a change in each plan, as there.",
)

"""EventBridge: what a rule feeds.

Source: internal/service/events/target.go.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values, given
from offline_aws.names import unique
from offline_aws.resource import Resource
from offline_aws.validators import arn, at_least, between, each, json_text, length, matches, one_of

_DEFAULT_BUS = "default"
BUS = matches(
    r"^(arn:[\w-]+:events:[a-z0-9-]+:\d{12}:event-bus/[/.\-_A-Za-z0-9]+|[/.\-_A-Za-z0-9]{1,256})$",
    "expected the name or the ARN of an event bus",
)

# Blocks that are one structure of the API: block -> its name there, and where each attribute is in it.
_STRUCTURES: dict[str, tuple[str, dict[str, str]]] = {
    "appsync_target": ("AppSyncParameters", {"graphql_operation": "GraphQLOperation"}),
    "batch_target": (
        "BatchParameters",
        {
            "array_size": "ArrayProperties.Size",
            "job_attempts": "RetryStrategy.Attempts",
            "job_definition": "JobDefinition",
            "job_name": "JobName",
        },
    ),
    "dead_letter_config": ("DeadLetterConfig", {"arn": "Arn"}),
    "http_target": (
        "HttpParameters",
        {
            "header_parameters": "HeaderParameters",
            "path_parameter_values": "PathParameterValues",
            "query_string_parameters": "QueryStringParameters",
        },
    ),
    "input_transformer": (
        "InputTransformer",
        {"input_paths": "InputPathsMap", "input_template": "InputTemplate"},
    ),
    "kinesis_target": ("KinesisParameters", {"partition_key_path": "PartitionKeyPath"}),
    "redshift_target": (
        "RedshiftDataParameters",
        {
            "database": "Database",
            "db_user": "DbUser",
            "secrets_manager_arn": "SecretManagerArn",
            "sql": "Sql",
            "statement_name": "StatementName",
            "with_event": "WithEvent",
        },
    ),
    "retry_policy": (
        "RetryPolicy",
        {
            "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
            "maximum_retry_attempts": "MaximumRetryAttempts",
        },
    ),
    "sqs_target": ("SqsParameters", {"message_group_id": "MessageGroupId"}),
}
_ECS = {
    "enable_ecs_managed_tags": "EnableECSManagedTags",
    "enable_execute_command": "EnableExecuteCommand",
    "group": "Group",
    "launch_type": "LaunchType",
    "platform_version": "PlatformVersion",
    "propagate_tags": "PropagateTags",
    "task_count": "TaskCount",
    "task_definition_arn": "TaskDefinitionArn",
}
_ECS_LISTS = {
    "capacity_provider_strategy": (
        "CapacityProviderStrategy",
        {"base": "base", "capacity_provider": "capacityProvider", "weight": "weight"},
    ),
    "ordered_placement_strategy": ("PlacementStrategy", {"field": "field", "type": "type"}),
    "placement_constraint": ("PlacementConstraints", {"expression": "expression", "type": "type"}),
}


def _to_aws(block: Values, places: dict[str, str]) -> Values:
    found: Values = {}
    for name, place in places.items():
        if block.get(name) in (None, "", [], {}):
            continue
        *outer, last = place.split(".")
        inner = found
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = block[name]
    return found


def _from_aws(structure: Values, places: dict[str, str]) -> Values:
    found: Values = {}
    for name, place in places.items():
        value: Any = structure
        for step in place.split("."):
            value = value.get(step) if value else None
        found[name] = value
    return found


def _target(values: Values) -> Values:
    target = given(
        Arn=values["arn"],
        Id=values["target_id"],
        Input=values["input"],
        InputPath=values["input_path"],
        RoleArn=values["role_arn"],
    )
    for block, (name, places) in _STRUCTURES.items():
        if values[block]:
            target[name] = _to_aws(values[block][0], places)
    if values["ecs_target"]:
        target["EcsParameters"] = _ecs_to_aws(values["ecs_target"][0])
    if values["run_command_targets"]:
        commands = [{"Key": item["key"], "Values": item["values"]} for item in values["run_command_targets"]]
        target["RunCommandParameters"] = {"RunCommandTargets": commands}
    if values["sagemaker_pipeline_target"]:
        parameters = values["sagemaker_pipeline_target"][0]["pipeline_parameter_list"]
        pairs = [{"Name": item["name"], "Value": item["value"]} for item in parameters]
        target["SageMakerPipelineParameters"] = {"PipelineParameterList": pairs}
    return target


def _ecs_to_aws(block: Values) -> Values:
    found = _to_aws(block, _ECS)
    for name, (aws_name, places) in _ECS_LISTS.items():
        if block[name]:
            found[aws_name] = [_to_aws(item, places) for item in block[name]]
    if block["tags"]:
        found["Tags"] = [{"Key": key, "Value": text} for key, text in sorted(block["tags"].items())]
    if block["network_configuration"]:
        network = block["network_configuration"][0]
        found["NetworkConfiguration"] = {
            "awsvpcConfiguration": {
                "AssignPublicIp": "ENABLED" if network["assign_public_ip"] else "DISABLED",
                **given(SecurityGroups=network["security_groups"], Subnets=network["subnets"]),
            }
        }
    return found


def _ecs_from_aws(structure: Values) -> Values:
    found = _from_aws(structure, _ECS)
    for name, (aws_name, places) in _ECS_LISTS.items():
        found[name] = [_from_aws(item, places) for item in structure.get(aws_name, ())]
    found["tags"] = {tag["Key"]: tag["Value"] for tag in structure.get("Tags", ())}
    network = structure.get("NetworkConfiguration", {}).get("awsvpcConfiguration")
    found["network_configuration"] = (
        [
            {
                "assign_public_ip": network.get("AssignPublicIp") == "ENABLED",
                "security_groups": network.get("SecurityGroups"),
                "subnets": network.get("Subnets"),
            }
        ]
        if network
        else []
    )
    return found


def _put(aws: Aws, values: Values, *_: Values) -> None:
    values["target_id"] = values["target_id"] or unique()
    bus, rule = values["event_bus_name"], values["rule"]
    found = aws.client("events").put_targets(Rule=rule, EventBusName=bus, Targets=[_target(values)])
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
    run = found.get("RunCommandParameters", {}).get("RunCommandTargets", ())
    pipeline, ecs = found.get("SageMakerPipelineParameters"), found.get("EcsParameters")
    pairs = (pipeline or {}).get("PipelineParameterList", ())
    return {
        "arn": found["Arn"],
        "ecs_target": [_ecs_from_aws(ecs)] if ecs else [],
        "event_bus_name": bus,
        "input": found.get("Input"),
        "input_path": found.get("InputPath"),
        "role_arn": found.get("RoleArn"),
        "run_command_targets": [{"key": item["Key"], "values": item["Values"]} for item in run],
        "sagemaker_pipeline_target": [
            {"pipeline_parameter_list": [{"name": pair["Name"], "value": pair["Value"]} for pair in pairs]}
        ]
        if pipeline
        else [],
        "target_id": identifier,
        **{
            block: [_from_aws(found[name], places)] if name in found else []
            for block, (name, places) in _STRUCTURES.items()
        },
    }


def _find(aws: Aws, bus: str, rule: str, identifier: str) -> Values | None:
    events = aws.client("events")
    token: dict[str, str] = {}
    while True:
        page = events.list_targets_by_rule(Rule=rule, EventBusName=bus, **token)
        found = next((item for item in page["Targets"] if item["Id"] == identifier), None)
        if found or not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


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


TARGET = Resource(
    create=_put,
    read=_read,
    update=_put,
    delete=_delete,
    imports=_imports,
    defaults={
        "ecs_target.enable_ecs_managed_tags": False,
        "ecs_target.enable_execute_command": False,
        "ecs_target.network_configuration.assign_public_ip": False,
        "ecs_target.task_count": 1,
        "event_bus_name": _DEFAULT_BUS,
        "force_destroy": False,
    },
    replace={"event_bus_name", "rule", "target_id"},
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
        "ecs_target.ordered_placement_strategy.type": one_of("random", "spread", "binpack"),
        "ecs_target.placement_constraint.type": one_of("distinctInstance", "memberOf"),
        "ecs_target.propagate_tags": one_of("TASK_DEFINITION"),
        "ecs_target.task_count": at_least(1),
        "ecs_target.task_definition_arn": arn,
        "input": (json_text, length(0, 8192)),
        "input_path": length(0, 256),
        "input_transformer.input_paths": (
            length(0, 100),
            each(matches("^(?!AWS)", "a key of input_paths must not start with AWS")),
        ),
        "input_transformer.input_template": length(1, 8192),
        "kinesis_target.partition_key_path": length(1, 256),
        "redshift_target.database": length(1, 64),
        "redshift_target.secrets_manager_arn": arn,
        "retry_policy.maximum_event_age_in_seconds": between(0, 86400),
        "retry_policy.maximum_retry_attempts": between(0, 185),
        "role_arn": arn,
        "rule": matches(r"^[.\-_A-Za-z0-9]{1,64}$", "a rule name has 1 to 64 letters, digits, '.', '-', '_'"),
        "run_command_targets.key": length(1, 128),
        "target_id": matches(
            r"^[.\-_A-Za-z0-9]{1,64}$", "a target id has 1 to 64 letters, digits, '.', '-', '_'"
        ),
    },
    conflicts=(("input", "input_path", "input_transformer"),),
)

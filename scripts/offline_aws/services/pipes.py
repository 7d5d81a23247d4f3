"""EventBridge Pipes. The emulator's read DynamoDB streams and queues, deliver to five kinds of targets, and
do not enrich.

Source: internal/service/pipes/{pipe,source_parameters,enrichment_parameters,target_parameters}.go of 2024.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from offline_aws import schema
from offline_aws.aws import Aws
from offline_aws.calls import tagging, wait_until_gone
from offline_aws.derived_shapes import Derived
from offline_aws.event_pattern_validation import event_pattern
from offline_aws.handler_values import Check, ResourceError, Values, given
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, at_least, between, each, length, matches, rfc3339

_PARAMETER = "target_parameters.sagemaker_pipeline_parameters.pipeline_parameter"
_PIPE = Derived("aws_pipes_pipe", "pipes", "CreatePipeRequest", keys={_PARAMETER: "PipelineParameterList"})
_NOT_KEPT_BY_EMULATOR = {
    "enrichment",
    "enrichment_parameters",
    "kms_key_identifier",
    "log_configuration",
    "source_parameters",
    "target_parameters",
}
_FLOWING = {"source": ("dynamodb", "sqs"), "target": ("events", "lambda", "sns", "sqs", "states")}
# What an update of a pipe's source must not name.
_AT_CREATION = {
    "AdditionalBootstrapServers",
    "ConsumerGroupID",
    "QueueName",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TopicName",
    "VirtualHost",
}
_SETTLED = ("RUNNING", "STOPPED")


def _kinds(parameters: str) -> list[str]:
    """The blocks of which a pipe has at most one."""
    block = schema.load("aws").resources["aws_pipes_pipe"]["block"]["block_types"][parameters]["block"]
    return sorted(block["block_types"].keys() - {"filter_criteria"})


_SOURCES, _TARGETS = _kinds("source_parameters"), _kinds("target_parameters")


def _create(aws: Aws, values: Values) -> None:
    if aws.local:
        _refuse_what_would_not_flow(values)
    aws.client("pipes").create_pipe(**to_api(values, _PIPE), **given(Tags=values["tags_all"]))
    values["id"] = values["name"]
    _wait(aws, values["id"])


def _refuse_what_would_not_flow(values: Values) -> None:
    for path, why, detail in would_not_flow(values):
        raise ResourceError(why, detail=detail, path=path)


def would_not_flow(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield attributes with which the emulator takes a pipe and moves nothing: the path, why, what to do."""
    if values["enrichment"]:
        detail = "A function as the target does the same work; or leave the enrichment out locally."
        yield "enrichment", "the local AWS has no pipes with an enrichment", detail
    for name, right in _FLOWING.items():
        service = _kind(str(values[name]))
        if service not in right:
            detail = (
                f"Its pipes know {', '.join(right)} there. A rule or an event source "
                "mapping works locally, too; or leave the pipe out locally."
            )
            yield name, f"the local AWS has no pipes with a {name} of {service or values[name]}", detail


def _kind(arn: str) -> str:
    """The service of an ARN; EventBridge's API destinations are apart from its buses."""
    return "api-destination" if ":api-destination/" in arn else (arn.split(":") + [""] * 3)[2]


def _wait(aws: Aws, name: str) -> None:
    def done() -> bool:
        found = aws.client("pipes").describe_pipe(Name=name)
        if found["CurrentState"].endswith("FAILED"):
            raise ResourceError(f"EventBridge Pipes Pipe ({name}): {found.get('StateReason', '')}")
        return found["CurrentState"] in _SETTLED

    aws.wait(done, f"EventBridge Pipes Pipe ({name})")


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("pipes").describe_pipe(Name=values["id"])
    shown = from_api(found, _PIPE)
    if aws.local:
        shown = {name: value for name, value in shown.items() if name not in _NOT_KEPT_BY_EMULATOR}
    return {**shown, "id": found["Name"], "arn": found["Arn"], "tags_all": found.get("Tags", {})}


def _update(aws: Aws, values: Values, prior: Values) -> None:
    if aws.local:
        _refuse_what_would_not_flow(values)
    arguments = to_api(values, _PIPE)
    del arguments["Source"]
    # What is left out would stay.
    arguments.setdefault("Description", "")
    arguments.setdefault("TargetParameters", {"InputTemplate": ""})
    if prior["enrichment"]:
        arguments.setdefault("Enrichment", "")
    if prior["kms_key_identifier"]:
        arguments.setdefault("KmsKeyIdentifier", "")
    for block in arguments.get("SourceParameters", {}).values():
        for key in _AT_CREATION & block.keys():
            del block[key]
    aws.client("pipes").update_pipe(**arguments)
    _wait(aws, values["id"])


def _delete(aws: Aws, values: Values) -> None:
    client, name = aws.client("pipes"), values["id"]
    client.delete_pipe(Name=name)
    wait_until_gone(aws, lambda: client.describe_pipe(Name=name), f"EventBridge Pipes Pipe ({name}) delete")


def _checks(config: Values) -> Iterable[tuple[str, str]]:
    for name, kinds in (("source_parameters", _SOURCES), ("target_parameters", _TARGETS)):
        blocks = config[name]
        for block in blocks if isinstance(blocks, list) else ():
            present = [kind for kind in kinds if block[kind] not in (None, [])]
            if len(present) > 1:
                yield f"{name}.0.{present[0]}", f"conflicts with {present[1:]}"


def _record_age(value: Any) -> str | None:
    if value == -1 or 60 <= value <= 604_800:
        return None
    return f"expected -1 or a number in the range (60 - 604800), got {value}"


_NAME = matches(r"^[.\-_A-Za-z0-9]+$", "only letters, digits, . - and _ are allowed")
_PATH = matches(r"^\$(\.[\w/_-]+(\[(\d+|\*)\])*)*$", "must be a JSON path such as $.detail.time")
_SECRET = matches(r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$", "must be a secret's ARN")
_SOURCE = matches(
    r"^(smk://([A-Za-z0-9][A-Za-z0-9-]*\.)*[A-Za-z0-9-]+:\d{1,5}|arn:[\w-]+:[\w-]+:[\w-]*:(\d{12})?:.+)$",
    "must be an ARN or the address of a Kafka server (smk://host:port)",
)
_DOTTED = matches(r"^[^.]([0-9A-Za-z_.-]+)$", "must be of letters, digits, _ . - and not begin with a dot")
_TOPIC = (length(1, 249), _DOTTED)
_URI = (length(1, 200), matches(r"^[0-9A-Za-z_/*:+=.@-]*$", "only letters, digits and / * : + = . @ - _"))
_SERVER = matches(
    r"^([0-9A-Za-z](-*[0-9A-Za-z])*\.)*[0-9A-Za-z](-*[0-9A-Za-z])*:[0-9]{1,5}$",
    "must be the address of a server: host:port",
)
_GROUP = matches(r"^sg-[0-9A-Za-z]*$", "must be the id of a security group")
_SUBNET = matches(r"^subnet-[0-9a-z]*$", "must be the id of a subnet")
# The alternatives are anchored as published has them (target_parameters.go of 2025): at one end each.
_GROUP_OR_PATH = matches(r"^sg-|\$(\.[\w/_-]+(\[(\d+|\*)\])*)*$", "must be a security group's id or a path")
_SUBNET_OR_PATH = matches(r"^subnet-|\$(\.[\w/_-]+(\[(\d+|\*)\])*)*$", "must be a subnet's id or a path")
_NAME_OR_PATH = matches(
    r"^[0-9A-Za-z]|\$(\.[\w/_-]+(\[(\d+|\*)\])*)*$", "must begin with a letter or digit, or be a path"
)
_STREAMS = ("dynamodb_stream_parameters", "kinesis_stream_parameters")
_KAFKAS = ("managed_streaming_kafka_parameters", "self_managed_kafka_parameters")
_AUTHENTICATIONS = {
    "activemq_broker_parameters": ("basic_auth",),
    "managed_streaming_kafka_parameters": ("client_certificate_tls_auth", "sasl_scram_512_auth"),
    "rabbitmq_broker_parameters": ("basic_auth",),
    "self_managed_kafka_parameters": (
        "basic_auth",
        "client_certificate_tls_auth",
        "sasl_scram_256_auth",
        "sasl_scram_512_auth",
    ),
}
_OF_SOURCE: Mapping[str, Check | tuple[Check, ...]] = {
    **{f"{source}.batch_size": between(1, 10000) for source in _SOURCES},
    **{f"{source}.maximum_batching_window_in_seconds": between(0, 300) for source in _SOURCES},
    **{
        f"{source}.credentials.{name}": _SECRET
        for source, names in _AUTHENTICATIONS.items()
        for name in names
    },
    **{f"{source}.dead_letter_config.arn": arn for source in _STREAMS},
    **{f"{source}.maximum_record_age_in_seconds": _record_age for source in _STREAMS},
    **{f"{source}.maximum_retry_attempts": between(-1, 10_000) for source in _STREAMS},
    **{f"{source}.parallelization_factor": between(1, 10) for source in _STREAMS},
    **{f"{source}.topic_name": _TOPIC for source in _KAFKAS},
    "activemq_broker_parameters.queue_name": length(1, 1000),
    "filter_criteria.filter.pattern": (length(1, 4096), event_pattern),
    "kinesis_stream_parameters.starting_position_timestamp": rfc3339,
    "managed_streaming_kafka_parameters.consumer_group_id": (length(1, 200), _DOTTED),
    "rabbitmq_broker_parameters.queue_name": length(1, 1000),
    "rabbitmq_broker_parameters.virtual_host": _URI,
    "self_managed_kafka_parameters.additional_bootstrap_servers": (
        length(0, 2),
        each(length(1, 300), _SERVER),
    ),
    "self_managed_kafka_parameters.consumer_group_id": _URI,
    "self_managed_kafka_parameters.server_root_ca_certificate": arn,
    "self_managed_kafka_parameters.vpc.security_groups": (length(0, 5), each(length(1, 1024), _GROUP)),
    "self_managed_kafka_parameters.vpc.subnets": (length(0, 16), each(length(1, 1024), _SUBNET)),
}
_NETWORK = "ecs_task_parameters.network_configuration.aws_vpc_configuration"
_OF_TARGET: Mapping[str, Check | tuple[Check, ...]] = {
    "batch_job_parameters.array_properties.size": between(2, 10000),
    "batch_job_parameters.job_name": length(1, 128),
    "batch_job_parameters.retry_strategy.attempts": between(1, 10),
    "cloudwatch_logs_parameters.log_stream_name": length(0, 256),
    "cloudwatch_logs_parameters.timestamp": (length(1, 256), _PATH),
    "ecs_task_parameters.capacity_provider_strategy.base": between(0, 100_000),
    "ecs_task_parameters.capacity_provider_strategy.capacity_provider": length(1, 255),
    "ecs_task_parameters.capacity_provider_strategy.weight": between(0, 1000),
    "ecs_task_parameters.group": length(1, 255),
    f"{_NETWORK}.security_groups": (length(0, 5), each(length(1, 1024), _GROUP_OR_PATH)),
    f"{_NETWORK}.subnets": (length(0, 16), each(length(1, 1024), _SUBNET_OR_PATH)),
    "ecs_task_parameters.overrides.container_override.environment_file.value": arn,
    "ecs_task_parameters.overrides.ephemeral_storage.size_in_gib": between(21, 200),
    "ecs_task_parameters.overrides.execution_role_arn": arn,
    "ecs_task_parameters.overrides.task_role_arn": arn,
    "ecs_task_parameters.placement_constraint.expression": length(1, 2000),
    "ecs_task_parameters.placement_strategy.field": length(1, 255),
    "ecs_task_parameters.reference_id": length(1, 1024),
    "ecs_task_parameters.task_count": at_least(1),
    "ecs_task_parameters.task_definition_arn": arn,
    "eventbridge_event_bus_parameters.detail_type": length(0, 128),
    "eventbridge_event_bus_parameters.endpoint_id": (
        length(1, 50),
        matches(r"^[A-Za-z0-9-]+\.[A-Za-z0-9-]+$", "must be the id of an endpoint"),
    ),
    "eventbridge_event_bus_parameters.resources": (length(0, 10), each(arn)),
    "eventbridge_event_bus_parameters.source": length(1, 256),
    "eventbridge_event_bus_parameters.time": (length(1, 256), _PATH),
    "input_template": length(0, 8192),
    "kinesis_stream_parameters.partition_key": length(1, 256),
    "redshift_data_parameters.database": length(1, 64),
    "redshift_data_parameters.db_user": length(1, 128),
    "redshift_data_parameters.secret_manager_arn": arn,
    "redshift_data_parameters.sqls": each(length(1, 100_000)),
    "redshift_data_parameters.statement_name": length(1, 500),
    "sagemaker_pipeline_parameters.pipeline_parameter.name": (length(1, 256), _NAME_OR_PATH),
    "sagemaker_pipeline_parameters.pipeline_parameter.value": length(1, 1024),
    "sqs_queue_parameters.message_deduplication_id": length(1, 100),
    "sqs_queue_parameters.message_group_id": length(1, 100),
}

RESOURCES = {
    "aws_pipes_pipe": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tag=tagging("pipes", "resourceArn"),
        checks=(_checks,),
        defaults={
            "description": "Managed by Terraform",
            "desired_state": "RUNNING",
            "target_parameters.ecs_task_parameters.capacity_provider_strategy.base": 0,
            "target_parameters.ecs_task_parameters.capacity_provider_strategy.weight": 0,
            "target_parameters.ecs_task_parameters.enable_ecs_managed_tags": False,
            "target_parameters.ecs_task_parameters.enable_execute_command": False,
            "target_parameters.ecs_task_parameters.task_count": 1,
            "target_parameters.redshift_data_parameters.with_event": False,
        },
        computed={f"source_parameters.{source}" for source in _SOURCES},
        shapes=(_PIPE,),
        validators={
            **{f"source_parameters.{path}": checks for path, checks in _OF_SOURCE.items()},
            **{f"target_parameters.{path}": checks for path, checks in _OF_TARGET.items()},
            "description": length(0, 512),
            "enrichment": arn,
            "enrichment_parameters.input_template": length(0, 8192),
            "kms_key_identifier": length(1, 2048),
            "name": (length(1, 64), _NAME),
            "name_prefix": (length(1, 38), _NAME),
            "role_arn": arn,
            "source": _SOURCE,
            "target": arn,
        },
        differs=(
            "The local AWS's pipes read DynamoDB streams and queues, and deliver to functions, buses, "
            "queues, topics and state machines: others, and an enrichment, are refused at apply. An import "
            "does not find parameters there. Filters' patterns, all of a name, and the description's length "
            "are checked at plan; the published provider leaves that to AWS."
        ),
        timeouts={"create": 1800, "update": 1800, "delete": 1800},
    ),
}

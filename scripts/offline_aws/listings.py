"""List resources: how AWS lists the things of a type, and what identifies each.

Source: internal/service/*/*_list.go. Their configurations are in the schema (``derive/list_types.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import Values


@dataclass(frozen=True)
class Listing:
    """How the things of a type are listed.

    Attributes:
        call: The service, as botocore names it, and the client's method.
        key: What the list is in the answer.
        identity: Attribute of the resource identity -> key in an item, empty for the item itself.
        arguments: Argument of the call -> attribute of the configuration.
        always: Arguments that the call always has.
        shown: The name that is displayed, from an item; by default the last attribute of ``identity``.
        among: Whether an item is one of the things.
    """

    call: tuple[str, str]
    key: str
    identity: Mapping[str, str]
    arguments: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, Any] = field(default_factory=dict)
    shown: Callable[[Any], str] | None = None
    among: Callable[[Any], bool] = bool


def _with_path(role: Values) -> str:
    return f"{role['Path']}{role['RoleName']}".removeprefix("/")


LISTINGS = {
    "aws_cloudwatch_event_rule": Listing(("events", "list_rules"), "Rules", {"name": "Name"}),
    "aws_cloudwatch_event_target": Listing(
        ("events", "list_targets_by_rule"),
        "Targets",
        {"target_id": "Id"},
        arguments={"EventBusName": "event_bus_name", "Rule": "rule"},
    ),
    "aws_cloudwatch_log_group": Listing(
        ("logs", "describe_log_groups"), "logGroups", {"name": "logGroupName"}
    ),
    "aws_cloudwatch_log_stream": Listing(
        ("logs", "describe_log_streams"),
        "logStreams",
        {"name": "logStreamName"},
        arguments={"descending": "descending", "logGroupName": "log_group_name", "orderBy": "order_by"},
    ),
    "aws_cloudwatch_metric_alarm": Listing(
        ("cloudwatch", "describe_alarms"),
        "MetricAlarms",
        {"alarm_name": "AlarmName"},
        always={"AlarmTypes": ["MetricAlarm"]},
    ),
    "aws_dynamodb_table": Listing(("dynamodb", "list_tables"), "TableNames", {"name": ""}),
    "aws_iam_role": Listing(
        ("iam", "list_roles"),
        "Roles",
        {"name": "RoleName"},
        shown=_with_path,
        among=lambda role: not role["Path"].startswith("/aws-service-role/"),
    ),
    "aws_iam_role_policy": Listing(
        ("iam", "list_role_policies"), "PolicyNames", {"name": ""}, arguments={"RoleName": "role_name"}
    ),
    "aws_kms_key": Listing(("kms", "list_keys"), "Keys", {"id": "KeyId"}),
    "aws_lambda_function": Listing(
        ("lambda", "list_functions"), "Functions", {"function_name": "FunctionName"}
    ),
    "aws_s3_bucket": Listing(("s3", "list_buckets"), "Buckets", {"bucket": "Name"}),
    "aws_secretsmanager_secret": Listing(
        ("secretsmanager", "list_secrets"), "SecretList", {"arn": "ARN"}, shown=lambda secret: secret["Name"]
    ),
    "aws_sfn_state_machine": Listing(
        ("stepfunctions", "list_state_machines"),
        "stateMachines",
        {"arn": "stateMachineArn"},
        shown=lambda machine: machine["name"],
    ),
    "aws_sns_topic": Listing(
        ("sns", "list_topics"),
        "Topics",
        {"arn": "TopicArn"},
        shown=lambda topic: topic["TopicArn"].rpartition(":")[2],
    ),
    "aws_sqs_queue": Listing(("sqs", "list_queues"), "QueueUrls", {"url": ""}),
    "aws_ssm_parameter": Listing(("ssm", "describe_parameters"), "Parameters", {"name": "Name"}),
}
# Attributes of identities that the configuration has under another name.
_CONFIGURED = {"role": "role_name"}


def listed(name: str, config: Values, aws: Aws) -> Iterator[tuple[Values, str]]:
    """Yield for each thing of a type what AWS and the configuration give of its identity, and its name."""
    listing = LISTINGS[name]
    service, operation = listing.call
    given = {key: config.get(attribute) for key, attribute in listing.arguments.items()}
    arguments = {**listing.always, **{key: value for key, value in given.items() if value is not None}}
    configured = {**config, **{name: config.get(other) for name, other in _CONFIGURED.items()}}
    for page in aws.client(service).get_paginator(operation).paginate(**arguments):
        for item in filter(listing.among, page.get(listing.key, ())):
            found = {attribute: item[key] if key else item for attribute, key in listing.identity.items()}
            shown = listing.shown(item) if listing.shown else list(found.values())[-1]
            yield {**configured, **found}, shown

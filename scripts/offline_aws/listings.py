"""List resources: how AWS lists the things of a type, and what identifies each.

Source: internal/service/*/*_list.go. Their configurations are in the schema (``derive/list_types.py``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import Values
from offline_aws.validators import length, matches


@dataclass(frozen=True)
class Listing:
    """How the things of a type are listed.

    Attributes:
        call: The service, as botocore names it, and the client's method.
        items: What the list is in an answer: its key, or what takes it out.
        identity: Attribute of the resource identity -> key in an item, empty for the item itself; or what
            gives them from what is known and an item.
        arguments: Argument of the call -> attribute of the configuration, or of the identity of ``within``.
        always: Arguments that the call always has.
        within: The things of which each has a list.
        pages: The configuration of a botocore paginator, where botocore has none.
        shown: The name that is displayed, from what is known and an item; by default the last attribute of
            ``identity``.
        among: Whether an item is one of the things.
        read: Whether each is read to know that it is there.
        validators: Attribute of the configuration -> its checks.
    """

    call: tuple[str, str]
    items: str | Callable[[Any], Iterable[Any]]
    identity: Mapping[str, str] | Callable[[Aws, Values, Any], Values]
    arguments: Mapping[str, str] = field(default_factory=dict)
    always: Mapping[str, Any] = field(default_factory=dict)
    within: Listing | None = None
    pages: Mapping[str, str] = field(default_factory=dict)
    shown: Callable[[Values, Any], str] | None = None
    among: Callable[[Any], bool] = bool
    read: bool = False
    validators: Mapping[str, Any] = field(default_factory=dict)


def _with_path(key: str) -> Callable[[Values, Any], str]:
    return lambda _, item: f"{item['Path']}{item[key]}".removeprefix("/")


def _last(attribute: str, separator: str) -> Callable[[Values, Any], str]:
    return lambda known, _: str(known[attribute]).rpartition(separator)[2]


def _not_of_service(role: Any) -> bool:
    return not role["Path"].startswith("/aws-service-role/")


def _of_bucket(*, read: bool = False) -> Listing:
    """What each bucket has; where it is ``read``, what a bucket may have."""
    arguments = {"BucketRegion": "region"}
    return Listing(("s3", "list_buckets"), "Buckets", {"bucket": "Name"}, arguments, read=read)


def _by_path(method: str, items: str, identity: Mapping[str, str], **more: Any) -> Listing:
    """What IAM keeps under paths."""
    checks = (length(1, 512), matches(r"^/([A-Za-z0-9.,+@=_-]+/)*$", "must begin and end with /"))
    arguments, validators = {"PathPrefix": "path_prefix"}, {"path_prefix": checks}
    return Listing(("iam", method), items, identity, arguments, validators=validators, **more)


def _attached(title: str, among: Callable[[Any], bool] = bool) -> Listing:
    """The managed policies of each group, role or user."""
    owner, name = title.lower(), f"{title}Name"

    def shown(known: Values, item: Any) -> str:
        policy = item["PolicyArn"]
        if title != "Group":
            policy = policy.split(":", 5)[-1].removeprefix("policy/")
        path = known["path"].removeprefix("/") if title == "Role" else ""
        return f"{title}: {path}{known[owner]} - Policy: {policy}"

    return Listing(
        ("iam", f"list_attached_{owner}_policies"),
        "AttachedPolicies",
        {"policy_arn": "PolicyArn"},
        {name: owner},
        within=Listing(("iam", f"list_{owner}s"), f"{title}s", {"path": "Path", owner: name}, among=among),
        shown=shown,
    )


def _table_item(aws: Aws, known: Values, item: Any) -> Values:
    from offline_aws.services import dynamodb_items

    return dynamodb_items.identity(known, item)


def _table_keys(aws: Aws, known: Values, table: Any) -> Values:
    from offline_aws.services import dynamodb_items

    return dynamodb_items.key_names(table)


LISTINGS = {
    "aws_apigatewayv2_api": Listing(
        ("apigatewayv2", "get_apis"), "Items", {"id": "ApiId"}, shown=lambda _, api: api["Name"]
    ),
    "aws_apigatewayv2_integration": Listing(
        ("apigatewayv2", "get_integrations"),
        "Items",
        {"id": "IntegrationId"},
        {"ApiId": "api_id"},
        shown=lambda _, item: f"{item['IntegrationType']} {item.get('IntegrationUri', '')}".strip(),
    ),
    "aws_apigatewayv2_route": Listing(
        ("apigatewayv2", "get_routes"),
        "Items",
        {"id": "RouteId"},
        {"ApiId": "api_id"},
        shown=lambda _, route: route["RouteKey"],
    ),
    "aws_appautoscaling_policy": Listing(
        ("application-autoscaling", "describe_scaling_policies"),
        "ScalingPolicies",
        {"resource_id": "ResourceId", "scalable_dimension": "ScalableDimension", "name": "PolicyName"},
        {"ServiceNamespace": "service_namespace"},
    ),
    "aws_appautoscaling_target": Listing(
        ("application-autoscaling", "describe_scalable_targets"),
        "ScalableTargets",
        {"scalable_dimension": "ScalableDimension", "resource_id": "ResourceId"},
        {"ServiceNamespace": "service_namespace"},
    ),
    "aws_cloudwatch_event_rule": Listing(("events", "list_rules"), "Rules", {"name": "Name"}),
    "aws_cloudwatch_event_target": Listing(
        ("events", "list_targets_by_rule"),
        "Targets",
        {"target_id": "Id"},
        {"EventBusName": "event_bus_name", "Rule": "rule"},
    ),
    "aws_cloudwatch_log_group": Listing(
        ("logs", "describe_log_groups"), "logGroups", {"name": "logGroupName"}
    ),
    "aws_cloudwatch_log_metric_filter": Listing(
        ("logs", "describe_metric_filters"),
        "metricFilters",
        {"name": "filterName"},
        {"logGroupName": "log_group_name"},
    ),
    "aws_cloudwatch_log_stream": Listing(
        ("logs", "describe_log_streams"),
        "logStreams",
        {"name": "logStreamName"},
        {"descending": "descending", "logGroupName": "log_group_name", "orderBy": "order_by"},
    ),
    "aws_cloudwatch_log_subscription_filter": Listing(
        ("logs", "describe_subscription_filters"),
        "subscriptionFilters",
        {"name": "filterName"},
        {"logGroupName": "log_group_name"},
    ),
    "aws_cloudwatch_metric_alarm": Listing(
        ("cloudwatch", "describe_alarms"),
        "MetricAlarms",
        {"alarm_name": "AlarmName"},
        always={"AlarmTypes": ["MetricAlarm"]},
    ),
    "aws_dynamodb_table": Listing(("dynamodb", "list_tables"), "TableNames", {"name": ""}),
    "aws_dynamodb_table_item": Listing(
        ("dynamodb", "scan"),
        "Items",
        _table_item,
        {"TableName": "table_name"},
        always={"ConsistentRead": True},
        within=Listing(
            ("dynamodb", "describe_table"),
            lambda answer: [answer["Table"]],
            _table_keys,
            {"TableName": "table_name"},
        ),
        shown=lambda known, _: known["id"],
    ),
    "aws_iam_access_key": Listing(
        ("iam", "list_access_keys"),
        "AccessKeyMetadata",
        {"id": "AccessKeyId"},
        {"UserName": "user"},
        within=Listing(("iam", "list_users"), "Users", {"user": "UserName"}),
        shown=lambda known, _: f"User: {known['user']} - Access Key: {known['id']}",
    ),
    "aws_iam_group": _by_path("list_groups", "Groups", {"name": "GroupName"}),
    "aws_iam_group_policy_attachment": _attached("Group"),
    "aws_iam_instance_profile": _by_path(
        "list_instance_profiles",
        "InstanceProfiles",
        {"name": "InstanceProfileName"},
        shown=_with_path("InstanceProfileName"),
    ),
    "aws_iam_policy": _by_path(
        "list_policies",
        "Policies",
        {"arn": "Arn"},
        always={"Scope": "Local"},
        shown=_with_path("PolicyName"),
    ),
    "aws_iam_role": Listing(
        ("iam", "list_roles"),
        "Roles",
        {"name": "RoleName"},
        shown=_with_path("RoleName"),
        among=_not_of_service,
    ),
    "aws_iam_role_policy": Listing(
        ("iam", "list_role_policies"), "PolicyNames", {"name": ""}, {"RoleName": "role"}
    ),
    "aws_iam_role_policy_attachment": _attached("Role", _not_of_service),
    "aws_iam_user": _by_path("list_users", "Users", {"name": "UserName"}),
    "aws_iam_user_policy": Listing(
        ("iam", "list_user_policies"), "PolicyNames", {"name": ""}, {"UserName": "user"}
    ),
    "aws_iam_user_policy_attachment": _attached("User"),
    "aws_kinesis_firehose_delivery_stream": Listing(
        ("firehose", "list_delivery_streams"),
        "DeliveryStreamNames",
        lambda aws, _, name: {"arn": aws.arn("firehose", f"deliverystream/{name}")},
        pages={
            "input_token": "ExclusiveStartDeliveryStreamName",
            "output_token": "DeliveryStreamNames[-1]",
            "more_results": "HasMoreDeliveryStreams",
            "result_key": "DeliveryStreamNames",
        },
        shown=lambda _, name: str(name),
    ),
    "aws_kms_alias": Listing(("kms", "list_aliases"), "Aliases", {"name": "AliasName"}),
    "aws_kms_key": Listing(("kms", "list_keys"), "Keys", {"id": "KeyId"}, read=True),
    "aws_lambda_alias": Listing(
        ("lambda", "list_aliases"), "Aliases", {"name": "Name"}, {"FunctionName": "function_name"}
    ),
    "aws_lambda_event_source_mapping": Listing(
        ("lambda", "list_event_source_mappings"), "EventSourceMappings", {"uuid": "UUID"}
    ),
    "aws_lambda_function": Listing(
        ("lambda", "list_functions"), "Functions", {"function_name": "FunctionName"}
    ),
    "aws_lambda_layer_version": Listing(
        ("lambda", "list_layer_versions"),
        "LayerVersions",
        lambda aws, _, item: {"version": str(item["Version"])},
        {"LayerName": "layer_name"},
        within=Listing(("lambda", "list_layers"), "Layers", {"layer_name": "LayerName"}),
        shown=lambda _, item: item["LayerVersionArn"],
    ),
    "aws_lambda_permission": Listing(
        ("lambda", "get_policy"),
        lambda answer: json.loads(answer["Policy"])["Statement"],
        {"statement_id": "Sid"},
        {"FunctionName": "function_name", "Qualifier": "qualifier"},
    ),
    "aws_s3_bucket": _of_bucket(),
    "aws_s3_bucket_acl": _of_bucket(),
    "aws_s3_bucket_lifecycle_configuration": _of_bucket(read=True),
    "aws_s3_bucket_logging": _of_bucket(read=True),
    "aws_s3_bucket_notification": _of_bucket(),
    "aws_s3_bucket_ownership_controls": _of_bucket(),
    "aws_s3_bucket_policy": _of_bucket(read=True),
    "aws_s3_bucket_public_access_block": _of_bucket(read=True),
    "aws_s3_bucket_server_side_encryption_configuration": _of_bucket(read=True),
    "aws_s3_bucket_versioning": _of_bucket(),
    "aws_s3_object": Listing(("s3", "list_objects_v2"), "Contents", {"key": "Key"}, {"Bucket": "bucket"}),
    "aws_scheduler_schedule": Listing(
        ("scheduler", "list_schedules"), "Schedules", {"group_name": "GroupName", "name": "Name"}
    ),
    "aws_secretsmanager_secret": Listing(
        ("secretsmanager", "list_secrets"),
        "SecretList",
        {"arn": "ARN"},
        shown=lambda _, secret: secret["Name"],
    ),
    "aws_secretsmanager_secret_policy": Listing(
        ("secretsmanager", "list_secrets"),
        "SecretList",
        {"secret_arn": "ARN"},
        shown=lambda _, secret: secret["Name"],
        read=True,
    ),
    "aws_secretsmanager_secret_version": Listing(
        ("secretsmanager", "list_secret_version_ids"),
        "Versions",
        {"version_id": "VersionId"},
        {"SecretId": "secret_id"},
        always={"IncludeDeprecated": True},
        pages={"input_token": "NextToken", "output_token": "NextToken", "result_key": "Versions"},
        read=True,
    ),
    "aws_sfn_state_machine": Listing(
        ("stepfunctions", "list_state_machines"),
        "stateMachines",
        {"arn": "stateMachineArn"},
        shown=lambda _, machine: machine["name"],
    ),
    "aws_sns_topic": Listing(("sns", "list_topics"), "Topics", {"arn": "TopicArn"}, shown=_last("arn", ":")),
    "aws_sns_topic_policy": Listing(
        ("sns", "list_topics"), "Topics", {"arn": "TopicArn"}, shown=_last("arn", ":")
    ),
    "aws_sns_topic_subscription": Listing(
        ("sns", "list_subscriptions_by_topic"),
        "Subscriptions",
        {"arn": "SubscriptionArn"},
        {"TopicArn": "topic_arn"},
        among=lambda subscription: subscription["SubscriptionArn"] != "PendingConfirmation",
    ),
    "aws_sqs_queue": Listing(("sqs", "list_queues"), "QueueUrls", {"url": ""}),
    "aws_sqs_queue_policy": Listing(
        ("sqs", "list_queues"), "QueueUrls", {"queue_url": ""}, shown=_last("queue_url", "/"), read=True
    ),
    "aws_ssm_parameter": Listing(("ssm", "describe_parameters"), "Parameters", {"name": "Name"}),
}
# Attributes of identities that the configuration has under another name.
_CONFIGURED = {"role": "role_name", "user": "user_name"}


def listed(name: str, config: Values, aws: Aws) -> Iterator[tuple[Values, str]]:
    """Yield for each thing of a type what AWS and the configuration give of its identity, and its name."""
    listing = LISTINGS[name]
    configured = {name: config.get(other) for name, other in _CONFIGURED.items()}
    for known, found, item in _found(listing, {**config, **configured, "region": aws.region}, aws):
        yield known, listing.shown(known, item) if listing.shown else list(found.values())[-1]


def _found(listing: Listing, known: Values, aws: Aws) -> Iterator[tuple[Values, Values, Any]]:
    """Yield what is known of each thing, its part of that from the item, and the item."""
    owners = (each for each, _, _ in _found(listing.within, known, aws)) if listing.within else (known,)
    for owner in owners:
        given = {key: owner.get(attribute) for key, attribute in listing.arguments.items()}
        arguments = {**listing.always, **{key: value for key, value in given.items() if value is not None}}
        for answer in _answers(listing, arguments, aws):
            items = listing.items(answer) if callable(listing.items) else answer.get(listing.items, ())
            for item in filter(listing.among, items):
                found = _identity(listing, owner, item, aws)
                yield {**owner, **found}, found, item


def _identity(listing: Listing, owner: Values, item: Any, aws: Aws) -> Values:
    if callable(listing.identity):
        return listing.identity(aws, owner, item)
    return {attribute: item[key] if key else item for attribute, key in listing.identity.items()}


def _answers(listing: Listing, arguments: Values, aws: Aws) -> Iterator[Any]:
    service, operation = listing.call
    client = aws.client(service)
    method = getattr(client, operation)
    if listing.pages:
        from botocore.paginate import Paginator

        yield from Paginator(method, {**listing.pages}, None).paginate(**arguments)
    elif client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**arguments)
    else:
        yield method(**arguments)

"""The resource types that an extension may use, with the attributes that name, reference and admit.

Types not listed are rejected: the permissions boundary cannot confine them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ResourceType:
    """A resource type. Paths go through blocks; after a `|` they go on in the JSON text there.

    Args:
        name: The attribute with its name; "" for types without a name of their own.
        starts: The prefixes of a valid name.
        of: The attributes that name the resource of which it is a part or a setting.
        sends: The attributes that name where it sends.
        takes: The attributes that name where it reads from.
        roles: The attributes with the roles that it acts as.
        keys: The attributes with its encryption keys.
        policy: The attributes with resource policies.
        accounts: The attributes with an account, which must be the tenant's.
    """

    name: str = "name"
    starts: tuple[str, ...] = ("{prefix}",)
    of: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


def _part(*of: str, **more: tuple[str, ...]) -> ResourceType:
    return ResourceType(name="", of=of, **more)


_LOG_GROUPS = ("{prefix}", "/aws/lambda/{prefix}", "/aws/vendedlogs/states/{prefix}")
RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_cloudwatch_dashboard": ResourceType("dashboard_name"),
    "aws_cloudwatch_event_api_destination": ResourceType(sends=("connection_arn",)),
    "aws_cloudwatch_event_connection": ResourceType(keys=("kms_key_identifier",)),
    "aws_cloudwatch_event_rule": ResourceType(roles=("role_arn",)),
    "aws_cloudwatch_event_target": _part(
        "rule", sends=("arn", "dead_letter_config.arn"), roles=("role_arn",)
    ),
    "aws_cloudwatch_log_group": ResourceType(starts=_LOG_GROUPS, keys=("kms_key_id",)),
    "aws_cloudwatch_log_metric_filter": _part("log_group_name"),
    "aws_cloudwatch_log_resource_policy": _part("resource_arn", policy=("policy_document",)),
    "aws_cloudwatch_metric_alarm": ResourceType(
        "alarm_name", sends=("alarm_actions", "ok_actions", "insufficient_data_actions")
    ),
    "aws_dynamodb_table": ResourceType(
        takes=("restore_source_name", "restore_source_table_arn", "import_table.s3_bucket_source.bucket"),
        keys=("server_side_encryption.kms_key_arn",),
    ),
    "aws_dynamodb_table_item": _part("table_name"),
    "aws_iam_policy": ResourceType(),
    "aws_iam_role": ResourceType(),
    "aws_iam_role_policies_exclusive": _part("role_name"),
    "aws_iam_role_policy": _part("role"),
    "aws_iam_role_policy_attachment": _part("role"),
    "aws_iam_role_policy_attachments_exclusive": _part("role_name"),
    "aws_kms_alias": ResourceType(starts=("alias/{prefix}",), of=("target_key_id",)),
    "aws_kms_key": ResourceType(name="", policy=("policy",)),
    "aws_lambda_alias": _part("function_name"),
    "aws_lambda_event_source_mapping": _part(
        "function_name",
        takes=("event_source_arn",),
        sends=("destination_config.on_failure.destination_arn",),
        keys=("kms_key_arn",),
    ),
    "aws_lambda_function": ResourceType(
        "function_name",
        sends=("dead_letter_config.target_arn", "logging_config.log_group"),
        takes=(
            "layers",
            "s3_bucket",
            "image_uri",
            "vpc_config.subnet_ids",
            "vpc_config.security_group_ids",
            "file_system_config.arn",
        ),
        roles=("role",),
        keys=("kms_key_arn", "source_kms_key_arn"),
    ),
    "aws_lambda_function_event_invoke_config": _part(
        "function_name",
        sends=(
            "destination_config.on_failure.destination",
            "destination_config.on_success.destination",
        ),
    ),
    "aws_lambda_function_url": _part("function_name"),
    "aws_lambda_layer_version": ResourceType("layer_name", takes=("s3_bucket",)),
    "aws_lambda_permission": _part("function_name"),
    "aws_pipes_pipe": ResourceType(
        sends=(
            "target",
            "enrichment",
            "log_configuration.cloudwatch_logs_log_destination.log_group_arn",
            "source_parameters.dynamodb_stream_parameters.dead_letter_config.arn",
        ),
        takes=("source",),
        roles=("role_arn",),
        keys=("kms_key_identifier",),
    ),
    "aws_s3_bucket": ResourceType(
        "bucket",
        sends=("logging.target_bucket", "replication_configuration.rules.destination.bucket"),
        keys=(
            "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.kms_master_key_id",
        ),
        policy=("policy",),
    ),
    "aws_s3_bucket_lifecycle_configuration": _part("bucket", accounts=("expected_bucket_owner",)),
    "aws_s3_bucket_notification": _part(
        "bucket", sends=("queue.queue_arn", "topic.topic_arn", "lambda_function.lambda_function_arn")
    ),
    "aws_s3_bucket_policy": _part("bucket", policy=("policy",)),
    "aws_s3_bucket_public_access_block": _part("bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": _part(
        "bucket",
        keys=("rule.apply_server_side_encryption_by_default.kms_master_key_id",),
        accounts=("expected_bucket_owner",),
    ),
    "aws_s3_bucket_versioning": _part("bucket", accounts=("expected_bucket_owner",)),
    "aws_s3_object": _part("bucket", keys=("kms_key_id",)),
    "aws_scheduler_schedule": ResourceType(
        of=("group_name",),
        sends=("target.arn", "target.dead_letter_config.arn"),
        roles=("target.role_arn",),
        keys=("kms_key_arn",),
    ),
    "aws_scheduler_schedule_group": ResourceType(),
    "aws_secretsmanager_secret": ResourceType(keys=("kms_key_id",), policy=("policy",)),
    "aws_secretsmanager_secret_version": _part("secret_id"),
    "aws_sfn_alias": ResourceType(starts=("",), of=("routing_configuration.state_machine_version_arn",)),
    "aws_sfn_state_machine": ResourceType(
        sends=("logging_configuration.log_destination",),
        roles=("role_arn",),
        keys=("encryption_configuration.kms_key_id",),
    ),
    "aws_sns_topic": ResourceType(
        roles=(
            "sqs_success_feedback_role_arn",
            "sqs_failure_feedback_role_arn",
            "lambda_success_feedback_role_arn",
            "lambda_failure_feedback_role_arn",
            "http_success_feedback_role_arn",
            "http_failure_feedback_role_arn",
            "application_success_feedback_role_arn",
            "application_failure_feedback_role_arn",
            "firehose_success_feedback_role_arn",
            "firehose_failure_feedback_role_arn",
        ),
        keys=("kms_master_key_id",),
        policy=("policy",),
    ),
    "aws_sns_topic_policy": _part("arn", policy=("policy",)),
    "aws_sns_topic_subscription": _part(
        takes=("topic_arn",),
        sends=("endpoint", "redrive_policy|deadLetterTargetArn"),
        roles=("subscription_role_arn",),
    ),
    "aws_sqs_queue": ResourceType(
        sends=("redrive_policy|deadLetterTargetArn",),
        takes=("redrive_allow_policy|sourceQueueArns",),
        keys=("kms_master_key_id",),
        policy=("policy",),
    ),
    "aws_sqs_queue_policy": _part("queue_url", policy=("policy",)),
    "aws_sqs_queue_redrive_allow_policy": _part("queue_url", takes=("redrive_allow_policy|sourceQueueArns",)),
    "aws_sqs_queue_redrive_policy": _part("queue_url", sends=("redrive_policy|deadLetterTargetArn",)),
    "aws_ssm_parameter": ResourceType(starts=("/{prefix}", "{prefix}"), keys=("key_id",)),
}

# What is often asked for and cannot be confined, by the beginning of the types: the reason, and what to use.
# The ARNs and condition keys: the Service Authorization Reference, of EventBridge, API Gateway and Cognito.
NOT_CONFINED: Mapping[str, tuple[str, str]] = {
    "aws_cloudwatch_event_archive": (
        "An archive is the bus's: AWS adds a rule to the tenant's bus for it, and a replay repeats events to "
        "everyone's rules. Its name has 48 characters, of which the prefix can take 44.",
        "The tenant has an archive of all events; keep your own in a table or a bucket.",
    ),
    "aws_api": (
        "The ARN of an API and of its routes, stages and authorizers has an id that AWS draws, and no name: "
        "neither the boundary nor the deploy role can see whose it is. An HTTP API is open to the internet "
        "until each of its routes has an authorizer.",
        "Use aws_lambda_function_url with the authorization_type AWS_IAM.",
    ),
    "aws_cognito": (
        "The ARN of a user pool has an id that AWS draws, and no name, and its clients have no tags. A pool "
        "sends mail and messages from the account, whose limits all extensions share.",
        "Use the users that the events name, such as by a userId.",
    ),
}

# These read the extension's own resources, or nothing secret.
DATA = frozenset(
    {
        "archive_file",
        "aws_arn",
        "aws_caller_identity",
        "aws_default_tags",
        "aws_iam_policy_document",
        "aws_partition",
        "aws_region",
        "aws_service_principal",
    }
)

# The platform's modules that an extension may call.
BUILDING_BLOCKS = frozenset(
    {"event-destination", "event-function", "event-queue", "event-schedule", "event-table", "event-workflow"}
)


@dataclass(frozen=True)
class Protection:
    """An attribute that prevents a resource or its data from being deleted.

    Args:
        wanted: The required value; `None` where it may also be left out.
        left_out: Whether leaving it out is allowed.
    """

    wanted: object
    left_out: bool
    says: str = field(default="")


# P3-002: by type ("" is any), the attribute and its required value.
PROTECTIONS: Mapping[tuple[str, str], Protection] = {
    ("", "deletion_protection_enabled"): Protection(False, left_out=True),
    ("", "deletion_protection"): Protection(False, left_out=True),
    ("aws_dynamodb_table", "replica.deletion_protection_enabled"): Protection(False, left_out=True),
    ("aws_kms_key", "bypass_policy_lockout_safety_check"): Protection(False, left_out=True),
    ("aws_s3_bucket", "object_lock_enabled"): Protection(False, left_out=True),
    ("aws_s3_bucket", "object_lock_configuration.object_lock_enabled"): Protection(None, left_out=True),
    ("aws_s3_bucket", "versioning.mfa_delete"): Protection(False, left_out=True),
    ("aws_s3_bucket_versioning", "versioning_configuration.mfa_delete"): Protection(
        "Disabled", left_out=True
    ),
    ("aws_s3_object", "object_lock_legal_hold_status"): Protection("OFF", left_out=True),
    ("aws_s3_object", "object_lock_mode"): Protection(None, left_out=True),
    ("aws_s3_object", "object_lock_retain_until_date"): Protection(None, left_out=True),
    # https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html
    ("aws_sns_topic", "archive_policy"): Protection(None, left_out=True),
}
# The version that an alias of a workflow leads to, which names the workflow, too.
VERSION = "routing_configuration.state_machine_version_arn"
# P3-010: there is one of each for what the attributes name; a second one replaces the first's settings.
ONE_EACH: Mapping[str, tuple[str, ...]] = {
    "aws_cloudwatch_event_target": ("event_bus_name", "rule", "target_id"),
    "aws_cloudwatch_log_metric_filter": ("log_group_name", "name"),
    "aws_cloudwatch_log_resource_policy": ("resource_arn",),
    "aws_iam_role_policies_exclusive": ("role_name",),
    "aws_iam_role_policy": ("role", "name"),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_iam_role_policy_attachments_exclusive": ("role_name",),
    "aws_lambda_alias": ("function_name", "name"),
    "aws_lambda_event_source_mapping": ("function_name", "event_source_arn"),
    "aws_lambda_function_event_invoke_config": ("function_name", "qualifier"),
    "aws_lambda_function_url": ("function_name", "qualifier"),
    "aws_lambda_permission": ("function_name", "qualifier", "statement_id"),
    "aws_s3_bucket_lifecycle_configuration": ("bucket",),
    "aws_s3_bucket_notification": ("bucket",),
    "aws_s3_bucket_policy": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket",),
    "aws_s3_bucket_versioning": ("bucket",),
    "aws_s3_object": ("bucket", "key"),
    "aws_secretsmanager_secret_version": ("secret_id",),
    "aws_sfn_alias": (VERSION, "name"),
    "aws_sns_topic_policy": ("arn",),
    "aws_sns_topic_subscription": ("topic_arn", "protocol", "endpoint"),
    "aws_sqs_queue_policy": ("queue_url",),
    "aws_sqs_queue_redrive_allow_policy": ("queue_url",),
    "aws_sqs_queue_redrive_policy": ("queue_url",),
}
# P3-010: what a type sets of a thing that its attribute names, and which that can have itself.
OF_THINGS: Mapping[str, tuple[str, str, str]] = {
    "aws_iam_role_policies_exclusive": ("role_name", "aws_iam_role", "inline_policy"),
    "aws_iam_role_policy": ("role", "aws_iam_role", "inline_policy"),
    "aws_iam_role_policy_attachment": ("role", "aws_iam_role", "managed_policy_arns"),
    "aws_iam_role_policy_attachments_exclusive": ("role_name", "aws_iam_role", "managed_policy_arns"),
    "aws_s3_bucket_policy": ("bucket", "aws_s3_bucket", "policy"),
    "aws_sns_topic_policy": ("arn", "aws_sns_topic", "policy"),
    "aws_sqs_queue_policy": ("queue_url", "aws_sqs_queue", "policy"),
    "aws_sqs_queue_redrive_allow_policy": ("queue_url", "aws_sqs_queue", "redrive_allow_policy"),
    "aws_sqs_queue_redrive_policy": ("queue_url", "aws_sqs_queue", "redrive_policy"),
}
# P3-010: a layer has a version for each; a key's name is drawn by AWS.
SEVERAL = ("aws_kms_key", "aws_lambda_layer_version")
# P3-003
REMAINS: Mapping[tuple[str, str], Protection] = {
    ("", "skip_destroy"): Protection(False, left_out=True),
    ("aws_s3_bucket", "force_destroy"): Protection(True, left_out=False),
    ("aws_secretsmanager_secret", "recovery_window_in_days"): Protection(0, left_out=False),
}

"""The attributes of the allowed types that the gate knows; it rejects attributes that are not classified.

`RESOURCE_TYPES` lists for each type the attributes that name or reference a resource. The other
attributes of a type are here, by the check that judges them or as plain. The list of all attributes
comes from the provider's schema, so a new version of the provider adds none that passes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from presso.gate.resource_types import RESOURCE_TYPES

EVERYWHERE = frozenset({"id", "region", "tags", "tags_all"})  # P1-017, P1-024, M-007

# Attributes, or blocks with everything in them, that reference nothing or that a check of their own judges.
CLASSIFIED: Mapping[str, tuple[str, ...]] = {
    "aws_cloudwatch_dashboard": ("dashboard_body",),
    "aws_cloudwatch_event_api_destination": ("description", "http_method", "invocation_endpoint"),
    "aws_cloudwatch_event_connection": (
        *("authorization_type", "description", "auth_parameters.api_key", "auth_parameters.basic"),
        *("auth_parameters.invocation_http_parameters", "auth_parameters.oauth"),
    ),
    "aws_cloudwatch_event_rule": (
        *("description", "event_bus_name", "event_pattern", "schedule_expression", "state"),
    ),
    "aws_cloudwatch_event_target": (
        *("event_bus_name", "http_target", "input", "input_path", "input_transformer"),
        *("sqs_target.message_group_id", "target_id"),
    ),
    "aws_cloudwatch_log_group": ("log_group_class",),
    "aws_cloudwatch_log_metric_filter": ("metric_transformation", "name", "pattern"),
    "aws_cloudwatch_log_resource_policy": ("policy_name",),
    "aws_cloudwatch_metric_alarm": (
        *("alarm_description", "comparison_operator", "dimensions", "evaluate_low_sample_count_percentiles"),
        *("extended_statistic", "metric_name", "metric_query.expression", "metric_query.id"),
        *("metric_query.label", "metric_query.metric", "namespace", "statistic", "threshold_metric_id"),
        *("treat_missing_data", "unit"),
    ),
    "aws_dynamodb_table": (
        *("attribute", "billing_mode", "global_secondary_index", "hash_key", "local_secondary_index"),
        *("range_key", "replica", "stream_view_type", "table_class", "ttl.attribute_name"),
    ),
    "aws_dynamodb_table_item": ("hash_key", "item", "range_key"),
    "aws_iam_policy": ("description", "path", "policy"),
    "aws_iam_role": (
        *("assume_role_policy", "description", "inline_policy", "managed_policy_arns", "path"),
        "permissions_boundary",
    ),
    "aws_iam_role_policies_exclusive": ("policy_names",),
    "aws_iam_role_policy": ("name", "name_prefix", "policy"),
    "aws_iam_role_policy_attachment": ("policy_arn",),
    "aws_iam_role_policy_attachments_exclusive": ("policy_arns",),
    "aws_kms_key": ("customer_master_key_spec", "description", "key_usage"),
    "aws_lambda_alias": ("description", "function_version", "name"),
    "aws_lambda_event_source_mapping": (
        *("filter_criteria.filter.pattern", "function_response_types", "metrics_config.metrics"),
        *("starting_position", "starting_position_timestamp"),
    ),
    "aws_lambda_function": (
        *("architectures", "code_sha256", "description", "environment.variables"),
        *("file_system_config.local_mount_path", "filename", "handler", "image_config"),
        *("logging_config.application_log_level", "logging_config.log_format"),
        *("logging_config.system_log_level", "package_type", "publish_to", "runtime", "s3_key"),
        *("s3_object_version", "snap_start.apply_on", "source_code_hash", "tenancy_config"),
        "tracing_config.mode",
    ),
    "aws_lambda_function_event_invoke_config": ("qualifier",),
    "aws_lambda_function_url": ("authorization_type", "cors", "invoke_mode", "qualifier"),
    "aws_lambda_layer_version": (
        *("compatible_architectures", "compatible_runtimes", "description", "filename", "license_info"),
        *("s3_key", "s3_object_version", "source_code_hash"),
    ),
    "aws_lambda_permission": (
        *("action", "function_url_auth_type", "principal", "qualifier", "source_account", "source_arn"),
        *("statement_id", "statement_id_prefix"),
    ),
    "aws_pipes_pipe": (
        *(
            "description",
            "desired_state",
            "enrichment_parameters",
            "log_configuration.include_execution_data",
        ),
        *("log_configuration.level", "source_parameters.dynamodb_stream_parameters"),
        *("source_parameters.filter_criteria.filter.pattern", "target_parameters.cloudwatch_logs_parameters"),
        *(
            f"target_parameters.eventbridge_event_bus_parameters.{name}"
            for name in ("detail_type", "resources", "source", "time")
        ),
        *("target_parameters.http_parameters", "target_parameters.input_template"),
        *("target_parameters.lambda_function_parameters", "target_parameters.sqs_queue_parameters"),
        "target_parameters.step_function_state_machine_parameters",
    ),
    "aws_s3_bucket": (
        *("acceleration_status", "acl", "bucket_namespace", "cors_rule", "lifecycle_rule"),
        *("logging.target_prefix", "object_lock_configuration", "request_payer"),
        "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.sse_algorithm",
    ),
    "aws_s3_bucket_lifecycle_configuration": ("rule", "transition_default_minimum_object_size"),
    "aws_s3_bucket_notification": tuple(
        f"{block}.{name}"
        for block in ("lambda_function", "queue", "topic")
        for name in ("events", "filter_prefix", "filter_suffix", "id")
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        *("rule.apply_server_side_encryption_by_default.sse_algorithm", "rule.blocked_encryption_types"),
    ),
    "aws_s3_bucket_versioning": ("versioning_configuration.mfa_delete", "versioning_configuration.status"),
    "aws_s3_object": (
        *("acl", "cache_control", "checksum_algorithm", "content", "content_base64", "content_disposition"),
        *("content_encoding", "content_language", "content_type", "etag", "key", "metadata"),
        *("object_lock_legal_hold_status", "object_lock_mode", "object_lock_retain_until_date"),
        *("override_provider.default_tags.tags", "server_side_encryption", "source", "source_hash"),
        *("storage_class", "website_redirect"),
    ),
    "aws_scheduler_schedule": (
        *(
            "action_after_completion",
            "description",
            "end_date",
            "flexible_time_window",
            "schedule_expression",
        ),
        *("schedule_expression_timezone", "start_date", "state", "target.eventbridge_parameters"),
        *("target.input", "target.sqs_parameters"),
    ),
    "aws_secretsmanager_secret": ("description", "replica.region", "type"),
    "aws_secretsmanager_secret_version": (
        *("secret_binary", "secret_string", "secret_string_wo", "version_stages"),
    ),
    "aws_sfn_alias": ("description",),
    "aws_sfn_state_machine": (
        *("definition", "encryption_configuration.type", "logging_configuration.level", "type"),
    ),
    "aws_sns_topic": (
        *("archive_policy", "delivery_policy", "display_name", "fifo_throughput_scope", "tracing_config"),
    ),
    "aws_sns_topic_subscription": (
        *("delivery_policy", "filter_policy", "filter_policy_scope", "protocol", "replay_policy"),
    ),
    "aws_sqs_queue": ("deduplication_scope", "fifo_throughput_limit"),
    "aws_ssm_parameter": (
        *("allowed_pattern", "arn", "data_type", "description", "insecure_value", "tier", "type", "value"),
        "value_wo",
    ),
}

# The same for numbers and switches: those of a quota, a protection or a promise, and those that stay inside.
NUMBERS: Mapping[str, tuple[str, ...]] = {
    "aws_cloudwatch_event_api_destination": ("invocation_rate_limit_per_second",),
    "aws_cloudwatch_event_connection": ("auth_parameters",),
    "aws_cloudwatch_event_rule": ("force_destroy", "is_enabled"),
    "aws_cloudwatch_event_target": ("force_destroy", "retry_policy"),
    "aws_cloudwatch_log_group": ("deletion_protection_enabled", "retention_in_days", "skip_destroy"),
    "aws_cloudwatch_log_metric_filter": ("apply_on_transformed_logs",),
    "aws_cloudwatch_metric_alarm": (
        *("actions_enabled", "datapoints_to_alarm", "evaluation_periods", "metric_query", "period"),
        "threshold",
    ),
    "aws_dynamodb_table": (
        *("deletion_protection_enabled", "global_secondary_index", "on_demand_throughput"),
        *("point_in_time_recovery", "read_capacity", "replica", "restore_to_latest_time"),
        *("server_side_encryption", "stream_enabled", "ttl", "warm_throughput", "write_capacity"),
    ),
    "aws_iam_policy": ("delay_after_policy_creation_in_ms",),
    "aws_iam_role": ("force_detach_policies", "max_session_duration"),
    "aws_kms_key": (
        *("bypass_policy_lockout_safety_check", "deletion_window_in_days", "enable_key_rotation"),
        *("is_enabled", "multi_region", "rotation_period_in_days"),
    ),
    "aws_lambda_alias": ("routing_config",),
    "aws_lambda_event_source_mapping": (
        *("batch_size", "bisect_batch_on_function_error", "enabled", "maximum_batching_window_in_seconds"),
        *("maximum_record_age_in_seconds", "maximum_retry_attempts", "parallelization_factor"),
        *("provisioned_poller_config", "scaling_config", "tumbling_window_in_seconds"),
        "use_resource_timeout_for_propagation",
    ),
    "aws_lambda_function": (
        *("ephemeral_storage", "memory_size", "publish", "replace_security_groups_on_destroy"),
        *("reserved_concurrent_executions", "skip_destroy", "timeout"),
        *("use_resource_timeout_for_propagation", "vpc_config"),
    ),
    "aws_lambda_function_event_invoke_config": ("maximum_event_age_in_seconds", "maximum_retry_attempts"),
    "aws_lambda_function_url": ("cors",),
    "aws_lambda_layer_version": ("skip_destroy",),
    "aws_lambda_permission": ("invoked_via_function_url",),
    "aws_pipes_pipe": (
        *("source_parameters.dynamodb_stream_parameters", "source_parameters.sqs_queue_parameters"),
    ),
    "aws_s3_bucket": (
        *("force_destroy", "object_lock_configuration", "object_lock_enabled"),
        *("server_side_encryption_configuration", "versioning"),
    ),
    "aws_s3_bucket_lifecycle_configuration": ("rule",),
    "aws_s3_bucket_notification": ("eventbridge",),
    "aws_s3_bucket_public_access_block": (
        *("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
        "skip_destroy",
    ),
    "aws_s3_bucket_server_side_encryption_configuration": ("rule",),
    "aws_s3_object": ("bucket_key_enabled", "force_destroy"),
    "aws_scheduler_schedule": ("flexible_time_window", "target.retry_policy"),
    "aws_secretsmanager_secret": ("force_overwrite_replica_secret", "recovery_window_in_days"),
    "aws_secretsmanager_secret_version": ("secret_string_wo_version",),
    "aws_sfn_alias": ("routing_configuration",),
    "aws_sfn_state_machine": (
        *("encryption_configuration", "logging_configuration", "publish", "tracing_configuration"),
    ),
    "aws_sns_topic": (
        *("application_success_feedback_sample_rate", "content_based_deduplication", "fifo_topic"),
        *("firehose_success_feedback_sample_rate", "http_success_feedback_sample_rate"),
        *("lambda_success_feedback_sample_rate", "signature_version", "sqs_success_feedback_sample_rate"),
    ),
    "aws_sns_topic_subscription": (
        *("confirmation_timeout_in_minutes", "endpoint_auto_confirms", "raw_message_delivery"),
    ),
    "aws_sqs_queue": (
        *("content_based_deduplication", "delay_seconds", "fifo_queue", "kms_data_key_reuse_period_seconds"),
        *("max_message_size", "message_retention_seconds", "receive_wait_time_seconds"),
        *("sqs_managed_sse_enabled", "visibility_timeout_seconds"),
    ),
    "aws_ssm_parameter": ("overwrite", "value_wo_version"),
}


@cache
def unclassified(kind: str) -> tuple[str, ...]:
    """Return the attributes of an allowed type that an author can set and that are not classified here.

    Args:
        kind: A key of `RESOURCE_TYPES`.

    Returns:
        Dotted paths through blocks, such as `self_managed_event_source.endpoints`.
    """
    texts = {*_pointers(kind), *EVERYWHERE, *CLASSIFIED.get(kind, ())}
    numbers = {*NUMBERS.get(kind, ())}
    found = settable(kind)
    return tuple(path for path, holds in found if not _covered(path, texts if holds else numbers))


def _pointers(kind: str) -> Iterator[str]:
    found = RESOURCE_TYPES[kind]
    if found.name:
        yield from (found.name, f"{found.name}_prefix")
    for paths in (found.of, found.sends, found.takes, found.roles, found.keys, found.policy, found.accounts):
        yield from (path.partition("|")[0] for path in paths)


def _covered(path: str, known: set[str]) -> bool:
    steps = path.split(".")
    return any(".".join(steps[:length]) in known for length in range(1, len(steps) + 1))


def settable(kind: str) -> Iterator[tuple[str, bool]]:
    """Yield each attribute that, by the provider's schema, can be set, and whether it holds text."""
    from offline_aws.schema import load

    yield from _leaves(load("aws").resources[kind]["block"], ())


def _leaves(block: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    for name, spec in block.get("attributes", {}).items():
        if spec.get("optional") or spec.get("required"):
            yield ".".join((*above, name)), _holds_text(spec.get("type", "string"))
    for name, inner in block.get("block_types", {}).items():
        if name != "timeouts":
            yield from _leaves(inner["block"], (*above, name))


def _holds_text(kind: Any) -> bool:
    if isinstance(kind, str):
        return kind in ("string", "dynamic")
    inner = kind[1]
    return any(map(_holds_text, inner.values())) if isinstance(inner, dict) else _holds_text(inner)

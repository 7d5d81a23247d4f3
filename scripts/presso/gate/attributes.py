"""The attributes of the allowed types that the gate knows; it rejects attributes that are not classified.

`RESOURCE_TYPES` lists for each type the attributes that name or reference a resource. The other
text attributes of a type are here, by the check that judges them or as plain. The list of all attributes
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
    "aws_cloudwatch_log_metric_filter": ("metric_transformation", "pattern"),
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


@cache
def unclassified(kind: str) -> tuple[str, ...]:
    """Return the text attributes of an allowed type that an author can set and that are not classified here.

    Args:
        kind: A key of `RESOURCE_TYPES`.

    Returns:
        Dotted paths through blocks, such as `self_managed_event_source.endpoints`.
    """
    known = {*_pointers(kind), *EVERYWHERE, *CLASSIFIED.get(kind, ())}
    return tuple(path for path in texts(kind) if not _covered(path, known))


def _pointers(kind: str) -> Iterator[str]:
    found = RESOURCE_TYPES[kind]
    if found.name:
        yield from (found.name, f"{found.name}_prefix")
    for paths in (found.of, found.sends, found.takes, found.roles, found.keys, found.policy, found.accounts):
        yield from (path.partition("|")[0] for path in paths)


def _covered(path: str, known: set[str]) -> bool:
    steps = path.split(".")
    return any(".".join(steps[:length]) in known for length in range(1, len(steps) + 1))


def texts(kind: str) -> Iterator[str]:
    """Yield every attribute of a type that, by the provider's schema, can be set and holds text."""
    from offline_aws.schema import load

    yield from _leaves(load("aws").resources[kind]["block"], ())


def _leaves(block: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    for name, spec in block.get("attributes", {}).items():
        settable = spec.get("optional") or spec.get("required")
        if settable and _holds_text(spec.get("type", "string")):
            yield ".".join((*above, name))
    for name, inner in block.get("block_types", {}).items():
        if name != "timeouts":
            yield from _leaves(inner["block"], (*above, name))


def _holds_text(kind: Any) -> bool:
    if isinstance(kind, str):
        return kind in ("string", "dynamic")
    inner = kind[1]
    return any(map(_holds_text, inner.values())) if isinstance(inner, dict) else _holds_text(inner)

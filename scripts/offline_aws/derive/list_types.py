"""The configurations of list resources, which none of the packages has: from published pages and source.

website/docs/list-resources/, internal/service/*/*_list.go. Those of a regional service also take a region.
"""

from __future__ import annotations

from typing import Any

_REQUIRED, _OPTIONAL = {"type": "string", "required": True}, {"type": "string", "optional": True}
_REGIONAL: dict[str, dict[str, Any]] = {
    "aws_apigatewayv2_api": {},
    "aws_apigatewayv2_integration": {"api_id": _REQUIRED},
    "aws_apigatewayv2_route": {"api_id": _REQUIRED},
    "aws_appautoscaling_policy": {"service_namespace": _REQUIRED},
    "aws_appautoscaling_target": {"service_namespace": _REQUIRED},
    "aws_cloudwatch_event_rule": {},
    "aws_cloudwatch_event_target": {"event_bus_name": _REQUIRED, "rule": _REQUIRED},
    "aws_cloudwatch_log_group": {},
    "aws_cloudwatch_log_metric_filter": {"log_group_name": _REQUIRED},
    "aws_cloudwatch_log_stream": {
        "descending": {"type": "bool", "optional": True},
        "log_group_name": _REQUIRED,
        "order_by": _OPTIONAL,
    },
    "aws_cloudwatch_log_subscription_filter": {"log_group_name": _REQUIRED},
    "aws_cloudwatch_metric_alarm": {},
    "aws_dynamodb_table": {},
    "aws_dynamodb_table_item": {"table_name": _REQUIRED},
    "aws_kinesis_firehose_delivery_stream": {},
    "aws_kms_alias": {},
    "aws_kms_key": {},
    "aws_lambda_alias": {"function_name": _REQUIRED},
    "aws_lambda_event_source_mapping": {},
    "aws_lambda_function": {},
    "aws_lambda_layer_version": {},
    "aws_lambda_permission": {"function_name": _REQUIRED, "qualifier": _OPTIONAL},
    "aws_s3_bucket": {},
    "aws_s3_bucket_acl": {},
    "aws_s3_bucket_lifecycle_configuration": {},
    "aws_s3_bucket_logging": {},
    "aws_s3_bucket_notification": {},
    "aws_s3_bucket_ownership_controls": {},
    "aws_s3_bucket_policy": {},
    "aws_s3_bucket_public_access_block": {},
    "aws_s3_bucket_server_side_encryption_configuration": {},
    "aws_s3_bucket_versioning": {},
    "aws_s3_object": {"bucket": _REQUIRED},
    "aws_scheduler_schedule": {},
    "aws_secretsmanager_secret": {},
    "aws_secretsmanager_secret_policy": {},
    "aws_secretsmanager_secret_version": {"secret_id": _REQUIRED},
    "aws_sfn_state_machine": {},
    "aws_sns_topic": {},
    "aws_sns_topic_policy": {},
    "aws_sns_topic_subscription": {"topic_arn": _REQUIRED},
    "aws_sqs_queue": {},
    "aws_sqs_queue_policy": {},
    "aws_ssm_parameter": {},
}
_GLOBAL: dict[str, dict[str, Any]] = {
    "aws_iam_access_key": {},
    "aws_iam_group": {"path_prefix": _OPTIONAL},
    "aws_iam_group_policy_attachment": {},
    "aws_iam_instance_profile": {"path_prefix": _OPTIONAL},
    "aws_iam_policy": {"path_prefix": _OPTIONAL},
    "aws_iam_role": {},
    "aws_iam_role_policy": {"role_name": _REQUIRED},
    "aws_iam_role_policy_attachment": {},
    "aws_iam_user": {"path_prefix": _OPTIONAL},
    "aws_iam_user_policy": {"user_name": _REQUIRED},
    "aws_iam_user_policy_attachment": {},
}


def schemas() -> dict[str, Any]:
    """Their schemas, as those of resources."""
    configurations = {name: {**found, "region": _OPTIONAL} for name, found in _REGIONAL.items()} | _GLOBAL
    return {
        name: {"version": 0, "block": {"attributes": found}} for name, found in sorted(configurations.items())
    }

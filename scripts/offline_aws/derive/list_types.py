"""The configurations of list resources, which none of the packages has: from published pages and source.

website/docs/list-resources/, internal/service/*/*_list.go. Those of a regional service also take a region.
"""

from __future__ import annotations

from typing import Any

_REQUIRED, _OPTIONAL = {"type": "string", "required": True}, {"type": "string", "optional": True}
_REGIONAL: dict[str, dict[str, Any]] = {
    "aws_cloudwatch_event_rule": {},
    "aws_cloudwatch_event_target": {"event_bus_name": _REQUIRED, "rule": _REQUIRED},
    "aws_cloudwatch_log_group": {},
    "aws_cloudwatch_log_stream": {
        "descending": {"type": "bool", "optional": True},
        "log_group_name": _REQUIRED,
        "order_by": _OPTIONAL,
    },
    "aws_cloudwatch_metric_alarm": {},
    "aws_dynamodb_table": {},
    "aws_kms_key": {},
    "aws_lambda_function": {},
    "aws_s3_bucket": {},
    "aws_secretsmanager_secret": {},
    "aws_sfn_state_machine": {},
    "aws_sns_topic": {},
    "aws_sqs_queue": {},
    "aws_ssm_parameter": {},
}
_GLOBAL: dict[str, dict[str, Any]] = {"aws_iam_role": {}, "aws_iam_role_policy": {"role_name": _REQUIRED}}


def schemas() -> dict[str, Any]:
    """Their schemas, as those of resources."""
    configurations = {name: {**found, "region": _OPTIONAL} for name, found in _REGIONAL.items()} | _GLOBAL
    return {
        name: {"version": 0, "block": {"attributes": found}} for name, found in sorted(configurations.items())
    }

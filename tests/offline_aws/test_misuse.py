"""What is wrong in a configuration of EventBridge, SQS or archive_file is refused where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offline_aws import schema
from offline_aws.configuration import Caller
from offline_aws.protocol import message
from offline_aws.provider import Provider
from offline_aws.resource import UNKNOWN
from offline_aws.values import encode

ARN = "arn:aws:sqs:us-east-1:111111111111:q"
RULE = {"event_pattern": '{"source": ["a"]}'}
TARGET: dict[str, Any] = {"rule": "r", "arn": ARN}
ARCHIVE = {"type": "zip", "output_path": "x.zip"}

WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("aws_cloudwatch_event_bus", {"name": ""}, "name", "length"),
    ("aws_cloudwatch_event_bus", {"name": "two words"}, "name", "a bus name has letters"),
    ("aws_cloudwatch_event_bus", {"name": "default"}, "name", "cannot be"),
    ("aws_cloudwatch_event_bus", {"name": "b" * 257}, "name", "(1 - 256), got 257"),
    ("aws_cloudwatch_event_bus", {"name": "b", "description": "d" * 513}, "description", "length"),
    (
        "aws_cloudwatch_event_bus",
        {"name": "b", "event_source_name": "acme"},
        "event_source_name",
        "aws.partner",
    ),
    ("aws_cloudwatch_event_bus", {"name": "b", "arn": "x"}, "arn", "Value for unconfigurable attribute"),
    ("aws_cloudwatch_event_bus", {"name": "b", "id": "x"}, "id", "Invalid or unknown key"),
    (
        "aws_cloudwatch_event_bus",
        {"name": "b", "log_config": [{"level": "LOUD"}]},
        "log_config.0.level",
        "'TRACE'",
    ),
    (
        "aws_cloudwatch_event_bus",
        {"name": "b", "dead_letter_config": [{"arn": "nyc"}]},
        "dead_letter_config.0.arn",
        "invalid ARN",
    ),
    (
        "aws_cloudwatch_event_rule",
        {},
        "schedule_expression",
        "one of ['schedule_expression', 'event_pattern']",
    ),
    ("aws_cloudwatch_event_rule", {"event_pattern": "{"}, "event_pattern", "invalid JSON"),
    ("aws_cloudwatch_event_rule", {"event_pattern": "[]"}, "event_pattern", "expected an object"),
    ("aws_cloudwatch_event_rule", {"event_pattern": '{"source": "a"}'}, "event_pattern", 'write ["a"]'),
    ("aws_cloudwatch_event_rule", {"event_pattern": '{"source": []}'}, "event_pattern", "empty array"),
    (
        "aws_cloudwatch_event_rule",
        {"event_pattern": '{"a": [{"starts-with": "b"}]}'},
        "event_pattern",
        "unknown operator 'starts-with'",
    ),
    ("aws_cloudwatch_event_rule", {**RULE, "name": "no spaces"}, "name", "1 to 64"),
    ("aws_cloudwatch_event_rule", {**RULE, "name": "r" * 65}, "name", "1 to 64"),
    ("aws_cloudwatch_event_rule", {**RULE, "name": "a", "name_prefix": "b"}, "name", "conflicts with"),
    ("aws_cloudwatch_event_rule", {**RULE, "state": "ON"}, "state", "'ENABLED'"),
    (
        "aws_cloudwatch_event_rule",
        {**RULE, "state": "ENABLED", "is_enabled": True},
        "is_enabled",
        "conflicts",
    ),
    ("aws_cloudwatch_event_rule", {**RULE, "role_arn": "role"}, "role_arn", "invalid ARN"),
    ("aws_cloudwatch_event_rule", {**RULE, "event_bus_name": "a b"}, "event_bus_name", "name or the ARN"),
    (
        "aws_cloudwatch_event_rule",
        {"schedule_expression": "every day"},
        "schedule_expression",
        "rate(5 minutes)",
    ),
    (
        "aws_cloudwatch_event_rule",
        {"schedule_expression": "rate(1 minutes)"},
        "schedule_expression",
        "rate(1",
    ),
    (
        "aws_cloudwatch_event_rule",
        {"schedule_expression": "rate(0 minutes)"},
        "schedule_expression",
        "rate(1",
    ),
    (
        "aws_cloudwatch_event_rule",
        {"schedule_expression": "cron(0 20 * *)"},
        "schedule_expression",
        "cron(minutes",
    ),
    (
        "aws_cloudwatch_event_rule",
        {"schedule_expression": "rate(5 minutes)", "event_bus_name": "nyc"},
        "schedule_expression",
        "only on the default event bus",
    ),
    ("aws_cloudwatch_event_target", {"rule": "r", "arn": "queue"}, "arn", "invalid ARN"),
    ("aws_cloudwatch_event_target", {**TARGET, "rule": "a b"}, "rule", "1 to 64"),
    ("aws_cloudwatch_event_target", {**TARGET, "target_id": "a/b"}, "target_id", "1 to 64"),
    ("aws_cloudwatch_event_target", {**TARGET, "input": "no json"}, "input", "invalid JSON"),
    ("aws_cloudwatch_event_target", {**TARGET, "input": "{}", "input_path": "$"}, "input", "conflicts"),
    (
        "aws_cloudwatch_event_target",
        {**TARGET, "input": "{}", "input_transformer": [{"input_template": "x"}]},
        "input",
        "conflicts",
    ),
    (
        "aws_cloudwatch_event_target",
        {**TARGET, "retry_policy": [{"maximum_retry_attempts": 186}]},
        "retry_policy.0.maximum_retry_attempts",
        "(0 - 185), got 186",
    ),
    (
        "aws_cloudwatch_event_target",
        {**TARGET, "retry_policy": [{"maximum_event_age_in_seconds": 86401}]},
        "retry_policy.0.maximum_event_age_in_seconds",
        "(0 - 86400)",
    ),
    (
        "aws_cloudwatch_event_target",
        {**TARGET, "dead_letter_config": [{"arn": "q"}]},
        "dead_letter_config.0.arn",
        "invalid ARN",
    ),
    (
        "aws_cloudwatch_event_target",
        {**TARGET, "ecs_target": [{"task_definition_arn": ARN, "launch_type": "MOON"}]},
        "ecs_target.0.launch_type",
        "'FARGATE'",
    ),
    (
        "aws_cloudwatch_event_archive",
        {"name": "a", "event_source_arn": "x"},
        "event_source_arn",
        "invalid ARN",
    ),
    ("aws_cloudwatch_event_archive", {"name": "a" * 49, "event_source_arn": ARN}, "name", "1 to 48"),
    (
        "aws_cloudwatch_event_archive",
        {"name": "a", "event_source_arn": ARN, "event_pattern": "x"},
        "event_pattern",
        "invalid JSON",
    ),
    ("aws_cloudwatch_event_bus_policy", {"policy": "x"}, "policy", "invalid JSON"),
    ("aws_cloudwatch_event_permission", {"principal": "me", "statement_id": "s"}, "principal", "12 digit"),
    ("aws_cloudwatch_event_permission", {"principal": "*", "statement_id": "a b"}, "statement_id", "1 to 64"),
    (
        "aws_cloudwatch_event_permission",
        {"principal": "*", "statement_id": "s", "action": "sqs:SendMessage"},
        "action",
        "events:",
    ),
    (
        "aws_cloudwatch_event_permission",
        {
            "principal": "*",
            "statement_id": "s",
            "condition": [{"key": "k", "type": "StringEquals", "value": "v"}],
        },
        "condition.0.key",
        "aws:PrincipalOrgID",
    ),
    ("aws_sqs_queue", {"name": "a queue"}, "name", "1 to 80"),
    ("aws_sqs_queue", {"name": "q" * 81}, "name", "1 to 80"),
    ("aws_sqs_queue", {"name": "a", "name_prefix": "b"}, "name", "conflicts with"),
    ("aws_sqs_queue", {"delay_seconds": 901}, "delay_seconds", "(0 - 900), got 901"),
    ("aws_sqs_queue", {"visibility_timeout_seconds": -1}, "visibility_timeout_seconds", "(0 - 43200)"),
    ("aws_sqs_queue", {"max_message_size": 1023}, "max_message_size", "(1024 - 1048576)"),
    ("aws_sqs_queue", {"message_retention_seconds": 59}, "message_retention_seconds", "(60 - 1209600)"),
    ("aws_sqs_queue", {"receive_wait_time_seconds": 21}, "receive_wait_time_seconds", "(0 - 20)"),
    ("aws_sqs_queue", {"redrive_policy": "three"}, "redrive_policy", "invalid JSON"),
    ("aws_sqs_queue", {"policy": "{"}, "policy", "invalid JSON"),
    ("aws_sqs_queue", {"deduplication_scope": "all"}, "deduplication_scope", "'messageGroup'"),
    ("aws_sqs_queue", {"content_based_deduplication": True}, "content_based_deduplication", "FIFO queue"),
    (
        "aws_sqs_queue",
        {"kms_master_key_id": "alias/k", "sqs_managed_sse_enabled": True},
        "kms_master_key_id",
        "conflicts",
    ),
    ("aws_sqs_queue_policy", {"queue_url": "http://q", "policy": "x"}, "policy", "invalid JSON"),
    ("archive_file", {**ARCHIVE}, "source", "one of ['source'"),
    ("archive_file", {**ARCHIVE, "type": "rar", "source_dir": "."}, "type", "'tar.gz'"),
    ("archive_file", {**ARCHIVE, "source_dir": ".", "source_file": "x"}, "source_file", "conflicts"),
    ("archive_file", {**ARCHIVE, "source_dir": ".", "output_file_mode": "rw"}, "output_file_mode", "octal"),
    ("archive_file", {**ARCHIVE, "source_file": "x", "excludes": ["y"]}, "excludes", "conflicts"),
]


def diagnostics(kind: str, config: dict[str, Any]) -> list[tuple[str, str]]:
    name = "archive" if kind == "archive_file" else "aws"
    document = schema.load(name)
    provider = Provider(document, Caller(Path("/")))
    data = kind in document.data_sources and kind not in document.resources
    method = "ValidateDataSourceConfig" if data else "ValidateResourceTypeConfig"
    block = (document.data_sources if data else document.resources)[kind]["block"]
    request = message(
        f"{method}Request",
        type_name=kind,
        config=message("DynamicValue", msgpack=encode(config, block)),
    )
    answer = provider.answer(method, request)
    return [
        (
            ".".join(step.attribute_name or str(step.element_key_int) for step in found.attribute.steps),
            f"{found.summary} {found.detail}",
        )
        for found in answer.diagnostics
    ]


@pytest.mark.parametrize(
    ("kind", "config", "path", "said"),
    WRONG,
    ids=[f"{kind} {path}: {said}" for kind, _, path, said in WRONG],
)
def test_what_is_wrong_is_refused_where_it_is_wrong(
    kind: str, config: dict[str, Any], path: str, said: str
) -> None:
    found = diagnostics(kind, config)
    assert [where for where, _ in found] == [path]
    assert said in found[0][1]


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("aws_cloudwatch_event_bus", {"name": "aws.partner/acme.com/1"}),
        ("aws_cloudwatch_event_rule", {"schedule_expression": "rate(1 minute)"}),
        ("aws_cloudwatch_event_rule", {"schedule_expression": "rate(15 minutes)"}),
        ("aws_cloudwatch_event_rule", {"schedule_expression": "cron(0/15 8-18 ? * MON-FRI *)"}),
        ("aws_cloudwatch_event_rule", {"event_pattern": UNKNOWN}),
        ("aws_cloudwatch_event_rule", {"schedule_expression": UNKNOWN, "event_bus_name": UNKNOWN}),
        ("aws_cloudwatch_event_target", {**TARGET, "arn": UNKNOWN, "retry_policy": UNKNOWN}),
        ("aws_cloudwatch_event_target", {**TARGET, "dead_letter_config": [{"arn": UNKNOWN}]}),
        ("aws_sqs_queue", {"name": "q.fifo", "fifo_queue": True, "content_based_deduplication": True}),
        ("aws_sqs_queue", {"name": UNKNOWN, "fifo_queue": UNKNOWN, "content_based_deduplication": True}),
        ("archive_file", {**ARCHIVE, "source": UNKNOWN}),
        ("archive_file", {**ARCHIVE, "source_content": "a", "source_content_filename": "b"}),
    ],
)
def test_what_is_right_or_not_known_yet_is_taken(kind: str, config: dict[str, Any]) -> None:
    assert diagnostics(kind, config) == []

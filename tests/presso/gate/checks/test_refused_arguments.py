from types import SimpleNamespace
from typing import Any, cast

import pytest

from presso.gate.checks.refused_arguments import TABLE, hasty_queues
from presso.gate.model import Model, Place, Resource

QUEUE = "arn:aws:sqs:us-east-1:111111111111:q"
STREAM = "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/1"
LETTERS = f'{{"deadLetterTargetArn": "{QUEUE}", "maxReceiveCount": 3}}'
GROUP = "arn:aws:logs:us-east-1:111111111111:log-group:g"


def found(kind: str, values: dict[str, Any]) -> list[str]:
    """The reasons why AWS rejects a resource."""
    resource = Resource(f"{kind}.default", kind, values, Place("main.tf"))
    return [refused.what for refused in TABLE if refused.kind == kind and refused.holds(resource)]


@pytest.mark.parametrize(
    ("kind", "values", "what"),
    [
        ("aws_sfn_state_machine", {"logging_configuration": [{"level": "ALL"}]}, "no destination"),
        (
            "aws_sfn_state_machine",
            {"logging_configuration": [{"level": "ERROR", "log_destination": GROUP}]},
            "no destination",
        ),
        ("aws_lambda_function", {"runtime": "python3.7"}, "retired"),
        ("aws_lambda_function", {"runtime": "nodejs12.x"}, "retired"),
        ("aws_lambda_function", {"environment": [{"variables": {"AWS_REGION": "x"}}]}, "Lambda's own"),
        (
            "aws_lambda_function",
            {"logging_config": [{"log_format": "Text", "system_log_level": "INFO"}]},
            "log that is text",
        ),
        (
            "aws_lambda_event_source_mapping",
            {"event_source_arn": QUEUE, "starting_position": "LATEST"},
            "in a queue",
        ),
        ("aws_lambda_event_source_mapping", {"event_source_arn": STREAM}, "in its stream"),
        (
            "aws_scheduler_schedule",
            {"flexible_time_window": [{"mode": "OFF", "maximum_window_in_minutes": 5}]},
            "mode OFF",
        ),
        ("aws_scheduler_schedule", {"flexible_time_window": [{"mode": "FLEXIBLE"}]}, "no window"),
        ("aws_sqs_queue", {"fifo_throughput_limit": "perMessageGroupId"}, "scope"),
        ("aws_sqs_queue", {"receive_wait_time_seconds": 21}, "20 seconds"),
        ("aws_sqs_queue", {"fifo_queue": True, "redrive_policy": LETTERS}, "other type"),
        ("aws_sqs_queue", {"redrive_policy": LETTERS.replace(":q", ":q.fifo")}, "other type"),
        ("aws_pipes_pipe", {"source": STREAM, "source_parameters": []}, "starting position"),
        (
            "aws_scheduler_schedule",
            {"start_date": "2031-01-02T00:00:00Z", "end_date": "2031-01-01T00:00:00Z"},
            "before its start",
        ),
        ("aws_cloudwatch_metric_alarm", {"alarm_actions": list("abcdef")}, "five actions"),
    ],
)
def test_what_aws_rejects_is_found(kind: str, values: dict[str, Any], what: str) -> None:
    (said,) = found(kind, values)
    assert what in said


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_sfn_state_machine", {"logging_configuration": [{"level": "OFF"}]}),
        (
            "aws_sfn_state_machine",
            {"logging_configuration": [{"level": "ALL", "log_destination": f"{GROUP}:*"}]},
        ),
        ("aws_sfn_state_machine", {"logging_configuration": []}),
        ("aws_lambda_function", {"runtime": "python3.13", "environment": [{"variables": {"TABLE": "t"}}]}),
        ("aws_lambda_function", {"logging_config": [{"log_format": "JSON", "system_log_level": "INFO"}]}),
        ("aws_lambda_event_source_mapping", {"event_source_arn": QUEUE}),
        ("aws_lambda_event_source_mapping", {"event_source_arn": STREAM, "starting_position": "LATEST"}),
        ("aws_scheduler_schedule", {"flexible_time_window": [{"mode": "OFF"}]}),
        (
            "aws_sqs_queue",
            {"fifo_throughput_limit": "perMessageGroupId", "deduplication_scope": "messageGroup"},
        ),
        ("aws_sqs_queue", {"receive_wait_time_seconds": 20, "redrive_policy": LETTERS}),
        ("aws_sqs_queue", {"fifo_queue": True, "redrive_policy": LETTERS.replace(":q", ":q.fifo")}),
        ("aws_sqs_queue", {"fifo_queue": True, "redrive_policy": "broken"}),
        ("aws_pipes_pipe", {"source": QUEUE}),
        (
            "aws_pipes_pipe",
            {
                "source": STREAM,
                "source_parameters": [{"dynamodb_stream_parameters": [{"starting_position": "LATEST"}]}],
            },
        ),
        (
            "aws_scheduler_schedule",
            {"start_date": "2031-01-01T00:00:00Z", "end_date": "2031-01-02T00:00:00Z"},
        ),
        ("aws_cloudwatch_metric_alarm", {"alarm_actions": list("abcde")}),
    ],
)
def test_what_aws_accepts_is_not(kind: str, values: dict[str, Any]) -> None:
    assert found(kind, values) == []


def test_each_line_names_a_page_of_aws() -> None:
    assert all(refused.page.startswith("https://docs.aws.amazon.com/") for refused in TABLE)


@pytest.mark.parametrize(("visible", "hits"), [(9, 1), (10, 0), (60, 0)])
def test_a_queue_whose_messages_return_too_soon_is_found(visible: int, hits: int) -> None:
    values: dict[str, dict[str, Any]] = {
        "aws_sqs_queue": {"arn": QUEUE, "visibility_timeout_seconds": visible},
        "aws_lambda_function": {"function_name": "f", "timeout": 10},
        "aws_lambda_event_source_mapping": {"event_source_arn": QUEUE, "function_name": "f"},
    }
    resources = {
        kind: Resource(f"{kind}.default", kind, each, Place("main.tf")) for kind, each in values.items()
    }
    model = SimpleNamespace(of=lambda kind: [resources[kind]])
    assert len(list(hasty_queues(cast(Model, model)))) == hits

"""Checks of arguments that the provider takes and AWS rejects: what contradicts itself, or is retired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from presso import json_text
from presso.aws_limits import RESERVED_VARIABLES, RETIRED_RUNTIMES
from presso.gate.check import check
from presso.gate.model import Hit, Model, Resource

_DOCS = "https://docs.aws.amazon.com"
_LONGEST_WAIT = 20
_MOST_ACTIONS = 5


@dataclass(frozen=True)
class RefusedArguments:
    """Arguments that AWS rejects.

    Args:
        kind: The type of the resource.
        attribute: Where they are.
        what: What is wrong.
        page: AWS's page.
        holds: Whether a resource has them; values that are unknown do not count.
    """

    kind: str
    attribute: str
    what: str
    page: str
    holds: Callable[[Resource], bool]


def _logs_nowhere(resource: Resource) -> bool:
    level = resource.get("logging_configuration.level")
    destination = resource.get("logging_configuration.log_destination")
    wrong = destination in (None, "") or (isinstance(destination, str) and not destination.endswith(":*"))
    return isinstance(level, str) and level != "OFF" and wrong


def _retired(resource: Resource) -> bool:
    runtime = resource.get("runtime")
    return isinstance(runtime, str) and bool(RETIRED_RUNTIMES.fullmatch(runtime))


def _reserved(resource: Resource) -> bool:
    names = resource.get("environment.variables")
    return isinstance(names, Mapping) and any(RESERVED_VARIABLES.fullmatch(name) for name in names)


def _position(resource: Resource) -> bool:
    source = resource.get("event_source_arn")
    return isinstance(source, str) and ":sqs:" in source and resource.get("starting_position") is not None


def _no_position(resource: Resource) -> bool:
    source = resource.get("event_source_arn")
    stream = isinstance(source, str) and (":dynamodb:" in source or ":kinesis:" in source)
    return stream and resource.get("starting_position") is None


def _window_without_use(resource: Resource) -> bool:
    off = resource.get("flexible_time_window.mode") == "OFF"
    return off and resource.get("flexible_time_window.maximum_window_in_minutes") is not None


def _no_window(resource: Resource) -> bool:
    flexible = resource.get("flexible_time_window.mode") == "FLEXIBLE"
    return flexible and resource.get("flexible_time_window.maximum_window_in_minutes") is None


def _limit_without_scope(resource: Resource) -> bool:
    scope = resource.get("deduplication_scope")
    limited = resource.get("fifo_throughput_limit") == "perMessageGroupId"
    return limited and (scope is None or scope == "queue")


def _text_with_levels(resource: Resource) -> bool:
    levels = (resource.get(f"logging_config.{name}_log_level") for name in ("application", "system"))
    return resource.get("logging_config.log_format") == "Text" and any(
        isinstance(level, str) and level for level in levels
    )


def _other_dead_letters(resource: Resource) -> bool:
    policy, fifo = resource.get("redrive_policy"), resource.get("fifo_queue")
    try:
        arn = json_text.loads(policy)["deadLetterTargetArn"] if isinstance(policy, str) and policy else ""
    except (ValueError, TypeError, KeyError):
        return False
    known = isinstance(arn, str) and bool(arn) and (fifo is None or isinstance(fifo, bool))
    return known and arn.endswith(".fifo") != bool(fifo)


def _long_wait(resource: Resource) -> bool:
    seconds = resource.get("receive_wait_time_seconds")
    return isinstance(seconds, int | float) and seconds > _LONGEST_WAIT


def _pipe_without_position(resource: Resource) -> bool:
    source = resource.get("source")
    streams = {":dynamodb:": "dynamodb_stream_parameters", ":kinesis:": "kinesis_stream_parameters"}
    return isinstance(source, str) and any(
        service in source and resource.get(f"source_parameters.{block}.starting_position") is None
        for service, block in streams.items()
    )


def _ends_before_its_start(resource: Resource) -> bool:
    begin, end = (resource.get(name) for name in ("start_date", "end_date"))
    try:
        return datetime.fromisoformat(end) <= datetime.fromisoformat(begin)
    except (TypeError, ValueError):
        return False


def _many_actions(resource: Resource) -> bool:
    return len(list(resource.all("alarm_actions"))) > _MOST_ACTIONS


TABLE = (
    RefusedArguments(
        *("aws_sfn_state_machine", "logging_configuration", "logs to no destination that ends in :*"),
        *(f"{_DOCS}/step-functions/latest/dg/cw-logs.html", _logs_nowhere),
    ),
    RefusedArguments(
        *("aws_lambda_function", "runtime", "has a runtime that Lambda has retired"),
        *(f"{_DOCS}/lambda/latest/dg/lambda-runtimes.html", _retired),
    ),
    RefusedArguments(
        *("aws_lambda_function", "environment", "sets a variable that is Lambda's own"),
        *(f"{_DOCS}/lambda/latest/dg/configuration-envvars.html", _reserved),
    ),
    RefusedArguments(
        *("aws_lambda_function", "logging_config", "sets a log level of a log that is text"),
        *(f"{_DOCS}/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html", _text_with_levels),
    ),
    RefusedArguments(
        *("aws_lambda_event_source_mapping", "starting_position", "has a starting position in a queue"),
        *(f"{_DOCS}/lambda/latest/api/API_CreateEventSourceMapping.html", _position),
    ),
    RefusedArguments(
        *("aws_lambda_event_source_mapping", "event_source_arn", "has no starting position in its stream"),
        *(f"{_DOCS}/lambda/latest/api/API_CreateEventSourceMapping.html", _no_position),
    ),
    RefusedArguments(
        *("aws_scheduler_schedule", "flexible_time_window", "has a window, and the mode OFF"),
        *(f"{_DOCS}/scheduler/latest/APIReference/API_FlexibleTimeWindow.html", _window_without_use),
    ),
    RefusedArguments(
        *("aws_scheduler_schedule", "flexible_time_window", "has the mode FLEXIBLE, and no window"),
        *(f"{_DOCS}/scheduler/latest/APIReference/API_FlexibleTimeWindow.html", _no_window),
    ),
    RefusedArguments(
        *(
            "aws_sqs_queue",
            "fifo_throughput_limit",
            "has a limit for groups without their deduplication scope",
        ),
        *(f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html", _limit_without_scope),
    ),
    RefusedArguments(
        *("aws_sqs_queue", "redrive_policy", "has a dead-letter queue of the other type (FIFO or standard)"),
        *(
            f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
            _other_dead_letters,
        ),
    ),
    RefusedArguments(
        *("aws_sqs_queue", "receive_wait_time_seconds", "waits longer than 20 seconds for messages"),
        *(f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html", _long_wait),
    ),
    RefusedArguments(
        *("aws_pipes_pipe", "source", "has no starting position in its stream"),
        *(
            f"{_DOCS}/eventbridge/latest/pipes-reference/API_PipeSourceParameters.html",
            _pipe_without_position,
        ),
    ),
    RefusedArguments(
        *("aws_scheduler_schedule", "end_date", "ends before its start"),
        *(f"{_DOCS}/scheduler/latest/APIReference/API_CreateSchedule.html", _ends_before_its_start),
    ),
    RefusedArguments(
        *("aws_cloudwatch_metric_alarm", "alarm_actions", "has more than five actions"),
        *(f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html", _many_actions),
    ),
)
_MAPPINGS = f"{_DOCS}/lambda/latest/dg/services-sqs-configure.html"


@check(
    "P3-013",
    "AWS accepts its arguments",
    why="The provider takes arguments that AWS rejects in the middle of an apply, as they contradict each "
    "other or are retired.",
    fix="Read AWS's page, which the finding names.",
    bad='flexible_time_window {\n  mode                      = "OFF"\n  maximum_window_in_minutes = 5\n}',
    good='flexible_time_window {\n  mode = "OFF"\n}',
    severity="warning",
    levels=("plan",),
)
def accepted(model: Model) -> Iterator[Hit]:
    """Yield resources with arguments that AWS rejects."""
    for resource in model.managed:
        for refused in TABLE:
            if refused.kind == resource.type and refused.holds(resource):
                what = f"{resource.address} {refused.what}: {refused.page}"
                yield Hit(resource.at(refused.attribute), what)
    yield from hasty_queues(model)


def hasty_queues(model: Model) -> Iterator[Hit]:
    """Yield mappings of queues whose messages are visible again before the function's timeout is over."""
    visible = {
        str(each.get("arn")): each.get("visibility_timeout_seconds") for each in model.of("aws_sqs_queue")
    }
    timeouts = {
        str(each.get(name)): each.get("timeout")
        for each in model.of("aws_lambda_function")
        for name in ("function_name", "arn")
    }
    for mapping in model.of("aws_lambda_event_source_mapping"):
        seconds = visible.get(str(mapping.get("event_source_arn")))
        timeout = timeouts.get(str(mapping.get("function_name")))
        if isinstance(seconds, int | float) and isinstance(timeout, int | float) and seconds < timeout:
            what = f"{mapping.address} has a function with a timeout above its queue's visibility timeout"
            yield Hit(mapping.at("event_source_arn"), f"{what}: {_MAPPINGS}")

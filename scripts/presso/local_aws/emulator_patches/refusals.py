"""Requests that AWS refuses and the emulator takes: what contradicts itself, or is retired.

Sources: the developer guides and API references: Step Functions "Logging using CloudWatch Logs" (a
destination, whose ARN ends in `:*`), Lambda "Runtimes", "Using environment variables" and "Configuring
advanced logging", CreateEventSourceMapping (`StartingPosition`), Pipes (parameters of a stream), SQS
"Dead-letter queues" and CreateQueue (`FifoThroughputLimit`), DynamoDB UpdateTimeToLive, Scheduler
`FlexibleTimeWindow` and `EndDate`, SSM PutParameter (`AllowedPattern`).
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb, lambda_svc, pipes, scheduler, sqs, ssm, stepfunctions

from presso.aws_limits import RESERVED_VARIABLES, RETIRED_RUNTIMES
from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
PATCHES.uses(sqs, "_HANDLERS", "_Err", _get_q="url action")
PATCHES.uses(dynamodb, "_ttl_settings", _normalize_table_name="value")
PATCHES.uses(scheduler, _error="status code message")
PATCHES.uses(pipes, _error="status code message")


@PATCHES.around(stepfunctions)
def _create_state_machine(original: Callable[[Json], Response], data: Json) -> Response:
    return _logged(original, data)


@PATCHES.around(stepfunctions)
def _update_state_machine(original: Callable[[Json], Response], data: Json) -> Response:
    return _logged(original, data)


def _logged(original: Callable[[Json], Response], data: Json) -> Response:
    logging = data.get("loggingConfiguration") or {}
    arns = [
        str((item.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn"))
        for item in logging.get("destinations") or ()
    ]
    if logging.get("level", "OFF") != "OFF" and len(arns) != 1:
        return refusal("InvalidLoggingConfiguration", "Must specify exactly one Log Destination.")
    if any(not arn.endswith(":*") for arn in arns):
        message = f"Log Destination {arns[0]} is not valid: the ARN of a log group ends in :*"
        return refusal("InvalidLoggingConfiguration", message)
    return original(data)


@PATCHES.around(lambda_svc)
def _create_function(original: Callable[[Json], Response], data: Json) -> Response:
    runtime = str(data.get("Runtime"))
    if RETIRED_RUNTIMES.fullmatch(runtime):
        return _invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions."
        )
    return _wrong_settings(data) or original(data)


@PATCHES.around(lambda_svc)
def _update_config(original: Callable[[str, Json], Response], name: str, data: Json) -> Response:
    return _wrong_settings(data) or original(name, data)


def _wrong_settings(data: Json) -> Response | None:
    variables = (data.get("Environment") or {}).get("Variables") or {}
    if reserved := sorted(filter(RESERVED_VARIABLES.fullmatch, variables)):
        return _invalid(
            "Lambda was unable to configure your environment variables because the environment variables you "
            "have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    logging = data.get("LoggingConfig") or {}
    levels = logging.get("ApplicationLogLevel") or logging.get("SystemLogLevel")
    if levels and logging.get("LogFormat", "Text") == "Text":
        return _invalid("Log levels can only be set for functions whose LogFormat is JSON.")
    return None


def _invalid(message: str) -> Response:
    return refusal("InvalidParameterValueException", message)


@PATCHES.around(lambda_svc)
def _create_esm(original: Callable[[Json], Response], data: Json) -> Response:
    source, position = str(data.get("EventSourceArn")), data.get("StartingPosition")
    if position and ":sqs:" in source:
        return _invalid("StartingPosition is not supported for an Amazon SQS event source.")
    if not position and (":dynamodb:" in source or ":kinesis:" in source):
        return _invalid("StartingPosition is required for a stream.")
    return original(data)


@PATCHES.around(pipes)
def _create_pipe(original: Callable[..., Response], name: str, body: Json) -> Response:
    position = (body.get("SourceParameters") or {}).get("DynamoDBStreamParameters") or {}
    if ":dynamodb:" in str(body.get("Source")) and not position.get("StartingPosition"):
        message = "DynamoDBStreamParameters with a StartingPosition are required for a DynamoDB stream."
        response: Response = pipes._error(400, "ValidationException", message)
        return response
    return original(name, body)


@PATCHES.also
def _check_queues() -> None:
    for action in ("CreateQueue", "SetQueueAttributes"):
        sqs._HANDLERS[action] = _checked(sqs._HANDLERS[action], action == "CreateQueue")


def _checked(handler: Callable[[Json, str], Json], new: bool) -> Callable[[Json, str], Json]:
    def checked(data: Json, url: str) -> Json:
        kept = {} if new else sqs._get_q(data.get("QueueUrl", url), "sqs:SetQueueAttributes")["attributes"]
        given = data.get("Attributes") or {}
        attributes = {**kept, **given}
        fifo = str(attributes.get("FifoQueue", "false")).lower() == "true"
        letters = _letters(given.get("RedrivePolicy"))
        if letters and letters.endswith(".fifo") != fifo:
            raise sqs._Err(
                "InvalidParameterValue",
                f"Value {given['RedrivePolicy']} for parameter RedrivePolicy is invalid. Reason: Dead-letter "
                "queue must be same type of queue as the source.",
            )
        limit, scope = attributes.get("FifoThroughputLimit"), attributes.get("DeduplicationScope")
        if limit == "perMessageGroupId" and scope != "messageGroup":
            raise sqs._Err(
                "InvalidAttributeValue",
                "FifoThroughputLimit perMessageGroupId is allowed only with DeduplicationScope messageGroup.",
            )
        return handler(data, url)

    return checked


def _letters(policy: Any) -> str:
    try:
        return str(json.loads(policy)["deadLetterTargetArn"])
    except (TypeError, ValueError, KeyError):
        return ""


@PATCHES.around(dynamodb)
def _update_ttl(original: Callable[[Json], Response], data: Json) -> Response:
    kept = dynamodb._ttl_settings.get(dynamodb._normalize_table_name(data.get("TableName"))) or {}
    wanted, current = (
        (data.get("TimeToLiveSpecification") or {}).get("AttributeName"),
        kept.get("AttributeName"),
    )
    if kept.get("TimeToLiveStatus") == "ENABLED" and wanted and wanted != current:
        message = f"TimeToLive is active on a different AttributeName: current AttributeName is {current}"
        return refusal("ValidationException", message)
    return original(data)


@PATCHES.around(scheduler)
def _create_schedule(original: Callable[..., Response], name: str, body: Json) -> Response:
    return _contradiction(body) or original(name, body)


@PATCHES.around(scheduler)
def _update_schedule(original: Callable[..., Response], name: str, body: Json) -> Response:
    return _contradiction(body) or original(name, body)


def _contradiction(body: Json) -> Response | None:
    window = body.get("FlexibleTimeWindow") or {}
    minutes, start, end = window.get("MaximumWindowInMinutes"), body.get("StartDate"), body.get("EndDate")
    message = ""
    if window.get("Mode") == "OFF" and minutes:
        message = "MaximumWindowInMinutes must not be set when the mode of FlexibleTimeWindow is OFF."
    elif window.get("Mode") == "FLEXIBLE" and not minutes:
        message = "MaximumWindowInMinutes must be set when the mode of FlexibleTimeWindow is FLEXIBLE."
    elif isinstance(start, int | float) and isinstance(end, int | float) and end <= start:
        message = "The EndDate must be after the StartDate."
    if not message:
        return None
    response: Response = scheduler._error(400, "ValidationException", message)
    return response


@PATCHES.around(ssm)
def _put_parameter(original: Callable[[Json], Response], data: Json) -> Response:
    pattern = data.get("AllowedPattern")
    try:
        fits = not pattern or re.search(pattern, str(data.get("Value", "")))
    except re.error:
        return refusal("InvalidAllowedPatternException", f"{pattern} is not a valid regular expression.")
    if not fits:
        message = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
        return refusal("ParameterPatternMismatchException", message)
    return original(data)

"""Rule targets: log groups, functions, and the dead-letter queue of what cannot be delivered.

Sources: EventBridge user guide, "Using dead-letter queues to process undelivered events" (a missing target
and a missing permission go there at once, without a retry; the attributes of the message) and "Amazon
CloudWatch Logs targets"; Lambda developer guide, "Invoking a Lambda function asynchronously" (EventBridge
has done its part when Lambda has taken the event: a function that fails is called again by Lambda, which has
a dead-letter queue of its own); "Transforming input" (the result is valid JSON where the template is).
"""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.services import cloudwatch_logs, eventbridge, lambda_svc, sqs

from presso.local_aws.emulator_patches import deliveries
from presso.local_aws.emulator_patches.deliveries import Undeliverable
from presso.local_aws.emulator_patches.internals import Json, Patches, log

PATCHES = Patches()
PATCHES.uses(
    eventbridge,
    _apply_input_transformer="transformer rule view",
    _dispatch_to_lambda="arn payload",
    _pattern_event_view="event",
)
PATCHES.uses(cloudwatch_logs, "_log_groups", _create_log_stream="data", _put_log_events="data")
PATCHES.uses(
    lambda_svc,
    _execution_record_for_config="func config",
    _get_func_record_for_ref="function_ref",
    invoke_async_with_retry="func event",
)
PATCHES.uses(sqs, _act_send_message="data qurl")

_streams = threading.Lock()


@PATCHES.also
def _invoke_asynchronously() -> None:
    eventbridge._dispatch_to_lambda = _dispatch_to_lambda


@PATCHES.around(eventbridge)
def _invoke_target(
    original: Callable[..., None], target: Json, event: Json, rule: Json, view: Any = None
) -> None:
    """Deliver an event to a target of a rule that matches it."""
    view = view or eventbridge._pattern_event_view(event)
    try:
        spec = parse_arn(target.get("Arn", ""))
    except ArnParseError:
        return original(target, event, rule, view)
    try:
        deliveries.check(spec, target, rule)
        if spec.service == "logs":
            _deliver_to_logs(spec, target, event, rule, view)
        else:
            original(target, event, rule, view)
    except Undeliverable as fault:
        log.warning("EventBridge: rule %s: %s: %s", rule.get("Arn"), spec, fault)
        _keep_dead_letter(fault, target, rule, view)
    except Exception:
        # As with its other targets: one that fails stops neither the next one nor the request.
        log.exception("EventBridge: delivering to %s failed", spec)


class _JsonVariables(dict[str, Any]):
    """The variables of an input template that has JSON strings."""


@PATCHES.around(eventbridge)
def _render_input_template(original: Callable[..., str], template: str, replacements: Json) -> str:
    return original(template, _JsonVariables(replacements) if '"' in template else replacements)


@PATCHES.around(eventbridge)
def _render_placeholder(
    original: Callable[..., str], var_name: str, token: str, replacements: Json, in_string: bool
) -> str:
    """Escape text that replaces a variable within a JSON string."""
    value = replacements.get(var_name)
    if in_string and isinstance(value, str) and isinstance(replacements, _JsonVariables):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return original(var_name, token, replacements, in_string)


def _dispatch_to_lambda(arn: str, payload: str) -> None:
    try:
        event = json.loads(payload)
    except ValueError:
        event = {"body": payload}
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, event)


def _keep_dead_letter(fault: Undeliverable, target: Json, rule: Json, view: Any) -> None:
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not arn:
        return
    try:
        deliveries.check(parse_arn(arn), {"RoleArn": target.get("RoleArn")}, rule)
        _send_dead_letter(parse_arn(arn), fault, target, rule, view)
    except Exception as reason:
        log.warning("EventBridge: rule %s: dead-letter queue %s: %s", rule.get("Arn"), arn, reason)


def _send_dead_letter(queue: Arn, fault: Undeliverable, target: Json, rule: Json, view: Any) -> None:
    attributes = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": fault.code,
        "ERROR_MESSAGE": str(fault),
        "RETRY_ATTEMPTS": "0",
    }
    message = {
        "QueueUrl": queue.resource,
        "MessageBody": json.dumps(view.event_with_detail()),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()
        },
    }
    sqs._act_send_message(message, "")


# Log groups.


def _deliver_to_logs(spec: Arn, target: Json, event: Json, rule: Json, view: Any) -> None:
    group = deliveries.log_group(spec)
    message, timestamp = _log_line(_input(target, rule, view), event)
    # Named by the target, so that it is the same after a restart. On AWS it is an opaque name too.
    where = {
        "logGroupName": group,
        "logStreamName": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{rule.get('Arn')}/{target.get('Id')}")),
    }
    with _streams:
        if where["logStreamName"] not in cloudwatch_logs._log_groups[group]["streams"]:
            cloudwatch_logs._create_log_stream(where)
    cloudwatch_logs._put_log_events({**where, "logEvents": [{"timestamp": timestamp, "message": message}]})


def _input(target: Json, rule: Json, view: Any) -> str:
    """What a target is given: the event, or what its input, its input path or its transformer makes of it."""
    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input"):
        return str(target["Input"])
    value = view.event_with_detail()
    if target.get("InputPath"):
        for part in target["InputPath"].removeprefix("$").split("."):
            value = value.get(part) if part and isinstance(value, dict) else value
    return json.dumps(value)


def _log_line(text: str, event: Json) -> tuple[str, int]:
    """The message and its time in milliseconds.

    `{"timestamp": …, "message": …}` names both: the form that AWS documents for the transformer of a log
    group target. Any other text is the message, and its time is the event's.
    """
    timestamp = int(event["Time"]) * 1000
    try:
        line = json.loads(text)
    except ValueError:
        return text, timestamp
    if isinstance(line, dict) and set(line) == {"timestamp", "message"}:
        time, message = line["timestamp"], line["message"]
        return message if isinstance(message, str) else json.dumps(message), _milliseconds(time, timestamp)
    return text, timestamp


def _milliseconds(time: object, otherwise: int) -> int:
    if isinstance(time, int):
        return time
    try:
        return int(datetime.fromisoformat(str(time)).timestamp() * 1000)
    except ValueError:
        return int(str(time)) if str(time).isdigit() else otherwise

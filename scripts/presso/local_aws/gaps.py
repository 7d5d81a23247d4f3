"""What the emulator does differently from AWS and we put right, inside its process.

Import this only after the emulator's settings are in the environment: importing it imports the emulator.
The list, with the reasons and what is left as it is, is in docs/local-aws.md; the tests show both that each
gap is filled (test_gaps.py) and that the emulator alone still has it (test_ministack.py).
"""

import inspect
import json
import logging
import threading
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import error_response_json, json_response
from ministack.services import cloudwatch_logs, eventbridge, stepfunctions

_Response = tuple[int, dict[str, str], bytes]
_Json = dict[str, Any]

_log = logging.getLogger("presso")

# What is called or replaced here, with its parameters: all of it is internal to the emulator.
_NEEDED: dict[Any, dict[str, tuple[str, ...] | None]] = {
    eventbridge: {
        "_apply_input_transformer": ("transformer", "rule", "view"),
        "_delete_event_bus": ("data",),
        "_delete_rule": ("data",),
        "_event_bus_policies": None,
        "_event_buses": None,
        "_invoke_target": ("target", "event", "rule", "view"),
        "_now_ts": (),
        "_pattern_event_view": ("event",),
        "_put_events": ("data", "allow_aws_source"),
        "_put_permission": ("data",),
        "_put_rule": ("data",),
        "_put_targets": ("data",),
        "_rule_key": ("rule_name", "bus_name"),
        "_rules": None,
        "_target_matches_request_scope": ("spec",),
        "_targets": None,
    },
    cloudwatch_logs: {
        "_create_log_stream": ("data",),
        "_log_groups": None,
        "_put_log_events": ("data",),
    },
    stepfunctions: {
        "_ExecutionError": ("error", "cause"),
        "_SERVICE_DISPATCH": None,
        "_executions": None,
        "_invoke_events_put_events": ("resource", "input_data"),
        "_run_execution": ("exec_arn",),
    },
}
_PUT_EVENTS_TASK = "arn:aws:states:::events:putEvents"

_MOST_ENTRIES = 10
_MOST_BYTES = 256 * 1024
_TIME_BYTES = 14
_MOST_TARGETS = 5
_LONGEST_POLICY = 10240

# The time that a PutEvents entry carries, while that entry is taken in. Not a context variable: executions
# that it starts copy the context, and would live in that time for ever.
_entry = threading.local()
_execution: ContextVar[str] = ContextVar("presso_execution", default="")
_streams = threading.Lock()


class EmulatorChanged(SystemExit):
    """The emulator lacks something that is needed here, so its gaps cannot be filled. Ends the process."""


def fill() -> None:
    """Fill the gaps.

    Raises:
        EmulatorChanged: something that is needed is missing: this is another version than the pinned one.
    """
    missing = list(_missing())
    if missing:
        raise EmulatorChanged(
            f"ministack has changed: {', '.join(missing)}. presso fills gaps there (docs/local-aws.md): "
            "install the version that pyproject.toml names, or bring presso/local_aws/gaps.py up to date."
        )
    events = eventbridge
    events._now_ts = _now(events._now_ts)
    events._put_events = _put_events(events._put_events)
    events._invoke_target = _invoke_target(events._invoke_target)
    events._put_permission = _put_permission(events._put_permission)
    events._delete_event_bus = _delete_event_bus(events._delete_event_bus)
    events._put_rule = _put_rule(events._put_rule)
    events._put_targets = _put_targets(events._put_targets)
    events._delete_rule = _delete_rule(events._delete_rule)
    stepfunctions._run_execution = _run_execution(stepfunctions._run_execution)
    task = _put_events_task(stepfunctions._invoke_events_put_events)
    stepfunctions._invoke_events_put_events = task
    stepfunctions._SERVICE_DISPATCH[_PUT_EVENTS_TASK] = task


def _missing() -> list[str]:
    found = []
    for module, names in _NEEDED.items():
        for name, parameters in names.items():
            value = getattr(module, name, None)
            if value is None:
                found.append(f"{module.__name__}.{name} is missing")
            elif parameters is not None and tuple(inspect.signature(value).parameters) != parameters:
                found.append(f"{module.__name__}.{name} takes {inspect.signature(value)}")
    if _PUT_EVENTS_TASK not in getattr(stepfunctions, "_SERVICE_DISPATCH", {}):
        found.append(f"Step Functions has no {_PUT_EVENTS_TASK}")
    return found


def _refused(code: str, message: str) -> _Response:
    response: _Response = error_response_json(code, message, 400)
    return response


# PutEvents. Source of what AWS answers: API reference of PutEvents and PutEventsResultEntry, "Calculating
# PutEvents event entry size", and LocalStack's snapshots taken on AWS. A bus that does not exist is no error
# there: AWS answers with an event id and drops the event (github.com/aws/aws-sdk/issues/186), and so does
# the emulator.


def _put_events(original: Callable[..., _Response]) -> Callable[..., _Response]:
    def put_events(data: _Json, allow_aws_source: bool = False) -> _Response:
        entries = data.get("Entries") or []
        if len(entries) > _MOST_ENTRIES:
            return original(data, allow_aws_source)
        if not entries:
            return _refused(
                "ValidationException",
                "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1",
            )
        if sum(map(_size, entries)) > _MOST_BYTES:
            return _refused(
                "ValidationException", "Total size of the entries in the request is over the limit."
            )
        results = [_entry_refused(entry) or _take(original, entry, allow_aws_source) for entry in entries]
        failed = sum("ErrorCode" in result for result in results)
        response: _Response = json_response({"FailedEntryCount": failed, "Entries": results})
        return response

    return put_events


def _take(original: Callable[..., _Response], entry: _Json, allow_aws_source: bool) -> _Json:
    outer = getattr(_entry, "time", None)
    _entry.time = entry.get("Time")
    try:
        _, _, body = original({"Entries": [entry]}, allow_aws_source)
    finally:
        _entry.time = outer
    result: _Json = json.loads(body)["Entries"][0]
    return result


def _now(original: Callable[[], float]) -> Callable[[], float]:
    def now() -> float:
        time = getattr(_entry, "time", None)
        return float(time) if isinstance(time, int | float) else original()

    return now


def _size(entry: _Json) -> int:
    texts = [
        entry.get("Source"),
        entry.get("DetailType"),
        entry.get("Detail"),
        *(entry.get("Resources") or []),
    ]
    size = sum(len(text.encode()) for text in texts if isinstance(text, str))
    return size + (_TIME_BYTES if entry.get("Time") is not None else 0)


def _entry_refused(entry: _Json) -> _Json | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    if not _is_object(entry["Detail"]):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def _is_object(text: object) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(text, str) and isinstance(json.loads(text, parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False


# Rule targets that are log groups.


def _invoke_target(original: Callable[..., None]) -> Callable[..., None]:
    def invoke_target(target: _Json, event: _Json, rule: _Json, view: Any = None) -> None:
        try:
            spec = parse_arn(target.get("Arn", ""))
        except ArnParseError:
            return original(target, event, rule, view)
        if spec.service != "logs":
            return original(target, event, rule, view)
        try:
            return _deliver_to_logs(spec, target, event, rule, view)
        except Exception:
            # As with its other targets: one that fails stops neither the next one nor the request.
            _log.exception("EventBridge: delivering to %s failed", spec)

    return invoke_target


def _deliver_to_logs(spec: Any, target: _Json, event: _Json, rule: _Json, view: Any) -> None:
    group = spec.resource.removeprefix("log-group:").removesuffix(":*")
    if not eventbridge._target_matches_request_scope(spec) or group not in cloudwatch_logs._log_groups:
        _log.warning(
            "EventBridge: rule %s: there is no log group %s here; event dropped", rule.get("Arn"), group
        )
        return
    view = view or eventbridge._pattern_event_view(event)
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


def _input(target: _Json, rule: _Json, view: Any) -> str:
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


def _log_line(text: str, event: _Json) -> tuple[str, int]:
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
    from datetime import datetime

    if isinstance(time, int):
        return time
    try:
        return int(datetime.fromisoformat(str(time)).timestamp() * 1000)
    except ValueError:
        return int(str(time)) if str(time).isdigit() else otherwise


# Buses, rules and targets: what AWS refuses.


def _put_permission(original: Callable[[_Json], _Response]) -> Callable[[_Json], _Response]:
    def put_permission(data: _Json) -> _Response:
        bus = data.get("EventBusName", "default")
        if bus not in eventbridge._event_buses:
            return _refused("ResourceNotFoundException", f"Event bus {bus} does not exist.")
        if not data.get("Policy"):
            stored = eventbridge._event_bus_policies.get(bus)
            if stored and isinstance(stored["Statement"], dict):
                stored["Statement"] = [stored["Statement"]]
            return original(data)
        if len(data["Policy"]) > _LONGEST_POLICY:
            return _refused("PolicyLengthExceededException", "The policy is longer than 10240 characters.")
        if not _is_object(data["Policy"]) or not json.loads(data["Policy"]).get("Statement"):
            return _refused(
                "ValidationException", "Parameter Policy is not valid. Reason: it is no policy document."
            )
        eventbridge._event_bus_policies[bus] = json.loads(data["Policy"])
        response: _Response = json_response({})
        return response

    return put_permission


def _delete_event_bus(original: Callable[[_Json], _Response]) -> Callable[[_Json], _Response]:
    def delete_event_bus(data: _Json) -> _Response:
        bus = data.get("Name")
        if bus != "default" and any(rule.get("EventBusName") == bus for rule in eventbridge._rules.values()):
            return _refused("ValidationException", f"Event bus {bus} can't be deleted since it has rules.")
        response = original(data)
        if bus not in eventbridge._event_buses:
            eventbridge._event_bus_policies.pop(bus, None)
        return response

    return delete_event_bus


def _put_rule(original: Callable[[_Json], _Response]) -> Callable[[_Json], _Response]:
    def put_rule(data: _Json) -> _Response:
        if not data.get("EventPattern") and not data.get("ScheduleExpression"):
            message = "Parameter(s) EventPattern or ScheduleExpression must be specified."
            return _refused("ValidationException", message)
        if data.get("ScheduleExpression") and data.get("EventBusName", "default") != "default":
            return _refused(
                "ValidationException", "ScheduleExpression is supported only on the default event bus."
            )
        # What is left out is reset, not kept (API reference of PutRule).
        return original({"State": "ENABLED", "Description": "", "RoleArn": "", **data})

    return put_rule


def _put_targets(original: Callable[[_Json], _Response]) -> Callable[[_Json], _Response]:
    def put_targets(data: _Json) -> _Response:
        key = eventbridge._rule_key(data.get("Rule"), data.get("EventBusName", "default"))
        present = {target["Id"] for target in eventbridge._targets.get(key, [])}
        if len(present | {target.get("Id") for target in data.get("Targets", [])}) > _MOST_TARGETS:
            message = "The requested resource exceeds the maximum number allowed."
            return _refused("LimitExceededException", message)
        return original(data)

    return put_targets


def _delete_rule(original: Callable[[_Json], _Response]) -> Callable[[_Json], _Response]:
    def delete_rule(data: _Json) -> _Response:
        key = eventbridge._rule_key(data.get("Name"), data.get("EventBusName", "default"))
        if eventbridge._targets.get(key):
            return _refused("ValidationException", "Rule can't be deleted since it has targets.")
        return original(data)

    return delete_rule


# Step Functions' optimised integration with EventBridge (developer guide, "Add EventBridge events").


def _run_execution(original: Callable[[str], Any]) -> Callable[[str], Any]:
    def run_execution(exec_arn: str) -> Any:
        token = _execution.set(exec_arn)
        try:
            return original(exec_arn)
        finally:
            _execution.reset(token)

    return run_execution


def _put_events_task(original: Callable[[str, Any], _Json]) -> Callable[[str, Any], _Json]:
    def put_events_task(resource: str, input_data: Any) -> _Json:
        entries = [_as_request(entry) for entry in input_data.get("Entries") or []]
        result = original(resource, {**input_data, "Entries": entries})
        if result.get("FailedEntryCount"):
            raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(result))
        return result

    return put_events_task


def _as_request(entry: _Json) -> _Json:
    """A task's entry as the API takes it: `Detail` is text; the execution and its machine are resources."""
    execution = stepfunctions._executions.get(_execution.get()) or {}
    arns = [execution[name] for name in ("executionArn", "stateMachineArn") if execution.get(name)]
    request = {**entry, "Resources": [*(entry.get("Resources") or []), *arns]}
    if isinstance(request.get("Detail"), dict | list):
        request["Detail"] = json.dumps(request["Detail"])
    return request

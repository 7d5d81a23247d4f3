"""Pipes from queues, to functions, buses and queues, too; with filters and input templates.

The emulator's pipes read DynamoDB streams only, deliver to SNS and Step Functions only, and keep no
parameters.

Sources: EventBridge user guide, "Amazon EventBridge Pipes": "Amazon SQS as a source" (what a batch is; a
filtered message is deleted, one that fails stays in the queue), "Event filtering" (a body that is JSON is
matched as such), "Input transformation" (paths, reserved variables, bodies parsed implicitly), "Pipe targets"
(a function and a state machine get the batch as an array, the others each record); API reference of
CreatePipe.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack import app
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import eventbridge, lambda_svc, pipes, sns, sqs, stepfunctions

from presso.local_aws.emulator_patches import deliveries, journal
from presso.local_aws.emulator_patches.internals import Json, Patches, Response, log

PATCHES = Patches()
PATCHES.uses(
    pipes,
    "_pipes",
    _iter_all_pipes="",
    _arn_service="arn",
    _json_resp="status body",
    _lifecycle_response="pipe",
)
PATCHES.uses(
    lambda_svc,
    _apply_filter_criteria="records esm",
    _execute_function="func event",
    _execution_record_for_config="func config",
    _get_func_record_for_ref="function_ref",
    invoke_async_with_retry="func event",
    _sqs_message_attributes_to_camel_case="attrs",
)
PATCHES.uses(
    sqs,
    "_queues",
    _act_send_message="data qurl",
    _delete_messages_for_esm="queue_url receipt_handles",
    _queue_url="name",
    _receive_messages_for_esm="queue_url max_number",
)
PATCHES.uses(eventbridge, _put_events="data allow_aws_source")
PATCHES.uses(stepfunctions, _start_execution="data")
PATCHES.uses(
    sns,
    publish_internal="topic_arn message subject message_structure message_attributes message_group_id "
    "message_deduplication_id",
)

PIPES = "pipes.amazonaws.com"
_KEPT = ("SourceParameters", "TargetParameters", "Enrichment", "EnrichmentParameters", "LogConfiguration")
_VARIABLE = re.compile(r"<([^<>]+)>")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_MOST_BATCHES = 100
_ACTIONS = {
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
    "states": "states:StartExecution",
}


class _Failed(Exception):
    """A batch, or a part of it, did not reach its target."""


# Parameters are kept.


@PATCHES.around(pipes)
def _create_pipe(original: Callable[..., Response], name: str, body: Json) -> Response:
    desired = str(body.get("DesiredState", "RUNNING")).upper()
    existing = name in pipes._pipes
    # It must not run before it has its parameters.
    answer = original(name, {**body, "DesiredState": "STOPPED"} if desired == "RUNNING" else body)
    if existing or name not in pipes._pipes:
        return answer
    pipe = {**pipes._pipes[name], **{key: body[key] for key in _KEPT if key in body}}
    pipes._pipes[name] = {**pipe, "DesiredState": desired, "CurrentState": desired}
    response: Response = pipes._json_resp(200, pipes._lifecycle_response(pipes._pipes[name]))
    return response


@PATCHES.around(pipes)
def _update_pipe(original: Callable[..., Response], name: str, body: Json) -> Response:
    answer = original(name, body)
    pipe = pipes._pipes.get(name)
    if pipe is not None and answer[0] == 200:
        merged = {**pipe.get("SourceParameters", {}), **body.get("SourceParameters", {})}
        given = {key: body[key] for key in _KEPT if key in body} | {"SourceParameters": merged}
        pipes._pipes[name] = {**pipe, **given}
    return answer


@PATCHES.around(pipes)
def _describe_response(original: Callable[[Json], Json], pipe: Json) -> Json:
    return {**original(pipe), **{key: pipe[key] for key in _KEPT if pipe.get(key)}}


# Queues are read.


@PATCHES.around(pipes)
def _poll_once(original: Callable[[], None]) -> None:
    original()
    for account, region, pipe in pipes._iter_all_pipes():
        if pipe.get("CurrentState") != "RUNNING" or pipes._arn_service(pipe.get("Source", "")) != "sqs":
            continue
        tokens = _request_account_id.set(account), _request_region.set(region)
        try:
            _read_queue(pipe)
        except Exception:
            log.exception("Pipes: %s failed", pipe.get("Name"))
        finally:
            _request_account_id.reset(tokens[0])
            _request_region.reset(tokens[1])


def _read_queue(pipe: Json) -> None:
    """Deliver what is in a pipe's queue; what fails stays there."""
    url = sqs._queue_url(pipe["Source"].rpartition(":")[2])
    if url not in sqs._queues or not _may(pipe, "sqs:ReceiveMessage", pipe["Source"]):
        return
    size = ((pipe.get("SourceParameters") or {}).get("SqsQueueParameters") or {}).get("BatchSize") or 10
    for _ in range(_MOST_BATCHES):
        batch = sqs._receive_messages_for_esm(url, size)
        if not batch:
            return
        records = [_record(message, pipe) for message in batch]
        criteria = (pipe.get("SourceParameters") or {}).get("FilterCriteria")
        wanted = lambda_svc._apply_filter_criteria(records, {"FilterCriteria": criteria})
        done = {record["receiptHandle"] for record in records if record not in wanted}
        try:
            failed = _deliver(pipe, wanted) if wanted else set()
            done |= {each["receiptHandle"] for each in wanted if each["messageId"] not in failed}
        except _Failed as reason:
            log.warning("Pipes: %s: %s", pipe.get("Name"), reason)
        sqs._delete_messages_for_esm(url, done)


def _record(message: Json, pipe: Json) -> Json:
    first = message.get("first_receive_at") or time.time()
    attributes = {
        "ApproximateReceiveCount": str(message.get("receive_count", 1)),
        "SentTimestamp": str(int(message["sent_at"] * 1000)),
        "SenderId": parse_arn(pipe["Arn"]).account_id,
        "ApproximateFirstReceiveTimestamp": str(int(first * 1000)),
        **({"MessageGroupId": message["group_id"]} if message.get("group_id") else {}),
    }
    given = message.get("message_attributes", {})
    return {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": attributes,
        "messageAttributes": lambda_svc._sqs_message_attributes_to_camel_case(given),
        "md5OfBody": message.get("md5_body") or message.get("md5") or "",
        "eventSource": "aws:sqs",
        "eventSourceARN": pipe["Source"],
        "awsRegion": parse_arn(pipe["Source"]).region,
    }


# Batches are delivered.


@PATCHES.around(pipes)
def _deliver_batch(original: Callable[..., bool], pipe: Json, batch: list[Json]) -> bool:
    """Deliver records of a stream."""
    criteria = (pipe.get("SourceParameters") or {}).get("FilterCriteria")
    wanted = lambda_svc._apply_filter_criteria(batch, {"FilterCriteria": criteria})
    try:
        return not (wanted and _deliver(pipe, wanted))
    except _Failed as reason:
        log.warning("Pipes: %s: %s", pipe.get("Name"), reason)
        return False


def _deliver(pipe: Json, records: list[Json]) -> set[str]:
    """Hand a batch to the target; the ids of the messages that it reported as failed.

    Raises:
        _Failed: The target has none of them, or is not there.
    """
    target = pipe["Target"]
    service = pipes._arn_service(target)
    if service not in _ACTIONS:
        raise _Failed(f"the local AWS has no pipes to {service or target}")
    if not _may(pipe, _ACTIONS[service], target):
        raise _Failed(f"{pipe['RoleArn']} is not allowed {_ACTIONS[service]} on {target}")
    events = [_transformed(pipe, record) for record in records]
    if service == "lambda":
        return _to_function(pipe, events)
    if service == "states":
        answer = stepfunctions._start_execution({"stateMachineArn": target, "input": json.dumps(events)})
        if answer[0] >= 400:
            raise _Failed(f"{target}: {answer[2]!r}")
        return set()
    for event, record in zip(events, records, strict=True):
        _ONE_BY_ONE[service](pipe, event, record)
    return set()


def _to_function(pipe: Json, events: list[Any]) -> set[str]:
    function, config, _ = lambda_svc._get_func_record_for_ref(pipe["Target"])
    if function is None or config is None:
        raise _Failed(f"{pipe['Target']} does not exist")
    given = (pipe.get("TargetParameters") or {}).get("LambdaFunctionParameters") or {}
    if given.get("InvocationType") == "FIRE_AND_FORGET":
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), events)
        return set()
    result = lambda_svc._execute_function(lambda_svc._execution_record_for_config(function, config), events)
    if result.get("error"):
        raise _Failed(f"{pipe['Target']} failed: {result.get('body')}")
    body = result.get("body")
    failed = body.get("batchItemFailures") if isinstance(body, dict) else None
    return {str(each.get("itemIdentifier")) for each in failed or () if isinstance(each, dict)}


def _to_bus(pipe: Json, event: Any, record: Json) -> None:
    given = (pipe.get("TargetParameters") or {}).get("EventBridgeEventBusParameters") or {}

    def value(name: str, otherwise: str) -> str:
        text = str(given.get(name) or otherwise)
        return str(_found(record, text)) if text.startswith("$.") else text

    entry = {
        "EventBusName": pipe["Target"],
        "Source": value("Source", f"Pipe {pipe['Name']}"),
        "DetailType": value("DetailType", f"Event from {record.get('eventSource')}"),
        "Detail": event if isinstance(event, str) else json.dumps(event),
        "Resources": [value("", each) for each in given.get("Resources") or ()],
    }
    answer = json.loads(eventbridge._put_events({"Entries": [entry]})[2])
    if answer.get("FailedEntryCount"):
        raise _Failed(f"{pipe['Target']}: {answer['Entries'][0]}")


def _to_queue(pipe: Json, event: Any, record: Json) -> None:
    given = (pipe.get("TargetParameters") or {}).get("SqsQueueParameters") or {}
    names = ("MessageGroupId", "MessageDeduplicationId")
    more = {
        name: str(_found(record, given[name])) if given[name].startswith("$.") else given[name]
        for name in names
        if given.get(name)
    }
    url = sqs._queue_url(pipe["Target"].rpartition(":")[2])
    if url not in sqs._queues:
        raise _Failed(f"{pipe['Target']} does not exist")
    sqs._act_send_message({"QueueUrl": url, "MessageBody": _text(event), **more}, "")


def _to_topic(pipe: Json, event: Any, record: Json) -> None:
    if sns.publish_internal(pipe["Target"], _text(event), f"Pipes {pipe['Name']}") is None:
        raise _Failed(f"{pipe['Target']} does not exist")


_ONE_BY_ONE = {"events": _to_bus, "sns": _to_topic, "sqs": _to_queue}


def _text(event: Any) -> str:
    return event if isinstance(event, str) else json.dumps(event)


# Input templates.


def _transformed(pipe: Json, record: Json) -> Any:
    """What a target is given of a record: the record, or what the pipe's template makes of it."""
    template = (pipe.get("TargetParameters") or {}).get("InputTemplate")
    if not template:
        return record
    own = {
        "aws.pipes.pipe-arn": pipe["Arn"],
        "aws.pipes.pipe-name": pipe["Name"],
        "aws.pipes.source-arn": pipe["Source"],
        "aws.pipes.target-arn": pipe["Target"],
        "aws.pipes.event.ingestion-time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "aws.pipes.event": record,
    }
    text = "".join(_filled(template, own, record))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _filled(template: str, own: Json, record: Json) -> Iterator[str]:
    """Yield the parts of a template with its variables replaced: text in its strings, JSON elsewhere."""
    end, in_string = 0, False
    for variable in _VARIABLE.finditer(template):
        part = template[end : variable.start()]
        in_string ^= len(re.findall(r'(?<!\\)"', part)) % 2 == 1
        end = variable.end()
        name = variable[1]
        value = own[name] if name in own else _found(record, name) if name.startswith("$") else ""
        if not in_string and isinstance(value, str) and _is_object(value):
            value = json.loads(value)
        whole = json.dumps(value, ensure_ascii=False)
        yield part
        yield (whole[1:-1] if isinstance(value, str) else json.dumps(whole)[1:-1]) if in_string else whole
    yield template[end:]


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def _found(record: Any, path: str) -> Any:
    """What a path such as `$.body.orderId` leads to; "" for nothing. Text on the way is read as JSON."""
    value = record
    for name, number in _STEP.findall(path.removeprefix("$")):
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return ""
        if number and isinstance(value, list) and int(number) < len(value):
            value = value[int(number)]
        elif name and isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return ""
    return value


# Where IAM is enforced, a pipe has its role's permissions.


def _may(pipe: Json, action: str, arn: str) -> bool:
    if not app.AUTH:
        return True
    role = str(pipe.get("RoleArn") or "")
    try:
        deliveries.check_role(role, action, parse_arn(arn), PIPES)
    except (deliveries.Undeliverable, ArnParseError):
        journal.note_denied(role, action, arn)
        return False
    return True

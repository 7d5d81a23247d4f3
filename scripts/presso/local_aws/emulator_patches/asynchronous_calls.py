"""Asynchronous calls of a function wait for its concurrency; its dead letters are the events.

Sources: Lambda developer guide, "Understanding retry behavior in asynchronous invocations": an event that is
throttled returns to the function's queue for the time that its configuration sets, at most six hours. Its
retries are for errors of the function alone. "Adding a dead-letter queue": a message is the event, with three
attributes.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from ministack.core.arn import parse_arn
from ministack.services import lambda_svc, sqs

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(lambda_svc, "_functions", _inflight_key="config")
PATCHES.uses(sqs, _queue_by_arn="arn", _act_send_message="data qurl")
# Lambda's own default, and how often a call that no end of another wakes tries again.
_LONGEST_AGE_SECONDS = 21600
_TRIED_EVERY = 1.0

_is_asynchronous: ContextVar[bool] = ContextVar("presso_is_asynchronous", default=False)
_waiting: dict[str, threading.Condition] = {}
_lock = threading.Lock()


def is_asynchronous() -> bool:
    """Whether this thread calls a function for a caller that does not wait."""
    return _is_asynchronous.get()


@PATCHES.around(lambda_svc)
def invoke_async_with_retry(original: Callable[..., None], func: Json, event: Json) -> None:
    """Call a function in a thread, which runs in this context."""
    token = _is_asynchronous.set(True)
    try:
        original(func, event)
    finally:
        _is_asynchronous.reset(token)


@PATCHES.around(lambda_svc)
def _execute_function(original: Callable[..., Json], func: Json, event: Json) -> Json:
    """Run a function; a throttled asynchronous call waits and tries again until its event is too old."""
    until = time.monotonic() + _longest_age(func)
    result = original(func, event)
    while result.get("throttle") and _is_asynchronous.get() and time.monotonic() < until:
        with (ended := _ends(lambda_svc._inflight_key(func.get("config") or func))):
            ended.wait(_TRIED_EVERY)
        result = original(func, event)
    return result


@PATCHES.around(lambda_svc)
def _release_execution_slot(original: Callable[[str], None], key: str) -> None:
    """Free a slot, and wake one of those that wait for it."""
    original(key)
    if key is not None:
        with (ended := _ends(key)):
            ended.notify()


@PATCHES.around(lambda_svc)
def _route_async_failure(
    original: Callable[[str, str, Json, Json], None],
    target_arn: str,
    func_name: str,
    event: Json,
    result: Json,
) -> None:
    """Keep what failed: in a dead-letter queue the event itself, at a destination what became of it, too."""
    config = (lambda_svc._functions.get(func_name) or {}).get("config", {})
    letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    queue = sqs._queue_by_arn(target_arn) if target_arn == letters else None
    if queue is None:
        original(target_arn, func_name, event, result)
        return
    error = result.get("body")
    reason = str(error.get("errorMessage", "")) if isinstance(error, dict) else ""
    attributes = {
        "RequestID": str(uuid.uuid4()),
        "ErrorCode": "200",
        "ErrorMessage": reason[:1024] or "Unknown",
    }
    message = {
        "QueueUrl": parse_arn(target_arn).resource,
        "MessageBody": json.dumps(event),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()
        },
    }
    sqs._act_send_message(message, "")


def _ends(key: str) -> threading.Condition:
    """The condition that a call of a function has ended."""
    with _lock:
        return _waiting.setdefault(key, threading.Condition())


def _longest_age(func: Json) -> float:
    found = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
    return float(found.get("MaximumEventAgeInSeconds") or _LONGEST_AGE_SECONDS)

"""Step Functions: executions that end on request, and the integration with EventBridge.

Sources: API reference of StopExecution; developer guide, "Map workflow state" and "Parallel workflow state"
(a failed iteration or branch stops the others), "Add EventBridge events", "Start workflow executions from a
task state" (a task that is aborted cancels its job).
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions

from presso.local_aws.emulator_patches.internals import Json, Patches

_STATES = ("choice", "map", "parallel", "pass", "task", "wait")

PATCHES = Patches()
PATCHES.uses(
    stepfunctions,
    "_SERVICE_DISPATCH",
    "_SFN_WAIT_SCALE",
    *(f"_execute_{state}" for state in _STATES),
    "_executions",
    "_map_runs",
    "_task_tokens",
    _ExecutionError="error cause",
    _invoke_events_put_events="resource input_data",
    _apply_jsonata_template="value raw_input ctx result error_output",
    now_iso="",
)

_PUT_EVENTS_TASK = "arn:aws:states:::events:putEvents"
_ENDS = {"ExecutionAborted", "ExecutionFailed", "ExecutionSucceeded", "ExecutionTimedOut"}

_history = threading.Lock()


@PATCHES.also
def _end_on_request() -> None:
    states = stepfunctions
    for state in _STATES:
        name = f"_execute_{state}"
        setattr(states, name, _unless_ended(getattr(states, name)))
    task = _unless_ended(_put_events_task(states._invoke_events_put_events))
    states._invoke_events_put_events = task
    states._SERVICE_DISPATCH[_PUT_EVENTS_TASK] = task


def missing() -> Iterator[str]:
    """Yield what the emulator lacks in addition to the needed parts of its modules."""
    if _PUT_EVENTS_TASK not in getattr(stepfunctions, "_SERVICE_DISPATCH", {}):
        yield f"Step Functions has no {_PUT_EVENTS_TASK}"


class _Ended(SystemExit):
    """Raised by what works for something that has ended.

    Not an error of the execution: neither the emulator nor a `Catch` takes it for one, and a thread that it
    leaves ends without a word.
    """


class _Work:
    """What ends together: an execution, the items of a map, the branches of a parallel state.

    Args:
        execution: The ARN of the execution.
        outer: What it is part of, and ends with.
        together: Whether all of it ends when a part fails.
    """

    def __init__(self, execution: str, outer: "_Work | None", *, together: bool = False) -> None:
        self.execution = execution
        self.together = together
        self.ended = threading.Event()
        self._inner: set[_Work] = set()
        self._wake: Callable[[], None] = lambda: None
        self._outer = outer
        if outer is not None:
            with _works:
                outer._inner.add(self)
                if outer.ended.is_set():
                    self.ended.set()

    def end(self) -> None:
        """End it and all that is part of it. Who sleeps wakes up."""
        with _works:
            self.ended.set()
            parts = list(self._inner)
        self._wake()
        for part in parts:
            part.end()

    def wakes(self, wake: Callable[[], None]) -> None:
        """Call this too when it ends: what it waits for is not a sleep."""
        self._wake = wake

    def close(self) -> None:
        """Leave what it is part of: it is done."""
        if self._outer is not None:
            with _works:
                self._outer._inner.discard(self)


_works = threading.Lock()
_running: dict[str, _Work] = {}
_work: ContextVar[_Work | None] = ContextVar("presso_work", default=None)


@contextmanager
def _doing(work: _Work | None) -> Iterator[None]:
    token = _work.set(work)
    try:
        yield
    finally:
        _work.reset(token)
        if work is not None:
            work.close()


def _check() -> None:
    work = _work.get()
    if work is not None and work.ended.is_set():
        raise _Ended


def _unless_ended(original: Callable[..., Any]) -> Callable[..., Any]:
    def unless_ended(*arguments: Any) -> Any:
        _check()
        return original(*arguments)

    return unless_ended


@PATCHES.around(stepfunctions)
def _scaled_sleep(original: Callable[[float], None], seconds: float) -> None:
    work = _work.get()
    if work is None:
        original(seconds)
    elif work.ended.wait(max(0.0, seconds * stepfunctions._SFN_WAIT_SCALE)):
        raise _Ended


# Tasks that wait for a token.

_waiting: dict[str, str] = {}
_timeout: ContextVar[Any] = ContextVar("presso_timeout", default=None)


@PATCHES.around(stepfunctions)
def _apply_jsonata_arguments(
    original: Callable[..., Any], state_def: Json, raw_input: Any, ctx: Any = None
) -> Any:
    # Evaluated here, where the variables are: the emulator would wait for as long as the expression's text.
    given = state_def.get("TimeoutSeconds")
    if isinstance(given, str):
        given = stepfunctions._apply_jsonata_template(given, raw_input, ctx)
    _timeout.set(given)
    return original(state_def, raw_input, ctx)


@PATCHES.around(stepfunctions)
def _invoke_with_callback(
    original: Callable[..., Any], resource: str, input_data: Any, token: str, state_def: Json
) -> Any:
    if isinstance(state_def.get("TimeoutSeconds"), str):
        state_def = {**state_def, "TimeoutSeconds": _timeout.get()}
    work = _work.get()
    if work is None:
        return original(resource, input_data, token, state_def)
    work.wakes(lambda: _wake(token))
    _waiting[token] = work.execution
    try:
        result = original(resource, input_data, token, state_def)
    finally:
        del _waiting[token]
    _check()
    return result


def waiting(token: str) -> str:
    """Return the ARN of the execution that waits for a token; "" for none."""
    return _waiting.get(token, "")


def _wake(token: str) -> None:
    """Let a task that waits for a token go on: its execution has ended."""
    for (_, _, waiting), info in stepfunctions._task_tokens.all_items():
        if waiting == token:
            info["event"].set()


def end(arns: Iterable[str]) -> None:
    """End these executions: what they belong to has been deleted."""
    for arn in arns:
        work = _running.get(arn)
        if work is not None:
            work.end()


# Executions.


@PATCHES.around(stepfunctions)
def _start_execution(original: Callable[[Json], Any], data: Json) -> Any:
    # Who started it may end without it.
    with _doing(None):
        return original(data)


@PATCHES.around(stepfunctions)
def _run_execution(original: Callable[[str], Any], exec_arn: str) -> None:
    # One that is run in a task of another (`.sync`) is a part of that one.
    work = _running[exec_arn] = _Work(exec_arn, _work.get())
    execution = stepfunctions._executions.get(exec_arn) or {}
    if execution.get("status") != "RUNNING":
        work.end()
    try:
        with _doing(work):
            original(exec_arn)
    except _Ended:
        # Nothing happens unless it is the end of another that has come.
        stepfunctions._stop_execution({"executionArn": exec_arn})
    finally:
        del _running[exec_arn]


@PATCHES.around(stepfunctions)
def _stop_execution(original: Callable[[Json], Any], data: Json) -> Any:
    answer = original(data)
    arn = data.get("executionArn", "")
    work = _running.get(arn)
    if work is not None and (stepfunctions._executions.get(arn) or {}).get("status") == "ABORTED":
        work.end()
    return answer


@PATCHES.around(stepfunctions)
def _fail_execution(original: Callable[..., None], execution: Json, error: str, cause: str) -> None:
    if execution["status"] == "RUNNING":
        original(execution, error, cause)


@PATCHES.around(stepfunctions)
def _add_event(
    original: Callable[..., Json], execution: Json, event_type: str, details: Json | None = None
) -> Json:
    # One at a time: an event's id is how many there are.
    with _history:
        last: Json | None = execution["events"][-1] if execution["events"] else None
        if last is not None and last["type"] in _ENDS:
            return last
        return original(execution, event_type, details)


# Maps and parallel states.


@PATCHES.around(stepfunctions, "_run_map_items")
@PATCHES.around(stepfunctions, "_run_parallel_branches")
def _together(
    original: Callable[..., Any], state_def: Json, raw_input: Any, execution: Json, ctx: Json
) -> Any:
    outer = _work.get()
    with _doing(outer and _Work(outer.execution, outer, together=True)):
        result = original(state_def, raw_input, execution, ctx)
    _check()
    return result


@PATCHES.around(stepfunctions)
def _run_sub_machine(
    original: Callable[..., Any], states: Json, start_at: str, input_data: Any, execution: Json, ctx: Json
) -> Any:
    work = _work.get()
    try:
        _check()
        return original(states, start_at, input_data, execution, ctx)
    except _Ended:
        if execution.get("mapRunArn") and execution["status"] == "RUNNING":
            execution.update(status="ABORTED", stopDate=stepfunctions.now_iso())
        raise
    except Exception:
        if work is not None and work.together:
            work.end()
        raise


@PATCHES.around(stepfunctions)
def _run_distributed_map(
    original: Callable[..., Any],
    state_def: Json,
    raw_input: Any,
    effective: Any,
    iterator: Json,
    execution: Json,
    ctx: Json,
) -> Any:
    outer = _work.get()
    # Not together: how many items may fail is for the map run to know.
    with _doing(outer and _Work(outer.execution, outer)):
        result = original(state_def, raw_input, effective, iterator, execution, ctx)
    if outer is not None and outer.ended.is_set():
        for run in stepfunctions._map_runs.values():
            if run["executionArn"] == outer.execution:
                _abort(run)
    _check()
    return result


def _abort(run: Json) -> None:
    """What a map run looks like whose execution was stopped: the emulator has not noticed."""
    counts = run["itemCounts"]
    if counts["running"]:
        run["status"] = "ABORTED"
        for counts in (run["itemCounts"], run["executionCounts"]):
            counts["aborted"], counts["running"] = counts["running"], 0


# The optimised integration with EventBridge.


def _put_events_task(original: Callable[[str, Any], Json]) -> Callable[[str, Any], Json]:
    def put_events_task(resource: str, input_data: Any) -> Json:
        entries = [_as_request(entry) for entry in input_data.get("Entries") or []]
        result = original(resource, {**input_data, "Entries": entries})
        if result.get("FailedEntryCount"):
            raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(result))
        return result

    return put_events_task


def _as_request(entry: Json) -> Json:
    """A task's entry as the API takes it: `Detail` is text; the execution and its machine are resources."""
    work = _work.get()
    execution = stepfunctions._executions.get(work.execution if work else "") or {}
    arns = [execution[name] for name in ("executionArn", "stateMachineArn") if execution.get(name)]
    request = {**entry, "Resources": [*(entry.get("Resources") or []), *arns]}
    if isinstance(request.get("Detail"), dict | list):
        request["Detail"] = json.dumps(request["Detail"])
    return request

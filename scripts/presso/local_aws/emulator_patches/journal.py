"""A journal of otherwise invisible events, for observers of untrusted code (the gate's sandbox).

One JSON object a line, each with a `kind`:

- `delivered`: a rule took an event to a target (`rule`, `target`, `event`: its id); `fault`: why not, or "";
- `invoked`, `returned`: a function began and ended (`id`, `function`); `error` is its error's text or "";
- `denied`: a call was refused (`principal`, `action`, `resource`);
- `forged`: a function sent a request that its role did not sign (`request`, `fault`);
- `exceeded`: functions were ended: they took more than `most` of `what` (`presso.local_aws.memory_guard`), or
  there are no more entries, because they took more than that;
- `called`: an API destination or a workflow's webhook would have been called (`destination`, `url`): from the
  sandbox nothing is, and the workflow goes on with an empty answer.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import eventbridge, lambda_svc, stepfunctions

from presso.local_aws import code_place
from presso.local_aws.emulator_patches import deliveries, permissions
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(iam_evaluator, "AuthError")
PATCHES.uses(eventbridge, _deliver_to_api_destination="name request conn token_key")
PATCHES.uses(stepfunctions, "_SERVICE_DISPATCH")
PATCHES.uses(lambda_svc, _execute_function_dispatch="func config event request_id started")

# What code that catches exceptions prints of them, without the ids beside it.
_PRINTED_ERROR = re.compile(r"\b[A-Za-z_.]*(?:Error|Exception)\b(?:: [^\"\r\n]{1,300})?")
_LONGEST = 1000
_MOST_BYTES = 32 << 20


class _Journal:
    """The open file; one writer for all threads."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self._left = _MOST_BYTES

    def write(self, kind: str, **said: Any) -> None:
        """Add an entry, with the beginning of long texts; the last one is that there are too many."""
        short = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in said.items()}
        line = json.dumps({"kind": kind, **short}) + "\n"
        with self._lock:
            if self._left <= 0:
                return
            self._left -= len(line)
            if self._left <= 0:
                most = f"{_MOST_BYTES >> 20} MB"
                line = json.dumps({"kind": "exceeded", "what": "records", "most": most}) + "\n"
            self._file.write(line)


_open: list[_Journal] = []


def note_denied(principal: str, action: str, resource: str) -> None:
    """Add that a call was refused, where a journal is kept."""
    for journal in _open:
        journal.write("denied", principal=principal, action=action, resource=resource)


def note_forged(request: str, fault: str) -> None:
    """Add that a function sent what its role did not sign, where a journal is kept."""
    for journal in _open:
        journal.write("forged", request=request, fault=fault)


def open_in(path: Path) -> None:
    """Keep the journal in this file from now on."""
    journal = _Journal(path)
    _open.append(journal)
    eventbridge._invoke_target = _delivered(eventbridge._invoke_target, journal)
    eventbridge._deliver_to_api_destination = _called(journal)
    stepfunctions._SERVICE_DISPATCH["arn:aws:states:::http:invoke"] = _webhook(journal)
    lambda_svc._execute_function_dispatch = _invoked(lambda_svc._execute_function_dispatch, journal)
    iam_evaluator.enforce = _asked(iam_evaluator.enforce, journal)


def _delivered(original: Callable[..., None], journal: _Journal) -> Callable[..., None]:
    def invoke_target(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        view = view or eventbridge._pattern_event_view(event)
        fault = ""
        try:
            deliveries.check(parse_arn(target.get("Arn", "")), target, rule)
        except deliveries.Undeliverable as error:
            fault = f"{error.code}: {error}"
        except ArnParseError as error:
            fault = f"INVALID_ARN: {error}"
        entry = {"rule": rule.get("Arn"), "target": target.get("Arn"), "fault": fault}
        journal.write("delivered", event=view.event_with_detail().get("id"), **entry)
        original(target, event, rule, view)

    return invoke_target


def _called(journal: _Journal) -> Callable[..., None]:
    def deliver(name: str, request: Json, conn: Json, token_key: Any) -> None:
        journal.write("called", destination=name, url=request.get("url"))

    return deliver


def _webhook(journal: _Journal) -> Callable[..., Json]:
    """A task of Step Functions; its result as in
    https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html.
    """

    def invoke(_resource: str, arguments: Json) -> Json:
        connection = str((arguments.get("Authentication") or {}).get("ConnectionArn", ""))
        journal.write("called", destination=connection.rpartition("/")[2], url=arguments.get("ApiEndpoint"))
        return {"Headers": {}, "ResponseBody": "", "StatusCode": 200, "StatusText": "OK"}

    return invoke


def _invoked(original: Callable[..., Json], journal: _Journal) -> Callable[..., Json]:
    def dispatch(func: Json, config: Json, event: Json, request_id: str, started: float) -> Json:
        name = {"id": str(uuid.uuid4()), "function": config.get("FunctionArn")}
        journal.write("invoked", **name)
        error = "it did not return"
        try:
            result = original(func, config, event, request_id, started)
            error = _error(result)
            return result
        finally:
            journal.write("returned", error=error, **name)

    return dispatch


def _error(result: Any) -> str:
    if not isinstance(result, dict):
        return ""
    body = result.get("body")
    if not result.get("error"):
        failed = body.get("batchItemFailures") if isinstance(body, dict) else None
        printed = _PRINTED_ERROR.findall(str(result.get("log") or ""))
        why = f": {printed[-1]}" if printed else ""
        return f"it reported {len(failed)} messages as failed{why}" if failed else ""
    if not isinstance(body, dict):
        return str(body or "it failed")[:500]
    text, kind = str(body.get("errorMessage") or ""), str(body.get("errorType"))
    named = text or "it failed" if kind in ("None", "Sandbox.Timedout") else f"{kind}: {text}"
    trace = [str(line) for line in body.get("stackTrace") or body.get("trace") or []]
    named = code_place.with_causes(named, trace)
    return f"{'it did not start: ' if result.get('at_start') else ''}{named}{_place(body, trace)}"[:500]


def _place(body: Json, trace: list[str]) -> str:
    """The place in the code that an error names, in parentheses."""
    found = code_place.of(trace)
    return f" ({found})" if found and not str(body.get("errorMessage")).endswith(f"({found})") else ""


def _asked(original: Callable[..., Any], journal: _Journal) -> Callable[..., Any]:
    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        *more: Any,
        **keys: Any,
    ) -> Any:
        denied = original(access_key_id, iam_action, service, region, resource_arn, *more, **keys)
        if isinstance(denied, iam_evaluator.AuthError):
            journal.write("forged", request=iam_action, fault=denied.code)
        elif denied:
            action, resource = permissions.lacked()
            what = {"action": action or iam_action, "resource": resource or resource_arn}
            journal.write("denied", principal=denied.principal_arn or access_key_id, **what)
        return denied

    return enforce

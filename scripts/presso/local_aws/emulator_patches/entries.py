"""PutEvents: what AWS refuses of its entries, and their time.

Source of what AWS answers: API reference of PutEvents and PutEventsResultEntry, "Calculating PutEvents event
entry size", and LocalStack's snapshots taken on AWS. A missing bus is not an error there: AWS answers
with an event id and drops the event (github.com/aws/aws-sdk/issues/186), and so does the emulator.
"""

import json
import threading
from collections.abc import Callable

from ministack.core.responses import json_response
from ministack.services import eventbridge

from presso.aws_limits import EVENT_BYTES, EVENTS_PER_CALL, entry_bytes
from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
PATCHES.uses(eventbridge, _events_log_list="")

# The time that an entry carries, while that entry is taken in. Not a context variable: executions that it
# starts copy the context, and would live in that time for ever.
_entry = threading.local()


@PATCHES.also
def _forget_events() -> None:
    # It keeps every event for ever, and never looks at it again.
    eventbridge._events_log_list = list


@PATCHES.around(eventbridge)
def _put_events(original: Callable[..., Response], data: Json, allow_aws_source: bool = False) -> Response:
    entries = data.get("Entries") or []
    if len(entries) > EVENTS_PER_CALL:
        return original(data, allow_aws_source)
    if not entries:
        return refusal(
            "ValidationException",
            "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        )
    if sum(map(_size, entries)) > EVENT_BYTES:
        return refusal("ValidationException", "Total size of the entries in the request is over the limit.")
    results = [_entry_refused(entry) or _take(original, entry, allow_aws_source) for entry in entries]
    failed = sum("ErrorCode" in result for result in results)
    response: Response = json_response({"FailedEntryCount": failed, "Entries": results})
    return response


def _take(original: Callable[..., Response], entry: Json, allow_aws_source: bool) -> Json:
    outer = getattr(_entry, "time", None)
    _entry.time = entry.get("Time")
    try:
        _, _, body = original({"Entries": [entry]}, allow_aws_source)
    finally:
        _entry.time = outer
    result: Json = json.loads(body)["Entries"][0]
    return result


@PATCHES.around(eventbridge, "_now_ts")
def _now(original: Callable[[], float]) -> float:
    time = getattr(_entry, "time", None)
    return float(time) if isinstance(time, int | float) else original()


def _size(entry: Json) -> int:
    parts = (entry.get(name) for name in ("Source", "DetailType", "Detail", "Resources"))
    return entry_bytes(*parts, has_time=entry.get("Time") is not None)


def _entry_refused(entry: Json) -> Json | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    if not is_object(entry["Detail"]):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


def is_object(text: object) -> bool:
    """Whether a text is a JSON object."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(text, str) and isinstance(json.loads(text, parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False

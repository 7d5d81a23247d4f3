"""Event source mappings: what AWS refuses of those from queues, what a function may report of its batch, and
where those from tables' streams go on.

The records of a stream end with the emulator, and their numbers begin again, while a mapping kept its place
among them: it left out as many new records as it had handled before.

Sources: Lambda developer guide, "Using Lambda with Amazon SQS" (a queue's visibility timeout is at least the
function's timeout), API reference of CreateEventSourceMapping (`ResourceConflictException`); both are often
reported as missing in other emulators (LocalStack's issue 9219). "Handling errors for an SQS event source",
success and failure conditions: a report that names no message of the batch fails all of it (LocalStack's pull
request 6606, Floci's issue 3152).
"""

import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs

from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
PATCHES.uses(
    lambda_svc,
    "_dynamodb_stream_positions",
    "_esms",
    _get_func_record_for_ref="function_ref",
    _resolve_name_and_qualifier="name_or_arn",
)
PATCHES.uses(sqs, _queue_by_arn="arn")
_batch = threading.local()


@PATCHES.around(lambda_svc)
def _create_esm(original: Callable[[Json], Response], data: Json) -> Response:
    source, (_, config, _) = str(data.get("EventSourceArn")), _function(data)
    queue = sqs._queue_by_arn(source) if ":sqs:" in source else None
    if config is None or queue is None:
        return original(data)
    _, qualifier = lambda_svc._resolve_name_and_qualifier(str(data.get("FunctionName")))
    for mapping in lambda_svc._esms.values():
        named = mapping["FunctionName"], mapping.get("Qualifier")
        if mapping["EventSourceArn"] == source and named == (config["FunctionName"], qualifier):
            message = (
                f'The event source arn (" {source} ") and function (" {config["FunctionName"]} ") provided '
                "mapping already exists. Please update or delete the existing mapping with UUID "
                f"{mapping['UUID']}"
            )
            response: Response = error_response_json("ResourceConflictException", message, 409)
            return response
    visible, timeout = int(queue["attributes"].get("VisibilityTimeout", "30")), int(config.get("Timeout", 3))
    if visible < timeout:
        return refusal(
            "InvalidParameterValueException",
            f"Invalid request provided: Queue visibility timeout: {visible} seconds is less than Function "
            f"timeout: {timeout} seconds",
        )
    return original(data)


@PATCHES.around(lambda_svc)
def _run_sqs_batch(original: Callable[..., None], esm: Json, func_rec: Json, event: Json, *more: Any) -> None:
    """Hand a batch to its function, which may report the messages that failed."""
    reports = "ReportBatchItemFailures" in esm.get("FunctionResponseTypes", [])
    _batch.ids = [record["messageId"] for record in event["Records"]] if reports else None
    try:
        original(esm, func_rec, event, *more)
    finally:
        _batch.ids = None


@PATCHES.around(lambda_svc)
def _execute_function(original: Callable[[Json, Json], Json], func: Json, event: Json) -> Json:
    """Call a function; of a batch all messages failed if the report is none."""
    result = original(func, event)
    ids = getattr(_batch, "ids", None)
    if ids and not _is_report(result.get("body"), ids):
        result = {**result, "body": {"batchItemFailures": [{"itemIdentifier": each} for each in ids]}}
    return result


def _is_report(body: Any, ids: list[str]) -> bool:
    failures = (body.get("batchItemFailures") if isinstance(body, dict) else None) or []
    return isinstance(failures, list) and all(
        isinstance(failure, dict) and failure.get("itemIdentifier") in ids for failure in failures
    )


@PATCHES.around(lambda_svc)
def _restore_esm_positions(original: Callable[[Any, Any], None], store: Any, positions: Any) -> None:
    original(store, positions)
    if store is lambda_svc._dynamodb_stream_positions:
        for (account, region, mapping), _ in [*store.all_items()]:
            store.set_scoped(account, region, mapping, 0)


def _function(data: Json) -> tuple[Json | None, Json | None, str | None]:
    found: tuple[Json | None, Json | None, str | None] = lambda_svc._get_func_record_for_ref(
        str(data.get("FunctionName"))
    )
    return found

"""``aws_lambda_event_source_mapping``: a queue or stream that feeds a function.

Source: internal/service/lambda/event_source_mapping.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import tagging, wait_until_gone
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import UNKNOWN, Values, changed, first, given
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services.lambda_functions import NAME
from offline_aws.shapes import Nested, from_api, in_utc, key_of, to_api
from offline_aws.validators import arn, at_least, between, each, length, rfc3339

_PASSING = (
    ("InvalidParameterValueException", "cannot be assumed by Lambda"),
    ("InvalidParameterValueException", "execution role does not have permissions"),
    ("InvalidParameterValueException", "ensure the role can perform"),
    ("ResourceInUseException", ""),
    ("ResourceConflictException", ""),
)

_derived = partial(
    Derived,
    "aws_lambda_event_source_mapping",
    "lambda",
    without={"self_managed_event_source", "uuid"},
    keys={"destination_config.on_failure.destination_arn": "Destination"},
)
_MAPPING = _derived("CreateEventSourceMappingRequest")
_CHANGEABLE = _derived("UpdateEventSourceMappingRequest")
# What Lambda answers, and is sent, where a block is absent.
_MAYBE_EMPTY = ("destination_config", "filter_criteria", "metrics_config")
_EMPTY: dict[str, Any] = {
    "destination_config": {"OnFailure": {}},
    "filter_criteria": {"Filters": []},
    "metrics_config": {"Metrics": []},
}
# What Lambda is sent for what is taken away, as the published provider does.
_TAKEN_AWAY: dict[str, Any] = {
    "bisect_batch_on_function_error": False,
    "function_response_types": [],
    "kms_key_arn": "",
    "maximum_batching_window_in_seconds": 0,
    "source_access_configuration": [],
    "tumbling_window_in_seconds": 0,
}
_NOT_KEPT_BY_EMULATOR = {
    *("kms_key_arn", "metrics_config", "provisioned_poller_config", "source_access_configuration"),
    "tumbling_window_in_seconds",
}


def _create(aws: Aws, values: Values) -> None:
    # False and 0 are AWS's defaults, which it refuses by name for some sources.
    unset = {name for name in _CHANGEABLE if not values[name]} - {"enabled", "maximum_retry_attempts"}
    arguments = to_api({**values, **dict.fromkeys(unset)}, _MAPPING)
    if aws.local:  # the emulator's own default is a queue's, for each source
        arguments.setdefault("BatchSize", _batch_size(values["event_source_arn"]))
    if servers := first(values["self_managed_event_source"]):
        listed = {key: text.split(",") for key, text in servers["endpoints"].items()}
        arguments["SelfManagedEventSource"] = {"Endpoints": listed}
    arguments |= given(Tags=values["tags_all"])
    client = aws.client("lambda")
    created = eventually(aws, lambda: client.create_event_source_mapping(**arguments), *_PASSING)
    values["id"] = created["UUID"]
    _wait(aws, values["id"], "create")


def _batch_size(source: Any) -> int:
    """Lambda's default for a source.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    """
    return 10 if isinstance(source, str) and ":sqs:" in source else 100


def _wait(aws: Aws, uuid: str, operation: str) -> None:
    def done() -> bool:
        state = aws.client("lambda").get_event_source_mapping(UUID=uuid).get("State")
        return state not in ("Creating", "Disabling", "Enabling", "Updating")

    aws.wait(done, f"Lambda Event Source Mapping ({uuid}) {operation}")


def _read(aws: Aws, values: Values) -> Values | None:
    found = aws.client("lambda").get_event_source_mapping(UUID=values["id"])
    if found.get("State") == "Deleting":
        return None
    identity = aws.arn("lambda", f"event-source-mapping:{values['id']}")
    shown = from_api(found, _MAPPING)
    for name in _MAYBE_EMPTY:
        shown[name] = [block for block in shown[name] if any(block.values())]
    if aws.local:
        shown = {name: value for name, value in shown.items() if name not in _NOT_KEPT_BY_EMULATOR}
    return {
        **shown,
        "id": values["id"],
        "arn": found.get("EventSourceMappingArn") or identity,
        "enabled": found.get("State") in ("Enabled", "Enabling"),
        "function_arn": found.get("FunctionArn"),
        "function_name": found.get("FunctionArn"),
        "last_modified": in_utc(found.get("LastModified")),
        "last_processing_result": found.get("LastProcessingResult", ""),
        "self_managed_event_source": _read_servers(found),
        "state": found.get("State", ""),
        "state_transition_reason": found.get("StateTransitionReason", ""),
        "tags_all": _tags(aws, found.get("EventSourceMappingArn") or identity),
        "uuid": values["id"],
    }


def _tags(aws: Aws, resource: str) -> Values:
    return dict(aws.client("lambda").list_tags(Resource=resource).get("Tags", {}))


def _read_servers(found: Values) -> list[Values]:
    endpoints = (found.get("SelfManagedEventSource") or {}).get("Endpoints")
    hosts = {key: ",".join(sorted(names)) for key, names in (endpoints or {}).items()}
    return [{"endpoints": hosts}] if hosts else []


def _update(aws: Aws, values: Values, prior: Values) -> None:
    sent = {name: member for name, member in _CHANGEABLE.items() if changed(values, prior, name)}
    arguments = to_api(values, sent)
    for name, member in sent.items():
        if values[name] in (None, []) and name in _TAKEN_AWAY:
            arguments[key_of(member)] = _TAKEN_AWAY[name]
        elif isinstance(member, Nested):
            arguments.setdefault(key_of(member), _EMPTY.get(name, {}))
    if "batch_size" in sent and values["batch_size"] is None:
        arguments["BatchSize"] = _batch_size(values["event_source_arn"])
    client = aws.client("lambda")
    eventually(aws, lambda: client.update_event_source_mapping(UUID=values["id"], **arguments), *_PASSING)
    _wait(aws, values["id"], "update")


def _delete(aws: Aws, values: Values) -> None:
    client, uuid = aws.client("lambda"), values["id"]
    eventually(aws, lambda: client.delete_event_source_mapping(UUID=uuid), ("ResourceInUseException", ""))
    what = f"Lambda Event Source Mapping ({uuid}) delete"
    wait_until_gone(aws, lambda: client.get_event_source_mapping(UUID=uuid), what)


def _same_function(one: Any, other: Any) -> bool:
    """A name and the ARN that ends with it are the same function."""
    name, full = sorted((str(one), str(other)), key=len)
    return name == full or (full.startswith("arn:") and full.split(":", 6)[-1] == name)


def _same_endpoints(one: Any, other: Any) -> bool:
    ordered = [{key: sorted(text.split(",")) for key, text in value.items()} for value in (one, other)]
    return bool(ordered[0] == ordered[1])


def _record_age(value: int) -> str | None:
    """6.x, November 2024, internal/service/lambda/event_source_mapping.go."""
    return None if value == -1 or 60 <= value <= 604_800 else f"expected -1 or 60 to 604800, got {value}"


def _large_batches_wait(config: Values) -> Iterable[tuple[str, str]]:
    """Lambda's CreateEventSourceMapping refuses it for SQS; the emulator does not."""
    source, size, window = (
        config[name] for name in ("event_source_arn", "batch_size", "maximum_batching_window_in_seconds")
    )
    if isinstance(source, str) and ":sqs:" in source and isinstance(size, int) and size > 10:
        if source.endswith(".fifo"):
            yield "batch_size", f"a FIFO queue gives at most 10 messages at once, got {size}"
        elif window in (None, 0):
            yield "batch_size", f"{size} messages need maximum_batching_window_in_seconds of at least 1"


def _plan(plan: Plan) -> None:
    # Lambda's own default depends on the source; not configured is then no change.
    if plan.prior and plan.config["batch_size"] is None:
        default = _batch_size(plan.values["event_source_arn"])
        if plan.prior["batch_size"] in (None, default):
            plan.values["batch_size"] = plan.prior["batch_size"]
    if plan.prior and plan.values["destination_config"] == []:
        # The provider never sends a missing block, so AWS keeps the destination.
        plan.values["destination_config"] = plan.prior["destination_config"]
    if plan.prior and plan.changed(*_CHANGEABLE):
        plan.values["last_modified"] = UNKNOWN


EVENT_SOURCE_MAPPING = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    tag=tagging("lambda", "Resource"),
    plan=_plan,
    defaults={"document_db_event_source_config.full_document": "Default", "enabled": True},
    equivalent={
        "function_name": _same_function,
        "self_managed_event_source.endpoints": _same_endpoints,
    },
    recomputed={
        "function_arn": ("function_name",),
        "state": ("enabled",),
        "state_transition_reason": ("enabled",),
    },
    stored_only={"use_resource_timeout_for_propagation"},
    shapes=(_MAPPING,),
    validators={
        "batch_size": between(1, 10_000),
        "destination_config.on_failure.destination_arn": arn,
        "event_source_arn": arn,
        "filter_criteria.filter.pattern": length(0, 4096),
        "function_name": NAME,
        "kms_key_arn": arn,
        "maximum_batching_window_in_seconds": between(0, 300),
        "maximum_record_age_in_seconds": _record_age,
        "maximum_retry_attempts": between(-1, 10_000),
        "parallelization_factor": between(1, 10),
        "queues": (length(0, 1), each(length(1, 1000))),
        "scaling_config.maximum_concurrency": at_least(2),
        "starting_position_timestamp": rfc3339,
        "topics": each(length(1, 249)),
        "tumbling_window_in_seconds": between(0, 900),
    },
    checks=(_large_batches_wait,),
    differs=(
        "Batches of more than ten messages of a queue need a window, and a window has at most 300 seconds, "
        "at plan already; the published provider leaves that to AWS. A `batch_size` that is taken away goes "
        "back to the source's default; the published provider sends 0, which AWS refuses."
    ),
    exactly_one_of=(("event_source_arn", "self_managed_event_source"),),
    name=None,
)

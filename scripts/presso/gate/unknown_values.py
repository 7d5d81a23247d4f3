"""The attributes that may be unknown in the plan, because they are built from values that AWS computes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from presso.gate.resource_types import RESOURCE_TYPES

# Values that are passed on unchanged and decide nothing: code, descriptions, data.
_DATA = frozenset(
    {
        "comment",
        "description",
        ("aws_cloudwatch_dashboard", "dashboard_body"),
        ("aws_cloudwatch_event_api_destination", "invocation_endpoint"),
        ("aws_cloudwatch_event_connection", "auth_parameters"),
        ("aws_cloudwatch_event_target", "http_target"),
        ("aws_cloudwatch_event_target", "input"),
        ("aws_cloudwatch_event_target", "input_transformer"),
        ("aws_cloudwatch_metric_alarm", "alarm_description"),
        ("aws_cloudwatch_metric_alarm", "dimensions"),
        ("aws_dynamodb_table_item", "item"),
        ("aws_lambda_function", "environment"),
        ("aws_lambda_function", "source_code_hash"),
        ("aws_lambda_layer_version", "source_code_hash"),
        ("aws_s3_object", "content"),
        ("aws_s3_object", "content_base64"),
        ("aws_s3_object", "etag"),
        ("aws_s3_object", "source_hash"),
        ("aws_scheduler_schedule", "target.input"),
        ("aws_secretsmanager_secret_version", "secret_binary"),
        ("aws_secretsmanager_secret_version", "secret_string"),
        ("aws_ssm_parameter", "value"),
    }
)
# Built from ARNs, ids, versions, besides those in `RESOURCE_TYPES`: judged as predicted, and in the state.
_REFERENCES = frozenset(
    {
        "qualifier",
        ("aws_iam_policy", "policy"),
        ("aws_iam_role", "assume_role_policy"),
        ("aws_iam_role", "inline_policy"),
        ("aws_iam_role", "managed_policy_arns"),
        ("aws_iam_role_policies_exclusive", "policy_names"),
        ("aws_iam_role_policy", "policy"),
        ("aws_iam_role_policy_attachment", "policy_arn"),
        ("aws_iam_role_policy_attachments_exclusive", "policy_arns"),
        ("aws_lambda_alias", "function_version"),
        ("aws_lambda_alias", "routing_config"),
        ("aws_lambda_function", "s3_object_version"),
        ("aws_lambda_layer_version", "s3_object_version"),
        ("aws_lambda_permission", "source_arn"),
        ("aws_sfn_state_machine", "definition"),
    }
)


# Data that decides where events go: unknown before an apply, perhaps, but the same in every tenant.
_DESTINATIONS = frozenset(
    {
        ("aws_cloudwatch_event_api_destination", "invocation_endpoint"),
        ("aws_cloudwatch_event_target", "http_target"),
    }
)


def is_destination(kind: str, path: str) -> bool:
    """Return whether an attribute decides where data goes outside AWS."""
    return _among(_DESTINATIONS, kind, path)


def is_data(kind: str, path: str) -> bool:
    """Return whether an attribute decides nothing.

    Args:
        kind: Such as `aws_sqs_queue`.
        path: Through blocks, with dots.
    """
    return _among(_DATA, kind, path)


def may_be_unknown(kind: str, path: str) -> bool:
    """Return whether a real plan may not know an attribute that an author sets; arguments as above."""
    return is_data(kind, path) or _among(_REFERENCES, kind, path) or path in _pointers(kind)


def _among(known: frozenset[Any], kind: str, path: str) -> bool:
    steps = path.split(".")
    ways = (".".join(steps[:number]) for number in range(1, len(steps) + 1))
    return steps[-1] in known or any((kind, way) in known for way in ways)


@cache
def _pointers(kind: str) -> frozenset[str]:
    known = RESOURCE_TYPES.get(kind)
    if known is None:
        return frozenset()
    found = (known.of, known.sends, known.takes, known.roles, known.keys, known.policy)
    return frozenset(path.partition("|")[0] for paths in found for path in paths)


@cache
def computed(kind: str, path: str) -> bool:
    """Return whether AWS may decide the value at a path that is not configured; for whole blocks it may."""
    found = _attribute(kind, path)
    return found is None or bool(found.get("computed"))


@cache
def is_of_aws(kind: str, path: str) -> bool:
    """Return whether AWS alone decides an attribute: an ARN, an id."""
    found = _attribute(kind, path)
    return found is not None and bool(found.get("computed")) and not found.get("optional")


@cache
def is_block(kind: str, path: str) -> bool:
    """Return whether a path leads to blocks. The author decides their number, so a plan must know it."""
    return _attribute(kind, path) is None


@cache
def is_set(kind: str, name: str) -> bool:
    """Return whether an attribute, or the blocks of a name, is a set: in the order of its items."""
    from offline_aws import schema

    block = schema.load("aws").resources.get(kind, {}).get("block", {})
    declared = block.get("attributes", {}).get(name, {}).get("type")
    nested = block.get("block_types", {}).get(name, {}).get("nesting_mode")
    return nested == "set" or (isinstance(declared, list) and "set" in json.dumps(declared))


def _attribute(kind: str, path: str) -> Mapping[str, Any] | None:
    """The schema of the attribute that a path leads to or into; None for blocks, and for unknown types."""
    from offline_aws import schema

    block: Any = schema.load("aws").resources.get(kind, {}).get("block", {})
    for step in path.split("."):
        attribute: Mapping[str, Any] | None = block.get("attributes", {}).get(step)
        if attribute is not None:
            return attribute
        block = block.get("block_types", {}).get(step, {}).get("block", {})
    return None


def unknown_paths(unknown: Any) -> Iterator[str]:
    """Yield the paths in a plan's `after_unknown`, through blocks and lists."""
    return (path for path, found in leaves(unknown) if found is True)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the paths through blocks and lists, with dots, and what is at their ends."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    else:
        yield path, value


def given(expressions: Mapping[str, Any], path: str) -> bool | None:
    """Return whether the files set the value at a path; None within blocks that are not there.

    Those may be `dynamic` ones, which a plan does not show.

    Args:
        expressions: Of a resource in a plan's `configuration`.
        path: Through blocks, with dots.
    """
    blocks: list[Any] = [expressions]
    steps = path.split(".")
    for number, step in enumerate(steps):
        below = [block[step] for block in blocks if step in block]
        if not below:
            return None if number < len(steps) - 1 else False
        if any(_is_expression(each) for each in below):
            return True
        blocks = [block for each in below for block in (each if isinstance(each, list) else [each])]
    return True


def _is_expression(found: Any) -> bool:
    """Whether it is a value, not a block: its references, or nothing."""
    return isinstance(found, dict) and (not found or bool({"references", "constant_value"} & found.keys()))

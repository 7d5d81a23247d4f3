"""Promise 1: what is applied is known before, so that it can be judged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from presso.catalog.hcl_values import Unknown
from presso.gate.kinds import KINDS
from presso.gate.model import Hit, Model
from presso.gate.rule import rule
from presso.gate.rules.policies import IDENTITY
from presso.gate.statements import Undecidable, statements

# What is handed on as it is, and decides nothing: code, words for people, data.
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


@rule(
    "P1-022",
    "What matters is known before it is applied",
    why="What the plan does not show cannot be reviewed: a policy, target or setting that is decided only "
    "while applying may be anything.",
    fix="Build it from var.tenant, var.fence, names and ARNs; leave depends_on off data sources. Only data "
    "may be known late: a function's environment, a parameter's value, an item, an input.",
    bad='data "aws_iam_policy_document" "default" {\n  depends_on = [aws_sqs_queue.default]\n}',
    levels=("plan",),
)
def undecidable(model: Model) -> Iterator[Hit]:
    """Yield what the plan does not tell and its author decides, and policies that are none."""
    for resource in model.managed:
        kind = KINDS.get(resource.type)
        if kind is None:
            continue
        for path in dict.fromkeys(_unknown(resource.values)):
            if not _is_data(resource.type, path) and (
                resource.gives(path) or not _computed(resource.type, path)
            ):
                what = f"{path} of {resource.address} is known only after apply"
                yield Hit(resource.at(path), what)
        for path in (*kind.policy, *IDENTITY.get(resource.type, ()), "assume_role_policy"):
            for value in resource.all(path):
                try:
                    statements(value)
                except Undecidable as error:
                    yield Hit(resource.at(path), f"{resource.address}: {error}")


def _unknown(value: Any, path: str = "") -> Iterator[str]:
    """The paths of what is unknown, through blocks and lists."""
    if isinstance(value, Unknown):
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _unknown(item, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        for item in value:
            yield from _unknown(item, path)


def _is_data(kind: str, path: str) -> bool:
    steps = path.split(".")
    ways = (".".join(steps[:number]) for number in range(1, len(steps) + 1))
    return steps[-1] in _DATA or any((kind, way) in _DATA for way in ways)


@cache
def _computed(kind: str, path: str) -> bool:
    """Whether AWS may decide what is at a path where nothing is configured; of whole blocks it may."""
    from offline_aws import schema

    block: Any = schema.load("aws").resources[kind]["block"]
    for step in path.split("."):
        attribute = block.get("attributes", {}).get(step)
        if attribute is not None:
            return bool(attribute.get("computed"))
        block = block.get("block_types", {}).get(step, {}).get("block", {})
    return True

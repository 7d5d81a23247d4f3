"""SQS: queues and the policies that can also be managed apart from them.

Source: internal/service/sqs/{queue,queue_attribute_funcs,queue_data_source}.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.equivalence import same_json, same_policy
from offline_aws.gojson import normalised_json
from offline_aws.handler_values import Check, ResourceError, Values, text_of
from offline_aws.policies import iam_policy
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.validators import between, json_text, matches, one_of, or_empty

_ATTRIBUTES = {
    "content_based_deduplication": "ContentBasedDeduplication",
    "deduplication_scope": "DeduplicationScope",
    "delay_seconds": "DelaySeconds",
    "fifo_queue": "FifoQueue",
    "fifo_throughput_limit": "FifoThroughputLimit",
    "kms_data_key_reuse_period_seconds": "KmsDataKeyReusePeriodSeconds",
    "kms_master_key_id": "KmsMasterKeyId",
    "max_message_size": "MaximumMessageSize",
    "message_retention_seconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "redrive_allow_policy": "RedriveAllowPolicy",
    "redrive_policy": "RedrivePolicy",
    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
    "visibility_timeout_seconds": "VisibilityTimeout",
}
_NAME = matches(
    r"^([0-9A-Za-z_-]{1,80}|[0-9A-Za-z_-]{1,75}\.fifo)$",
    "a queue name has 1 to 80 letters, digits, hyphens and underscores; a FIFO queue's ends in .fifo",
)
_REUSE_PERIOD = 300


def _create(aws: Aws, values: Values) -> None:
    attributes = {
        aws_name: text_of(values[name])
        for name, aws_name in _ATTRIBUTES.items()
        # False is what a queue has anyway; SQS refuses FifoQueue=false. Only encryption can be switched off.
        if values[name] not in (None, "") and (values[name] is not False or name == "sqs_managed_sse_enabled")
    }
    found = aws.client("sqs").create_queue(
        QueueName=values["name"], Attributes=attributes, tags=values["tags_all"] or {}
    )
    values["id"] = found["QueueUrl"]


def _read(aws: Aws, values: Values) -> Values:
    sqs, url = aws.client("sqs"), values["id"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    read = {name: found.get(aws_name, "") for name, aws_name in _ATTRIBUTES.items()}
    period = read["kms_data_key_reuse_period_seconds"]
    return {
        **read,
        "arn": found["QueueArn"],
        "content_based_deduplication": read["content_based_deduplication"] == "true",
        "fifo_queue": read["fifo_queue"] == "true",
        "kms_data_key_reuse_period_seconds": period if period not in ("", "0") else _REUSE_PERIOD,
        "name": urlsplit(url).path.rpartition("/")[2],
        "sqs_managed_sse_enabled": read["sqs_managed_sse_enabled"] == "true",
        "tags_all": sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
        "url": url,
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    changed = {
        aws_name: "" if values[name] is None else text_of(values[name])
        for name, aws_name in _ATTRIBUTES.items()
        if values[name] != prior[name]
    }
    if changed:
        aws.client("sqs").set_queue_attributes(QueueUrl=values["id"], Attributes=changed)


def _plan(plan: Plan) -> None:
    name, fifo = plan.values["name"], plan.values["fifo_queue"]
    if (
        plan.prior is None
        and isinstance(name, str)
        and fifo in (True, False)
        and fifo != name.endswith(".fifo")
    ):
        right = (
            "the name of a FIFO queue must end in .fifo" if fifo else "only a FIFO queue's may end in .fifo"
        )
        raise ResourceError(f"invalid queue name: {name}", detail=right, path="name")


def _checks(config: Values) -> Iterable[tuple[str, str]]:
    if config["content_based_deduplication"] is True and config["fifo_queue"] in (None, False):
        yield "content_based_deduplication", "content-based deduplication can only be set for FIFO queue"


def _not_empty(value: Any) -> str | None:
    """The published provider takes it, and then does not find what it has put."""
    return None if value else "contains invalid JSON: it is empty"


def _part(attribute: str, aws_name: str, same: Any, *checks: Check) -> ResourceHandler:
    """A type that manages one attribute of a queue that something else made."""

    def put(aws: Aws, values: Values, *_: Values) -> None:
        aws.client("sqs").set_queue_attributes(
            QueueUrl=values["queue_url"], Attributes={aws_name: values[attribute]}
        )
        values["id"] = values["queue_url"]

    def read(aws: Aws, values: Values) -> Values | None:
        found = aws.client("sqs").get_queue_attributes(QueueUrl=values["id"], AttributeNames=[aws_name])
        text = found.get("Attributes", {}).get(aws_name)
        return {"queue_url": values["id"], attribute: text} if text else None

    def delete(aws: Aws, values: Values) -> None:
        aws.client("sqs").set_queue_attributes(QueueUrl=values["id"], Attributes={aws_name: ""})

    return ResourceHandler(
        create=put,
        read=read,
        update=put,
        delete=delete,
        equivalent={attribute: same},
        normalise={attribute: normalised_json},
        validators={attribute: (_not_empty, json_text, *checks)},
        name=None,
        differs=f"An empty `{attribute}` is refused at plan; the published provider fails with it at apply.",
    )


def _find(aws: Aws, values: Values) -> Values:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=values["name"])["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    return {"id": url, "arn": found["Attributes"]["QueueArn"], "url": url, "tags": tags}


RESOURCES = {
    "aws_sqs_queue": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=call("sqs", "delete_queue", QueueUrl="id"),
        tag=tagging("sqs", "QueueUrl", "id", noun="queue"),
        plan=_plan,
        checks=(_checks,),
        defaults={
            "content_based_deduplication": False,
            "delay_seconds": 0,
            "fifo_queue": False,
            "max_message_size": 262144,
            "message_retention_seconds": 345600,
            "receive_wait_time_seconds": 0,
            "visibility_timeout_seconds": 30,
        },
        equivalent={"policy": same_policy, "redrive_allow_policy": same_json, "redrive_policy": same_json},
        normalise=dict.fromkeys(("policy", "redrive_allow_policy", "redrive_policy"), normalised_json),
        validators={
            "name": or_empty(_NAME),
            "deduplication_scope": one_of("messageGroup", "queue"),
            "delay_seconds": between(0, 900),
            "fifo_throughput_limit": one_of("perQueue", "perMessageGroupId"),
            "kms_data_key_reuse_period_seconds": between(60, 86400),
            "max_message_size": between(1024, 1048576),
            "message_retention_seconds": between(60, 1209600),
            "policy": or_empty(json_text, iam_policy("resource")),
            "redrive_allow_policy": json_text,
            "redrive_policy": json_text,
            "visibility_timeout_seconds": between(0, 43200),
        },
        conflicts=(("kms_master_key_id", "sqs_managed_sse_enabled"),),
        name_suffix=lambda values: ".fifo" if values["fifo_queue"] else "",
        timeouts={"create": 180, "update": 180, "delete": 180},
        differs=(
            "The policy's grammar is checked at plan; the published provider leaves it to AWS. A "
            "`maxReceiveCount` that is a text shows no change; there it does in each plan. A URL of the "
            "local AWS has no region: an import by identity is in the provider's; AWS's URL names its own."
        ),
    ),
    "aws_sqs_queue_policy": _part("policy", "Policy", same_policy, iam_policy("resource")),
    "aws_sqs_queue_redrive_allow_policy": _part("redrive_allow_policy", "RedriveAllowPolicy", same_json),
    "aws_sqs_queue_redrive_policy": _part("redrive_policy", "RedrivePolicy", same_json),
}

DATA_SOURCES = {"aws_sqs_queue": DataSourceHandler(read=_find)}

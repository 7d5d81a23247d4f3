"""SNS: topics, their policies, subscriptions.

Source: internal/service/sns/{topic,topic_policy,topic_subscription,topic_data_source}.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.equivalence import same_json, same_policy
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, changed, tag_list, tag_map, text_of
from offline_aws.policies import iam_policy
from offline_aws.propagation import eventually
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.validators import arn, between, json_object, json_text, matches, one_of, or_empty

_FEEDBACK = {
    f"{protocol}_{kind}": f"{api}{suffix}"
    for protocol, api in (
        ("application", "Application"),
        ("firehose", "Firehose"),
        ("http", "HTTP"),
        ("lambda", "Lambda"),
        ("sqs", "SQS"),
    )
    for kind, suffix in (
        ("failure_feedback_role_arn", "FailureFeedbackRoleArn"),
        ("success_feedback_role_arn", "SuccessFeedbackRoleArn"),
        ("success_feedback_sample_rate", "SuccessFeedbackSampleRate"),
    )
}
_TOPIC = {
    **_FEEDBACK,
    "archive_policy": "ArchivePolicy",
    "content_based_deduplication": "ContentBasedDeduplication",
    "delivery_policy": "DeliveryPolicy",
    "display_name": "DisplayName",
    "fifo_throughput_scope": "FifoThroughputScope",
    "fifo_topic": "FifoTopic",
    "kms_master_key_id": "KmsMasterKeyId",
    "policy": "Policy",
    "signature_version": "SignatureVersion",
    "tracing_config": "TracingConfig",
}
_SUBSCRIPTION = {
    "delivery_policy": "DeliveryPolicy",
    "filter_policy": "FilterPolicy",
    "filter_policy_scope": "FilterPolicyScope",
    "raw_message_delivery": "RawMessageDelivery",
    "redrive_policy": "RedrivePolicy",
    "replay_policy": "ReplayPolicy",
    "subscription_role_arn": "SubscriptionRoleArn",
}
# internal/service/sns/topic.go of 2026, checked at plan there.
_NAME = matches(
    r"^([0-9A-Za-z_-]{1,256}|[0-9A-Za-z_-]{1,251}\.fifo)$",
    "must be 1 to 256 letters, digits, - and _; a FIFO topic's ends in .fifo",
)
_ONLY_FIFO = {
    "archive_policy": "message archive policy",
    "fifo_throughput_scope": "FIFO throughput scope",
    "content_based_deduplication": "content-based deduplication",
}
_JSON = ("archive_policy", "delivery_policy", "filter_policy", "policy", "redrive_policy", "replay_policy")


def _attributes(values: Values, names: dict[str, str]) -> dict[str, str]:
    return {
        key: text_of(values[name]) for name, key in names.items() if values[name] not in (None, "", False)
    }


def _from(attributes: dict[str, str], names: dict[str, str], numbers: Iterable[str] = ()) -> Values:
    found: Values = {}
    for name, key in names.items():
        value: Any = attributes.get(key, "")
        if value in ("true", "false"):
            value = value == "true"
        elif name in _JSON:
            value = gojson.normalised_json(value)
        found[name] = (int(value) if value else None) if name in numbers else value
    return found


# Topics


def _create_topic(aws: Aws, values: Values) -> None:
    sns = aws.client("sns")
    attributes = _attributes(values, _TOPIC)
    # Setting these at creation is refused in some partitions; the provider sets them afterwards too.
    at_creation = {
        key: attributes.pop(key) for key in ("FifoTopic", "ContentBasedDeduplication") if key in attributes
    }
    tags = tag_list(values["tags_all"])
    created = sns.create_topic(Name=values["name"], Attributes=at_creation, Tags=tags)
    values["id"] = created["TopicArn"]
    if tags and aws.local:
        sns.tag_resource(ResourceArn=values["id"], Tags=tags)  # the emulator drops those of the creation
    for key, value in attributes.items():
        _set_topic(aws, values["id"], key, value)


def _set_topic(aws: Aws, topic: str, key: str, value: str) -> None:
    sns = aws.client("sns")
    passing = ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound")
    eventually(
        aws,
        lambda: sns.set_topic_attributes(TopicArn=topic, AttributeName=key, AttributeValue=value),
        passing,
    )


def _read_topic(aws: Aws, values: Values) -> Values:
    sns, topic = aws.client("sns"), values["id"]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    rates = [name for name in _TOPIC if name.endswith("_rate")]
    found = _from(attributes, _TOPIC, [*rates, "signature_version"])
    return {
        **found,
        "id": topic,
        "arn": topic,
        "beginning_archive_time": attributes.get("BeginningArchiveTime", ""),
        "name": topic.rsplit(":", 1)[1],
        "owner": attributes.get("Owner", topic.split(":")[4]),
        "tags_all": tag_map(sns.list_tags_for_resource(ResourceArn=topic)["Tags"]),
    }


def _update_topic(aws: Aws, values: Values, prior: Values) -> None:
    for name, key in _TOPIC.items():
        if changed(values, prior, name):
            empty = "0" if name.endswith("_rate") else ""
            value = values[name]
            _set_topic(aws, values["id"], key, empty if value is None else text_of(value))


def _plan_topic(plan: Plan) -> None:
    values = plan.values
    for attribute, what in _ONLY_FIFO.items():
        if values[attribute] not in (None, "", False, UNKNOWN) and values["fifo_topic"] is not True:
            raise ResourceError(f"{what} can only be set for FIFO topics", path=attribute)
    name, fifo = values["name"], values["fifo_topic"]
    if isinstance(name, str) and isinstance(fifo, bool) and name.endswith(".fifo") != fifo:
        right = 'must end with ".fifo"' if fifo else 'ends with ".fifo": set fifo_topic = true'
        raise ResourceError(f"invalid topic name: {name} {right}", path="name")


# Policies of topics

_OWNERS_ACTIONS = (
    "Publish",
    "RemovePermission",
    "SetTopicAttributes",
    "DeleteTopic",
    "ListSubscriptionsByTopic",
    "GetTopicAttributes",
    "AddPermission",
    "Subscribe",
)


def _put_policy(aws: Aws, values: Values, prior: Values | None = None) -> None:
    _set_topic(aws, values["arn"], "Policy", values["policy"])
    values["id"] = values["arn"]


def _read_policy(aws: Aws, values: Values) -> Values:
    attributes = aws.client("sns").get_topic_attributes(TopicArn=values["id"])["Attributes"]
    return {
        "id": values["id"],
        "arn": values["id"],
        "owner": attributes.get("Owner", values["id"].split(":")[4]),
        "policy": gojson.normalised_json(attributes.get("Policy", "")),
    }


def _delete_policy(aws: Aws, values: Values) -> None:
    """Back to what a new topic has, as SNS has no topic without a policy."""
    account, topic = values["owner"], values["arn"]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _OWNERS_ACTIONS],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    _set_topic(aws, topic, "Policy", gojson.compact(policy))


# Subscriptions


def _subscribe(aws: Aws, values: Values) -> None:
    created = aws.client("sns").subscribe(
        TopicArn=values["topic_arn"],
        Protocol=values["protocol"],
        Endpoint=values["endpoint"],
        Attributes=_attributes(values, _SUBSCRIPTION),
        ReturnSubscriptionArn=True,
    )
    values["id"] = created["SubscriptionArn"]


def _read_subscription(aws: Aws, values: Values) -> Values:
    found = aws.client("sns").get_subscription_attributes(SubscriptionArn=values["id"])["Attributes"]
    stored = {
        name: values.get(name) for name in ("confirmation_timeout_in_minutes", "endpoint_auto_confirms")
    }
    shown = _from(found, _SUBSCRIPTION)
    if shown["filter_policy"] and not shown["filter_policy_scope"]:
        shown["filter_policy_scope"] = "MessageAttributes"
    return {
        **shown,
        **stored,
        "id": values["id"],
        "arn": found["SubscriptionArn"],
        "confirmation_was_authenticated": found.get("ConfirmationWasAuthenticated") == "true",
        "endpoint": found["Endpoint"],
        "owner_id": found.get("Owner", ""),
        "pending_confirmation": found.get("PendingConfirmation") == "true",
        "protocol": found["Protocol"],
        "topic_arn": found["TopicArn"],
    }


def _update_subscription(aws: Aws, values: Values, prior: Values) -> None:
    for name, key in _SUBSCRIPTION.items():
        if not changed(values, prior, name) or (
            name == "filter_policy_scope" and not values["filter_policy"]
        ):
            continue
        # AWS does not take "nothing" for a filter; an empty one lets everything pass.
        empty = "{}" if name == "filter_policy" else ""
        value = values[name]
        aws.client("sns").set_subscription_attributes(
            SubscriptionArn=values["id"],
            AttributeName=key,
            AttributeValue=empty if value in (None, "") else text_of(value),
        )


def _plan_subscription(plan: Plan) -> None:
    """A scope needs a filter policy (internal/service/sns/topic_subscription.go of 2025)."""
    if plan.config["filter_policy_scope"] is not None and plan.values["filter_policy"] in (None, ""):
        what = "filter_policy is required when filter_policy_scope is set"
        raise ResourceError(what, path="filter_policy_scope")


def _unsubscribe(aws: Aws, values: Values) -> None:
    aws.client("sns").unsubscribe(SubscriptionArn=values["id"])


def _filter(value: Any) -> str | None:
    if not value or (wrong := json_object(value)):
        return wrong if value else None
    wrong_items = (
        f"{name}: expected an array such as [{json.dumps(item)}]"
        for name, item in json.loads(value).items()
        if not isinstance(item, (dict, list))
    )
    return next(wrong_items, None)


# Data protection


def _put_protection(aws: Aws, values: Values, *_: Values) -> None:
    aws.client("sns").put_data_protection_policy(
        ResourceArn=values["arn"], DataProtectionPolicy=values["policy"]
    )
    values["id"] = values["arn"]


def _read_protection(aws: Aws, values: Values) -> Values | None:
    found = aws.client("sns").get_data_protection_policy(ResourceArn=values["id"])
    text = found.get("DataProtectionPolicy")
    return {"id": values["id"], "arn": values["id"], "policy": text} if text else None


def _delete_protection(aws: Aws, values: Values) -> None:
    aws.client("sns").put_data_protection_policy(ResourceArn=values["id"], DataProtectionPolicy="")


def _data(aws: Aws, values: Values) -> Values:
    pages = aws.client("sns").get_paginator("list_topics").paginate()
    arns = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    found = next((item for item in arns if item.rsplit(":", 1)[1] == values["name"]), None)
    if found is None:
        raise ResourceError(f"reading SNS Topic ({values['name']}): couldn't find resource", path="name")
    tags = aws.client("sns").list_tags_for_resource(ResourceArn=found)["Tags"]
    return {"id": found, "arn": found, "tags": tag_map(tags)}


RESOURCES = {
    "aws_sns_topic": ResourceHandler(
        create=_create_topic,
        read=_read_topic,
        update=_update_topic,
        delete=call("sns", "delete_topic", TopicArn="id"),
        tag=tagging("sns", "ResourceArn", "id", form=tag_list),
        plan=_plan_topic,
        defaults={"content_based_deduplication": False, "fifo_topic": False},
        equivalent={"archive_policy": same_json, "delivery_policy": same_json, "policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        validators={
            "archive_policy": json_text,
            "delivery_policy": json_text,
            "fifo_throughput_scope": one_of("Topic", "MessageGroup"),
            "name": or_empty(_NAME),
            "policy": or_empty(iam_policy("resource")),
            "signature_version": between(1, 2),
            "tracing_config": one_of("Active", "PassThrough"),
            **{name: arn for name in _FEEDBACK if name.endswith("_arn")},
            **{name: between(0, 100) for name in _FEEDBACK if name.endswith("_rate")},
        },
        name_suffix=lambda values: ".fifo" if values["fifo_topic"] else "",
        gone={"NotFound"},
        differs="The policy's grammar is checked at plan; the published provider checks that it is JSON.",
    ),
    "aws_sns_topic_data_protection_policy": ResourceHandler(
        create=_put_protection,
        read=_read_protection,
        update=_put_protection,
        delete=_delete_protection,
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        validators={"arn": arn, "policy": json_text},
        name=None,
        gone={"NotFound"},
    ),
    "aws_sns_topic_policy": ResourceHandler(
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=_delete_policy,
        equivalent={"policy": same_policy},
        normalise={"policy": gojson.normalised_json},
        validators={"arn": arn, "policy": iam_policy("resource")},
        name=None,
        differs="The policy's grammar is checked at plan; the published provider checks that it is JSON.",
    ),
    "aws_sns_topic_subscription": ResourceHandler(
        create=_subscribe,
        read=_read_subscription,
        update=_update_subscription,
        delete=_unsubscribe,
        plan=_plan_subscription,
        defaults={
            "confirmation_timeout_in_minutes": 1,
            "endpoint_auto_confirms": False,
            "raw_message_delivery": False,
        },
        equivalent={name: same_json for name in _JSON if name in _SUBSCRIPTION},
        stored_only={"confirmation_timeout_in_minutes", "endpoint_auto_confirms"},
        validators={
            "delivery_policy": or_empty(json_object),
            "filter_policy": _filter,
            "filter_policy_scope": one_of("MessageAttributes", "MessageBody"),
            "protocol": one_of(
                "application",
                "email",
                "email-json",
                "firehose",
                "http",
                "https",
                "lambda",
                "sms",
                "sqs",
            ),
            "redrive_policy": or_empty(json_object),
            "replay_policy": json_text,
            "subscription_role_arn": arn,
            "topic_arn": arn,
        },
        name=None,
        differs=(
            "That a filter policy has arrays, and that policies are objects, is checked at plan; the "
            "published provider checks that they are JSON. Each plan shows a `filter_policy` of `{}`, which "
            "is none (published: unknown)."
        ),
    ),
}

DATA_SOURCES = {"aws_sns_topic": DataSourceHandler(read=_data)}

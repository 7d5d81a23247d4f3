"""When the objects of a bucket move to another storage class and when they go.

Source: internal/service/s3/bucket_lifecycle_configuration.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from offline_aws.aws import Aws
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import UNKNOWN, Values, first, given
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services.s3_settings import owned
from offline_aws.shapes import from_api, in_utc, to_api
from offline_aws.validators import account, at_least, length, one_of, rfc3339

_TYPE = "aws_s3_bucket_lifecycle_configuration"
_RULE = Derived(f"{_TYPE}.rule", "s3", "LifecycleRule", without={"expiration", "filter", "transition"})
_FILTER = Derived(f"{_TYPE}.rule.filter", "s3", "LifecycleRuleFilter", without={"and"})
_AND = Derived(f"{_TYPE}.rule.filter.and", "s3", "LifecycleRuleAndOperator")
_MINIMUM = "transition_default_minimum_object_size"
_ALL_CLASSES = "all_storage_classes_128K"


def _put(aws: Aws, values: Values, prior: Values | None = None) -> None:
    s3 = aws.client("s3")
    arguments = given(TransitionDefaultMinimumObjectSize=values[_MINIMUM])
    rules = [_to_rule(rule) for rule in values["rule"]]
    eventually(
        aws,
        lambda: s3.put_bucket_lifecycle_configuration(
            **owned(values), LifecycleConfiguration={"Rules": rules}, **arguments
        ),
        ("NoSuchBucket", ""),
    )
    owner = values["expected_bucket_owner"]
    values["id"] = f"{values['bucket']},{owner}" if owner else values["bucket"]
    if not aws.local:
        _wait_until_updated(aws, values)


def _wait_until_updated(aws: Aws, values: Values) -> None:
    """Wait until AWS has returned these rules ten times: some servers return the old ones for a while."""
    wanted = {(rule["id"], rule["status"]) for rule in values["rule"]}
    left = iter(range(10))

    def is_updated() -> bool:
        found = aws.client("s3").get_bucket_lifecycle_configuration(**owned(values)).get("Rules", [])
        return {(rule["ID"], rule["Status"]) for rule in found} == wanted and next(left, None) is None

    aws.wait(is_updated, f"the lifecycle configuration of {values['bucket']}", every=5)


def _to_rule(rule: Values) -> dict[str, Any]:
    made = to_api(rule, _RULE)
    expiration, filters = first(rule["expiration"]), first(rule["filter"])
    if expiration:
        made["Expiration"] = _to_expiration(expiration)
    if filters:
        made["Filter"] = _to_filter(filters)
    elif not rule["prefix"]:
        made["Filter"] = {}
    transitions = [
        {
            **({"Date": _time(item["date"])} if item["date"] else {"Days": item["days"] or 0}),
            "StorageClass": item["storage_class"],
        }
        for item in rule["transition"]
    ]
    return {**made, **given(Transitions=transitions)}


def _to_expiration(block: Values) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if block["date"]:
        found["Date"] = _time(block["date"])
    if block["days"]:
        found["Days"] = block["days"]
    return found or {"ExpiredObjectDeleteMarker": bool(block["expired_object_delete_marker"])}


def _to_filter(block: Values) -> dict[str, Any]:
    both = first(block["and"])
    if both is None:
        return to_api(block, _FILTER) or {"Prefix": ""}
    conditions = to_api({**both, "object_size_less_than": both["object_size_less_than"] or None}, _AND)
    return {"And": {"Prefix": "", **conditions}}


def _from_rule(rule: dict[str, Any], stored: Values, local: bool) -> Values:
    expiration, filters = rule.get("Expiration"), rule.get("Filter")
    shown = from_api(rule, _RULE)
    if local and stored.get("prefix"):
        shown["prefix"] = stored["prefix"]  # the emulator does not keep it
    return {
        **shown,
        "prefix": shown["prefix"] or "",
        "expiration": [_from_expiration(expiration)] if expiration else [],
        "filter": _from_filter(filters, stored) if filters is not None else [],
        "transition": [
            {
                "date": in_utc(item["Date"]) if "Date" in item else None,
                "days": item.get("Days"),
                "storage_class": item["StorageClass"],
            }
            for item in rule.get("Transitions", [])
        ],
    }


def _from_expiration(found: dict[str, Any]) -> Values:
    return {
        "date": in_utc(found["Date"]) if "Date" in found else None,
        "days": found.get("Days", 0),
        "expired_object_delete_marker": found.get("ExpiredObjectDeleteMarker", False),
    }


def _from_filter(found: dict[str, Any], stored: Values) -> list[Values]:
    if not found and not stored.get("filter"):
        return []
    both = found.get("And")
    return [{**from_api(found, _FILTER), "and": [from_api(both, _AND)] if both else []}]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _same_time(one_: Any, other: Any) -> bool:
    return _time(one_) == _time(other)


def _read(aws: Aws, values: Values) -> Values | None:
    found = aws.client("s3").get_bucket_lifecycle_configuration(**owned(values))
    if not found.get("Rules"):
        return None
    stored = {rule["id"]: rule for rule in values.get("rule") or ()}
    minimum = found.get("TransitionDefaultMinimumObjectSize", "")
    if aws.local:
        minimum = values.get(_MINIMUM) or minimum  # the emulator always returns the same
    return {
        "id": values["id"],
        "bucket": values["bucket"],
        "expected_bucket_owner": values.get("expected_bucket_owner") or "",
        "rule": [_from_rule(rule, stored.get(rule["ID"], {}), aws.local) for rule in found["Rules"]],
        _MINIMUM: minimum,
    }


def _delete(aws: Aws, values: Values) -> None:
    aws.client("s3").delete_bucket_lifecycle(**owned(values))


def _import(aws: Aws, identifier: str) -> Values:
    bucket, _, owner = identifier.partition(",")
    return {"id": identifier, "bucket": bucket, "expected_bucket_owner": owner}


def _plan(plan: Plan) -> None:
    configured, planned = plan.config["rule"], plan.values["rule"]
    if not isinstance(configured, list) or not isinstance(planned, list):
        return
    for rule, made in zip(configured, planned, strict=False):
        if isinstance(rule["filter"], list) and isinstance(made["filter"], list):
            for config, block in zip(rule["filter"], made["filter"], strict=False):
                _plan_prefix(config, block)
        if isinstance(rule["transition"], list) and isinstance(made["transition"], list):
            for config, block in zip(rule["transition"], made["transition"], strict=False):
                if config["days"] is None:
                    block["days"] = None if config["date"] is not None else 0


def _plan_prefix(config: Values, block: Values) -> None:
    """An empty filter is an empty prefix; beside anything else there is none."""
    if config["prefix"] is None:
        others = ("and", "object_size_greater_than", "object_size_less_than", "tag")
        block["prefix"] = None if any(config[name] not in (None, []) for name in others) else ""


def _checks(config: Values) -> Iterable[tuple[str, str]]:
    rules = config["rule"]
    if rules == []:
        yield "rule", "list must contain at least 1 element"
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        blocks = rule["transition"] if isinstance(rule["transition"], list) else []
        for block in blocks:
            if UNKNOWN not in (block["date"], block["days"]) and None not in (block["date"], block["days"]):
                yield f"rule.{index}.transition", "2 attributes specified when one of [date,days] is required"


_AT_MOST_ONE = (
    "rule.abort_incomplete_multipart_upload",
    "rule.expiration",
    "rule.filter",
    "rule.filter.and",
    "rule.filter.tag",
    "rule.noncurrent_version_expiration",
)

LIFECYCLE = ResourceHandler(
    create=_put,
    read=_read,
    update=_put,
    delete=_delete,
    imports=_import,
    plan=_plan,
    checks=(_checks,),
    defaults={
        "rule.expiration.days": 0,
        "rule.expiration.expired_object_delete_marker": False,
        "rule.filter.and.object_size_greater_than": 0,
        "rule.filter.and.object_size_less_than": 0,
        "rule.filter.and.prefix": "",
        "rule.filter.object_size_greater_than": None,
        "rule.filter.object_size_less_than": None,
        "rule.filter.prefix": None,
        "rule.noncurrent_version_expiration.newer_noncurrent_versions": None,
        "rule.noncurrent_version_transition.newer_noncurrent_versions": None,
        "rule.prefix": "",
        "rule.transition.days": None,
        _MINIMUM: _ALL_CLASSES,
    },
    equivalent={"rule.expiration.date": _same_time, "rule.transition.date": _same_time},
    validators={
        **dict.fromkeys(_AT_MOST_ONE, length(0, 1)),
        "bucket": length(1, 63),
        "expected_bucket_owner": account,
        "rule.expiration.date": rfc3339,
        "rule.filter.and.object_size_greater_than": at_least(0),
        "rule.filter.and.object_size_less_than": at_least(1),
        "rule.filter.and.tags": length(1, 1000),
        "rule.id": length(1, 255),
        "rule.noncurrent_version_expiration.newer_noncurrent_versions": at_least(1),
        "rule.noncurrent_version_expiration.noncurrent_days": at_least(1),
        "rule.noncurrent_version_transition.newer_noncurrent_versions": at_least(1),
        "rule.noncurrent_version_transition.noncurrent_days": at_least(0),
        "rule.noncurrent_version_transition.storage_class": enum("s3", "TransitionStorageClass"),
        "rule.status": one_of("Disabled", "Enabled"),
        "rule.transition.date": rfc3339,
        "rule.transition.days": at_least(0),
        "rule.transition.storage_class": enum("s3", "TransitionStorageClass"),
        _MINIMUM: enum("s3", "TransitionDefaultMinimumObjectSize"),
    },
    gone={"NoSuchLifecycleConfiguration"},
    name=None,
    differs=(
        "A rule with neither `filter` nor `prefix`, and other doubtful combinations, are taken without a "
        "warning. The local AWS keeps neither a rule's `prefix` nor `transition_default_minimum_object_size`."
    ),
    timeouts={"create": 180, "update": 180},
)

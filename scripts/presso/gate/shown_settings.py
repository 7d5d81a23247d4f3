"""Settings that a resource shows and others make, such as the policies of roles and queues.

Terraform reads them before it plans: they are shown as they are, not as they will be. What a plan removes or
changes is judged by its planned value alone. The rest is still there after the apply, and is judged as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from presso.gate.plan_entries import PlanEntries, PlanEntry


class _Setting(NamedTuple):
    """Where the setting that a resource makes is shown.

    Args:
        owner: The type of the resource that shows it.
        shown: The attribute there.
        by: The attribute of the setting that names the owner: by its id, name, URL or ARN.
        key: The attribute that distinguishes the setting from others of its kind; "" if there is only one.
    """

    owner: str
    shown: str
    by: str
    key: str = ""


_SETTINGS: Mapping[str, _Setting] = {
    "aws_iam_role_policy": _Setting("aws_iam_role", "inline_policy", "role", "name"),
    "aws_iam_role_policy_attachment": _Setting("aws_iam_role", "managed_policy_arns", "role", "policy_arn"),
    "aws_s3_bucket_lifecycle_configuration": _Setting("aws_s3_bucket", "lifecycle_rule", "bucket"),
    "aws_s3_bucket_policy": _Setting("aws_s3_bucket", "policy", "bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": _Setting(
        "aws_s3_bucket", "server_side_encryption_configuration", "bucket"
    ),
    "aws_s3_bucket_versioning": _Setting("aws_s3_bucket", "versioning", "bucket"),
    "aws_sns_topic_policy": _Setting("aws_sns_topic", "policy", "arn"),
    "aws_sqs_queue_policy": _Setting("aws_sqs_queue", "policy", "queue_url"),
    "aws_sqs_queue_redrive_allow_policy": _Setting("aws_sqs_queue", "redrive_allow_policy", "queue_url"),
    "aws_sqs_queue_redrive_policy": _Setting("aws_sqs_queue", "redrive_policy", "queue_url"),
}
_NAMING = ("id", "name", "url", "arn")
# The policy that AWS gives every topic; it admits the account only.
# https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html
_DEFAULT = "__default_policy_ID"
_OWNERS = ("AWS:SourceOwner", "AWS:SourceAccount")


class Going(NamedTuple):
    """A setting that a plan removes or changes: its type, and its values until then."""

    type: str
    values: Mapping[str, Any]


def going(plan: Mapping[str, Any]) -> Iterator[Going]:
    """Yield the settings that a plan, as `terraform show -json` prints it, removes or changes."""
    for change in plan.get("resource_changes", ()):
        found = change["change"]
        if change.get("type") in _SETTINGS and {"delete", "update"} & set(found["actions"]):
            yield Going(change["type"], found.get("before") or {})


def without(entries: PlanEntries, gone: Sequence[Going], predicted: PlanEntries) -> PlanEntries:
    """Return entries without the settings that go, and without policies that AWS gives by default.

    Args:
        entries: Of a real plan, or of the state after it.
        gone: What the plan removes or changes.
        predicted: The entries of the judged plan: what the files set on a resource itself stays.
    """
    return {
        address: _without(entry, gone, predicted[address]) if address in predicted else entry
        for address, entry in entries.items()
    }


def _without(entry: PlanEntry, gone: Sequence[Going], predicted: PlanEntry) -> PlanEntry:
    if entry.mode != "managed":
        return entry
    if entry.type == "aws_sns_topic" and _is_default(entry.values):
        entry = _open(entry, "policy", predicted)
    for each in gone:
        setting = _SETTINGS[each.type]
        named = each.values.get(setting.by)
        if entry.type == setting.owner and named in [entry.values.get(name) for name in _NAMING]:
            key = each.values.get(setting.key) if setting.key else None
            entry = _open(entry, setting.shown, predicted, key)
    return entry


def _open(entry: PlanEntry, attribute: str, predicted: PlanEntry, key: Any = None) -> PlanEntry:
    """The entry without a value, or without one of several; as it is where the files set the attribute."""
    unknown = (predicted.unknown or {}).get(attribute)
    if (predicted.values or {}).get(attribute) and unknown is not True:
        return entry
    if key is None:
        values = {**entry.values, attribute: None}
        return replace(entry, values=values, unknown={**(entry.unknown or {}), attribute: True})
    several = entry.values.get(attribute) or []
    left = [each for each in several if key not in (each, each.get("name") if isinstance(each, dict) else "")]
    return replace(entry, values={**entry.values, attribute: left})


def _is_default(topic: Mapping[str, Any]) -> bool:
    try:
        account = topic["arn"].split(":")[4]
        read = json.loads(topic["policy"])
        conditions = [statement["Condition"] for statement in read["Statement"]]
        default = all(
            list(condition) == ["StringEquals"]
            and any(condition["StringEquals"].get(key) == account for key in _OWNERS)
            for condition in conditions
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return False
    return default and read.get("Id") == _DEFAULT

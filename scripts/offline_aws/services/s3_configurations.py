"""Settings of a bucket that the API keeps as one document each.

Source: internal/service/s3/bucket_{accelerate_configuration,acl,cors_configuration,logging,
object_lock_configuration,ownership_controls,replication_configuration,request_payment_configuration,
website_configuration}.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from offline_aws.aws import Aws
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import UNKNOWN, Values, given
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services.s3_settings import OWNED, by_bucket, named, owned
from offline_aws.shapes import Shape, from_api, to_api
from offline_aws.validators import account, arn, at_least, json_text, length, one_of

_LATE = ("NoSuchBucket", "")


@dataclass(frozen=True, kw_only=True)
class BucketDocument:
    """One document of a bucket, put and got by a call each.

    Args:
        name: The end of the calls' names: `bucket_cors`.
        key: The argument of the call that puts it.
        shape: Its shape.
        answer: The key of it in the answer; "" where the answer is it.
        delete: Removes it; by default the call of the usual name.
        more: Returns further attributes.
    """

    name: str
    key: str
    shape: Shape
    answer: str = ""
    delete: Callable[[Aws, Values], None] | None = None
    more: Callable[[Aws, Values, Any], Values] | None = None

    def put(self, aws: Aws, values: Values, prior: Values | None = None) -> None:
        """Put it, and name it by its bucket."""
        request = getattr(aws.client("s3"), f"put_{self.name}")
        arguments = {**owned(values), self.key: self.sent(values)}
        eventually(aws, lambda: request(**arguments), _LATE)
        values["id"] = named(values)

    def sent(self, values: Values) -> dict[str, Any]:
        """Return what is put."""
        return to_api(values, self.shape)

    def read(self, aws: Aws, values: Values) -> Values | None:
        """Return what the bucket has."""
        found = getattr(aws.client("s3"), f"get_{self.name}")(**owned(values))
        found = found.get(self.answer) if self.answer else found
        shown = from_api(found or {}, self.shape)
        if not any(value not in (None, [], "") for value in shown.values()):
            return None
        more = self.more(aws, values, found) if self.more else {}
        return {**shown, **more, "id": values["id"], "bucket": values["bucket"]}

    def remove(self, aws: Aws, values: Values) -> None:
        """Remove it from the bucket."""
        if self.delete:
            self.delete(aws, values)
        else:
            getattr(aws.client("s3"), f"delete_{self.name}")(**owned(values))


def _kept(aws: Aws, values: Values) -> None:
    """Leave it, as the published provider does: the API cannot remove it."""


def _handler(document: BucketDocument, **tables: Any) -> ResourceHandler:
    return ResourceHandler(
        **{
            "create": document.put,
            "read": document.read,
            "update": document.put,
            "delete": document.remove,
            "imports": by_bucket,
            "name": None,
            **tables,
        }
    )


def _again(document_of: Mapping[str, Any], call: str) -> Callable[[Aws, Values], None]:
    """Return what puts the document that a new bucket has."""

    def put(aws: Aws, values: Values) -> None:
        getattr(aws.client("s3"), call)(**owned(values), **document_of)

    return put


# Access control lists


_GRANTS = Derived("aws_s3_bucket_acl.access_control_policy", "s3", "AccessControlPolicy")


def _acl_name(values: Values) -> str:
    parts = [values["bucket"], values["expected_bucket_owner"], values["acl"]]
    return ",".join(part for part in parts if part)


def _put_acl(aws: Aws, values: Values, prior: Values | None = None) -> None:
    s3, policy = aws.client("s3"), aws.config.get("access_control_policy") or values["access_control_policy"]
    arguments = {**owned(values), **given(ACL=values["acl"])}
    if not values["acl"] and isinstance(policy, list) and policy:
        arguments["AccessControlPolicy"] = to_api(policy[0], _GRANTS)
    eventually(aws, lambda: s3.put_bucket_acl(**arguments), _LATE)
    values["id"] = _acl_name(values)


def _read_acl(aws: Aws, values: Values) -> Values:
    found = aws.client("s3").get_bucket_acl(**owned(values))
    policy = {
        "grant": from_api({"Grants": found.get("Grants", [])}, {"grant": _GRANTS["grant"]})["grant"],
        "owner": from_api(found, {"owner": _GRANTS["owner"]})["owner"],
    }
    for owner in policy["owner"]:
        owner["display_name"] = owner["display_name"] or ""
    return {"id": values["id"], "access_control_policy": [policy], "bucket": values["bucket"]}


def _import_acl(aws: Aws, identifier: str) -> Values:
    bucket, *rest = identifier.split(",")
    owner = next((part for part in rest if part.isdigit()), None)
    acl = next((part for part in rest if not part.isdigit()), None)
    return {"id": identifier, "bucket": bucket, "expected_bucket_owner": owner, "acl": acl}


def _plan_acl(plan: Plan) -> None:
    acl = plan.values["acl"]
    if plan.prior is not None and plan.changed("acl") and (acl is UNKNOWN or acl):
        plan.values["access_control_policy"] = UNKNOWN


# Websites


def _website(aws: Aws, values: Values, found: Any) -> Values:
    rules = found.get("RoutingRules") or []
    domain = f"s3-website{_dash(aws.region)}{aws.region}.{aws.dns_suffix}"
    texts = json.dumps(rules, separators=(",", ":")) if rules else ""
    return {
        "routing_rules": texts,
        "website_domain": domain,
        "website_endpoint": f"{values['bucket']}.{domain}",
    }


def _dash(region: str) -> str:
    """The separator in old regions; newer ones have a dot: S3 user guide, "Website endpoints"."""
    return "-" if region in _OLD_REGIONS else "."


_OLD_REGIONS = {
    *("us-east-1", "us-west-1", "us-west-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1"),
    *("eu-west-1", "sa-east-1", "us-gov-west-1"),
}


class _Website(BucketDocument):
    def sent(self, values: Values) -> dict[str, Any]:
        found = super().sent(values)
        text = values["routing_rules"]
        if isinstance(text, str) and text and "RoutingRules" not in found:
            found["RoutingRules"] = json.loads(text)
        return found


# Logging


class _Logging(BucketDocument):
    def sent(self, values: Values) -> dict[str, Any]:
        found = super().sent(values)
        found["TargetPrefix"] = values["target_prefix"] or ""
        block = (values["target_object_key_format"] or [{}])[0]
        if block.get("simple_prefix"):
            found["TargetObjectKeyFormat"] = {"SimplePrefix": {}}
        return {"LoggingEnabled": found}

    def read(self, aws: Aws, values: Values) -> Values | None:
        shown = super().read(aws, values)
        if shown is None:
            return None
        stored = values.get("target_object_key_format") or []
        if stored and stored[0].get("simple_prefix"):
            shown["target_object_key_format"] = stored  # an empty block has nothing to compare
        return {**shown, "target_prefix": shown["target_prefix"] or ""}


def _document(
    of: str,
    structure: str,
    name: str,
    *,
    kind: type[BucketDocument] = BucketDocument,
    key: str = "",
    keys: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    **more: Any,
) -> BucketDocument:
    """Return a type's document, with the shape of a structure of S3 that names the argument, too."""
    shape = Derived(of, "s3", structure, without={"bucket", "expected_bucket_owner", *without}, keys=keys)
    return kind(name=name, key=key or structure, shape=shape, **more)


_REPLICATION = Derived(
    "aws_s3_bucket_replication_configuration", "s3", "ReplicationConfiguration", without={"token"}
)


class _Replication(BucketDocument):
    def put(self, aws: Aws, values: Values, prior: Values | None = None) -> None:
        s3, arguments = aws.client("s3"), given(Token=values["token"])
        arguments |= {"Bucket": values["bucket"], self.key: self.sent(values)}
        for rule, block in zip(arguments[self.key]["Rules"], values["rule"], strict=True):
            if not block["filter"]:
                rule["Prefix"] = block["prefix"] or ""
                rule.pop("Priority", None)  # of the newer form, which has a filter
        eventually(
            aws, lambda: s3.put_bucket_replication(**arguments), _LATE, ("InvalidRequest", "ersioning")
        )
        values["id"] = values["bucket"]


def _rules(aws: Aws, values: Values, found: Any) -> Values:
    """The rules, with a filter of everything, which the answer has as an empty element."""
    shown = from_api(found, _REPLICATION)["rule"]
    for rule, block in zip(found["Rules"], shown, strict=True):
        if "Filter" in rule and not block["filter"]:
            block["filter"] = [{"and": [], "prefix": None, "tag": []}]
    return {"rule": shown}


def _inner(config: Values, *names: str) -> Values | None:
    """The one block that is reached by the names, if it is there."""
    block: Any = config
    for name in names:
        blocks = block[name]
        if not isinstance(blocks, list) or not blocks:
            return None
        block = blocks[0]
    return dict(block)


def _one_format(config: Values) -> Iterable[tuple[str, str]]:
    block = _inner(config, "target_object_key_format")
    names = ("partitioned_prefix", "simple_prefix")
    if block and len([name for name in names if block[name] not in (None, [])]) != 1:
        yield "target_object_key_format", f"one of {','.join(names)} must be specified, and only one"


def _days_or_years(config: Values) -> Iterable[tuple[str, str]]:
    block = _inner(config, "rule", "default_retention")
    if block and not {UNKNOWN, None} & {block["days"], block["years"]}:
        yield "rule.0.default_retention.0.days", "it conflicts with years"


RESOURCES = {
    "aws_s3_bucket_accelerate_configuration": _handler(
        _document(
            "aws_s3_bucket_accelerate_configuration",
            "AccelerateConfiguration",
            "bucket_accelerate_configuration",
            delete=_again(
                {"AccelerateConfiguration": {"Status": "Suspended"}}, "put_bucket_accelerate_configuration"
            ),
        ),
        validators={**OWNED, "status": enum("s3", "BucketAccelerateStatus")},
    ),
    "aws_s3_bucket_acl": ResourceHandler(
        create=_put_acl,
        read=_read_acl,
        update=_put_acl,
        delete=_kept,
        imports=_import_acl,
        plan=_plan_acl,
        validators={
            "access_control_policy.grant.grantee.type": enum("s3", "Type"),
            "access_control_policy.grant.permission": enum("s3", "Permission"),
            "acl": one_of(
                "private",
                "public-read",
                "public-read-write",
                "authenticated-read",
                "aws-exec-read",
                "log-delivery-write",
            ),
            **OWNED,
        },
        exactly_one_of=(("access_control_policy", "acl"),),
        name=None,
    ),
    "aws_s3_bucket_cors_configuration": _handler(
        _document(
            "aws_s3_bucket_cors_configuration",
            "CORSConfiguration",
            "bucket_cors",
            keys={"cors_rule": "CORSRules"},
        ),
        validators={**OWNED, "cors_rule.id": length(0, 255)},
        gone={"NoSuchCORSConfiguration"},
    ),
    "aws_s3_bucket_logging": _handler(
        _document(
            "aws_s3_bucket_logging",
            "LoggingEnabled",
            "bucket_logging",
            kind=_Logging,
            key="BucketLoggingStatus",
            answer="LoggingEnabled",
            delete=_again({"BucketLoggingStatus": {}}, "put_bucket_logging"),
        ),
        validators={
            **OWNED,
            "target_grant.grantee.type": enum("s3", "Type"),
            "target_grant.permission": enum("s3", "BucketLogsPermission"),
            "target_object_key_format.partitioned_prefix.partition_date_source": enum(
                "s3", "PartitionDateSource"
            ),
        },
        checks=(_one_format,),
    ),
    "aws_s3_bucket_object_lock_configuration": _handler(
        _document(
            "aws_s3_bucket_object_lock_configuration",
            "ObjectLockConfiguration",
            "object_lock_configuration",
            answer="ObjectLockConfiguration",
            without={"token"},
            delete=_again(
                {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}, "put_object_lock_configuration"
            ),
        ),
        defaults={"object_lock_enabled": "Enabled"},
        stored_only={"token"},
        validators={
            **OWNED,
            "object_lock_enabled": enum("s3", "ObjectLockEnabled"),
            "rule.default_retention.mode": enum("s3", "ObjectLockRetentionMode"),
        },
        checks=(_days_or_years,),
        gone={"ObjectLockConfigurationNotFoundError"},
    ),
    "aws_s3_bucket_ownership_controls": _handler(
        _document(
            "aws_s3_bucket_ownership_controls",
            "OwnershipControls",
            "bucket_ownership_controls",
            answer="OwnershipControls",
        ),
        validators={"bucket": length(1, 63), "rule.object_ownership": enum("s3", "ObjectOwnership")},
        gone={"OwnershipControlsNotFoundError"},
    ),
    "aws_s3_bucket_replication_configuration": _handler(
        _Replication(
            name="bucket_replication",
            key="ReplicationConfiguration",
            shape=_REPLICATION,
            answer="ReplicationConfiguration",
            more=_rules,
        ),
        shapes=(_REPLICATION,),
        stored_only={"token"},
        validators={
            "bucket": length(1, 63),
            "role": arn,
            "rule.destination.account": account,
            "rule.destination.bucket": arn,
            "rule.destination.encryption_configuration.replica_kms_key_id": arn,
            "rule.destination.metrics.event_threshold.minutes": at_least(0),
            "rule.destination.replication_time.time.minutes": at_least(0),
            "rule.filter.and.prefix": length(0, 1024),
            "rule.filter.prefix": length(0, 1024),
            "rule.id": length(0, 255),
            "rule.prefix": length(0, 1024),
        },
        gone={"ReplicationConfigurationNotFoundError"},
        differs=(
            "The local AWS does not keep `existing_object_replication`: each plan shows a change. AWS takes "
            "it on request only."
        ),
    ),
    "aws_s3_bucket_request_payment_configuration": _handler(
        _document(
            "aws_s3_bucket_request_payment_configuration",
            "RequestPaymentConfiguration",
            "bucket_request_payment",
            delete=_again(
                {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}}, "put_bucket_request_payment"
            ),
        ),
        validators={**OWNED, "payer": enum("s3", "Payer")},
    ),
    "aws_s3_bucket_website_configuration": _handler(
        _document(
            "aws_s3_bucket_website_configuration",
            "WebsiteConfiguration",
            "bucket_website",
            kind=_Website,
            more=_website,
        ),
        validators={**OWNED, "routing_rules": json_text},
        differs=(
            "That one of `index_document` and `redirect_all_requests_to` is there is checked at plan; the "
            "published provider leaves it to AWS."
        ),
        conflicts=(
            ("routing_rules", "routing_rule"),
            *(
                ("redirect_all_requests_to", other)
                for other in ("error_document", "routing_rule", "routing_rules")
            ),
        ),
        exactly_one_of=(("index_document", "redirect_all_requests_to"),),
        computed={"routing_rule"},
        recomputed={"routing_rule": ("routing_rules",), "routing_rules": ("routing_rule",)},
        gone={"NoSuchWebsiteConfiguration"},
    ),
}

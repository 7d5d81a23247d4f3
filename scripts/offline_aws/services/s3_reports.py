"""What S3 does with groups of a bucket's objects, each by a document with a name: reports, metrics, tiers.

Source: internal/service/s3/bucket_{analytics_configuration,intelligent_tiering_configuration,inventory,
metric}.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import import_by
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import Values, tag_list, tag_map
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import account, arn, at_least, length

_FILTERS = {"prefix": "Prefix", "access_point": "AccessPointArn"}


@dataclass(frozen=True, kw_only=True)
class NamedDocument:
    """One of a bucket's documents with a name.

    Args:
        name: The end of the calls' names: `bucket_metrics_configuration`.
        key: The document in calls and answers.
        shape: Its shape, without a filter by tags.
        needs: What the API wants to be there in any case.
    """

    name: str
    key: str
    shape: Derived
    needs: tuple[str, ...] = ()

    def put(self, aws: Aws, values: Values, prior: Values | None = None) -> None:
        """Put it, and name it by its bucket and itself."""
        document = {**{key: {} for key in self.needs}, **to_api(values, self.shape), "Id": values["name"]}
        if values["filter"] and "filter" not in self.shape:
            document["Filter"] = _filter(values["filter"][0])
        put = getattr(aws.client("s3"), f"put_{self.name}")
        arguments = {"Bucket": values["bucket"], "Id": values["name"], self.key: document}
        eventually(aws, lambda: put(**arguments), ("NoSuchBucket", ""))
        values["id"] = f"{values['bucket']}:{values['name']}"

    def read(self, aws: Aws, values: Values) -> Values:
        """Return what the bucket has."""
        get = getattr(aws.client("s3"), f"get_{self.name}")
        found = get(Bucket=values["bucket"], Id=values["name"])[self.key]
        shown = from_api(found, self.shape)
        if "filter" not in self.shape:
            shown["filter"] = _shown_filter(found.get("Filter") or {})
        if "destination" in shown:
            _mark_own_key(found["Destination"]["S3BucketDestination"], shown["destination"][0]["bucket"][0])
        return {**shown, **{name: values[name] for name in ("bucket", "id", "name")}}

    def delete(self, aws: Aws, values: Values) -> None:
        """Delete it."""
        delete = getattr(aws.client("s3"), f"delete_{self.name}")
        delete(Bucket=values["bucket"], Id=values["name"])


def _filter(block: Values) -> dict[str, Any]:
    """One condition as it is, several inside `And`."""
    conditions: dict[str, Any] = {key: block[name] for name, key in _FILTERS.items() if block.get(name)}
    tags = tag_list(block["tags"])
    if len(conditions) + len(tags) > 1:
        return {"And": {**conditions, **({"Tags": tags} if tags else {})}}
    return {**conditions, **({"Tag": tags[0]} if tags else {})}


def _shown_filter(found: dict[str, Any]) -> list[Values]:
    conditions = found.get("And") or found
    tags = conditions.get("Tags") or ([found["Tag"]] if "Tag" in found else [])
    shown = {name: conditions[key] for name, key in _FILTERS.items() if key in conditions}
    return [{**shown, "tags": tag_map(tags) or None}] if shown or tags else []


def _mark_own_key(found: dict[str, Any], shown: Values) -> None:
    """Show encryption with S3's key, of which the answer has an empty element."""
    if "SSES3" in (found.get("Encryption") or {}):
        shown["encryption"] = [{"sse_kms": [], "sse_s3": [{}]}]


def _handler(document: NamedDocument, **tables: Any) -> ResourceHandler:
    def imported(aws: Aws, identifier: str) -> Values:
        return {"id": identifier, **import_by("bucket:name", ":", "bucket", "name")(aws, identifier)}

    return ResourceHandler(
        create=document.put,
        read=document.read,
        update=document.put,
        delete=document.delete,
        imports=imported,
        shapes=(document.shape,),
        gone={"NoSuchConfiguration"},
        name=None,
        **tables,
    )


_ANALYTICS = NamedDocument(
    name="bucket_analytics_configuration",
    key="AnalyticsConfiguration",
    shape=Derived(
        "aws_s3_bucket_analytics_configuration",
        "s3",
        "AnalyticsConfiguration",
        without={"filter"},
        keys={"storage_class_analysis.data_export.destination.s3_bucket_destination.bucket_arn": "Bucket"},
    ),
    needs=("StorageClassAnalysis",),
)
_INVENTORY = NamedDocument(
    name="bucket_inventory_configuration",
    key="InventoryConfiguration",
    shape=Derived(
        "aws_s3_bucket_inventory",
        "s3",
        "InventoryConfiguration",
        keys={
            "destination.bucket": "S3BucketDestination",
            "destination.bucket.bucket_arn": "Bucket",
            "enabled": "IsEnabled",
        },
    ),
)
_METRIC = NamedDocument(
    name="bucket_metrics_configuration",
    key="MetricsConfiguration",
    shape=Derived("aws_s3_bucket_metric", "s3", "MetricsConfiguration", without={"filter"}),
)
_TIERS = NamedDocument(
    name="bucket_intelligent_tiering_configuration",
    key="IntelligentTieringConfiguration",
    shape=Derived(
        "aws_s3_bucket_intelligent_tiering_configuration",
        "s3",
        "IntelligentTieringConfiguration",
        without={"filter"},
    ),
)
_EXPORT = "storage_class_analysis.data_export"


def _filtered(config: Values) -> Iterable[tuple[str, str]]:
    """A filter has at least one of its arguments (internal/service/s3/bucket_metric.go of 2025)."""
    for block in config["filter"] if isinstance(config["filter"], list) else ():
        if all(value is None for value in block.values()):
            yield "filter", f"one of {','.join(sorted(block))} must be specified"


def _one_key(config: Values) -> Iterable[tuple[str, str]]:
    destination = config["destination"]
    buckets = destination[0]["bucket"] if isinstance(destination, list) else None
    encryption = buckets[0]["encryption"] if isinstance(buckets, list) else None
    for block in encryption if isinstance(encryption, list) else ():
        if all(isinstance(block[name], list) and block[name] for name in ("sse_kms", "sse_s3")):
            yield "destination.0.bucket.0.encryption", "sse_kms conflicts with sse_s3"


RESOURCES = {
    "aws_s3_bucket_analytics_configuration": _handler(
        _ANALYTICS,
        defaults={
            f"{_EXPORT}.destination.s3_bucket_destination.format": "CSV",
            f"{_EXPORT}.output_schema_version": "V_1",
        },
        validators={
            f"{_EXPORT}.destination.s3_bucket_destination.bucket_account_id": account,
            f"{_EXPORT}.destination.s3_bucket_destination.bucket_arn": arn,
        },
        checks=(_filtered,),
    ),
    "aws_s3_bucket_intelligent_tiering_configuration": _handler(
        _TIERS,
        defaults={"status": "Enabled"},
        validators={"tiering.days": at_least(90)},
        checks=(_filtered,),
        differs="The least `days` are checked at plan; the published provider leaves them to AWS.",
    ),
    "aws_s3_bucket_inventory": _handler(
        _INVENTORY,
        defaults={"enabled": True},
        validators={
            "destination.bucket.account_id": account,
            "destination.bucket.bucket_arn": arn,
            "destination.bucket.encryption.sse_kms.key_id": arn,
            "name": length(0, 64),
        },
        checks=(_one_key,),
    ),
    "aws_s3_bucket_metric": _handler(
        _METRIC, validators={"filter.access_point": arn, "name": length(1, 64)}, checks=(_filtered,)
    ),
}

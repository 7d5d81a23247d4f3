"""S3 Tables: buckets for tables, namespaces in them, tables, and the policies of both.

Source: internal/service/s3tables/{table_bucket,namespace,table,table_bucket_policy,table_policy}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.equivalence import same_policy
from offline_aws.gojson import normalised_json
from offline_aws.handler_values import Check, ResourceError, Values, changed, given
from offline_aws.policies import iam_policy
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.shapes import from_api
from offline_aws.validators import arn, at_least, between, length, matches

_BUCKET = {"tableBucketARN": "table_bucket_arn"}
_NAMESPACE = {**_BUCKET, "namespace": "namespace"}
_TABLE = {**_NAMESPACE, "name": "name"}
_tag = tagging("s3tables", "resourceArn", noun="resource")
# Settings of maintenance: attribute to the API's kind, and each setting to its key.
_OF_BUCKET = {
    "iceberg_unreferenced_file_removal": (
        "icebergUnreferencedFileRemoval",
        {"non_current_days": "nonCurrentDays", "unreferenced_days": "unreferencedDays"},
    )
}
_OF_TABLE = {
    "iceberg_compaction": ("icebergCompaction", {"target_file_size_mb": "targetFileSizeMB"}),
    "iceberg_snapshot_management": (
        "icebergSnapshotManagement",
        {"max_snapshot_age_hours": "maxSnapshotAgeHours", "min_snapshots_to_keep": "minSnapshotsToKeep"},
    ),
}
_Kinds = dict[str, tuple[str, dict[str, str]]]


def _named(values: Values, by: dict[str, str]) -> dict[str, str]:
    return {key: values[attribute] for key, attribute in by.items()}


def _parts(*names: str) -> Callable[[Aws, str], Values]:
    """Return a type's `imports`: its attributes with semicolons between."""

    def imports(aws: Aws, identifier: str) -> Values:
        parts = identifier.split(";")
        if len(parts) != len(names) or not all(parts):
            form = ";".join(f"<{name}>" for name in names)
            raise ResourceError(f"unexpected ID ({identifier})", detail=f"Expected {form}")
        return dict(zip(names, parts, strict=True))

    return imports


def _encryption(values: Values) -> dict[str, Any]:
    found = values["encryption_configuration"] or {}
    sent = given(sseAlgorithm=found.get("sse_algorithm"), kmsKeyArn=found.get("kms_key_arn"))
    return given(encryptionConfiguration=sent)


def _encrypted(found: dict[str, Any]) -> Values:
    shown = found["encryptionConfiguration"]
    return {"sse_algorithm": shown["sseAlgorithm"], "kms_key_arn": shown.get("kmsKeyArn")}


def _maintain(put: Callable[..., Any], kinds: _Kinds, values: Values, prior: Values | None = None) -> None:
    """Put each kind of maintenance that is configured, and is not what it was."""
    wanted, before = (each.get("maintenance_configuration") or {} for each in (values, prior or {}))
    for name, (kind, keys) in kinds.items():
        one = wanted.get(name)
        if one is None or one == before.get(name):
            continue
        settings = given(**{key: (one["settings"] or {}).get(setting) for setting, key in keys.items()})
        put(type=kind, value=given(status=one["status"], settings=given(**{kind: settings})))


def _checked(kinds: _Kinds) -> Callable[[Values], Iterable[tuple[str, str]]]:
    """Return the check of maintenance, which is an object: a validator has no path in it."""
    status = enum("s3tables", "MaintenanceStatus")

    def check(config: Values) -> Iterable[tuple[str, str]]:
        wanted = config["maintenance_configuration"]
        for name in kinds if isinstance(wanted, dict) else ():
            one = wanted[name]
            if not isinstance(one, dict):
                continue
            wrong = status(one["status"]) if isinstance(one["status"], str) else None
            if wrong:
                yield f"maintenance_configuration.{name}.status", wrong
            settings = one["settings"] if isinstance(one["settings"], dict) else {}
            for setting, value in settings.items():
                limits = between(64, 512) if setting == "target_file_size_mb" else at_least(1)
                fault = limits(value) if isinstance(value, int | float) else None
                if fault:
                    yield f"maintenance_configuration.{name}.settings.{setting}", fault

    return check


def _maintained(configuration: dict[str, Any], kinds: _Kinds) -> Values:
    shown: Values = {}
    for name, (kind, keys) in kinds.items():
        found = configuration.get(kind, {})
        settings = found.get("settings", {}).get(kind)
        shown[name] = {
            "status": found.get("status"),
            "settings": settings and {setting: settings.get(key) for setting, key in keys.items()},
        }
    return shown


# Buckets

_SHOWN_BUCKET = Derived("aws_s3tables_table_bucket", "s3tables", "GetTableBucketResponse")


def _create_bucket(aws: Aws, values: Values) -> None:
    client = aws.client("s3tables")
    sent = {**_encryption(values), **given(tags=values["tags_all"])}
    values["arn"] = values["id"] = client.create_table_bucket(name=values["name"], **sent)["arn"]
    _maintain_bucket(aws, values)


def _maintain_bucket(aws: Aws, values: Values, prior: Values | None = None) -> None:
    def put(**arguments: Any) -> None:
        client.put_table_bucket_maintenance_configuration(tableBucketARN=values["arn"], **arguments)

    client = aws.client("s3tables")
    _maintain(put, _OF_BUCKET, values, prior)


def _read_bucket(aws: Aws, values: Values) -> Values:
    client, named = aws.client("s3tables"), {"tableBucketARN": values["arn"]}
    maintenance = client.get_table_bucket_maintenance_configuration(**named)["configuration"]
    return {
        **from_api(client.get_table_bucket(**named), _SHOWN_BUCKET),
        "encryption_configuration": _encrypted(client.get_table_bucket_encryption(**named)),
        "maintenance_configuration": _maintained(maintenance, _OF_BUCKET),
        "tags_all": client.list_tags_for_resource(resourceArn=values["arn"]).get("tags", {}),
    }


def _update_bucket(aws: Aws, values: Values, prior: Values) -> None:
    if changed(values, prior, "encryption_configuration"):
        aws.client("s3tables").put_table_bucket_encryption(
            tableBucketARN=values["arn"], **_encryption(values)
        )
    _maintain_bucket(aws, values, prior)


def _delete_bucket(aws: Aws, values: Values) -> None:
    client, named = aws.client("s3tables"), {"tableBucketARN": values["arn"]}
    if values["force_destroy"]:
        for page in client.get_paginator("list_tables").paginate(**named):
            for table in page["tables"]:
                client.delete_table(**named, namespace=table["namespace"][0], name=table["name"])
        for page in client.get_paginator("list_namespaces").paginate(**named):
            for namespace in page["namespaces"]:
                client.delete_namespace(**named, namespace=namespace["namespace"][0])
    client.delete_table_bucket(**named)


# Namespaces

_SHOWN_NAMESPACE = Derived(
    "aws_s3tables_namespace", "s3tables", "GetNamespaceResponse", without={"namespace"}
)


def _create_namespace(aws: Aws, values: Values) -> None:
    named = _named(values, _BUCKET)
    aws.client("s3tables").create_namespace(**named, namespace=[values["namespace"]])
    values["id"] = values["namespace"]


def _read_namespace(aws: Aws, values: Values) -> Values:
    found = aws.client("s3tables").get_namespace(**_named(values, _NAMESPACE))
    shown = from_api(found, _SHOWN_NAMESPACE)
    return {**shown, "namespace": found["namespace"][0], "table_bucket_arn": values["table_bucket_arn"]}


# Tables

_SHOWN_TABLE = Derived(
    "aws_s3tables_table",
    "s3tables",
    "GetTableResponse",
    without={"namespace", "metadata"},
    keys={"arn": "tableARN"},
)


def _metadata(values: Values) -> dict[str, Any]:
    if not values["metadata"]:
        return {}
    iceberg = values["metadata"][0]["iceberg"][0]
    fields = [given(**field) for schema in iceberg["schema"] for field in schema["field"]]
    sent = given(schema={"fields": fields}, properties=iceberg["properties"])
    return {"metadata": {"iceberg": sent}}


def _create_table(aws: Aws, values: Values) -> None:
    sent = {**_encryption(values), **_metadata(values), **given(tags=values["tags_all"])}
    found = aws.client("s3tables").create_table(**_named(values, _TABLE), format=values["format"], **sent)
    values["arn"] = values["id"] = found["tableARN"]
    _maintain_table(aws, values)


def _maintain_table(aws: Aws, values: Values, prior: Values | None = None) -> None:
    def put(**arguments: Any) -> None:
        client.put_table_maintenance_configuration(**_named(values, _TABLE), **arguments)

    client = aws.client("s3tables")
    _maintain(put, _OF_TABLE, values, prior)


def _read_table(aws: Aws, values: Values) -> Values:
    client, named = aws.client("s3tables"), _named(values, _TABLE)
    found = client.get_table(**named)
    maintenance = client.get_table_maintenance_configuration(**named)["configuration"]
    return {
        **from_api(found, _SHOWN_TABLE),
        "namespace": found["namespace"][0],
        "table_bucket_arn": values["table_bucket_arn"],
        "encryption_configuration": _encrypted(client.get_table_encryption(**named)),
        "maintenance_configuration": _maintained(maintenance, _OF_TABLE),
        "tags_all": client.list_tags_for_resource(resourceArn=found["tableARN"]).get("tags", {}),
    }


def _update_table(aws: Aws, values: Values, prior: Values) -> None:
    if changed(values, prior, "name", "namespace"):
        new = given(
            newName=values["name"] if changed(values, prior, "name") else None,
            newNamespaceName=values["namespace"] if changed(values, prior, "namespace") else None,
        )
        aws.client("s3tables").rename_table(**_named(prior, _TABLE), **new)
    _maintain_table(aws, values, prior)


def _plan_table(plan: Plan) -> None:
    if plan.prior is not None and plan.changed("metadata"):
        plan.replaced.append("metadata")


# Policies


def _policy(of: str, by: dict[str, str], imports: Callable[[Aws, str], Values]) -> ResourceHandler:
    """The type of the policy of a `table_bucket` or `table`."""

    def put(aws: Aws, values: Values, prior: Values | None = None) -> None:
        request = getattr(aws.client("s3tables"), f"put_{of}_policy")
        request(**_named(values, by), resourcePolicy=values["resource_policy"])
        values["id"] = values["table_bucket_arn"]

    def read(aws: Aws, values: Values) -> Values:
        found = getattr(aws.client("s3tables"), f"get_{of}_policy")(**_named(values, by))
        shown = {attribute: values[attribute] for attribute in by.values()}
        return {**shown, "resource_policy": normalised_json(found["resourcePolicy"])}

    return ResourceHandler(
        create=put,
        read=read,
        update=put,
        delete=call("s3tables", f"delete_{of}_policy", **by),
        imports=imports,
        equivalent={"resource_policy": same_policy},
        validators={"resource_policy": iam_policy("resource"), "table_bucket_arn": arn},
        name=None,
    )


_STARTS_AND_ENDS = matches(
    r"^[a-z0-9](.*[a-z0-9])?$", "must start and end with a lowercase letter or a digit"
)
_NAMES: tuple[Check, ...] = (
    length(1, 255),
    matches(r"^[a-z0-9_]+$", "must contain only lowercase letters, digits and underscores"),
    _STARTS_AND_ENDS,
)
_RESERVED = (("xn--", "sthree-", "amzn-s3-demo-"), ("-s3alias", "--ol-s3", ".mrap", "--x-s3"))


def _not_reserved(name: str) -> str | None:
    found = [start for start in _RESERVED[0] if name.startswith(start)]
    found += [end for end in _RESERVED[1] if name.endswith(end)]
    return f"{name!r} begins or ends with {found[0]!r}, which AWS has reserved" if found else None


RESOURCES = {
    "aws_s3tables_namespace": ResourceHandler(
        create=_create_namespace,
        read=_read_namespace,
        delete=call("s3tables", "delete_namespace", **_NAMESPACE),
        imports=_parts("table_bucket_arn", "namespace"),
        validators={"namespace": _NAMES, "table_bucket_arn": arn},
        name=None,
    ),
    "aws_s3tables_table": ResourceHandler(
        create=_create_table,
        read=_read_table,
        update=_update_table,
        delete=call("s3tables", "delete_table", **_TABLE),
        tag=_tag,
        imports=_parts("table_bucket_arn", "namespace", "name"),
        plan=_plan_table,
        checks=(_checked(_OF_TABLE),),
        recomputed={"modified_at": ("*",), "modified_by": ("*",), "version_token": ("name", "namespace")},
        validators={
            "format": enum("s3tables", "OpenTableFormat"),
            "name": _NAMES,
            "namespace": _NAMES,
            "table_bucket_arn": arn,
        },
        differs=(
            "A change of `metadata` replaces the table, as there; an import does not know it. The local AWS "
            "has the table's ARN by its name, AWS by an id."
        ),
    ),
    "aws_s3tables_table_bucket": ResourceHandler(
        create=_create_bucket,
        read=_read_bucket,
        update=_update_bucket,
        delete=_delete_bucket,
        tag=_tag,
        imports=_parts("arn"),
        checks=(_checked(_OF_BUCKET),),
        defaults={"force_destroy": False},
        stored_only={"force_destroy"},
        validators={
            "name": (
                length(3, 63),
                matches(r"^[a-z0-9-]+$", "must contain only lowercase letters, digits and hyphens"),
                _STARTS_AND_ENDS,
                _not_reserved,
            )
        },
    ),
    "aws_s3tables_table_bucket_policy": _policy("table_bucket", _BUCKET, _parts("table_bucket_arn")),
    "aws_s3tables_table_policy": _policy("table", _TABLE, _parts("table_bucket_arn", "namespace", "name")),
}

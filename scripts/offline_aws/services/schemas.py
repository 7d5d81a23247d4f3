"""EventBridge Schemas: registries, schemas, discoverers. The emulator has none of it.

Source: internal/service/schemas/{registry,schema,discoverer}.go.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.equivalence import same_json
from offline_aws.handler_values import ResourceError, Values, given
from offline_aws.resource import Resource
from offline_aws.validators import arn, length, matches, one_of

_LACKS = "EventBridge Schemas"
_NAME = matches(r"^[0-9A-Za-z_.@-]+$", "must contain only letters, digits, . - _ and @")


# Registries


def _create_registry(aws: Aws, values: Values) -> None:
    aws.client("schemas").create_registry(
        RegistryName=values["name"],
        **given(Description=values["description"], Tags=values["tags_all"]),
    )
    values["id"] = values["name"]


def _read_registry(aws: Aws, values: Values) -> Values:
    found = aws.client("schemas").describe_registry(RegistryName=values["id"])
    return {
        "id": values["id"],
        "arn": found["RegistryArn"],
        "description": found.get("Description", ""),
        "name": found["RegistryName"],
        "tags_all": found.get("Tags", {}),
    }


def _update_registry(aws: Aws, values: Values, prior: Values) -> None:
    description = values["description"] or ""
    aws.client("schemas").update_registry(RegistryName=values["id"], Description=description)


# Schemas


def _create_schema(aws: Aws, values: Values) -> None:
    aws.client("schemas").create_schema(
        Content=values["content"],
        RegistryName=values["registry_name"],
        SchemaName=values["name"],
        Type=values["type"],
        **given(Description=values["description"], Tags=values["tags_all"]),
    )
    values["id"] = f"{values['name']}/{values['registry_name']}"


def _where(values: Values) -> dict[str, str]:
    # Neither name contains a slash, except for AWS's own schemas, which users cannot create.
    name, registry = values["id"].rsplit("/", 1)
    return {"RegistryName": registry, "SchemaName": name}


def _read_schema(aws: Aws, values: Values) -> Values:
    where = _where(values)
    found = aws.client("schemas").describe_schema(**where)
    changed = {
        name: found[key].strftime("%Y-%m-%dT%H:%M:%SZ") if found.get(key) else ""
        for name, key in (("last_modified", "LastModified"), ("version_created_date", "VersionCreatedDate"))
    }
    return {
        **changed,
        "id": values["id"],
        "arn": found["SchemaArn"],
        "content": found["Content"],
        "description": found.get("Description", ""),
        "name": found["SchemaName"],
        "registry_name": where["RegistryName"],
        "tags_all": found.get("Tags", {}),
        "type": found["Type"],
        "version": found.get("SchemaVersion", ""),
    }


def _update_schema(aws: Aws, values: Values, prior: Values) -> None:
    arguments: dict[str, Any] = {**_where(values), "Description": values["description"] or ""}
    if values["content"] != prior["content"] or values["type"] != prior["type"]:
        arguments |= {"Content": values["content"], "Type": values["type"]}
    aws.client("schemas").update_schema(**arguments)


def _delete_schema(aws: Aws, values: Values) -> None:
    aws.client("schemas").delete_schema(**_where(values))


def _import_schema(aws: Aws, identifier: str) -> Values:
    if not all(identifier.rpartition("/")):
        raise ResourceError(f"unexpected ID ({identifier})", detail="Expected SCHEMA_NAME/REGISTRY_NAME")
    return {"id": identifier}


# Discoverers


def _create_discoverer(aws: Aws, values: Values) -> None:
    made = aws.client("schemas").create_discoverer(
        SourceArn=values["source_arn"],
        **given(Description=values["description"], Tags=values["tags_all"]),
    )
    values["id"] = made["DiscovererId"]


def _read_discoverer(aws: Aws, values: Values) -> Values:
    found = aws.client("schemas").describe_discoverer(DiscovererId=values["id"])
    return {
        "id": values["id"],
        "arn": found["DiscovererArn"],
        "description": found.get("Description", ""),
        "source_arn": found["SourceArn"],
        "tags_all": found.get("Tags", {}),
    }


def _update_discoverer(aws: Aws, values: Values, prior: Values) -> None:
    description = values["description"] or ""
    aws.client("schemas").update_discoverer(DiscovererId=values["id"], Description=description)


_Type = partial(Resource, tag=tagging("schemas", "ResourceArn"), emulator_lacks=_LACKS, name=None)

RESOURCES = {
    "aws_schemas_discoverer": _Type(
        create=_create_discoverer,
        read=_read_discoverer,
        update=_update_discoverer,
        delete=call("schemas", "delete_discoverer", DiscovererId="id"),
        validators={"description": length(0, 256), "source_arn": arn},
    ),
    "aws_schemas_registry": _Type(
        create=_create_registry,
        read=_read_registry,
        update=_update_registry,
        delete=call("schemas", "delete_registry", RegistryName="id"),
        validators={"description": length(0, 256), "name": (length(1, 64), _NAME)},
    ),
    "aws_schemas_schema": _Type(
        create=_create_schema,
        read=_read_schema,
        update=_update_schema,
        delete=_delete_schema,
        imports=_import_schema,
        equivalent={"content": same_json},
        recomputed=dict.fromkeys(("last_modified", "version", "version_created_date"), ("content", "type")),
        validators={
            "content": length(1, 100_000),
            "description": length(0, 256),
            "name": (length(1, 385), _NAME),
            "type": one_of("OpenApi3", "JSONSchemaDraft4"),
        },
    ),
}

"""EventBridge Schemas: registries, schemas, discoverers. The emulator has none of it.

Source: internal/service/schemas/{registry,schema,discoverer}.go.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, import_by, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_json
from offline_aws.handler_values import Values, given
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api
from offline_aws.validators import arn, length, matches, one_of

_LACKS = "EventBridge Schemas"
_NAME = matches(r"^[0-9A-Za-z_.@-]+$", "must contain only letters, digits, . - _ and @")


# Registries


_REGISTRY = Derived(
    "aws_schemas_registry",
    "schemas",
    "DescribeRegistryResponse",
    keys={"arn": "RegistryArn", "name": "RegistryName"},
)


def _create_registry(aws: Aws, values: Values) -> None:
    aws.client("schemas").create_registry(
        RegistryName=values["name"],
        **given(Description=values["description"], Tags=values["tags_all"]),
    )
    values["id"] = values["name"]


def _read_registry(aws: Aws, values: Values) -> Values:
    found = aws.client("schemas").describe_registry(RegistryName=values["id"])
    return {**from_api(found, _REGISTRY), "id": values["id"], "tags_all": found.get("Tags", {})}


def _update_registry(aws: Aws, values: Values, prior: Values) -> None:
    description = values["description"] or ""
    aws.client("schemas").update_registry(RegistryName=values["id"], Description=description)


# Schemas

_SCHEMA = Derived(
    "aws_schemas_schema",
    "schemas",
    "DescribeSchemaResponse",
    keys={"arn": "SchemaArn", "name": "SchemaName", "version": "SchemaVersion"},
)


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
    return {
        **from_api(found, _SCHEMA),
        "id": values["id"],
        "registry_name": where["RegistryName"],
        "tags_all": found.get("Tags", {}),
    }


def _update_schema(aws: Aws, values: Values, prior: Values) -> None:
    arguments: dict[str, Any] = {**_where(values), "Description": values["description"] or ""}
    if values["content"] != prior["content"] or values["type"] != prior["type"]:
        arguments |= {"Content": values["content"], "Type": values["type"]}
    aws.client("schemas").update_schema(**arguments)


def _delete_schema(aws: Aws, values: Values) -> None:
    aws.client("schemas").delete_schema(**_where(values))


# Discoverers

_DISCOVERER = Derived(
    "aws_schemas_discoverer", "schemas", "DescribeDiscovererResponse", keys={"arn": "DiscovererArn"}
)


def _create_discoverer(aws: Aws, values: Values) -> None:
    made = aws.client("schemas").create_discoverer(
        SourceArn=values["source_arn"],
        **given(Description=values["description"], Tags=values["tags_all"]),
    )
    values["id"] = made["DiscovererId"]


def _read_discoverer(aws: Aws, values: Values) -> Values:
    found = aws.client("schemas").describe_discoverer(DiscovererId=values["id"])
    return {**from_api(found, _DISCOVERER), "id": values["id"], "tags_all": found.get("Tags", {})}


def _update_discoverer(aws: Aws, values: Values, prior: Values) -> None:
    description = values["description"] or ""
    aws.client("schemas").update_discoverer(DiscovererId=values["id"], Description=description)


_Type = partial(ResourceHandler, tag=tagging("schemas", "ResourceArn"), emulator_lacks=_LACKS, name=None)

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
        imports=import_by("SCHEMA_NAME/REGISTRY_NAME", "/"),
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

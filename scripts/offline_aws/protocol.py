"""Terraform's plugin protocol, version 5.10: its messages as a small table, made into classes at import.

Source: docs/plugin-protocol/tfplugin5.10.proto in hashicorp/terraform, of which this has the messages that
a provider of resources, data sources, functions and ephemeral resources needs. Methods that are not listed
answer UNIMPLEMENTED, which Terraform accepts for the optional ones (storage, metadata).
The published AWS provider speaks version 5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from offline_aws.functions import ProviderFunction
from offline_aws.protobuf import descriptor_pb2, descriptor_pool, message_factory

VERSION = 5
PACKAGE = "tfplugin5"

# A message a line: name, then its fields as name:number:type; * repeats, % is a map from text.
_MESSAGES = """
DynamicValue msgpack:1:bytes json:2:bytes
Step attribute_name:1:string element_key_string:2:string element_key_int:3:int64
AttributePath steps:1:*Step
Diagnostic severity:1:int64 summary:2:string detail:3:string attribute:4:AttributePath
RawState json:1:bytes flatmap:2:%string
Attribute name:1:string type:2:bytes description:3:string required:4:bool optional:5:bool computed:6:bool \
 sensitive:7:bool description_kind:8:int64 deprecated:9:bool write_only:10:bool
NestedBlock type_name:1:string block:2:Block nesting:3:int64 min_items:4:int64 max_items:5:int64
Block version:1:int64 attributes:2:*Attribute block_types:3:*NestedBlock description:4:string \
 description_kind:5:int64 deprecated:6:bool
Schema version:1:int64 block:2:Block
Capabilities plan_destroy:1:bool get_provider_schema_optional:2:bool move_resource_state:3:bool
Parameter name:1:string type:2:bytes
Return type:1:bytes
Function parameters:1:*Parameter return:3:Return summary:4:string
GetSchemaRequest
GetSchemaResponse provider:1:Schema resource_schemas:2:%Schema data_source_schemas:3:%Schema \
 diagnostics:4:*Diagnostic provider_meta:5:Schema server_capabilities:6:Capabilities functions:7:%Function \
 ephemeral_resource_schemas:8:%Schema list_resource_schemas:9:%Schema
IdentityAttribute name:1:string type:2:bytes required_for_import:3:bool optional_for_import:4:bool
ResourceIdentitySchema version:1:int64 identity_attributes:2:*IdentityAttribute
ResourceIdentityData identity_data:1:DynamicValue
GetResourceIdentitySchemasRequest
GetResourceIdentitySchemasResponse identity_schemas:1:%ResourceIdentitySchema diagnostics:2:*Diagnostic
UpgradeResourceIdentityRequest type_name:1:string version:2:int64 raw_identity:3:RawState
UpgradeResourceIdentityResponse upgraded_identity:1:ResourceIdentityData diagnostics:2:*Diagnostic
PrepareProviderConfigRequest config:1:DynamicValue
PrepareProviderConfigResponse prepared_config:1:DynamicValue diagnostics:2:*Diagnostic
ConfigureRequest terraform_version:1:string config:2:DynamicValue
ConfigureResponse diagnostics:1:*Diagnostic
ValidateResourceTypeConfigRequest type_name:1:string config:2:DynamicValue
ValidateResourceTypeConfigResponse diagnostics:1:*Diagnostic
ValidateDataSourceConfigRequest type_name:1:string config:2:DynamicValue
ValidateDataSourceConfigResponse diagnostics:1:*Diagnostic
UpgradeResourceStateRequest type_name:1:string version:2:int64 raw_state:3:RawState
UpgradeResourceStateResponse upgraded_state:1:DynamicValue diagnostics:2:*Diagnostic
ReadResourceRequest type_name:1:string current_state:2:DynamicValue private:3:bytes \
 current_identity:6:ResourceIdentityData
ReadResourceResponse new_state:1:DynamicValue diagnostics:2:*Diagnostic private:3:bytes \
 new_identity:5:ResourceIdentityData
PlanResourceChangeRequest type_name:1:string prior_state:2:DynamicValue proposed_new_state:3:DynamicValue \
 config:4:DynamicValue prior_private:5:bytes prior_identity:8:ResourceIdentityData
PlanResourceChangeResponse planned_state:1:DynamicValue requires_replace:2:*AttributePath \
 planned_private:3:bytes diagnostics:4:*Diagnostic legacy_type_system:5:bool \
 planned_identity:7:ResourceIdentityData
ApplyResourceChangeRequest type_name:1:string prior_state:2:DynamicValue planned_state:3:DynamicValue \
 config:4:DynamicValue planned_private:5:bytes
ApplyResourceChangeResponse new_state:1:DynamicValue private:2:bytes diagnostics:3:*Diagnostic \
 legacy_type_system:4:bool new_identity:5:ResourceIdentityData
ImportResourceStateRequest type_name:1:string id:2:string identity:4:ResourceIdentityData
ImportedResource type_name:1:string state:2:DynamicValue private:3:bytes identity:4:ResourceIdentityData
ImportResourceStateResponse imported_resources:1:*ImportedResource diagnostics:2:*Diagnostic
ReadDataSourceRequest type_name:1:string config:2:DynamicValue
ReadDataSourceResponse state:1:DynamicValue diagnostics:2:*Diagnostic
ValidateEphemeralResourceConfigRequest type_name:1:string config:2:DynamicValue
ValidateEphemeralResourceConfigResponse diagnostics:1:*Diagnostic
OpenEphemeralResourceRequest type_name:1:string config:2:DynamicValue
OpenEphemeralResourceResponse diagnostics:1:*Diagnostic result:3:DynamicValue
CloseEphemeralResourceRequest type_name:1:string
CloseEphemeralResourceResponse diagnostics:1:*Diagnostic
ValidateListResourceConfigRequest type_name:1:string config:2:DynamicValue
ValidateListResourceConfigResponse diagnostics:1:*Diagnostic
ListResourceRequest type_name:1:string config:2:DynamicValue include_resource_object:3:bool limit:4:int64
ListResourceResponse identity:1:ResourceIdentityData display_name:2:string resource_object:3:DynamicValue \
 diagnostics:4:*Diagnostic
FunctionError text:1:string function_argument:2:int64
CallFunctionRequest name:1:string arguments:2:*DynamicValue
CallFunctionResponse result:1:DynamicValue error:2:FunctionError
StopRequest
StopResponse Error:1:string
Empty
"""

METHODS = (
    "GetSchema",
    "GetResourceIdentitySchemas",
    "UpgradeResourceIdentity",
    "PrepareProviderConfig",
    "ValidateResourceTypeConfig",
    "ValidateDataSourceConfig",
    "UpgradeResourceState",
    "Configure",
    "ReadResource",
    "PlanResourceChange",
    "ApplyResourceChange",
    "ImportResourceState",
    "ReadDataSource",
    "ValidateEphemeralResourceConfig",
    "OpenEphemeralResource",
    "CloseEphemeralResource",
    "ValidateListResourceConfig",
    "ListResource",
    "CallFunction",
    "Stop",
)
"""What this provider answers; each has the messages ``<method>Request`` and ``<method>Response``.

ListResource answers with any number of them.
"""

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
ERROR, WARNING = 1, 2
"""The severities of a diagnostic."""


def _field(message: Any, file: Any, text: str) -> None:
    name, number, kind = text.split(":")
    field = message.field.add(name=name, number=int(number))
    field.label = field.LABEL_OPTIONAL if kind[0] not in "*%" else field.LABEL_REPEATED
    if kind[0] == "%":
        entry = message.nested_type.add(name=name.title().replace("_", "") + "Entry")
        entry.options.map_entry = True
        _field(entry, file, "key:1:string")
        _field(entry, file, f"value:2:{kind[1:]}")
        field.type, field.type_name = field.TYPE_MESSAGE, f".{PACKAGE}.{message.name}.{entry.name}"
    elif kind.strip("*") in ("string", "bytes", "bool", "int64"):
        field.type = getattr(field, f"TYPE_{kind.strip('*').upper()}")
    else:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{PACKAGE}.{kind.strip('*')}"


def _classes() -> dict[str, Any]:
    # proto2, because there every field remembers whether it was set: an element key of 0 must be sent.
    file = descriptor_pb2.FileDescriptorProto(name="offline_aws/tfplugin5", package=PACKAGE, syntax="proto2")
    for line in _MESSAGES.strip().splitlines():
        name, *fields = line.split()
        message = file.message_type.add(name=name)
        for field in fields:
            _field(message, file, field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        message.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{message.name}"))
        for message in file.message_type
    }


_CLASSES = _classes()


def message(name: str, /, **fields: Any) -> Any:
    """A message of the table, with these fields set (those that are None are left out)."""
    return _CLASSES[name](**{key: value for key, value in fields.items() if value is not None})


def message_class(name: str) -> Any:
    """The class of a message, to decode with."""
    return _CLASSES[name]


def diagnostic(
    summary: str, detail: str = "", path: tuple[str | int, ...] = (), *, warning: bool = False
) -> Any:
    """An error or a warning, at the attribute whose path is given (indexes are int)."""
    steps = [
        message("Step", element_key_int=step)
        if isinstance(step, int)
        else message("Step", attribute_name=step)
        for step in path
    ]
    attribute = message("AttributePath", steps=steps) if steps else None
    severity = WARNING if warning else ERROR
    return message("Diagnostic", severity=severity, summary=summary, detail=detail, attribute=attribute)


def schema_response(
    provider: Any,
    resources: dict[str, Any],
    data_sources: dict[str, Any],
    meta: Any = None,
    functions: Mapping[str, ProviderFunction] | None = None,
    ephemeral: Mapping[str, Any] | None = None,
    lists: Mapping[str, Any] | None = None,
) -> bytes:
    """The encoded answer to GetSchema, from blocks in the format of ``schema``.

    ``provider`` is the block of the provider itself, ``meta`` the block ``provider_meta`` of a module. With
    None for ``provider`` it is a part of an answer: some more types.
    """
    capabilities = message("Capabilities", get_provider_schema_optional=True)
    return bytes(
        message(
            "GetSchemaResponse",
            provider=None if provider is None else _schema({"block": provider}),
            resource_schemas={name: _schema(found) for name, found in resources.items()},
            data_source_schemas={name: _schema(found) for name, found in data_sources.items()},
            provider_meta=_schema({"block": meta}) if meta else None,
            functions={name: _function(found) for name, found in (functions or {}).items()},
            ephemeral_resource_schemas={name: _schema(found) for name, found in (ephemeral or {}).items()},
            list_resource_schemas={name: _schema(found) for name, found in (lists or {}).items()},
            server_capabilities=None if provider is None else capabilities,
        ).SerializeToString()
    )


def identities_response(schemas: Mapping[str, Any]) -> bytes:
    """The encoded answer to GetResourceIdentitySchemas, from schemas in the format of ``schema``."""
    flags = ("required_for_import", "optional_for_import")
    return bytes(
        message(
            "GetResourceIdentitySchemasResponse",
            identity_schemas={
                name: message(
                    "ResourceIdentitySchema",
                    version=found["version"],
                    identity_attributes=[
                        message(
                            "IdentityAttribute",
                            name=attribute,
                            type=json.dumps(spec["type"]).encode(),
                            **{flag: spec.get(flag) for flag in flags},
                        )
                        for attribute, spec in found["attributes"].items()
                    ],
                )
                for name, found in schemas.items()
            },
        ).SerializeToString()
    )


def _function(found: ProviderFunction) -> Any:
    text = json.dumps("string").encode()
    return message(
        "Function",
        parameters=[message("Parameter", name=name, type=text) for name in found.parameters],
        summary=found.summary,
        **{"return": message("Return", type=json.dumps(found.returns).encode())},
    )


def _schema(found: dict[str, Any]) -> Any:
    return message("Schema", version=found.get("version", 0), block=_block(found["block"]))


def _block(block: dict[str, Any]) -> Any:
    flags = ("description", "required", "optional", "computed", "sensitive", "deprecated", "write_only")
    attributes = [
        message(
            "Attribute",
            name=name,
            type=json.dumps(spec["type"]).encode(),
            **{flag: spec.get(flag) for flag in flags},
        )
        for name, spec in sorted(block.get("attributes", {}).items())
    ]
    nested = [
        message(
            "NestedBlock",
            type_name=name,
            block=_block(spec["block"]),
            nesting=_NESTING[spec["nesting_mode"]],
            min_items=spec.get("min_items"),
            max_items=spec.get("max_items"),
        )
        for name, spec in sorted(block.get("block_types", {}).items())
    ]
    return message(
        "Block",
        attributes=attributes,
        block_types=nested,
        description=block.get("description"),
        deprecated=block.get("deprecated"),
    )

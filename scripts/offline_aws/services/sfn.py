"""Step Functions: state machines and aliases of their versions.

Source: internal/service/sfn/{state_machine,alias,state_machine_data_source}.go.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from offline_aws import asl
from offline_aws.aws import Aws
from offline_aws.calls import call, tagging, wait_until_gone
from offline_aws.enums import enum
from offline_aws.handler_values import (
    UNKNOWN,
    ResourceError,
    Values,
    changed,
    first,
    given,
    tag_list,
    tag_map,
)
from offline_aws.propagation import eventually
from offline_aws.resource import DataSource, Plan, Resource
from offline_aws.validators import arn, between, length, matches

_NAME = matches("^[0-9A-Za-z_-]+$", "the name should only contain 0-9, A-Z, a-z, - and _")
_CONFIGURATION = ("definition", "role_arn")
_BLOCKS = ("encryption_configuration", "logging_configuration", "tracing_configuration")


def _objects(values: Values) -> dict[str, Any]:
    encryption = first(values["encryption_configuration"])
    logging = first(values["logging_configuration"])
    tracing = first(values["tracing_configuration"])
    destination = logging and logging["log_destination"]
    return {
        "encryption_configuration": encryption
        and given(
            kmsDataKeyReusePeriodSeconds=encryption["kms_data_key_reuse_period_seconds"],
            kmsKeyId=encryption["kms_key_id"],
            type=encryption["type"],
        ),
        "logging_configuration": logging
        and given(
            destinations=[{"cloudWatchLogsLogGroup": {"logGroupArn": destination}}] if destination else [],
            includeExecutionData=logging["include_execution_data"],
            level=logging["level"],
        ),
        "tracing_configuration": tracing and {"enabled": bool(tracing["enabled"])},
    }


_ARGUMENTS = {
    "encryption_configuration": "encryptionConfiguration",
    "logging_configuration": "loggingConfiguration",
    "tracing_configuration": "tracingConfiguration",
}


def _create(aws: Aws, values: Values) -> None:
    arguments = given(
        definition=values["definition"],
        name=values["name"],
        publish=values["publish"],
        roleArn=values["role_arn"],
        tags=tag_list(values["tags_all"], "key", "value"),
        type=values["type"],
        **{_ARGUMENTS[name]: value for name, value in _objects(values).items()},
    )
    client = aws.client("stepfunctions")
    passing = ("StateMachineDeleting", ""), ("AccessDeniedException", "")
    created = eventually(aws, lambda: client.create_state_machine(**arguments), *passing)
    values["id"] = created["stateMachineArn"]


def _read(aws: Aws, values: Values) -> Values | None:
    client = aws.client("stepfunctions")
    found = client.describe_state_machine(stateMachineArn=values["id"])
    if found.get("status") == "DELETING":
        return None
    versions = client.list_state_machine_versions(stateMachineArn=values["id"])["stateMachineVersions"]
    tags = client.list_tags_for_resource(resourceArn=values["id"])["tags"]
    return {
        **_shown(found),
        **_read_blocks(found, values),
        "id": values["id"],
        "publish": values.get("publish") or False,
        "state_machine_version_arn": versions[0]["stateMachineVersionArn"] if versions else "",
        "tags_all": tag_map(tags, "key", "value"),
        "type": found["type"],
        "version_description": values.get("version_description"),
    }


def _shown(found: Values) -> Values:
    return {
        "arn": found["stateMachineArn"],
        "creation_date": found["creationDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "definition": found["definition"],
        "description": found.get("description", ""),
        "name": found["name"],
        "revision_id": found.get("revisionId", ""),
        "role_arn": found["roleArn"],
        "status": found.get("status", "ACTIVE"),
    }


def _read_blocks(found: Values, values: Values) -> Values:
    """AWS returns its defaults too; an emulator that returns nothing means them."""
    encryption = found.get("encryptionConfiguration") or {"type": "AWS_OWNED_KEY"}
    logging = found.get("loggingConfiguration") or {"level": "OFF"}
    destinations = [
        item["cloudWatchLogsLogGroup"]["logGroupArn"] for item in logging.get("destinations") or ()
    ]
    # The emulator does not keep it; AWS always returns it.
    tracing = found.get("tracingConfiguration") or first(values.get("tracing_configuration")) or {}
    return {
        "encryption_configuration": [
            {
                "kms_data_key_reuse_period_seconds": encryption.get("kmsDataKeyReusePeriodSeconds"),
                "kms_key_id": encryption.get("kmsKeyId"),
                "type": encryption["type"],
            }
        ],
        "logging_configuration": [
            {
                "include_execution_data": logging.get("includeExecutionData", False),
                "level": logging.get("level", "OFF"),
                "log_destination": destinations[0] if destinations else "",
            }
        ],
        "tracing_configuration": [{"enabled": tracing.get("enabled", False)}],
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    objects = _objects(values)
    blocks = {_ARGUMENTS[name]: objects[name] for name in _BLOCKS if changed(values, prior, name)}
    aws.client("stepfunctions").update_state_machine(
        stateMachineArn=values["id"],
        definition=values["definition"],
        roleArn=values["role_arn"],
        **given(publish=values["publish"] or None, **blocks),
    )


def _delete(aws: Aws, values: Values) -> None:
    client, arn = aws.client("stepfunctions"), values["id"]
    client.delete_state_machine(stateMachineArn=arn)
    what = f"Step Functions State Machine ({arn}) delete"
    wait_until_gone(aws, lambda: client.describe_state_machine(stateMachineArn=arn), what)


def _plan(plan: Plan) -> None:
    if plan.prior is None:
        return
    content = plan.changed(*_CONFIGURATION)
    if content:
        plan.values["revision_id"] = UNKNOWN
    if plan.values["publish"] is True and (content or plan.changed("publish", *_BLOCKS)):
        plan.values["state_machine_version_arn"] = UNKNOWN


def _alias(values: Values) -> dict[str, Any]:
    return {
        "description": values["description"] or "",
        "routingConfiguration": [
            {"stateMachineVersionArn": block["state_machine_version_arn"], "weight": block["weight"]}
            for block in values["routing_configuration"]
        ],
    }


def _create_alias(aws: Aws, values: Values) -> None:
    client = aws.client("stepfunctions")
    values["id"] = client.create_state_machine_alias(name=values["name"], **_alias(values))[
        "stateMachineAliasArn"
    ]


def _read_alias(aws: Aws, values: Values) -> Values:
    found = aws.client("stepfunctions").describe_state_machine_alias(stateMachineAliasArn=values["id"])
    return {
        "id": values["id"],
        "arn": found["stateMachineAliasArn"],
        "creation_date": found["creationDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": found.get("description", ""),
        "name": found["name"],
        "routing_configuration": [
            {"state_machine_version_arn": item["stateMachineVersionArn"], "weight": item["weight"]}
            for item in found["routingConfiguration"]
        ],
    }


def _update_alias(aws: Aws, values: Values, prior: Values) -> None:
    client = aws.client("stepfunctions")
    client.update_state_machine_alias(stateMachineAliasArn=values["id"], **_alias(values))


def _import(aws: Aws, identifier: str) -> Values:
    if ":stateMachine:" not in identifier:
        raise ResourceError(f"unexpected ID ({identifier})", detail="Expected the state machine's ARN")
    return {"id": identifier}


def _data(aws: Aws, values: Values) -> Values:
    client = aws.client("stepfunctions")
    pages = client.get_paginator("list_state_machines").paginate()
    arns = [
        item["stateMachineArn"]
        for page in pages
        for item in page["stateMachines"]
        if item["name"] == values["name"]
    ]
    if len(arns) != 1:
        raise ResourceError(
            f"reading Step Functions State Machine ({values['name']}): {len(arns)} match, expected one",
            path="name",
        )
    return {"id": arns[0], **_shown(client.describe_state_machine(stateMachineArn=arns[0]))}


RESOURCES = {
    "aws_sfn_alias": Resource(
        create=_create_alias,
        read=_read_alias,
        update=_update_alias,
        delete=call("stepfunctions", "delete_state_machine_alias", stateMachineAliasArn="id"),
        validators={
            "description": length(0, 256),
            "name": (length(1, 80), matches(r"^(?!\d+$)[0-9A-Za-z_.-]+$", "must not be a number")),
            "routing_configuration.state_machine_version_arn": arn,
            "routing_configuration.weight": between(0, 100),
        },
        name=None,
    ),
    "aws_sfn_state_machine": Resource(
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        tag=tagging("stepfunctions", "resourceArn", "id", form=partial(tag_list, key="key", value="value")),
        imports=_import,
        plan=_plan,
        defaults={"publish": False, "type": "STANDARD"},
        differs=(
            "The definition is checked by rules written down here; the published provider asks AWS "
            "(ValidateStateMachineDefinition), which also knows the services' calls."
        ),
        validators={
            "definition": asl.definition,
            "encryption_configuration.kms_data_key_reuse_period_seconds": between(60, 900),
            "encryption_configuration.type": enum("stepfunctions", "EncryptionType"),
            "logging_configuration.level": enum("stepfunctions", "LogLevel"),
            "name": (length(1, 80), _NAME),
            "name_prefix": (length(1, 54), _NAME),
            "role_arn": arn,
            "type": enum("stepfunctions", "StateMachineType"),
        },
        gone={"StateMachineDoesNotExist"},
        timeouts={"create": 300, "update": 60, "delete": 300},
    ),
}

DATA_SOURCES = {"aws_sfn_state_machine": DataSource(read=_data, tags=False)}

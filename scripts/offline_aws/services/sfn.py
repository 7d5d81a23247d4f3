"""Step Functions: state machines and aliases of their versions.

Source: internal/service/sfn/{state_machine,alias,state_machine_data_source}.go.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from offline_aws import asl
from offline_aws.aws import Aws
from offline_aws.calls import call, tagging, wait_until_gone
from offline_aws.derived_shapes import Derived
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
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.shapes import from_api, in_utc, key_of, to_api, with_texts
from offline_aws.validators import arn, between, length, matches

_NAME = matches("^[0-9A-Za-z_-]+$", "the name should only contain 0-9, A-Z, a-z, - and _")
_CONFIGURATION = ("definition", "role_arn")
_BLOCKS = ("encryption_configuration", "logging_configuration", "tracing_configuration")


_MACHINE = Derived("aws_sfn_state_machine", "stepfunctions", "CreateStateMachineInput")
_SHOWN = Derived(
    "aws_sfn_state_machine", "stepfunctions", "DescribeStateMachineOutput", keys={"arn": "stateMachineArn"}
)
_DATA = Derived(
    "data.aws_sfn_state_machine",
    "stepfunctions",
    "DescribeStateMachineOutput",
    keys={"arn": "stateMachineArn"},
)
_ALIAS = Derived("aws_sfn_alias", "stepfunctions", "CreateStateMachineAliasInput")


def _arguments(values: Values) -> dict[str, Any]:
    found = to_api(values, _MACHINE)
    destination = (first(values["logging_configuration"]) or {}).get("log_destination")
    if destination:
        group = {"cloudWatchLogsLogGroup": {"logGroupArn": destination}}
        found["loggingConfiguration"]["destinations"] = [group]
    return found


def _create(aws: Aws, values: Values) -> None:
    arguments = {**_arguments(values), **given(tags=tag_list(values["tags_all"], "key", "value"))}
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
        **_read_machine(found, values),
        "id": values["id"],
        "publish": values.get("publish") or False,
        "state_machine_version_arn": versions[0]["stateMachineVersionArn"] if versions else "",
        "tags_all": tag_map(tags, "key", "value"),
        "version_description": values.get("version_description"),
    }


def _read_machine(found: Values, values: Values) -> Values:
    # AWS returns its defaults too; an emulator that returns nothing means them, but does not keep tracing.
    defaults = {
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        "loggingConfiguration": {"level": "OFF"},
        "tracingConfiguration": first(values.get("tracing_configuration")) or {"enabled": False},
    }
    found = {**defaults, **{key: value for key, value in found.items() if value}}
    shown = from_api(found, _SHOWN)
    destinations = found["loggingConfiguration"].get("destinations") or ()
    groups = [item["cloudWatchLogsLogGroup"]["logGroupArn"] for item in destinations]
    for block in shown["logging_configuration"]:
        block |= {"level": block["level"] or "OFF", "log_destination": groups[0] if groups else ""}
    return shown


def _update(aws: Aws, values: Values, prior: Values) -> None:
    sent = _arguments(values)
    keys = [key_of(_MACHINE[name]) for name in _BLOCKS if changed(values, prior, name)]
    blocks = {key: sent[key] for key in keys if key in sent}
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
    return {"description": "", **to_api(values, _ALIAS)}


def _create_alias(aws: Aws, values: Values) -> None:
    client = aws.client("stepfunctions")
    values["id"] = client.create_state_machine_alias(**_alias(values))["stateMachineAliasArn"]


def _read_alias(aws: Aws, values: Values) -> Values:
    found = aws.client("stepfunctions").describe_state_machine_alias(stateMachineAliasArn=values["id"])
    return {
        **from_api(found, _ALIAS),
        "id": values["id"],
        "arn": found["stateMachineAliasArn"],
        "creation_date": in_utc(found["creationDate"]),
    }


def _update_alias(aws: Aws, values: Values, prior: Values) -> None:
    client = aws.client("stepfunctions")
    arguments = {key: value for key, value in _alias(values).items() if key != "name"}
    client.update_state_machine_alias(stateMachineAliasArn=values["id"], **arguments)


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
    found = from_api(client.describe_state_machine(stateMachineArn=arns[0]), _DATA)
    return {"id": arns[0], **with_texts(found)}


RESOURCES = {
    "aws_sfn_alias": ResourceHandler(
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
    "aws_sfn_state_machine": ResourceHandler(
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
            "(ValidateStateMachineDefinition), which also knows the services' calls. A "
            "`logging_configuration` without `level`, and an `encryption_configuration` with a key and "
            "no `kms_data_key_reuse_period_seconds`, show a change in each plan (published: unknown)."
        ),
        shapes=(_MACHINE,),
        validators={
            "definition": asl.definition,
            "encryption_configuration.kms_data_key_reuse_period_seconds": between(60, 900),
            "name": (length(1, 80), _NAME),
            "name_prefix": (length(1, 54), _NAME),
            "role_arn": arn,
        },
        gone={"StateMachineDoesNotExist"},
        timeouts={"create": 300, "update": 60, "delete": 300},
    ),
}

DATA_SOURCES = {"aws_sfn_state_machine": DataSourceHandler(read=_data, tags=False)}

"""What surrounds a function: aliases, URLs, layers, settings of asynchronous invocation.

Source: internal/service/lambda/{alias,function_url,layer_version,function_event_invoke_config}.go.
"""

from __future__ import annotations

import contextlib
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, import_by
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import UNKNOWN, Values, changed, first, given
from offline_aws.propagation import eventually
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.services.lambda_functions import NAME, code
from offline_aws.services.lambda_responses import invoke_arn
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, between, each, length, matches

_QUALIFIER = (length(1, 128), matches(r"^[0-9A-Za-z$_-]+$", "must match [0-9A-Za-z$_-]"))
_BUSY = ("ResourceConflictException", "")


# Aliases


def _alias(values: Values) -> dict[str, Any]:
    weights = (first(values["routing_config"]) or {}).get("additional_version_weights") or {}
    return {
        "FunctionName": values["function_name"],
        "Name": values["name"],
        "FunctionVersion": values["function_version"],
        "Description": values["description"] or "",
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }


def _create_alias(aws: Aws, values: Values) -> None:
    created = aws.client("lambda").create_alias(**_alias(values))
    values["id"] = created["AliasArn"]


def _read_alias(aws: Aws, values: Values) -> Values:
    function, name = values["function_name"], values["name"]
    found = aws.client("lambda").get_alias(FunctionName=function, Name=name)
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "description": found.get("Description", ""),
        "function_name": function,
        "function_version": found["FunctionVersion"],
        "invoke_arn": invoke_arn(aws, found["AliasArn"]),
        "name": found["Name"],
        "routing_config": [{"additional_version_weights": weights}] if weights else [],
    }


def _update_alias(aws: Aws, values: Values, prior: Values) -> None:
    aws.client("lambda").update_alias(**_alias(values))


def _data_alias(aws: Aws, values: Values) -> Values:
    found = _read_alias(aws, values)
    return {name: value for name, value in found.items() if name != "routing_config"}


# URLs

_URL = Derived(
    "aws_lambda_function_url",
    "lambda",
    "CreateFunctionUrlConfigRequest",
    without={"function_name", "qualifier"},
    keys={"authorization_type": "AuthType"},
)


def _where(values: Values) -> dict[str, str]:
    return given(FunctionName=values["function_name"], Qualifier=values["qualifier"])


def _create_url(aws: Aws, values: Values) -> None:
    client = aws.client("lambda")
    client.create_function_url_config(**_where(values), **to_api(values, _URL))
    name, qualifier = values["function_name"], values["qualifier"]
    values["id"] = f"{name}/{qualifier}" if qualifier else name
    if values["authorization_type"] == "NONE":
        # The provider opens the URL to everyone, as the console does; an earlier URL's permission stays.
        with contextlib.suppress(client.exceptions.ResourceConflictException):
            client.add_permission(
                **_where(values),
                Action="lambda:InvokeFunctionUrl",
                FunctionUrlAuthType="NONE",
                Principal="*",
                StatementId="FunctionURLAllowPublicAccess",
            )


def _read_url(aws: Aws, values: Values) -> Values:
    name, _, qualifier = values["id"].partition("/")
    arguments = given(FunctionName=name, Qualifier=qualifier)
    found = aws.client("lambda").get_function_url_config(**arguments)
    shown = from_api(found, _URL)
    shown["invoke_mode"] = shown["invoke_mode"] or "BUFFERED"
    return {
        **shown,
        "id": values["id"],
        "function_arn": found["FunctionArn"],
        "function_name": name,
        "function_url": found["FunctionUrl"],
        "qualifier": qualifier or None,
        "url_id": found["FunctionUrl"].split("//", 1)[1].split(".", 1)[0],
    }


def _update_url(aws: Aws, values: Values, prior: Values) -> None:
    arguments = to_api(values, _URL)
    if changed(values, prior, "cors") and not values["cors"]:
        arguments["Cors"] = {}
    aws.client("lambda").update_function_url_config(**_where(values), **arguments)


def _delete_url(aws: Aws, values: Values) -> None:
    aws.client("lambda").delete_function_url_config(**_where(values))


# Layers

_LAYER = Derived("aws_lambda_layer_version", "lambda", "PublishLayerVersionRequest")


def _publish_layer(aws: Aws, values: Values) -> None:
    made = aws.client("lambda").publish_layer_version(
        Content=code(aws, {**values, "image_uri": None}),
        **to_api(values, _LAYER),
    )
    values["id"] = made["LayerVersionArn"]


def _read_layer(aws: Aws, values: Values) -> Values:
    layer, _, version = values["id"].rpartition(":")
    name = layer.rsplit(":", 1)[1]
    found = aws.client("lambda").get_layer_version(LayerName=layer, VersionNumber=int(version))
    content = found.get("Content", {})
    return {
        **from_api(found, _LAYER),
        "id": found["LayerVersionArn"],
        "arn": found["LayerVersionArn"],
        "code_sha256": content.get("CodeSha256", ""),
        "created_date": found["CreatedDate"],
        "layer_arn": found["LayerArn"],
        "layer_name": name,
        "signing_job_arn": content.get("SigningJobArn", ""),
        "signing_profile_version_arn": content.get("SigningProfileVersionArn", ""),
        "skip_destroy": values.get("skip_destroy") or False,
        "source_code_size": content.get("CodeSize", 0),
        "version": str(found["Version"]),
    }


def _delete_layer(aws: Aws, values: Values) -> None:
    if not values["skip_destroy"]:
        aws.client("lambda").delete_layer_version(
            LayerName=values["layer_name"], VersionNumber=int(values["version"])
        )


def _plan_layer(plan: Plan) -> None:
    if plan.prior is not None and plan.replaced:
        for name in ("arn", "code_sha256", "created_date", "source_code_size", "version"):
            plan.values[name] = UNKNOWN


# Asynchronous invocation

_INVOCATION = Derived(
    "aws_lambda_function_event_invoke_config",
    "lambda",
    "PutFunctionEventInvokeConfigRequest",
    without={"function_name", "qualifier"},
)


def _put_invocation(aws: Aws, values: Values, prior: Values | None = None) -> None:
    client = aws.client("lambda")
    arguments = {**_where(values), **to_api(values, _INVOCATION)}
    passing = ("InvalidParameterValueException", "destination ARN"), _BUSY
    eventually(aws, lambda: client.put_function_event_invoke_config(**arguments), *passing)
    name, qualifier = values["function_name"], values["qualifier"]
    values["id"] = f"{name}:{qualifier}" if qualifier else name


def _split(identifier: str) -> tuple[str, str]:
    parts = identifier.split(":")
    plain = 7 if identifier.startswith("arn:") else 1
    return ":".join(parts[:plain]), ":".join(parts[plain:])


def _read_invocation(aws: Aws, values: Values) -> Values:
    name, qualifier = _split(values["id"])
    found = aws.client("lambda").get_function_event_invoke_config(
        **given(FunctionName=name, Qualifier=qualifier)
    )
    shown = from_api(found, _INVOCATION)
    for block in shown["destination_config"]:
        if not block["on_failure"] and not block["on_success"]:
            shown["destination_config"] = []
    if shown["maximum_event_age_in_seconds"] == 21600 and not values.get("maximum_event_age_in_seconds"):
        shown["maximum_event_age_in_seconds"] = None  # AWS leaves it out when not set, the emulator does not
    if shown["maximum_retry_attempts"] is None:
        shown["maximum_retry_attempts"] = 2
    return {**shown, "id": values["id"], "function_name": name, "qualifier": qualifier or None}


def _delete_invocation(aws: Aws, values: Values) -> None:
    aws.client("lambda").delete_function_event_invoke_config(**_where(values))


RESOURCES = {
    "aws_lambda_alias": ResourceHandler(
        create=_create_alias,
        read=_read_alias,
        update=_update_alias,
        delete=call("lambda", "delete_alias", FunctionName="function_name", Name="name"),
        imports=import_by("FUNCTION_NAME/ALIAS", "/", "function_name", "name"),
        identifier="{function_name}/{name}",
        validators={
            "function_name": NAME,
            "name": (length(1, 128), matches(r"^(?!^\d+$)([0-9A-Za-z_-]+)$", "must not be a number")),
        },
        name=None,
    ),
    "aws_lambda_function_event_invoke_config": ResourceHandler(
        create=_put_invocation,
        read=_read_invocation,
        update=_put_invocation,
        delete=_delete_invocation,
        defaults={"maximum_retry_attempts": 2},
        validators={
            "destination_config.on_failure.destination": arn,
            "destination_config.on_success.destination": arn,
            "function_name": NAME,
            "maximum_event_age_in_seconds": between(60, 21600),
            "maximum_retry_attempts": between(0, 2),
            "qualifier": _QUALIFIER,
        },
        name=None,
    ),
    "aws_lambda_function_url": ResourceHandler(
        create=_create_url,
        read=_read_url,
        update=_update_url,
        delete=_delete_url,
        defaults={"invoke_mode": "BUFFERED"},
        shapes=(_URL,),
        validators={
            "cors.max_age": between(0, 86400),
            "function_name": NAME,
            "qualifier": _QUALIFIER,
        },
        name=None,
        timeouts={"create": 600},
    ),
    "aws_lambda_layer_version": ResourceHandler(
        create=_publish_layer,
        read=_read_layer,
        delete=_delete_layer,
        identifier=lambda aws, identity: aws.arn("lambda", "layer:{layer_name}:{version}".format(**identity)),
        plan=_plan_layer,
        defaults={"skip_destroy": False},
        stored_only={"skip_destroy"},
        validators={
            "compatible_architectures": (length(0, 2), each(enum("lambda", "Architecture"))),
            "compatible_runtimes": (length(0, 15), each(enum("lambda", "Runtime"))),
            "license_info": length(0, 512),
        },
        exactly_one_of=(("filename", "s3_bucket"),),
        required_with={"s3_key": ("s3_bucket",), "s3_object_version": ("s3_bucket",)},
        name=None,
    ),
}

DATA_SOURCES = {"aws_lambda_alias": DataSourceHandler(read=_data_alias, tags=False)}

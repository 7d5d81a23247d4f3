"""EventBridge: connections and the API destinations that use them.

Source: internal/service/events/{connection,connection_data_source,api_destination}.go,
the connection's of 2025.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, first
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, at_least, length, matches, one_of

_NAME = matches(r"^[0-9A-Za-z_.-]{1,64}$", "1 to 64 letters, digits, '.', '-' and '_'")
_ENDPOINT = matches(r"^https://[-()_.!~*';/?:@&=+$,%\w]+$", "expected an https URL; * is a path parameter")
_PARAMETERS = {
    "body": "BodyParameters",
    "header": "HeaderParameters",
    "query_string": "QueryStringParameters",
}
_WAYS = {"API_KEY": "api_key", "BASIC": "basic", "OAUTH_CLIENT_CREDENTIALS": "oauth"}
_HTTP = ("auth_parameters.invocation_http_parameters", "auth_parameters.oauth.oauth_http_parameters")
_METHODS = ("POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")


_CONNECTION = partial(
    Derived,
    "aws_cloudwatch_event_connection",
    "events",
    keys={
        "auth_parameters.api_key": "ApiKeyAuthParameters",
        "auth_parameters.api_key.key": "ApiKeyName",
        "auth_parameters.api_key.value": "ApiKeyValue",
        "auth_parameters.basic": "BasicAuthParameters",
        "auth_parameters.oauth": "OAuthParameters",
        **{f"{where}.{part}": key for where in _HTTP for part, key in _PARAMETERS.items()},
    },
)
_SENT = _CONNECTION("CreateConnectionRequest")
# What is secret is not shown: it is left out, and the stored value stays.
_SHOWN = _CONNECTION("DescribeConnectionResponse", without={"auth_parameters.api_key.value"})
_DESTINATION = Derived("aws_cloudwatch_event_api_destination", "events", "CreateApiDestinationRequest")


def _create(aws: Aws, values: Values) -> None:
    aws.client("events").create_connection(**to_api(values, _SENT))
    values["id"] = values["name"]
    _wait(aws, values)


def _update(aws: Aws, values: Values, prior: Values) -> None:
    arguments = {**to_api(values, _SENT), "Description": values["description"] or ""}
    aws.client("events").update_connection(**arguments)
    _wait(aws, values)


def _wait(aws: Aws, values: Values) -> None:
    def done() -> bool:
        found = aws.client("events").describe_connection(Name=values["name"])
        if found["ConnectionState"] in ("FAILED_CONNECTIVITY", "DEAUTHORIZED"):
            reason = found.get("StateReason", "no reason given")
            raise ResourceError(f"connection {found['ConnectionState']}: {reason}")
        return found["ConnectionState"] not in ("CREATING", "UPDATING", "AUTHORIZING")

    aws.wait(done, f"EventBridge connection {values['name']}")


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("events").describe_connection(Name=values["id"])
    shown = from_api(found, _SHOWN)
    for block in shown["auth_parameters"]:
        oauth = first(block["oauth"]) or {"oauth_http_parameters": []}
        for group in (*block["invocation_http_parameters"], *oauth["oauth_http_parameters"]):
            for item in (item for part in _PARAMETERS for item in group[part]):
                if item["is_value_secret"] or item["value"] is None:
                    del item["value"]
    secret = {"secret_arn": _secret_arn(aws, values["id"])} if aws.local else {}
    return {**shown, **secret, "arn": found["ConnectionArn"]}


def _secret_arn(aws: Aws, name: str) -> str:
    """The ARN of the secret that EventBridge creates for a connection: the emulator creates none."""
    secret = f"events!connection/{name}/{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    return aws.arn("secretsmanager", f"secret:{secret}-local1")


def _one_way(config: Values) -> Iterable[tuple[str, str]]:
    block = first(config["auth_parameters"]) if isinstance(config["auth_parameters"], list) else None
    if not isinstance(block, dict):
        return
    # A dynamic block is unknown while Terraform validates: it may turn out to be none.
    said = {name: block[name] for name in _WAYS.values() if block[name] != []}
    present = [name for name, value in said.items() if value is not UNKNOWN]
    if len(present) < len(said) and len(present) <= 1:
        return
    wanted = (
        _WAYS.get(config["authorization_type"]) if isinstance(config["authorization_type"], str) else None
    )
    if len(present) != 1:
        wrong = f"exactly one of {list(_WAYS.values())} must be given, got {present or 'none'}"
        yield "auth_parameters", wrong
    elif wanted and present != [wanted]:
        yield "auth_parameters", f"authorization_type {config['authorization_type']} needs {wanted}"


def _find(aws: Aws, values: Values) -> Values:
    found = _read(aws, {"id": values["name"]})
    kept = ("arn", "authorization_type", "kms_key_identifier", "name", "secret_arn")
    return {"id": found["name"], **{name: found[name] for name in kept}}


def _some_parameter(config: Values) -> Iterable[tuple[str, str]]:
    for path in _HTTP:
        found: Any = config
        for step in path.split("."):
            found = first(found[step]) if isinstance(found[step], list) else None
            if not isinstance(found, dict):
                break
        else:
            if all(found[part] == [] for part in _PARAMETERS):
                where = path.replace(".", ".0.")
                yield f"{where}.0", f"one of {list(_PARAMETERS)} must be specified"


_RESOURCE = "resource_parameters.resource_configuration_arn"

CONNECTION = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=call("events", "delete_connection", Name="id"),
    checks=(_one_way, _some_parameter),
    defaults={f"{where}.{part}.is_value_secret": False for where in _HTTP for part in _PARAMETERS},
    validators={
        "auth_parameters.api_key.key": length(1, 512),
        "auth_parameters.api_key.value": length(1, 512),
        "auth_parameters.basic.password": length(1, 512),
        "auth_parameters.basic.username": length(1, 512),
        "auth_parameters.oauth.authorization_endpoint": (length(1, 2048), _ENDPOINT),
        "auth_parameters.oauth.client_parameters.client_id": length(1, 512),
        "auth_parameters.oauth.client_parameters.client_secret": length(1, 512),
        "auth_parameters.oauth.http_method": one_of("GET", "POST", "PUT"),
        f"auth_parameters.connectivity_parameters.{_RESOURCE}": arn,
        "authorization_type": one_of("BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"),
        "description": length(0, 512),
        f"invocation_connectivity_parameters.{_RESOURCE}": arn,
        "kms_key_identifier": length(1, 2048),
        "name": _NAME,
    },
    differs=(
        "That the way of authorization is the one of its block, that endpoints are https and names are of "
        "letters is checked at plan; the published provider leaves it to AWS. AWS refuses what is left "
        "without `client_parameters`. A `kms_key_identifier` that is taken away stays: neither provider "
        "sends it then. The local AWS does not keep `invocation_connectivity_parameters` and "
        "`connectivity_parameters`: the first shows a change in each plan."
    ),
)


def _create_destination(aws: Aws, values: Values) -> None:
    aws.client("events").create_api_destination(**to_api(values, _DESTINATION))
    values["id"] = values["name"]


def _update_destination(aws: Aws, values: Values, prior: Values) -> None:
    arguments = {**to_api(values, _DESTINATION), "Description": values["description"] or ""}
    aws.client("events").update_api_destination(**arguments)


def _read_destination(aws: Aws, values: Values) -> Values:
    found = aws.client("events").describe_api_destination(Name=values["id"])
    return {**from_api(found, _DESTINATION), "arn": found["ApiDestinationArn"]}


API_DESTINATION = ResourceHandler(
    create=_create_destination,
    read=_read_destination,
    update=_update_destination,
    delete=call("events", "delete_api_destination", Name="id"),
    defaults={"invocation_rate_limit_per_second": 300},
    validators={
        "connection_arn": arn,
        "description": length(0, 512),
        "http_method": one_of(*_METHODS),
        "invocation_endpoint": (length(1, 2048), _ENDPOINT),
        "invocation_rate_limit_per_second": at_least(1),
        "name": _NAME,
    },
    differs="That the endpoint is https is checked at plan; the published provider leaves it to AWS.",
)

CONNECTION_DATA = DataSourceHandler(read=_find, tags=False)

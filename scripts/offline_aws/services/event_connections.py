"""EventBridge: connections and the API destinations that use them.

Source: internal/service/events/{connection,connection_data_source,api_destination}.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, first, given
from offline_aws.resource import DataSource, Resource
from offline_aws.validators import arn, at_least, length, matches, one_of

_NAME = matches(r"^[0-9A-Za-z_.-]{1,64}$", "1 to 64 letters, digits, '.', '-' and '_'")
_ENDPOINT = matches(r"^https://[-()_.!~*';/?:@&=+$,%\w]+$", "expected an https URL; * is a path parameter")
_PARAMETERS = {
    "body": "BodyParameters",
    "header": "HeaderParameters",
    "query_string": "QueryStringParameters",
}
_WAYS = {"API_KEY": "api_key", "BASIC": "basic", "OAUTH_CLIENT_CREDENTIALS": "oauth"}
_HTTP = "auth_parameters.invocation_http_parameters"
_METHODS = ("POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")


def _http_to_aws(blocks: list[Values]) -> Values:
    block = first(blocks) or {}
    found: Values = {}
    for name, aws_name in _PARAMETERS.items():
        items = [
            {"Key": item["key"], "Value": item["value"], "IsValueSecret": bool(item["is_value_secret"])}
            for item in block.get(name, ())
        ]
        found |= {aws_name: items} if items else {}
    return found


def _http_from_aws(found: Values | None) -> list[Values]:
    """AWS does not return a secret's value: it is left out, and the stored value stays."""
    if not found:
        return []
    block: Values = {}
    for name, aws_name in _PARAMETERS.items():
        block[name] = [
            {"key": item["Key"], "is_value_secret": item.get("IsValueSecret", False)}
            | ({} if item.get("IsValueSecret") or "Value" not in item else {"value": item["Value"]})
            for item in found.get(aws_name, ())
        ]
    return [block]


def _connectivity_to_aws(blocks: list[Values]) -> Values | None:
    block = first(blocks)
    if block is None:
        return None
    resource = block["resource_parameters"][0]["resource_configuration_arn"]
    return {"ResourceParameters": {"ResourceConfigurationArn": resource}}


def _connectivity_from_aws(found: Values | None) -> list[Values]:
    if not found:
        return []
    resource = found.get("ResourceParameters", {})
    names = {
        "resource_association_arn": resource.get("ResourceAssociationArn"),
        "resource_configuration_arn": resource.get("ResourceConfigurationArn"),
    }
    return [{"resource_parameters": [names]}]


def _authorization(block: Values) -> Values:
    key, basic, oauth = (first(block[name]) for name in ("api_key", "basic", "oauth"))
    client = oauth and first(oauth["client_parameters"])
    return given(
        ApiKeyAuthParameters=key and {"ApiKeyName": key["key"], "ApiKeyValue": key["value"]},
        BasicAuthParameters=basic and {"Username": basic["username"], "Password": basic["password"]},
        OAuthParameters=oauth
        and given(
            AuthorizationEndpoint=oauth["authorization_endpoint"],
            ClientParameters=client
            and {"ClientID": client["client_id"], "ClientSecret": client["client_secret"]},
            HttpMethod=oauth["http_method"],
            OAuthHttpParameters=_http_to_aws(oauth["oauth_http_parameters"]),
        ),
        InvocationHttpParameters=_http_to_aws(block["invocation_http_parameters"]),
        ConnectivityParameters=_connectivity_to_aws(block["connectivity_parameters"]),
    )


def _arguments(values: Values) -> dict[str, Any]:
    return {
        "Name": values["name"],
        "AuthorizationType": values["authorization_type"],
        "AuthParameters": _authorization(values["auth_parameters"][0]),
        **given(
            Description=values["description"],
            KmsKeyIdentifier=values["kms_key_identifier"],
            InvocationConnectivityParameters=_connectivity_to_aws(
                values["invocation_connectivity_parameters"]
            ),
        ),
    }


def _create(aws: Aws, values: Values) -> None:
    aws.client("events").create_connection(**_arguments(values))
    values["id"] = values["name"]
    _settle(aws, values)


def _update(aws: Aws, values: Values, prior: Values) -> None:
    arguments = {**_arguments(values), "Description": values["description"] or ""}
    aws.client("events").update_connection(**arguments)
    _settle(aws, values)


def _settle(aws: Aws, values: Values) -> None:
    def done() -> bool:
        found = aws.client("events").describe_connection(Name=values["name"])
        if found["ConnectionState"] in ("FAILED_CONNECTIVITY", "DEAUTHORIZED"):
            reason = found.get("StateReason", "no reason given")
            raise ResourceError(f"connection {found['ConnectionState']}: {reason}")
        return found["ConnectionState"] not in ("CREATING", "UPDATING", "AUTHORIZING")

    aws.wait(done, f"EventBridge connection {values['name']}")


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("events").describe_connection(Name=values["id"])
    parameters = found.get("AuthParameters", {})
    key, basic = parameters.get("ApiKeyAuthParameters"), parameters.get("BasicAuthParameters")
    block = {
        "api_key": [{"key": key["ApiKeyName"]}] if key else [],
        "basic": [{"username": basic["Username"]}] if basic else [],
        "oauth": _oauth_from_aws(parameters.get("OAuthParameters")),
        "invocation_http_parameters": _http_from_aws(parameters.get("InvocationHttpParameters")),
        "connectivity_parameters": _connectivity_from_aws(parameters.get("ConnectivityParameters")),
    }
    return {
        "arn": found["ConnectionArn"],
        "auth_parameters": [block],
        "authorization_type": found["AuthorizationType"],
        "description": found.get("Description"),
        "invocation_connectivity_parameters": _connectivity_from_aws(
            found.get("InvocationConnectivityParameters")
        ),
        "kms_key_identifier": found.get("KmsKeyIdentifier"),
        "name": found["Name"],
        "secret_arn": found.get("SecretArn"),
    }


def _oauth_from_aws(found: Values | None) -> list[Values]:
    if not found:
        return []
    client = found.get("ClientParameters", {})
    return [
        {
            "authorization_endpoint": found.get("AuthorizationEndpoint"),
            "client_parameters": [{"client_id": client["ClientID"]}] if client else [],
            "http_method": found.get("HttpMethod"),
            "oauth_http_parameters": _http_from_aws(found.get("OAuthHttpParameters")),
        }
    ]


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


CONNECTION = Resource(
    create=_create,
    read=_read,
    update=_update,
    delete=call("events", "delete_connection", Name="id"),
    checks=(_one_way,),
    defaults={
        f"{where}.{part}.is_value_secret": False
        for where in (_HTTP, "auth_parameters.oauth.oauth_http_parameters")
        for part in _PARAMETERS
    },
    replace={"name"},
    validators={
        "auth_parameters.api_key.key": length(1, 512),
        "auth_parameters.api_key.value": length(1, 512),
        "auth_parameters.basic.password": length(1, 512),
        "auth_parameters.basic.username": length(1, 512),
        "auth_parameters.oauth.authorization_endpoint": (length(1, 2048), _ENDPOINT),
        "auth_parameters.oauth.client_parameters.client_id": length(1, 512),
        "auth_parameters.oauth.client_parameters.client_secret": length(1, 512),
        "auth_parameters.oauth.http_method": one_of("GET", "POST", "PUT"),
        "authorization_type": one_of("BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"),
        "description": length(0, 512),
        "kms_key_identifier": length(1, 2048),
        "name": _NAME,
    },
)


def _destination(values: Values) -> dict[str, Any]:
    return {
        "Name": values["name"],
        "ConnectionArn": values["connection_arn"],
        "HttpMethod": values["http_method"],
        "InvocationEndpoint": values["invocation_endpoint"],
        "InvocationRateLimitPerSecond": values["invocation_rate_limit_per_second"],
    }


def _create_destination(aws: Aws, values: Values) -> None:
    arguments = given(Description=values["description"])
    aws.client("events").create_api_destination(**_destination(values), **arguments)
    values["id"] = values["name"]


def _update_destination(aws: Aws, values: Values, prior: Values) -> None:
    aws.client("events").update_api_destination(
        **_destination(values), Description=values["description"] or ""
    )


def _read_destination(aws: Aws, values: Values) -> Values:
    found = aws.client("events").describe_api_destination(Name=values["id"])
    return {
        "arn": found["ApiDestinationArn"],
        "connection_arn": found["ConnectionArn"],
        "description": found.get("Description"),
        "http_method": found["HttpMethod"],
        "invocation_endpoint": found["InvocationEndpoint"],
        "invocation_rate_limit_per_second": found.get("InvocationRateLimitPerSecond"),
        "name": found["Name"],
    }


API_DESTINATION = Resource(
    create=_create_destination,
    read=_read_destination,
    update=_update_destination,
    delete=call("events", "delete_api_destination", Name="id"),
    defaults={"invocation_rate_limit_per_second": 300},
    replace={"name"},
    validators={
        "connection_arn": arn,
        "description": length(0, 512),
        "http_method": one_of(*_METHODS),
        "invocation_endpoint": (length(1, 2048), _ENDPOINT),
        "invocation_rate_limit_per_second": at_least(1),
        "name": _NAME,
    },
)

CONNECTION_DATA = DataSource(read=_find, tags=False)

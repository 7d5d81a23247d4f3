"""``aws_apigatewayv2_api`` and its data source.

Source: internal/service/apigatewayv2/{api,api_data_source}.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_json
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, changed, given
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, length, one_of

_AT_CREATION = ("credentials_arn", "route_key", "target")
_API = partial(Derived, "aws_apigatewayv2_api", "apigatewayv2", "CreateApiRequest")
_ALL = _API()
_SETTINGS = _API(without={"protocol_type", *_AT_CREATION})
_OF_HTTP = ("$request.method $request.path", "${request.method} ${request.path}")
_CORS_WORDS = ("allow_headers", "allow_methods", "allow_origins", "expose_headers")


tag = tagging("apigatewayv2", "ResourceArn")


def tags(aws: Aws, arn_: str, found: dict[str, Any]) -> dict[str, str]:
    """The tags in an answer of AWS; the emulator shows only those of the creation there."""
    if aws.local:
        return dict(aws.client("apigatewayv2").get_tags(ResourceArn=arn_).get("Tags", {}))
    return dict(found.get("Tags", {}))


def protocol(aws: Aws, api: str) -> str:
    """``HTTP`` or ``WEBSOCKET``."""
    return str(aws.client("apigatewayv2").get_api(ApiId=api)["ProtocolType"])


def _create(aws: Aws, values: Values) -> None:
    lacking = [name for name in ("body", *_AT_CREATION) if values[name]]
    if lacking and aws.local:
        raise ResourceError(
            f"the local AWS makes no routes from {lacking[0]}",
            detail="Write them as aws_apigatewayv2_integration, aws_apigatewayv2_route and "
            "aws_apigatewayv2_stage, or leave the API out locally.",
            path=lacking[0],
        )
    made = aws.client("apigatewayv2").create_api(**to_api(values, _ALL), **given(Tags=values["tags_all"]))
    values["id"] = made["ApiId"]
    _import_body(aws, values)


def _import_body(aws: Aws, values: Values) -> None:
    if not values["body"]:
        return
    client, api = aws.client("apigatewayv2"), values["id"]
    client.reimport_api(ApiId=api, Body=values["body"], FailOnWarnings=bool(values["fail_on_warnings"]))
    # The definition's title, description, version and CORS yield to configured ones.
    names = ("cors_configuration", "description", "name", "version")
    client.update_api(ApiId=api, **to_api(values, {name: _SETTINGS[name] for name in names}))


def _shown(aws: Aws, found: dict[str, Any]) -> Values:
    api = found["ApiId"]
    arn_ = aws.arn("apigateway", f"/apis/{api}", account="")
    shown = from_api(found, _SETTINGS)
    for block in shown["cors_configuration"]:
        block |= {name: block[name] or [] for name in _CORS_WORDS}
    return {
        **shown,
        "id": api,
        "api_endpoint": found["ApiEndpoint"],
        "arn": arn_,
        "execution_arn": aws.arn("execute-api", api),
        "ip_address_type": shown["ip_address_type"] or "ipv4",
        "protocol_type": found["ProtocolType"],
    }


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("apigatewayv2").get_api(ApiId=values["id"])
    shown = _shown(aws, found)
    if aws.local and values.get("ip_address_type"):
        del shown["ip_address_type"]  # the emulator does not keep it
    return {**shown, "tags_all": tags(aws, shown["arn"], found)}


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, api = aws.client("apigatewayv2"), values["id"]
    if prior["cors_configuration"] and not values["cors_configuration"]:
        client.delete_cors_configuration(ApiId=api)
    names = [name for name in _SETTINGS if changed(values, prior, name)]
    arguments = to_api(values, {name: _SETTINGS[name] for name in names})
    for name, key in (("description", "Description"), ("version", "Version")):
        if name in names:
            arguments[key] = values[name] or ""
    if "disable_execute_api_endpoint" in names:
        arguments["DisableExecuteApiEndpoint"] = bool(values["disable_execute_api_endpoint"])
    if arguments:
        client.update_api(ApiId=api, **arguments)
    if changed(values, prior, "body"):
        _import_body(aws, values)


def _checks(config: Values) -> Iterable[tuple[str, str]]:
    """CreateApi in the API Gateway v2 API reference: what only one of the protocols has."""
    kind, expression = config["protocol_type"], config["route_selection_expression"]
    if kind == "WEBSOCKET":
        for name in ("body", "cors_configuration", *_AT_CREATION):
            if config[name] not in (None, []):
                yield name, "is supported for HTTP APIs only"
        if expression is None:
            yield "route_selection_expression", "a WebSocket API needs one such as $request.body.action"
    if kind == "HTTP" and expression is not UNKNOWN and expression not in (None, *_OF_HTTP):
        yield "route_selection_expression", f"must be {_OF_HTTP[0]} for HTTP APIs, got {expression}"


def _same_words(one_: Any, other: Any) -> bool:
    """Sets without regard to case (SDK: StringCaseInsensitiveSetFunc)."""
    return {str(item).lower() for item in one_} == {str(item).lower() for item in other}


def _document(value: Any) -> str | None:
    import yaml

    try:
        yaml.safe_load(value)  # JSON is YAML
    except yaml.YAMLError as error:
        return f"contains neither JSON nor YAML: {error}"
    return None


def _same_document(one_: Any, other: Any) -> bool:
    import yaml

    return same_json(one_, other) or bool(yaml.safe_load(one_) == yaml.safe_load(other))


def _find(aws: Aws, values: Values) -> Values:
    found = aws.client("apigatewayv2").get_api(ApiId=values["api_id"])
    shown = _shown(aws, found)
    return {**shown, "tags": tags(aws, shown["arn"], found)}


API = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=call("apigatewayv2", "delete_api", ApiId="id"),
    tag=tag,
    checks=(_checks,),
    defaults={
        "api_key_selection_expression": "$request.header.x-api-key",
        "route_selection_expression": "$request.method $request.path",
    },
    equivalent={
        **{f"cors_configuration.{name}": _same_words for name in _CORS_WORDS},
        "body": _same_document,
    },
    stored_only={"fail_on_warnings"},
    shapes=(_ALL,),
    validators={
        "api_key_selection_expression": one_of(
            "$context.authorizer.usageIdentifierKey", "$request.header.x-api-key"
        ),
        "body": _document,
        "credentials_arn": arn,
        "description": length(0, 1024),
        "name": length(1, 128),
        "version": length(1, 64),
    },
    name=None,
    differs=(
        "What one of the protocols lacks is refused at plan; the published provider leaves it to AWS. The "
        "local AWS makes no routes from `body` or `target`: both are refused at apply there. It does not "
        "keep `ip_address_type`."
    ),
)
API_DATA = DataSourceHandler(read=_find)

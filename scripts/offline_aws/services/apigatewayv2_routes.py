"""What leads a request to its place: routes, integrations and authorizers of an API.

Source: internal/service/apigatewayv2/{route,integration,authorizer}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import ResourceError, Values, changed
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services.apigatewayv2_apis import protocol
from offline_aws.shapes import Shape, from_api, to_api
from offline_aws.validators import arn, between, length, one_of


def part_of_api(what: str, find: Callable[[Aws, str, str], dict[str, Any]]) -> Callable[[Aws, str], Values]:
    """An import by ``api-id/<what>``; what a quick create made is API Gateway's own and refused."""

    def imports(aws: Aws, identifier: str) -> Values:
        api, _, part = identifier.partition("/")
        if not api or not part or "/" in part:
            raise ResourceError(f"wrong format of import ID ({identifier})", detail=f"use: 'api-id/{what}'")
        if find(aws, api, part).get("ApiGatewayManaged"):
            raise ResourceError(f"{identifier} was created via quick create")
        return {"id": part, "api_id": api}

    return imports


def _edited(values: Values, prior: Values, shape: Shape) -> dict[str, Any]:
    """What changed of a shape's attributes, emptied texts as empty texts."""
    names = {name: key for name, key in shape.items() if changed(values, prior, name)}
    emptied = {key: "" for name, key in names.items() if isinstance(prior.get(name), str)}
    return {**{str(key): text for key, text in emptied.items()}, **to_api(values, names)}


# Routes

_ROUTE = Derived("aws_apigatewayv2_route", "apigatewayv2", "CreateRouteRequest", without={"api_id"})


def _parameters(values: Values) -> dict[str, Any]:
    found = {
        block["request_parameter_key"]: {"Required": block["required"]}
        for block in values["request_parameter"]
    }
    return {"RequestParameters": found} if found else {}


def _create_route(aws: Aws, values: Values) -> None:
    made = aws.client("apigatewayv2").create_route(
        ApiId=values["api_id"], **to_api(values, _ROUTE), **_parameters(values)
    )
    values["id"] = made["RouteId"]


def _find_route(aws: Aws, api: str, route: str) -> dict[str, Any]:
    return dict(aws.client("apigatewayv2").get_route(ApiId=api, RouteId=route))


def _read_route(aws: Aws, values: Values) -> Values:
    found = _find_route(aws, values["api_id"], values["id"])
    parameters = [
        {"request_parameter_key": key, "required": bool(item.get("Required"))}
        for key, item in found.get("RequestParameters", {}).items()
    ]
    return {**from_api(found, _ROUTE), "id": values["id"], "request_parameter": parameters}


def _update_route(aws: Aws, values: Values, prior: Values) -> None:
    client, where = aws.client("apigatewayv2"), {"ApiId": values["api_id"], "RouteId": values["id"]}
    arguments = _edited(values, prior, _ROUTE)
    if changed(values, prior, "authorization_scopes"):
        arguments["AuthorizationScopes"] = values["authorization_scopes"] or []
    if changed(values, prior, "authorizer_id"):
        arguments["AuthorizationType"] = values["authorization_type"]
    if changed(values, prior, "request_models"):
        arguments["RequestModels"] = values["request_models"] or {}
    if changed(values, prior, "request_parameter"):
        kept = {block["request_parameter_key"] for block in values["request_parameter"]}
        # The emulator has no such call, but replaces all parameters at once.
        for block in () if aws.local else prior["request_parameter"]:
            if block["request_parameter_key"] not in kept:
                client.delete_route_request_parameter(
                    **where, RequestParameterKey=block["request_parameter_key"]
                )
        arguments["RequestParameters"] = _parameters(values).get("RequestParameters", {})
    client.update_route(**where, **arguments)


# Integrations

_INTEGRATION = Derived(
    "aws_apigatewayv2_integration",
    "apigatewayv2",
    "CreateIntegrationRequest",
    without={"api_id"},
    keys={"timeout_milliseconds": "TimeoutInMillis"},
)
_NOT_KEPT_BY_EMULATOR = (
    "connection_id",
    "credentials_arn",
    "integration_subtype",
    "template_selection_expression",
    "tls_config",
)
_METHODS = one_of("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def _responses(values: Values) -> dict[str, Any]:
    return {block["status_code"]: block["mappings"] for block in values["response_parameters"]}


def _create_integration(aws: Aws, values: Values) -> None:
    responses = _responses(values)
    made = aws.client("apigatewayv2").create_integration(
        ApiId=values["api_id"],
        **to_api(values, _INTEGRATION),
        **({"ResponseParameters": responses} if responses else {}),
    )
    values["id"] = made["IntegrationId"]


def _find_integration(aws: Aws, api: str, integration: str) -> dict[str, Any]:
    return dict(aws.client("apigatewayv2").get_integration(ApiId=api, IntegrationId=integration))


def _read_integration(aws: Aws, values: Values) -> Values:
    found = _find_integration(aws, values["api_id"], values["id"])
    shown = from_api(found, _INTEGRATION)
    if not shown["passthrough_behavior"]:
        del shown["passthrough_behavior"]  # HTTP APIs have none, even if one is planned
    if aws.local:
        shown = {name: value for name, value in shown.items() if name not in _NOT_KEPT_BY_EMULATOR}
        if shown["integration_type"] == "MOCK" or values.get("integration_subtype"):
            del shown["integration_method"]  # the emulator makes one up
    return {
        **shown,
        "id": values["id"],
        "integration_response_selection_expression": found.get("IntegrationResponseSelectionExpression", ""),
        "response_parameters": [
            {"status_code": code, "mappings": mappings}
            for code, mappings in found.get("ResponseParameters", {}).items()
            if mappings
        ],
    }


def _update_integration(aws: Aws, values: Values, prior: Values) -> None:
    arguments = _edited(values, prior, _INTEGRATION)
    arguments |= to_api(
        values, {name: _INTEGRATION[name] for name in ("integration_subtype", "integration_type")}
    )
    if changed(values, prior, "request_parameters"):
        # Those to be removed are set to nothing; AWS services want all others again.
        removed = dict.fromkeys((prior["request_parameters"] or {}).keys(), "")
        kept = values["request_parameters"] or {}
        arguments["RequestParameters"] = kept if aws.local else {**removed, **kept}
    if changed(values, prior, "request_templates"):
        arguments["RequestTemplates"] = values["request_templates"] or {}
    if changed(values, prior, "response_parameters"):
        wanted = _responses(values)
        gone: dict[str, dict[str, str]] = {code: {} for code in _responses(prior)}
        arguments["ResponseParameters"] = wanted if aws.local else {**gone, **wanted}
    aws.client("apigatewayv2").update_integration(
        ApiId=values["api_id"], IntegrationId=values["id"], **arguments
    )


def _plan_integration(plan: Plan) -> None:
    # A Lambda integration's method is POST when none is configured. The published provider has it in the
    # state after the apply; unless it is planned, a hash of the state changes with the next refresh.
    prior, values = plan.prior, plan.values
    lambda_ = values["integration_type"] in ("AWS", "AWS_PROXY")
    of_function = values["integration_subtype"] is None  # other services of AWS have no method
    before = prior["integration_method"] if prior else "POST" if of_function else None
    if lambda_ and values["integration_method"] is None and before == "POST":
        values["integration_method"] = "POST"


# Authorizers

_AUTHORIZER = Derived(
    "aws_apigatewayv2_authorizer",
    "apigatewayv2",
    "CreateAuthorizerRequest",
    without={"api_id", "identity_sources"},
)


def _create_authorizer(aws: Aws, values: Values) -> None:
    arguments = to_api(values, _AUTHORIZER)
    sources = values["identity_sources"] or []
    # What AWS's console would set; without it, a later change to 0 would not be seen.
    if (
        values["authorizer_result_ttl_in_seconds"] is None
        and values["authorizer_type"] == "REQUEST"
        and sources
        and protocol(aws, values["api_id"]) == "HTTP"
    ):
        arguments["AuthorizerResultTtlInSeconds"] = 300
    made = aws.client("apigatewayv2").create_authorizer(
        ApiId=values["api_id"], IdentitySource=sources, **arguments
    )
    values["id"] = made["AuthorizerId"]


def _find_authorizer(aws: Aws, api: str, authorizer: str) -> dict[str, Any]:
    return dict(aws.client("apigatewayv2").get_authorizer(ApiId=api, AuthorizerId=authorizer))


def _read_authorizer(aws: Aws, values: Values) -> Values:
    found = _find_authorizer(aws, values["api_id"], values["id"])
    shown = from_api(found, _AUTHORIZER)
    version = "authorizer_payload_format_version"
    request = shown["authorizer_type"] == "REQUEST"
    # The emulator makes one up where AWS has none.
    if aws.local and not (request and protocol(aws, values["api_id"]) == "HTTP"):
        shown[version] = values.get(version)
    return {**shown, "id": values["id"], "identity_sources": found.get("IdentitySource", [])}


def _update_authorizer(aws: Aws, values: Values, prior: Values) -> None:
    arguments = _edited(values, prior, _AUTHORIZER)
    if changed(values, prior, "identity_sources"):
        arguments["IdentitySource"] = values["identity_sources"] or []
    if changed(values, prior, "enable_simple_responses"):
        arguments["EnableSimpleResponses"] = bool(values["enable_simple_responses"])
    if changed(values, prior, "jwt_configuration"):
        arguments.setdefault("JwtConfiguration", {})
    aws.client("apigatewayv2").update_authorizer(
        ApiId=values["api_id"], AuthorizerId=values["id"], **arguments
    )


def _delete_authorizer(aws: Aws, values: Values) -> None:
    client = aws.client("apigatewayv2")
    eventually(
        aws,
        lambda: client.delete_authorizer(ApiId=values["api_id"], AuthorizerId=values["id"]),
        ("ConflictException", ""),
        seconds=aws.seconds,
    )


def _check_authorizer(config: Values) -> Iterable[tuple[str, str]]:
    """CreateAuthorizer in the API Gateway v2 API reference: what each kind needs."""
    if config["authorizer_type"] == "JWT" and config["jwt_configuration"] == []:
        yield "jwt_configuration", "must be specified for an authorizer of type JWT"
    if config["authorizer_type"] == "REQUEST" and config["authorizer_uri"] is None:
        yield "authorizer_uri", "must be specified for an authorizer of type REQUEST"


RESOURCES = {
    "aws_apigatewayv2_authorizer": ResourceHandler(
        create=_create_authorizer,
        read=_read_authorizer,
        update=_update_authorizer,
        delete=_delete_authorizer,
        imports=part_of_api("authorizer-id", _find_authorizer),
        checks=(_check_authorizer,),
        validators={
            "authorizer_credentials_arn": arn,
            "authorizer_payload_format_version": one_of("1.0", "2.0"),
            "authorizer_result_ttl_in_seconds": between(0, 3600),
            "authorizer_type": enum("apigatewayv2", "AuthorizerType"),
            "authorizer_uri": length(1, 2048),
            "name": length(1, 128),
        },
        name=None,
        differs="What each kind needs is checked at plan; the published provider leaves it to AWS.",
        timeouts={"delete": 1800},
    ),
    "aws_apigatewayv2_integration": ResourceHandler(
        create=_create_integration,
        read=_read_integration,
        update=_update_integration,
        delete=call("apigatewayv2", "delete_integration", ApiId="api_id", IntegrationId="id"),
        imports=part_of_api("integration-id", _find_integration),
        identifier="{api_id}/{id}",
        plan=_plan_integration,
        defaults={
            "connection_type": "INTERNET",
            "passthrough_behavior": "WHEN_NO_MATCH",
            "payload_format_version": "1.0",
        },
        shapes=(_INTEGRATION,),
        validators={
            "connection_id": length(1, 1024),
            "credentials_arn": arn,
            "integration_method": _METHODS,
            "integration_subtype": length(1, 128),
            "payload_format_version": one_of("1.0", "2.0"),
        },
        name=None,
        differs=(
            "The local AWS keeps neither connections nor credentials, subtypes, template selection nor TLS: "
            "they stay as configured, and an import does not find them."
        ),
    ),
    "aws_apigatewayv2_route": ResourceHandler(
        create=_create_route,
        read=_read_route,
        update=_update_route,
        delete=call("apigatewayv2", "delete_route", ApiId="api_id", RouteId="id"),
        imports=part_of_api("route-id", _find_route),
        identifier="{api_id}/{id}",
        defaults={"api_key_required": False, "authorization_type": "NONE"},
        validators={
            "authorization_type": enum("apigatewayv2", "AuthorizationType"),
            "operation_name": length(1, 64),
            "target": length(1, 128),
        },
        name=None,
    ),
}

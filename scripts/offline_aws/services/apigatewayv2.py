"""API Gateway v2: HTTP and WebSocket APIs, their stages, and what leads a request to its place.

Source: internal/service/apigatewayv2/stage.go, and the files named in the modules of the same prefix.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import ResourceError, Values, changed, given
from offline_aws.resource import ResourceHandler
from offline_aws.services.apigatewayv2_apis import API, API_DATA, protocol, tag, tags
from offline_aws.services.apigatewayv2_routes import RESOURCES as ROUTES
from offline_aws.services.apigatewayv2_routes import part_of_api
from offline_aws.shapes import from_api, key_of, to_api
from offline_aws.validators import arn, length

_STAGE = Derived(
    "aws_apigatewayv2_stage",
    "apigatewayv2",
    "UpdateStageRequest",
    without={"api_id", "default_route_settings"},
)
_ROUTE_SETTINGS = Derived("aws_apigatewayv2_stage.route_settings", "apigatewayv2", "RouteSettings")


def _settings(block: Values, websocket: bool) -> dict[str, Any]:
    limits = {name: block[name] or 0 for name in ("throttling_burst_limit", "throttling_rate_limit")}
    found = to_api({**block, **limits}, _ROUTE_SETTINGS)
    if not websocket:
        found.pop("DataTraceEnabled", None)
        found.pop("LoggingLevel", None)
    return found


def _of_routes(aws: Aws, values: Values) -> dict[str, Any]:
    """The settings of all routes and of single ones; logs are for WebSocket APIs only."""
    websocket = protocol(aws, values["api_id"]) == "WEBSOCKET"
    default = [_settings(block, websocket) for block in values["default_route_settings"] or ()]
    single = {block["route_key"]: _settings(block, websocket) for block in values["route_settings"]}
    return given(DefaultRouteSettings=default[0] if default else None, RouteSettings=single)


def _create(aws: Aws, values: Values) -> None:
    made = aws.client("apigatewayv2").create_stage(
        ApiId=values["api_id"],
        StageName=values["name"],
        **to_api(values, _STAGE),
        **_of_routes(aws, values),
        **given(Tags=values["tags_all"]),
    )
    values["id"] = made["StageName"]


def _find(aws: Aws, api: str, stage: str) -> dict[str, Any]:
    return dict(aws.client("apigatewayv2").get_stage(ApiId=api, StageName=stage))


def _shown_settings(found: dict[str, Any]) -> Values:
    shown = from_api(found, _ROUTE_SETTINGS)
    return {
        **shown,
        **{name: bool(shown[name]) for name in ("data_trace_enabled", "detailed_metrics_enabled")},
    }


def _read(aws: Aws, values: Values) -> Values:
    api, name = values["api_id"], values["id"]
    found = _find(aws, api, name)
    arn_ = aws.arn("apigateway", f"/apis/{api}/stages/{name}", account="")
    default = found.get("DefaultRouteSettings")
    return {
        **from_api(found, _STAGE),
        "id": name,
        "arn": arn_,
        "default_route_settings": [_shown_settings(default)] if default else [],
        "execution_arn": aws.arn("execute-api", f"{api}/{name}"),
        "invoke_url": _url(aws, api, name),
        "name": name,
        "route_settings": [
            {**_shown_settings(item), "route_key": key}
            for key, item in found.get("RouteSettings", {}).items()
        ],
        "tags_all": tags(aws, arn_, found),
    }


def _url(aws: Aws, api: str, stage: str) -> str:
    host = f"{api}.execute-api.{aws.region}.{aws.dns_suffix}"
    if protocol(aws, api) == "WEBSOCKET":
        return f"wss://{host}/{stage}"
    return f"https://{host}/" if stage == "$default" else f"https://{host}/{stage}"


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, where = aws.client("apigatewayv2"), {"ApiId": values["api_id"], "StageName": values["id"]}
    names = [name for name in _STAGE if changed(values, prior, name)]
    arguments = to_api(values, {name: _STAGE[name] for name in names})
    for name, empty in (("client_certificate_id", ""), ("description", ""), ("access_log_settings", {})):
        if name in names:
            arguments.setdefault(key_of(_STAGE[name]), empty)
    if "stage_variables" in names:
        # A variable is removed by setting it to nothing; the emulator replaces them all.
        kept = values["stage_variables"] or {}
        removed = dict.fromkeys((prior["stage_variables"] or {}).keys(), "")
        arguments["StageVariables"] = kept if aws.local else {**removed, **kept}
    if changed(values, prior, "default_route_settings", "route_settings"):
        arguments |= _of_routes(aws, values)
        keys = {block["route_key"] for block in values["route_settings"]}
        for block in () if aws.local else prior["route_settings"]:  # replaced as a whole there, too
            if block["route_key"] not in keys:
                client.delete_route_settings(**where, RouteKey=block["route_key"])
        arguments.setdefault("RouteSettings", {})
    client.update_stage(**where, **arguments)


# Deployments


def _deploy(aws: Aws, values: Values) -> None:
    arguments = given(ApiId=values["api_id"], Description=values["description"])
    values["id"] = aws.client("apigatewayv2").create_deployment(**arguments)["DeploymentId"]
    _wait_until_deployed(aws, values)


def _wait_until_deployed(aws: Aws, values: Values) -> None:
    def done() -> bool:
        found = _deployment(aws, values["api_id"], values["id"])
        if found["DeploymentStatus"] == "FAILED":
            detail = found.get("DeploymentStatusMessage", "")
            raise ResourceError(f"API Gateway v2 deployment ({values['id']}) failed", detail=detail)
        return bool(found["DeploymentStatus"] == "DEPLOYED")

    aws.wait(done, f"API Gateway v2 deployment ({values['id']})")


def _deployment(aws: Aws, api: str, deployment: str) -> dict[str, Any]:
    return dict(aws.client("apigatewayv2").get_deployment(ApiId=api, DeploymentId=deployment))


def _read_deployment(aws: Aws, values: Values) -> Values:
    found = _deployment(aws, values["api_id"], values["id"])
    shown = {"auto_deployed": found.get("AutoDeployed", False), "description": found.get("Description", "")}
    return {"id": values["id"], "api_id": values["api_id"], **shown}


def _update_deployment(aws: Aws, values: Values, prior: Values) -> None:
    aws.client("apigatewayv2").update_deployment(
        ApiId=values["api_id"], DeploymentId=values["id"], Description=values["description"] or ""
    )
    _wait_until_deployed(aws, values)


RESOURCES = {
    **ROUTES,
    "aws_apigatewayv2_api": API,
    "aws_apigatewayv2_deployment": ResourceHandler(
        create=_deploy,
        read=_read_deployment,
        update=_update_deployment,
        delete=call("apigatewayv2", "delete_deployment", ApiId="api_id", DeploymentId="id"),
        imports=part_of_api("deployment-id", _deployment),
        validators={"description": length(0, 1024)},
        name=None,
    ),
    "aws_apigatewayv2_stage": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=call("apigatewayv2", "delete_stage", ApiId="api_id", StageName="id"),
        tag=tag,
        imports=part_of_api("stage-name", _find),
        defaults={
            "auto_deploy": False,
            "default_route_settings.data_trace_enabled": False,
            "default_route_settings.detailed_metrics_enabled": False,
            "route_settings.data_trace_enabled": False,
            "route_settings.detailed_metrics_enabled": False,
        },
        computed={"default_route_settings"},
        validators={
            "access_log_settings.destination_arn": arn,
            "default_route_settings.logging_level": enum("apigatewayv2", "LoggingLevel"),
            "description": length(0, 1024),
            "name": length(1, 128),
            "route_settings.logging_level": enum("apigatewayv2", "LoggingLevel"),
        },
        name=None,
    ),
}

DATA_SOURCES = {"aws_apigatewayv2_api": API_DATA}

"""Cognito: user pools, their clients and groups.

Source: internal/service/cognitoidp/{user_group,user_pool_client}.go, and the files named in cognito_pools.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offline_aws import schema
from offline_aws.aws import Aws
from offline_aws.calls import call
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, first
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.services.cognito_pools import POOL_DATA, POOL_TYPE
from offline_aws.shapes import from_api, key_of, to_api
from offline_aws.validators import arn, between, each, length, matches

_CLIENT = Derived(
    "aws_cognito_user_pool_client",
    "cognito-idp",
    "UpdateUserPoolClientRequest",
    without={"user_pool_id"},
    keys={"name": "ClientName"},
)
_ATTRIBUTES = schema.load("aws").resources["aws_cognito_user_pool_client"]["block"]["attributes"]
_LISTS = [name for name, spec in _ATTRIBUTES.items() if isinstance(spec["type"], list)]
_DEFAULT_UNITS = {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SECONDS = {"seconds": 1, "minutes": _MINUTE, "hours": _HOUR, "days": _DAY}
# Attribute: its unit's attribute, least and most seconds. Zero means AWS's default.
_DURATIONS = {
    "access_token_validity": ("access_token", 5 * _MINUTE, _DAY),
    "id_token_validity": ("id_token", 5 * _MINUTE, _DAY),
    "refresh_token_validity": ("refresh_token", _HOUR, 3650 * _DAY),
}


def _arguments(values: Values) -> dict[str, Any]:
    defaults = dict.fromkeys((name for name in _DURATIONS if values[name] == 0), None)
    return to_api({**values, **defaults}, _CLIENT)


def _create(aws: Aws, values: Values) -> None:
    secret = {} if values["generate_secret"] is None else {"GenerateSecret": values["generate_secret"]}
    made = aws.client("cognito-idp").create_user_pool_client(
        UserPoolId=values["user_pool_id"], **_arguments(values), **secret
    )
    values["id"] = made["UserPoolClient"]["ClientId"]


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("cognito-idp").describe_user_pool_client(
        UserPoolId=values["user_pool_id"], ClientId=values["id"]
    )["UserPoolClient"]
    shown = from_api(found, _CLIENT)
    units = found.get("TokenValidityUnits") or {}
    if units == _DEFAULT_UNITS and not values.get("token_validity_units"):
        shown["token_validity_units"] = []
    if aws.local:
        del shown["refresh_token_rotation"]  # the emulator does not keep it
        if not found.get("AnalyticsConfiguration"):
            shown["analytics_configuration"] = []
    return {
        **shown,
        **{name: shown[name] or [] for name in _LISTS},
        **{name: shown[name] or 0 for name in _DURATIONS},
        "id": found["ClientId"],
        "client_secret": found.get("ClientSecret", ""),
        "user_pool_id": found["UserPoolId"],
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, arguments = aws.client("cognito-idp"), _arguments(values)
    if prior["token_validity_units"] and not values["token_validity_units"]:
        arguments["TokenValidityUnits"] = _DEFAULT_UNITS
    if aws.local:
        # AWS takes what is left out as none, the emulator as it was.
        none: dict[str, Any] = {key_of(_CLIENT[name]): [] for name in _LISTS}
        arguments = {**none, "AnalyticsConfiguration": {}, **arguments}
    eventually(
        aws,
        lambda: client.update_user_pool_client(
            UserPoolId=values["user_pool_id"], ClientId=values["id"], **arguments
        ),
        ("ConcurrentModificationException", ""),
        seconds=120,
    )


def _import(aws: Aws, identifier: str) -> Values:
    pool, _, client = identifier.partition("/")
    if not pool or not client or "/" in client:
        raise ResourceError(
            f"wrong format of import ID ({identifier})", detail="use: 'user-pool-id/client-id'"
        )
    return {"id": client, "user_pool_id": pool}


def _checks(config: Values) -> Iterable[tuple[str, str]]:
    blocks = config["token_validity_units"]
    units = (first(blocks) or {}) if isinstance(blocks, list) else None
    for name, (unit_name, least, most) in _DURATIONS.items():
        value = config[name]
        default = _DEFAULT_UNITS["RefreshToken" if unit_name == "refresh_token" else "AccessToken"]
        unit = units.get(unit_name) if units is not None else UNKNOWN
        unit = default if unit is None else unit
        if not isinstance(value, int | float) or not isinstance(unit, str) or unit not in _SECONDS:
            continue
        if not least <= value * _SECONDS[unit] <= most:
            yield name, f"must have a duration between {least} and {most} seconds, got {value} {unit}"
    analytics = config["analytics_configuration"]
    block = first(analytics) if isinstance(analytics, list) else None
    if block:
        yield from _analytics(block)


def _analytics(block: Values) -> Iterable[tuple[str, str]]:
    path = "analytics_configuration.0"
    if (block["application_arn"] is None) == (block["application_id"] is None):
        yield f"{path}.application_arn", "exactly one of application_arn and application_id must be specified"
    for name in ("external_id", "role_arn"):
        if block["application_arn"] is not None and block[name] is not None:
            yield f"{path}.{name}", "conflicts with application_arn"
        if block["application_id"] is not None and block[name] is None:
            yield f"{path}.application_id", f"{name} must be specified with it"


_GROUP = Derived("aws_cognito_user_group", "cognito-idp", "CreateGroupRequest", keys={"name": "GroupName"})


def _create_group(aws: Aws, values: Values) -> None:
    aws.client("cognito-idp").create_group(**to_api(values, _GROUP))
    values["id"] = f"{values['user_pool_id']}/{values['name']}"


def _read_group(aws: Aws, values: Values) -> Values:
    pool, _, name = values["id"].partition("/")
    found = aws.client("cognito-idp").get_group(UserPoolId=pool, GroupName=name)["Group"]
    return from_api({**found, "UserPoolId": pool}, _GROUP)


def _update_group(aws: Aws, values: Values, prior: Values) -> None:
    # As the published provider sends what is taken away; AWS takes no empty role.
    taken_away = {"Description": values["description"] or "", "Precedence": values["precedence"] or 0}
    aws.client("cognito-idp").update_group(**{**to_api(values, _GROUP), **taken_away})


def _import_group(aws: Aws, identifier: str) -> Values:
    pool, _, name = identifier.partition("/")
    if not pool or not name or "/" in name:
        raise ResourceError(
            f"wrong format of import ID ({identifier})", detail="use: 'user-pool-id/group-name'"
        )
    return {"id": identifier, "user_pool_id": pool, "name": name}


# internal/service/cognitoidp/validate.go of 2026: one such character is enough.
_VISIBLE = matches(r"\S", "must hold a letter, mark, symbol, number or punctuation")
_URL = (length(1, 1024), _VISIBLE)

RESOURCES = {
    "aws_cognito_user_group": ResourceHandler(
        create=_create_group,
        read=_read_group,
        update=_update_group,
        delete=call("cognito-idp", "delete_group", UserPoolId="user_pool_id", GroupName="name"),
        imports=_import_group,
        shapes=(_GROUP,),
        validators={
            "description": length(0, 2048),
            "name": (length(1, 128), _VISIBLE),
            "precedence": between(0, 2**31 - 1),
            "role_arn": arn,
            "user_pool_id": matches(
                r"^[\w-]+_[0-9A-Za-z]+$", "must be the region, an underscore, then letters and digits"
            ),
        },
        name=None,
        differs=(
            "A `role_arn` that is taken away stays: the published provider sends an empty one, which AWS "
            "refuses. The limits of `precedence` are checked at plan; the published provider leaves them to "
            "AWS."
        ),
    ),
    "aws_cognito_user_pool": POOL_TYPE,
    "aws_cognito_user_pool_client": ResourceHandler(
        create=_create,
        read=_read,
        update=_update,
        delete=call("cognito-idp", "delete_user_pool_client", UserPoolId="user_pool_id", ClientId="id"),
        imports=_import,
        checks=(_checks,),
        defaults={
            "token_validity_units.access_token": "hours",
            "token_validity_units.id_token": "hours",
            "token_validity_units.refresh_token": "days",
        },
        shapes=(_CLIENT,),
        validators={
            "allowed_oauth_scopes": length(0, 50),
            "analytics_configuration": length(0, 1),
            "analytics_configuration.application_arn": arn,
            "analytics_configuration.role_arn": arn,
            "auth_session_validity": between(3, 15),
            "callback_urls": (length(0, 100), each(*_URL)),
            "default_redirect_uri": _URL,
            "logout_urls": (length(0, 100), each(*_URL)),
            "name": (
                length(1, 128),
                matches(r"[\w\s+=,.@-]+", 'can hold letters, numbers, spaces, "+=,.@-"'),
            ),
            "refresh_token_rotation": length(0, 1),
            "refresh_token_rotation.retry_grace_period_seconds": between(0, 60),
            "supported_identity_providers": each(length(1, 32), _VISIBLE),
            "token_validity_units": length(0, 1),
        },
        name=None,
        differs="The local AWS does not keep `refresh_token_rotation`.",
    ),
}

DATA_SOURCES = {"aws_cognito_user_pool": POOL_DATA}

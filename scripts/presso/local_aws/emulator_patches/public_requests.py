"""Requests without credentials: AWS finds the account by the API or the user pool's client that they name.

Sources: API Gateway developer guide, "Invoke HTTP APIs"; Cognito API reference, "Using the Amazon Cognito
user pools API and user pool endpoints" (unauthenticated operations).

Cognito is imported, and changed, by its first request: it draws an RSA key, a fifth of the emulator's start.
"""

import functools
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import responses
from ministack.services import apigateway

from presso.local_aws.emulator_patches import user_groups
from presso.local_aws.emulator_patches.internals import EmulatorChanged, Json, Patches

PATCHES = Patches()
PATCHES.uses(apigateway, "_apis", "_ws_connections")
PATCHES.uses(responses, "_request_account_id")

_Scope = tuple[str, str]


@PATCHES.around(apigateway)
def find_api_scope(original: Callable[[str], _Scope | None], api_id: str) -> _Scope | None:
    """The account and region of an API: an id belongs to one of them."""
    found = original(api_id)
    if found is None:
        for (account, region, other), _ in apigateway._apis.all_items():
            if other == api_id:
                return account, region
    return found


@PATCHES.around(app)
def _parse_execute_api_url(
    original: Callable[[str, str], tuple[str, str, str] | None], host: str, path: str
) -> tuple[str, str, str] | None:
    """The API, stage and path of a request; without an API's name in the host, that of a connection's id."""
    if path.startswith("/@connections/"):
        known = apigateway._ws_connections.get(path.split("/")[2], {})
        return known.get("apiId", "00000000"), known.get("stage", "$default"), path
    return original(host, path)


@PATCHES.around(app)
def _get_module(original: Callable[[str], Any], name: str) -> Any:
    """The module of a service."""
    module = original(name)
    if name == "cognito":
        _put_right(module)
    return module


@functools.cache
def _put_right(cognito: Any) -> None:
    patches = Patches()
    patches.uses(cognito, "_user_pools")

    @patches.around(cognito)
    def _pin_unsigned_idp_scope(original: Callable[[Json], Any], data: Json) -> Any:
        client = data.get("ClientId")
        for (account, _, _), pool in cognito._user_pools.all_items() if client else ():
            if client in pool.get("_clients", {}):
                responses._request_account_id.set(account)
        return original(data)

    for part in (patches, user_groups.patches(cognito)):
        if faults := list(part.missing()):
            raise EmulatorChanged(f"ministack has changed: {', '.join(faults)}.")
        part.apply()

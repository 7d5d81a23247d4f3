"""A tenant's coffee bar, and requests to it that need no user: its owner may call its functions directly.

A request is what the HTTP API hands to a function (payload format 2.0), with an admin's groups. It is
checked and answered as an admin's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from presso import tenants
from presso.errors import PressoError, UsageError
from presso.names import CORE
from presso.units.owned_unit import OwnedUnit

if TYPE_CHECKING:
    from presso.aws_access import Access
    from presso.workspace import Workspace


_PAGES = {"guest": "", "barista": "barista", "display": "display", "admin": "admin", "journey": "journey"}


@dataclass(frozen=True)
class Links:
    """Where a bar is.

    Args:
        api: The URL of its HTTP API.
        pool_id: Its users' pool.
        client_id: What tokens of the pool are for.
        pages: The URL of each page by its name; none for a bar without pages.
    """

    api: str
    pool_id: str
    client_id: str
    pages: dict[str, str]

    def guest(self, code: str) -> str:
        """Return the address that a display's code is; what follows # is in no log."""
        return f"{self.api}/#{code}"

    def through(self, proxy: str) -> Links:
        """Return the links through a proxy, whose address takes the place of the local AWS's."""
        urls = {name: f"{proxy}{urlsplit(url).path}" for name, url in {"": self.api, **self.pages}.items()}
        return replace(self, api=urls.pop(""), pages=urls)


class OwnedBar(OwnedUnit):
    """The coffee bar of a tenant.

    Args:
        access: Access to the tenant's AWS.
        tenant: The tenant's name.
    """

    def __init__(self, access: Access, tenant: str) -> None:
        super().__init__(access, tenant, CORE)

    @classmethod
    def of(cls, workspace: Workspace, tenant: str) -> OwnedBar:
        """Return the bar of a tenant.

        Raises:
            UsageError: There is no such tenant, or its file has no core.
            PressoError: As `aws_access.access`.
        """
        from presso.aws_access import access

        found = tenants.load(workspace, tenant)
        if found.core is None:
            raise UsageError(
                f"Tenant {tenant} has no core: tenants/{tenant}/tenant.yaml does not set core: true.",
                hint=f"Set core: true there, then: presso apply {tenant}/{CORE}",
            )
        return cls(access(workspace, found), tenant)

    def ask(self, service: str, route: str, body: Any = None, **parameters: str) -> Any:
        """Return the answer of a service to a request.

        Args:
            service: The service that answers, such as `config`.
            route: Such as `PUT /store`.
            body: Of the request.
            parameters: Of path and query.

        Raises:
            PressoError: The core is not deployed, or the service fails, or refuses the request: the message
                has the reason.
        """
        claims = {"sub": "owner", "cognito:groups": "[admin]"}
        request = {
            "routeKey": route,
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
            "pathParameters": parameters,
            "queryStringParameters": parameters,
            "body": None if body is None else json.dumps(body),
        }
        answer = self.call(service, request)
        content = json.loads(answer["body"])
        if answer["statusCode"] != 200:
            raise PressoError(f"The bar of {self.tenant} refuses {route}: {content['detail']}")
        return content

    @cached_property
    def links(self) -> Links:
        """Where the bar is.

        Raises:
            PressoError: The core is not deployed.
        """
        from presso.aws_access import listed_items

        users, api = self.access.client("cognito-idp"), self._api
        pools = listed_items(users, "list_user_pools", "UserPools", MaxResults=60)
        pool = _named(f"{self.prefix}users", pools)
        if not pool:
            raise self.missing()
        clients = users.list_user_pool_clients(UserPoolId=pool["Id"])["UserPoolClients"]
        url = api["ApiEndpoint"]
        if endpoint := self.access.endpoint:
            # The name in the local AWS's URL does not resolve everywhere.
            url = f"{endpoint}/_aws/execute-api/{api['ApiId']}/$default"
        pages = {name: f"{url}/{path}" for name, path in _PAGES.items() if f"GET /{path}" in self.routes}
        return Links(url, pool["Id"], clients[0]["ClientId"], pages)

    @cached_property
    def routes(self) -> list[str]:
        """The routes of its HTTP API, such as `GET /orders/{id}`.

        Raises:
            PressoError: The core is not deployed.
        """
        from presso.aws_access import listed_items

        gateway, api = self.access.client("apigatewayv2"), self._api["ApiId"]
        return [route["RouteKey"] for route in listed_items(gateway, "get_routes", "Items", ApiId=api)]

    @cached_property
    def _api(self) -> dict[str, Any]:
        from presso.aws_access import listed_items

        apis = listed_items(self.access.client("apigatewayv2"), "get_apis", "Items")
        if found := _named(f"{self.prefix}api", apis):
            return found
        raise self.missing()


def _named(name: str, found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return next((each for each in found if each["Name"] == name), {})

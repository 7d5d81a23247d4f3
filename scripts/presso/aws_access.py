"""boto3 for a tenant, on either target."""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from presso.errors import PressoError
from presso.tenants import LOCAL_ACCOUNT, Tenant, partition_of
from presso.workspace import Workspace

if TYPE_CHECKING:
    import boto3

LOCAL_SECRET = "local"  # noqa: S105 -- the local AWS takes any; the key id is the account


class Access:
    """Access to one tenant's AWS: creates a client for each service, and has the account.

    Args:
        session: Region and credentials.
        endpoint: The local AWS's URL; None for real AWS.
        account: The 12-digit account that the clients act in.
    """

    def __init__(self, session: "boto3.Session", endpoint: str | None, account: str) -> None:
        self.session = session
        self.endpoint = endpoint
        self.account = account
        self._clients: dict[str, Any] = {}

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client, which may be used by several threads.

        Args:
            service: As boto3 names it.
            options: Of `boto3.Session.client`; a client with options is made for each call.
        """
        if options:
            return self.session.client(service, endpoint_url=self.endpoint, **options)
        if service not in self._clients:  # making one takes longer than many calls
            self._clients[service] = self.session.client(service, endpoint_url=self.endpoint)
        return self._clients[service]

    def arn(self, service: str, rest: str, *, regional: bool = True) -> str:
        """Return an ARN in this account.

        Args:
            service: As ARNs name it.
            rest: What follows the account.
            regional: Whether it has the region, too.
        """
        region = str(self.session.region_name)
        return f"arn:{partition_of(region)}:{service}:{region if regional else ''}:{self.account}:{rest}"


def access(workspace: Workspace, tenant: Tenant) -> Access:
    """Return access to a tenant's AWS; on the local target, start the local AWS if it does not run.

    Raises:
        PressoError: The local AWS does not start; on aws, there are no credentials, or they belong to another
            account than the tenant's file names.
    """
    if tenant.is_local:
        from presso.local_aws import LocalAws

        endpoint = LocalAws(workspace.local).ensure().endpoint
        return local_access(endpoint, tenant.known_account or LOCAL_ACCOUNT, tenant.region)
    return real_access(tenant, os.environ)


def local_access(endpoint: str, account: str = LOCAL_ACCOUNT, region: str = "us-east-1") -> Access:
    """Return access to an account of the local AWS at `endpoint`.

    The caller's own AWS settings (profile, configuration file, proxy) are ignored.
    """
    import boto3
    import botocore.session
    from botocore.config import Config

    nothing = (None, None, None, None)
    core = botocore.session.Session(
        {
            "profile": nothing,
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    core.register_component("data_loader", _models())
    # One retry, for a connection that was closed in between: a local server either answers or does not run.
    core.set_default_client_config(Config(proxies={}, retries={"total_max_attempts": 2}))
    session = boto3.Session(
        aws_access_key_id=account,
        aws_secret_access_key=LOCAL_SECRET,
        region_name=region,
        botocore_session=core,
    )
    return Access(session, endpoint, account)


@cache
def _models() -> Any:
    """The models of AWS's services, read once for all sessions of this process: reading takes the longest."""
    from offline_aws.service_models import ServiceModels

    return ServiceModels()


def real_access(tenant: Tenant, env: Mapping[str, str]) -> Access:
    """Return access to a tenant's AWS with the credentials of an environment.

    Raises:
        PressoError: There are no credentials, or they belong to another account than the tenant's file names.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    own = {name: env[name.upper()] for name in names if name.upper() in env} if env is not os.environ else {}
    place = {"endpoint_url": env["AWS_ENDPOINT_URL"]} if "AWS_ENDPOINT_URL" in env else {}
    endpoint = place.get("endpoint_url")
    try:
        session = boto3.Session(region_name=tenant.region, **own)
        account = session.client("sts", **place).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise PressoError(
            f"{tenant.name}: AWS rejected the credentials: {error}",
            hint="Log in first, for example with aws sso login, and set AWS_PROFILE.",
        ) from error
    if tenant.account and account != tenant.account:
        raise PressoError(
            f"{tenant.name} is in account {tenant.account}, but the credentials belong to account {account}.",
            hint=f"Set another AWS_PROFILE, or correct account in tenants/{tenant.name}/tenant.yaml.",
        )
    return Access(session, endpoint, account)


def listed_items(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """All items of a listing, by botocore's paginator where there is one, else by NextToken."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**arguments):
            yield from page.get(key, [])
        return
    token: dict[str, str] = {}
    while True:
        page = getattr(client, operation)(**arguments, **token)
        yield from page.get(key, [])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}

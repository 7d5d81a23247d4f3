"""The environment of Terraform on either target: variables, providers, and when to `init` again."""

import contextlib
import hashlib
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from presso.errors import PressoError, UsageError
from presso.folders import contents, files_below
from presso.tenants import LOCAL_ACCOUNT, Target, Tenant
from presso.terraform import terraform_cli
from presso.units import unit_folder
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.aws_access import Access
    from presso.local_aws import Running

Provider = Literal["offline", "published"]
PROVIDERS: tuple[Provider, ...] = ("offline", "published")


@dataclass(frozen=True)
class TargetEnvironment:
    """The environment of one tenant's Terraform.

    Args:
        env: The whole environment of the process.
        control: The offline provider's control socket; None where Terraform downloads its providers.
        plugins: Changes when `init` would find other providers.
        cache: Terraform's plugin cache, which only one `init` at a time may use; None when there is none.
        keeps_lock: Whether Terraform's provider lock file is kept from one `init` to the next.
    """

    env: Mapping[str, str]
    control: Path | None
    plugins: str
    cache: Path | None = None
    keeps_lock: bool = True

    @contextlib.contextmanager
    def providers(self, folder: Path) -> Iterator[tuple[dict[str, str], Sequence[int]]]:
        """Yield the environment with providers for Terraform in `folder`, and the descriptors to inherit.

        On the local target Terraform is attached to the shared server for as long as this is entered.

        Raises:
            PressoError: The local AWS's provider server does not respond.
        """
        if self.control is None:
            yield dict(self.env), ()
            return
        from offline_aws.attach import attached
        from offline_aws.control import Unreachable

        with contextlib.ExitStack() as held:
            try:
                reattach = held.enter_context(attached(self.control, folder, dict(self.env)))
            except Unreachable as error:
                raise PressoError(f"The local AWS rejected Terraform: {error}.") from error
            yield {**self.env, "TF_REATTACH_PROVIDERS": reattach}, reattach.keep

    def access(self, tenant: Tenant) -> "Access | None":
        """Return access to a tenant's AWS with the caller's own keys; None on a local target without AWS.

        Raises:
            PressoError: There are no credentials, or they belong to another account than the tenant's.
        """
        from presso import aws_access

        endpoint = self.env.get("AWS_ENDPOINT_URL")
        if endpoint and tenant.is_local:
            return aws_access.local_access(endpoint, tenant.known_account or LOCAL_ACCOUNT, tenant.region)
        return None if tenant.is_local else aws_access.real_access(tenant, self.env)

    @contextlib.contextmanager
    def init_turn(self) -> Iterator[None]:
        """Wait until this process may use the plugin cache."""
        if self.cache is None:
            yield
            return
        with unit_folder.locked(self.cache):
            yield


@dataclass(frozen=True)
class Environments:
    """The environments of one command's targets.

    Args:
        workspace: The checkout and its home.
        running: The local AWS, started for this command if needed; None where no unit needs it.
        published: Use the published provider on the local target too.
    """

    workspace: Workspace
    running: "Running | None"
    published: bool = False

    @classmethod
    def under(
        cls, workspace: Workspace, targets: Container[str], chosen: Provider | None = None
    ) -> "Environments":
        """Return the environments for units on these targets; start the local AWS if one is `local`.

        Args:
            targets: The units' targets.
            chosen: The AWS provider for the local target; None for the one in `PRESSO_PROVIDER`.

        Raises:
            PressoError: The local AWS does not start, or `PRESSO_PROVIDER` is not a known provider.
        """
        published = (chosen or provider()) == "published"
        if "local" not in targets:
            return cls(workspace, None, published)
        from presso.local_aws import LocalAws

        return cls(workspace, LocalAws(workspace.local).ensure(), published)

    def of(self, target: Target, tenant: Tenant | None) -> TargetEnvironment:
        """Return the environment of a target, for a tenant; None where the tenant's file is gone."""
        if target == "local" and self.running is not None:
            return of_local(self.running, tenant, published=self.published)
        return of_aws()

    def gone(self) -> PressoError | None:
        """Return the error to show when the local AWS has stopped during the run, else None."""
        if self.running is None:
            return None
        from presso.local_aws import LocalAws

        local = LocalAws(self.workspace.local)
        dead = [part for part in local.status().parts if part.pid is None]
        if not dead:
            return None
        names = " and ".join(part.name for part in dead)
        logs = ", ".join(self.workspace.shown(part.log) for part in dead)
        return PressoError(
            f"The local AWS stopped during the run: its {names} ended; see {logs}.",
            hint="Run the same command again: it starts the local AWS and creates what is missing.",
        )


def provider(named: str | None = None) -> Provider:
    """Return the provider of that name; by default the one in `PRESSO_PROVIDER`, else `offline`.

    Raises:
        UsageError: There is no such provider.
    """
    named = named or os.environ.get("PRESSO_PROVIDER") or "offline"
    if named in PROVIDERS:
        return named
    raise UsageError(f"There is no provider {named!r}.", hint=f"Choose one of: {', '.join(PROVIDERS)}.")


def of_local(running: "Running", tenant: Tenant | None, *, published: bool = False) -> TargetEnvironment:
    """Return the environment on a running local AWS; none of the caller's own AWS settings are passed on.

    Args:
        tenant: The tenant whose account is the default; None where the tenant's file is gone.
        published: Terraform gets its providers from its usual places, not from the local AWS.
    """
    account = (tenant and tenant.known_account) or LOCAL_ACCOUNT
    base = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables = {**by_hand(running, account), **_no_proxy(base)}
    if published:
        del variables["TF_CLI_CONFIG_FILE"]
        downloads, cache = _downloads()
        env = terraform_cli.environment({**variables, **downloads}, base)
        return TargetEnvironment(env, None, "registry", cache, keeps_lock=False)
    env = terraform_cli.environment(variables, {**terraform_cli.RARELY_COLLECTED, **base})
    return TargetEnvironment(env, running.control, _digest(running.cli_config.parent), keeps_lock=False)


def of_aws() -> TargetEnvironment:
    """Return the environment on real AWS: the caller's own, with a cache of downloaded providers."""
    downloads, cache = _downloads()
    return TargetEnvironment(terraform_cli.environment(downloads), None, "registry", cache)


def _downloads() -> tuple[dict[str, str], Path]:
    """Return the variables by which Terraform finds published providers, and the cache that it keeps."""
    named = os.environ.get("TF_PLUGIN_CACHE_DIR")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(named) if named else caches / "presso" / "terraform-plugins"
    cache.mkdir(parents=True, exist_ok=True)
    config = os.environ.get("TF_CLI_CONFIG_FILE")
    own = {"TF_CLI_CONFIG_FILE": config} if config else {}  # such as a company's mirror
    return {"TF_PLUGIN_CACHE_DIR": str(cache), **own}, cache


def by_hand(running: "Running", account: str) -> dict[str, str]:
    """Return the variables for manual work with Terraform, boto3 or the AWS CLI on the local AWS."""
    found = running.environment(account)
    return {**found, **_region(found["AWS_REGION"]), "AWS_EC2_METADATA_DISABLED": "true"}


def _region(region: str) -> dict[str, str]:
    # boto3, and the AWS CLI before version 2, read the second name only.
    return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}


def variables(workspace: Workspace, tenant: Tenant | None) -> dict[str, str]:
    """Return the variables for manual work; start the local AWS if needed.

    Args:
        tenant: The tenant whose account and region to use; None for the default local account.

    Raises:
        PressoError: The local AWS does not start.
    """
    if tenant and not tenant.is_local:
        return {**_region(tenant.region), "TF_PLUGIN_CACHE_DIR": of_aws().env["TF_PLUGIN_CACHE_DIR"]}
    from presso.local_aws import LocalAws

    running = LocalAws(workspace.local).ensure()
    found = by_hand(running, (tenant and tenant.known_account) or LOCAL_ACCOUNT)
    if tenant:
        found |= _region(tenant.region)
    if {"http_proxy", "https_proxy", "all_proxy"} & {name.lower() for name in os.environ}:
        found |= _no_proxy(os.environ)
    binary = terraform_cli.find()
    if len(binary.command) > 1:  # no Terraform on PATH: write a script that runs presso's own
        folder = binary.executable(workspace.local / "bin").parent
        found["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return found


def _no_proxy(base: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep calls to the local AWS away from the user's proxy."""
    own = base.get("NO_PROXY") or base.get("no_proxy") or ""
    value = ",".join(part for part in (own, "127.0.0.1,localhost") if part)
    return {"NO_PROXY": value, "no_proxy": value}


def _digest(folder: Path) -> str:
    """Return a digest of the files below a folder: their names and contents."""
    digest = hashlib.sha256()
    for path in files_below(folder):
        if (content := contents(path)) is not None:
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + content + b"\0")
    return digest.hexdigest()

"""What Terraform needs around it on either target: environment, providers, and when to `init` again."""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from presso import terraform, unit_folder
from presso.aws import LOCAL_SECRET
from presso.tenants import LOCAL_ACCOUNT, Tenant

if TYPE_CHECKING:
    from presso.local_aws import Running


@dataclass(frozen=True)
class Surroundings:
    """Where one tenant's Terraform runs.

    Args:
        env: The whole environment of the process.
        control: The offline provider's control socket; None where Terraform downloads its providers.
        plugins: Changes with the providers that `init` would find.
        cache: Terraform's plugin cache, which only one `init` at a time may use; None when there is none.
    """

    env: Mapping[str, str]
    control: Path | None
    plugins: str
    cache: Path | None = None

    @contextlib.contextmanager
    def providers(self, folder: Path) -> Iterator[dict[str, str]]:
        """Yield the environment in which Terraform in `folder` has its providers.

        On the local target that is the shared server's, attached for as long as this is entered.
        """
        if self.control is None:
            yield dict(self.env)
            return
        from offline_aws.attach import attached

        with attached(self.control, folder, dict(self.env)) as reattach:
            yield {**self.env, "TF_REATTACH_PROVIDERS": reattach}

    @contextlib.contextmanager
    def init_turn(self) -> Iterator[None]:
        """Wait until this process may use the plugin cache."""
        if self.cache is None:
            yield
            return
        with unit_folder.locked(self.cache):
            yield


def of_local(running: "Running", tenant: Tenant | None) -> Surroundings:
    """Return the surroundings on a running local AWS; none of the caller's own AWS settings get through.

    Args:
        running: The local AWS.
        tenant: Whose account is the default; None where the tenant's file is gone.
    """
    account = (tenant and tenant.known_account) or LOCAL_ACCOUNT
    base = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env = terraform.environment({**by_hand(running, account), **_no_proxy(base)}, base)
    return Surroundings(env, running.control, _digest(running.cli_config.parent))


def of_aws() -> Surroundings:
    """Return the surroundings on real AWS: the caller's own, with a cache of downloaded providers."""
    named = os.environ.get("TF_PLUGIN_CACHE_DIR")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(named) if named else caches / "presso" / "terraform-plugins"
    cache.mkdir(parents=True, exist_ok=True)
    env = terraform.environment({"TF_PLUGIN_CACHE_DIR": str(cache)})
    return Surroundings(env, None, "registry", cache)


def by_hand(running: "Running", account: str) -> dict[str, str]:
    """Return the variables with which Terraform, boto3 or the AWS CLI work by hand on the local AWS."""
    return {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_CLI_CONFIG_FILE": str(running.cli_config),
    }


def _no_proxy(base: Mapping[str, str]) -> dict[str, str]:
    """Return what keeps a proxy of the user's from being asked for the local AWS."""
    own = base.get("NO_PROXY") or base.get("no_proxy") or ""
    value = ",".join(part for part in (own, "127.0.0.1,localhost") if part)
    return {"NO_PROXY": value, "no_proxy": value}


def _digest(folder: Path) -> str:
    """Return a digest of the files below a folder: their names and contents."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

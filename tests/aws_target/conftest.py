"""The aws target without AWS: a local AWS where IAM is enforced, and presso as a user that may deploy."""

import functools
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.without_gate import WithoutGate

from presso.deployment import unit_selection
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.deployment.target_environment import TargetEnvironment
from presso.local_aws import LocalAws, Running
from presso.terraform import terraform_cli
from presso.units import deploy_role
from presso.units.unit import Unit
from presso.workspace import Workspace

# Tests that name an account in ARNs have this one; a file may have its own (ACCOUNT).
ACCOUNT = "111111111111"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
# What every extension here begins with.
CONTRACT = """
variable "context" {}
"""


@dataclass
class Platform:
    """A checkout, an account, and who deploys there.

    Args:
        workspace: A checkout with the real modules and extensions.
        running: The local AWS.
        account: The account.
        keys: The deployer's.
    """

    workspace: Workspace
    running: Running
    account: str
    keys: tuple[str, str] = ("", "")

    def tenant(self, name: str, *extensions: str, **keys: Any) -> None:
        """Write a tenant's file: on aws, without a player."""
        known = {"name": name, "title": name, "target": "aws", "account": self.account, "player": False}
        whole = known | {"deployers": [self.arn], "extensions": list(extensions)} | keys
        file = self.workspace.tenants / name / "tenant.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(whole))  # JSON is YAML

    def extension(self, name: str, body: str) -> None:
        """Write an extension that no gate has seen."""
        folder = self.workspace.extensions / name
        folder.mkdir(exist_ok=True)
        (folder / "main.tf").write_text(CONTRACT + body)

    def run(self, action: Action, *patterns: str, **options: Any) -> dict[str, Outcome]:
        """Plan, apply or destroy as the deployer; the outcomes by unit."""
        selection = unit_selection.select(self.workspace, action, patterns, **options)
        run = WithoutGate(
            self.workspace, selection, action, lambda *_: self.environment, Silent(), parallel=2
        )
        return {str(outcome.unit): outcome for outcome in run.execute()}

    @property
    def arn(self) -> str:
        """The deployer's."""
        return f"arn:aws:iam::{self.account}:user/deployer"

    @property
    def environment(self) -> TargetEnvironment:
        """Those of aws, but that AWS and the providers are the local ones."""
        key, secret = self.keys
        ours = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        env = terraform_cli.environment({**self.running.environment(), **ours})
        return TargetEnvironment(env, self.running.control, "the local AWS's", keeps_lock=False)

    def root(self, service: str) -> Any:
        """A client that may do everything."""
        return self._client(service, self.account, "local")

    def deployer(self, service: str) -> Any:
        """A client of the deployer."""
        return self._client(service, *self.keys)

    def other(self, name: str) -> Callable[[str], Any]:
        """Clients of another user, who may do everything that the account's root may."""
        return self.limited(name, ALL)

    def limited(self, name: str, statement: Mapping[str, Any]) -> Callable[[str], Any]:
        """Clients of another user, who may do what a statement allows."""
        keys = _user(self.root("iam"), name, statement)
        return lambda service: self._client(service, *keys)

    def session(self, unit: str) -> Callable[[str], Any]:
        """Clients of the very session that a unit is applied with."""
        return self.assumed(
            as_request(deploy_role.assumed(Unit.named(unit), _tenant(self, unit), self.account))
        )

    def assumed(self, request: Mapping[str, Any]) -> Callable[[str], Any]:
        """Clients of the session that the deployer gets for a request."""
        made = self.deployer("sts").assume_role(**request)["Credentials"]
        keys = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        return lambda service: self._client(service, *keys)

    def _client(self, service: str, *keys: str) -> Any:
        return client(self.running.endpoint, service, *keys)


@functools.cache
def client(endpoint: str, service: str, *keys: str) -> Any:
    """A client with these keys."""
    once = Config(retries={"total_max_attempts": 1})
    session = boto3.Session(*keys, region_name="us-east-1")
    return session.client(service, endpoint_url=endpoint, config=once)


def as_request(block: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider asks STS for, by its block `assume_role`."""
    tags = [{"Key": key, "Value": value} for key, value in block["tags"].items()]
    names = {"RoleArn": "role_arn", "RoleSessionName": "session_name", "Policy": "policy"}
    return {**{name: block[argument] for name, argument in names.items()}, "Tags": tags}


def _tenant(platform: Platform, unit: str) -> Any:
    from presso import tenants

    return tenants.load(platform.workspace, Unit.named(unit).tenant)


@pytest.fixture(scope="session")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A local AWS where IAM is enforced."""
    folder = tmp_path_factory.mktemp("enforcing") / "local"
    local = LocalAws.of_this_process(folder, enforce_iam=True, forget=True)
    try:
        yield local.ensure()
    finally:
        local.stop()


@pytest.fixture(scope="module")
def platform(
    request: pytest.FixtureRequest,
    enforcing: Running,
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Platform:
    """An account with a deployer in it, and nothing else yet."""
    root = tmp_path_factory.mktemp("checkout")
    left_out = shutil.ignore_patterns(".terraform*", "__pycache__", "build")
    for name in ("modules", "extensions"):
        shutil.copytree(checkout / name, root / name, ignore=left_out)
    (root / "tenants").mkdir()
    account = getattr(request.module, "ACCOUNT", ACCOUNT)
    made = Platform(Workspace(root, root / ".presso"), enforcing, account)
    made.keys = _user(made.root("iam"), made.arn.rpartition("/")[2])
    return made


def _user(iam: Any, name: str, statement: Mapping[str, Any] = ALL) -> tuple[str, str]:
    """A user, by default one that may do everything that the account's root may; its keys."""
    document = {"Version": "2012-10-17", "Statement": statement}
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]

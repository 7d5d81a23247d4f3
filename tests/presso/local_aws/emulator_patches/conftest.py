"""What tests of permissions use: an account where requests need them, and roles in it."""

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.presso.local_aws.conftest import WithoutTerraform, emulator_alone, root_clients

Aws = Callable[[str], Any]

VERSION = "2012-10-17"
TRUST = {
    "Version": VERSION,
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


@pytest.fixture
def aws_enforcing(enforcing: str, account: str) -> Callable[[str], Any]:
    """As `aws`, where requests need permissions; this one's have them all."""
    return root_clients(enforcing, account)


@pytest.fixture
def aws_alone_enforcing(alone_enforcing: str, account: str) -> Callable[[str], Any]:
    """As `aws_enforcing`, for the emulator alone."""
    return root_clients(alone_enforcing, account)


@pytest.fixture(scope="session")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a local AWS where requests need permissions."""
    local = WithoutTerraform(tmp_path_factory.mktemp("enforcing") / "local", enforce_iam=True)
    try:
        yield local.ensure().endpoint
    finally:
        local.stop()


@pytest.fixture(scope="session")
def alone_enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same where requests need permissions."""
    with emulator_alone(tmp_path_factory.mktemp("alone-enforcing"), "--enforce-iam") as endpoint:
        yield endpoint


class Enforced:
    """An account where requests need permissions. On it is the bus `nyc`.

    Args:
        endpoint: Of the emulator.
        account: Its root makes what is needed.
    """

    trust = json.dumps(TRUST)

    def __init__(self, endpoint: str, account: str) -> None:
        self.endpoint = endpoint
        self.account = account
        self.root = self._clients(account, "local")
        self.root("events").create_event_bus(Name="nyc")

    def _clients(self, key: str, secret: str, token: str | None = None) -> Aws:
        import boto3

        session = boto3.Session(
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            region_name="us-east-1",
        )
        return functools.cache(lambda service: session.client(service, endpoint_url=self.endpoint))

    def role(self, name: str, **more: Any) -> str:
        """The ARN of a new role."""
        trust = self.trust
        made = self.root("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
        return str(made["Role"]["Arn"])

    def policy(self, name: str) -> str:
        """The ARN of a new policy that allows everything."""
        document = json.dumps(
            {"Version": VERSION, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
        )
        made = self.root("iam").create_policy(PolicyName=name, PolicyDocument=document)
        return str(made["Policy"]["Arn"])

    def rule(self, name: str, bus: str = "nyc") -> None:
        self.root("events").put_rule(Name=name, EventBusName=bus, EventPattern='{"source": ["cafe"]}')

    def as_role(self, *statements: dict[str, Any], version: str = VERSION, **tags: str) -> Aws:
        """Clients of a new role that has these statements; `ACCOUNT` in them is the account."""
        document = {"Version": version, "Statement": [{"Effect": "Allow", **each} for each in statements]}
        arn = self.role("barista", Tags=[{"Key": name, "Value": value} for name, value in tags.items()])
        text = json.dumps(document).replace("ACCOUNT", self.account)
        self.root("iam").put_role_policy(RoleName="barista", PolicyName="p", PolicyDocument=text)
        made = self.root("sts").assume_role(RoleArn=arn, RoleSessionName="shift")["Credentials"]
        return self._clients(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def allows(self, call: Callable[..., Any], **arguments: Any) -> bool:
        """Whether a call is allowed; it may fail for another reason."""
        from botocore.exceptions import ClientError

        try:
            call(**arguments)
        except ClientError as error:
            return error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException")
        return True

    def puts(self, aws: Aws, *sources: str, **changed: str) -> bool:
        """Whether events of these sources may be put on the bus `nyc`."""
        entry = {"DetailType": "Order", "Detail": "{}", "EventBusName": "nyc", **changed}
        entries = [{**entry, "Source": source} for source in sources]
        return self.allows(aws("events").put_events, Entries=entries)


@pytest.fixture
def enforced(enforcing: str, account: str) -> Enforced:
    """This test's account on a local AWS where IAM is enforced. On it is the bus `nyc`."""
    return Enforced(enforcing, account)


@pytest.fixture
def enforced_alone(alone_enforcing: str, account: str) -> Enforced:
    """The same on an emulator with its gaps."""
    return Enforced(alone_enforcing, account)

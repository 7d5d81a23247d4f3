"""boto3 for a tenant: the local AWS with any settings of the caller, real AWS only in the right account."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

from presso.aws_access import access, local_access
from presso.errors import PressoError
from presso.local_aws import Running
from presso.tenants import Tenant
from presso.workspace import Workspace


class Recorder(BaseHTTPRequestHandler):
    seen: list[str]

    def do_POST(self) -> None:
        self.server.seen.append(self.headers["Authorization"])  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments: Any) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Recorder)
    server.seen = []  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_callers_own_settings_play_no_part_locally(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    way = local_access(f"http://127.0.0.1:{server.server_port}", "222222222222", "eu-west-1")
    way.client("events").list_event_buses()
    (authorization,) = server.seen  # type: ignore[attr-defined]
    assert "Credential=222222222222/" in authorization
    assert "/eu-west-1/events/" in authorization


def test_the_access_key_is_the_account(local_aws: Running, account: str) -> None:
    way = local_access(local_aws.endpoint, account)
    assert way.client("sts").get_caller_identity()["Account"] == account


@pytest.fixture
def nowhere(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, tmp_path / "home")


class FakeSession:
    """Real AWS, as far as its caller identity."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, **options: Any) -> "FakeSession":
        return self

    def client(self, service: str, **options: Any) -> "FakeSession":
        return self

    def get_caller_identity(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Account": self.answer}


def test_on_aws_another_account_is_refused(nowhere: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "Session", FakeSession("333333333333"))
    tenant = Tenant(name="nyc", title="T", target="aws", account="222222222222")
    with pytest.raises(PressoError, match=r"nyc is in account 222222222222, .* to account 3{12}") as error:
        access(nowhere, tenant)
    assert "AWS_PROFILE" in error.value.hint


def test_on_aws_without_an_account_any_will_do(nowhere: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "Session", FakeSession("333333333333"))
    way = access(nowhere, Tenant(name="nyc", title="T", target="aws"))
    assert (way.account, way.endpoint) == ("333333333333", None)


def test_on_aws_without_credentials_the_error_shows_how_to_get_some(
    nowhere: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "Session", FakeSession(NoCredentialsError()))
    with pytest.raises(PressoError, match="AWS rejected the credentials") as error:
        access(nowhere, Tenant(name="nyc", title="T", target="aws"))
    assert "aws sso login" in error.value.hint

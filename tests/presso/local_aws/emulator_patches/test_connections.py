"""The emulator calls nothing on the user's network that the user does not name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE

from presso.errors import UsageError
from presso.local_aws import Running, addresses
from presso.processes import wait_until
from presso.testing import webhook

Aws = Callable[[str], Any]


def subscribe(aws: Aws, url: str) -> None:
    """Subscribe a webhook to a topic: it is called to confirm that."""
    topic = aws("sns").create_topic(Name="t")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=url)


def test_a_host_that_is_allowed_is_called(aws: Aws) -> None:
    with webhook.listening() as there:
        subscribe(aws, f"{there.url}/confirm")
        assert wait_until(lambda: bool(there.calls), PATIENCE)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "127.1", "2130706433"])
def test_another_name_of_the_same_machine_is_not(host: str, aws: Aws, local_aws: Running) -> None:
    with webhook.listening() as there:
        port = there.url.rpartition(":")[2]
        subscribe(aws, f"http://{host}:{port}/")
        log = Path(local_aws.folder) / "emulator.log"
        refused = f"Connections to {host}:{port} are not allowed: name it in PRESSO_ALLOWED_HOSTS."
        assert wait_until(lambda: refused in log.read_text(), PATIENCE)
        assert not there.calls


def test_hosts_are_named_with_or_without_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addresses.ALLOWED_HOSTS, "Hooks.example.com, 10.0.0.7:8080,::1")
    assert addresses.allowed_hosts() == ("hooks.example.com", "10.0.0.7:8080", "::1")
    monkeypatch.delenv(addresses.ALLOWED_HOSTS)
    assert addresses.allowed_hosts() == ()


@pytest.mark.parametrize("text", ["https://hooks.example.com", "a b", "*", "10.0.0.7:"])
def test_what_is_not_a_host_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addresses.ALLOWED_HOSTS, text)
    with pytest.raises(UsageError, match="is not a host"):
        addresses.allowed_hosts()

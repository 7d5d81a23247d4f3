"""The local AWS as processes: one per folder, started once, found again, stopped without a trace."""

import itertools
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.patience import PATIENCE
from tests.presso.local_aws.conftest import WithoutTerraform

from presso.errors import PressoError, UsageError
from presso.local_aws import LocalAws, Running, addresses, record
from presso.processes import Process

pytestmark = pytest.mark.slow

Make = Callable[..., LocalAws]
LINUX = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")
ELSEWHERE = "http://192.0.2.1:1"


@dataclass(frozen=True)
class Started:
    """A local AWS in a folder with an odd and long name, started on a wanted port among the user's settings.

    Args:
        local: Tests may look at it, and must not stop it.
        running: What the start returned.
        port: The wanted port.
    """

    local: LocalAws
    running: Running
    port: int


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """What tests that only look share."""
    folder = tmp_path_factory.mktemp("started") / f"a bar, “crème” & more{'e' * 80}"
    local = WithoutTerraform(folder)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in (
                "AWS_ENDPOINT_URL",
                "HTTP_PROXY",
                "SERVICES",
                "LAMBDA_EXECUTOR",
                "GATEWAY_PORT",
                "AUTH",
            ):
                patch.setenv(name, ELSEWHERE)
            port = free_port()
            patch.setenv("PRESSO_PORT", str(port))
            running = local.ensure()
        yield Started(local, running, port)
    finally:
        local.stop()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class TestWhatRuns:
    def test_answers_on_the_wanted_port(self, started: Started, probe: Any) -> None:
        assert started.running.endpoint == f"http://127.0.0.1:{started.port}"
        assert probe.client(started.running, "sts").get_caller_identity()["Account"] == "111111111111"
        assert started.running.control.is_socket()
        assert started.running.cli_config.exists()
        assert all(part.answers for part in started.local.status().parts)

    def test_is_found_again_and_not_changed(self, started: Started, probe: Any) -> None:
        before = probe.pids(started.local)
        assert started.local.ensure() == started.running
        assert probe.pids(started.local) == before

    def test_runs_functions_from_a_folder_of_any_name_without_the_settings_of_the_user(
        self, started: Started, probe: Any
    ) -> None:
        source = "import os\ndef handle(event, context): return dict(os.environ)"
        probe.make_function(started.running, source)
        seen = probe.invoke(started.running)
        assert seen["AWS_ENDPOINT_URL"] == started.running.endpoint
        assert ELSEWHERE not in seen.values()

    def test_does_not_begin_to_enforce_iam(self, started: Started) -> None:
        enforcing = WithoutTerraform(started.local.folder, enforce_iam=True)
        with pytest.raises(UsageError, match="already runs without IAM enforced, not with"):
            enforcing.ensure()

    def test_is_not_found_on_another_port(self, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PRESSO_PORT", "9")
        with pytest.raises(UsageError, match=started.running.endpoint):
            started.local.ensure()

    @LINUX
    def test_listens_on_loopback_only_and_on_one_port(self, started: Started, probe: Any) -> None:
        with pytest.raises(ClientError):  # the emulator's IoT would listen
            probe.client(started.running, "iot").list_things()
        for service, operation in (("s3", "list_buckets"), ("lambda", "list_functions")):
            getattr(probe.client(started.running, service), operation)()
        expected = {("127.0.0.1", started.port)}
        assert probe.listening_sockets(probe.pid(started.local, "emulator")) == expected
        assert probe.listening_sockets(probe.pid(started.local, "provider")) == set()

    def test_takes_what_is_behind_a_body_in_chunks_for_no_header(self, started: Started, probe: Any) -> None:
        s3 = probe.client(started.running, "s3")
        s3.create_bucket(Bucket="chunked")
        signed = "AWS4-HMAC-SHA256 Credential=111111111111/20261127/us-east-1/s3/aws4_request, Signature=0"
        head = f"PUT /chunked/one HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {signed}\r\n"
        body = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-amz-meta-late: yes\r\n\r\n"
        with socket.create_connection(("127.0.0.1", started.port), timeout=PATIENCE) as connection:
            connection.sendall((head + body).encode())
            assert connection.recv(64).startswith(b"HTTP/1.1 200 OK\r\n")
        found = s3.get_object(Bucket="chunked", Key="one")
        assert (found["Body"].read(), found["Metadata"]) == (b"abc", {})

    def test_has_an_environment_that_names_the_endpoint_and_only_made_up_keys(self, started: Started) -> None:
        running = started.running
        plain = {
            "AWS_ENDPOINT_URL": running.endpoint,
            "AWS_REGION": "us-east-1",
            "TF_CLI_CONFIG_FILE": str(running.cli_config),
        }
        assert running.environment() == plain
        keys = {"AWS_ACCESS_KEY_ID": "222222222222", "AWS_SECRET_ACCESS_KEY": "local"}
        assert running.environment("222222222222") == {**plain, **keys}

    def test_has_a_control_socket_that_is_the_user_s_alone_with_a_short_path(self, started: Started) -> None:
        assert started.running.control.parent.stat().st_mode & 0o777 == 0o700
        assert len(str(started.running.control)) < 100


class TestEnsure:
    def test_starts_the_offline_provider_writes_what_terraform_needs_and_forgets_at_its_end_if_it_is_to(
        self, tmp_path: Path
    ) -> None:
        local = LocalAws.of_this_process(tmp_path / "local", forget=True)
        try:
            running = local.ensure()
            assert all(part.answers for part in local.status().parts)
            assert str(running.cli_config.parent) in running.cli_config.read_text()
        finally:
            local.stop()
        # A clean end writes it: TestStop has that.
        assert [*(local.folder / "state").glob("*.json")] == []

    def test_many_at_once_start_one(self, make_local_aws: Make, probe: Any, tmp_path: Path) -> None:
        locals_ = [make_local_aws() for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda local: local.ensure(), locals_))
        assert len(set(found)) == 1
        assert len(probe.running_below(tmp_path)) == 2

    def test_two_processes_at_once_start_one(self, make_local_aws: Make, probe: Any, tmp_path: Path) -> None:
        local = make_local_aws()
        program = f"""
from pathlib import Path
from presso.local_aws import LocalAws
LocalAws._write_mirror = lambda self, control: self.folder / "terraform.rc"
local = LocalAws(Path({str(local.folder)!r}), provider={local._provider!r})
print(local.ensure().endpoint)
"""
        starters = [
            subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        said = {starter.communicate(timeout=PATIENCE)[0] for starter in starters}
        assert said == {f"{local.ensure().endpoint}\n"}
        assert len(probe.running_below(tmp_path)) == 2

    def test_a_part_that_was_killed_is_started_again_alone(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        running = local.ensure()
        for part in ("emulator", "provider"):
            before = probe.pids(local)
            probe.kill(local, part)
            assert local.running() is None
            assert local.ensure() == running
            after = probe.pids(local)
            assert {name for name in after if after[name] != before[name]} == {part}

    def test_a_part_that_does_not_start_is_named_with_its_log(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        Path(local._provider).write_text("raise SystemExit('no schema')")
        with pytest.raises(PressoError, match="provider ended while it started: no schema") as caught:
            local.ensure()
        assert str(local.log("provider")) in caught.value.hint
        assert probe.pids(local)["provider"] is None

    def test_a_folder_that_cannot_be_made_is_named(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        local.folder.write_text("in the way")
        with pytest.raises(PressoError, match=f"cannot keep its data in {local.folder}"):
            local.ensure()

    def test_a_full_disk_is_named(self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        local = make_local_aws()

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(record, "write", full)
        with pytest.raises(PressoError, match=f"cannot keep its data in {local.folder}") as caught:
            local.ensure()
        assert caught.value.hint.startswith(f"Free some space there (df -h {local.folder})")


class TestEnforcingIam:
    def test_is_as_wanted_at_a_start_which_keeps_what_is_there_and_all_who_use_it_have_to_want_it(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        first = make_local_aws("one")
        probe.client(first.ensure(), "sqs").create_queue(QueueName="orders")
        first.stop()
        running = make_local_aws("one", enforce_iam=True).ensure()
        assert probe.client(running, "sqs").get_queue_url(QueueName="orders")
        assert make_local_aws("one", enforce_iam=True).ensure() == running
        with pytest.raises(UsageError, match="already runs with IAM enforced, not without") as caught:
            make_local_aws("one").ensure()
        assert "presso down" in caught.value.hint


class TestPorts:
    def test_a_wanted_port_in_use_is_named_with_the_way_out(
        self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local = make_local_aws()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            monkeypatch.setenv("PRESSO_PORT", str(port))
            with pytest.raises(PressoError, match=f"Port {port} is in use") as caught:
                local.ensure()
        assert "PRESSO_PORT" in caught.value.hint
        assert local.ensure().endpoint.endswith(f":{port}")

    def test_the_last_port_is_tried_also_where_the_machine_is_suspended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port = free_port()
        (tmp_path / "port").write_text(str(port))
        looks = itertools.count(step=60)
        monkeypatch.setattr("time.monotonic", lambda: next(looks))
        with addresses.listening(None, tmp_path / "port") as listener:
            assert listener.getsockname()[1] == port

    @pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
    def test_what_is_not_a_port_is_refused(
        self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch, port: str
    ) -> None:
        monkeypatch.setenv("PRESSO_PORT", port)
        with pytest.raises(UsageError, match=f"PRESSO_PORT={port} is not a port number"):
            make_local_aws().ensure()

    def test_user_pools_sign_with_the_same_keys_when_it_comes_back(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        local, keys = make_local_aws(), []
        users = probe.client(local.ensure(), "cognito-idp")
        pool = users.create_user_pool(PoolName="users")["UserPool"]["Id"]
        for _ in range(2):
            url = f"{local.ensure().endpoint}/{pool}/.well-known/jwks.json"
            with urllib.request.urlopen(url, timeout=60) as answer:
                keys.append(json.load(answer)["keys"])
            local.stop()
        assert keys[0] == keys[1]
        assert keys[0]

    def test_it_comes_back_on_its_port_so_that_urls_stay_valid_or_on_another_when_that_is_taken(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        url = probe.client(running, "sqs").create_queue(QueueName="orders")["QueueUrl"]
        local.stop()
        local.log("emulator").write_text("before")
        again = local.ensure()
        assert again.endpoint == running.endpoint
        assert probe.client(again, "sqs").get_queue_url(QueueName="orders")["QueueUrl"] == url
        # The log of the run before is kept.
        assert local.log("emulator").read_text() == "ready\n"
        assert local.log("emulator").with_name("emulator.log.1").read_text() == "before"

        port = probe.port_of(again)
        local.stop()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            assert probe.port_of(local.ensure()) != port


class TestRecord:
    def test_a_pid_that_another_process_has_now_is_neither_believed_nor_ended(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        local = make_local_aws()
        local.ensure()
        written = record.read(local.folder)
        assert written is not None
        assert written.emulator is not None
        with probe.another_process() as other:
            probe.kill(local, "emulator")
            stale = Process(other.pid, written.emulator.process.started)
            record.write(local.folder, replace(written, emulator=record.Daemon(stale, ready=True)))
            assert local.running() is None
            local.ensure()
            local.stop()
            assert other.alive()

    def test_a_broken_record_is_as_none(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        local.folder.mkdir()
        # Empty, cut off, a list, another form.
        for text in ("", "{", "[]", '{"folder": 1}'):
            (local.folder / "local.json").write_text(text)
            assert record.read(local.folder) is None
            assert local.running() is None
        local.ensure()

    def test_two_folders_do_not_meet_even_when_one_is_a_copy_with_the_record_of_the_other(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        one, two = make_local_aws("one"), make_local_aws("two")
        first = one.ensure()
        two.folder.mkdir()
        (two.folder / "local.json").write_bytes((one.folder / "local.json").read_bytes())
        assert two.running() is None
        assert two.stop() is False
        second = two.ensure()
        assert first.endpoint != second.endpoint
        assert first.control != second.control
        probe.client(first, "sqs").create_queue(QueueName="orders")
        assert not probe.client(second, "sqs").list_queues().get("QueueUrls")
        one.stop()
        assert two.running() == second

"""The local AWS as processes: one per folder, started once, found again, stopped without a trace."""

import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from presso.errors import PressoError, UsageError
from presso.local_aws import LocalAws, record
from presso.processes import Process

pytestmark = pytest.mark.slow

Make = Callable[..., LocalAws]
LINUX = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")


class TestEnsure:
    def test_starts_an_emulator_and_a_provider_that_answer(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        running = local.ensure()
        assert probe.client(running, "sts").get_caller_identity()["Account"] == "111111111111"
        assert running.control.is_socket()
        assert running.cli_config.exists()
        assert all(part.answers for part in local.status().parts)

    def test_starts_the_offline_provider_and_writes_what_terraform_needs(self, tmp_path: Path) -> None:
        local = LocalAws.of_this_process(tmp_path / "local")
        try:
            running = local.ensure()
            assert all(part.answers for part in local.status().parts)
            assert str(running.cli_config.parent) in running.cli_config.read_text()
        finally:
            local.stop()

    def test_again_changes_nothing(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        running, before = local.ensure(), probe.pids(local)
        assert local.ensure() == running
        assert probe.pids(local) == before

    def test_two_folders_do_not_meet(self, make_local_aws: Make, probe: Any) -> None:
        one, two = make_local_aws("one"), make_local_aws("two")
        first, second = one.ensure(), two.ensure()
        assert first.endpoint != second.endpoint
        assert first.control != second.control
        probe.client(first, "sqs").create_queue(QueueName="orders")
        assert not probe.client(second, "sqs").list_queues().get("QueueUrls")
        one.stop()
        assert two.running() == second

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
        said = {starter.communicate(timeout=60)[0] for starter in starters}
        assert said == {f"{local.ensure().endpoint}\n"}
        assert len(probe.running_below(tmp_path)) == 2

    @pytest.mark.parametrize("part", ["emulator", "provider"])
    def test_a_part_that_was_killed_is_started_again_alone(
        self, make_local_aws: Make, probe: Any, part: str
    ) -> None:
        local = make_local_aws()
        running, before = local.ensure(), probe.pids(local)
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

    def test_a_folder_may_have_any_name(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws("a bar, “crème” & more")
        running = local.ensure()
        probe.make_function(running, "def handle(event, context): return 1")
        assert probe.invoke(running) == 1

    def test_the_log_of_the_run_before_is_kept(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        local.ensure()
        local.stop()
        local.log("emulator").write_text("before")
        local.ensure()
        assert local.log("emulator").read_text() == "ready\n"
        assert local.log("emulator").with_name("emulator.log.1").read_text() == "before"

    def test_settings_of_the_user_do_not_reach_it(
        self, make_local_aws: Make, probe: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ENDPOINT_URL", "HTTP_PROXY", "SERVICES", "LAMBDA_EXECUTOR", "GATEWAY_PORT", "AUTH"):
            monkeypatch.setenv(name, "http://192.0.2.1:1")
        running = make_local_aws().ensure()
        monkeypatch.undo()
        probe.make_function(running, "import os\ndef handle(event, context): return dict(os.environ)")
        seen = probe.invoke(running)
        assert seen["AWS_ENDPOINT_URL"] == running.endpoint
        assert "http://192.0.2.1:1" not in seen.values()


class TestEnforcingIam:
    def test_is_what_all_who_use_it_have_to_want(self, make_local_aws: Make) -> None:
        running = make_local_aws("one", enforce_iam=True).ensure()
        assert make_local_aws("one", enforce_iam=True).ensure() == running
        with pytest.raises(UsageError, match="already runs with IAM enforced, not without") as caught:
            make_local_aws("one").ensure()
        assert "presso down" in caught.value.hint

    def test_is_not_begun_while_it_runs(self, make_local_aws: Make) -> None:
        make_local_aws("one").ensure()
        with pytest.raises(UsageError, match="already runs without IAM enforced, not with"):
            make_local_aws("one", enforce_iam=True).ensure()

    def test_is_as_wanted_at_the_next_start_and_keeps_what_is_in_it(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        first = make_local_aws("one")
        probe.client(first.ensure(), "sqs").create_queue(QueueName="orders")
        first.stop()
        running = make_local_aws("one", enforce_iam=True).ensure()
        assert probe.client(running, "sqs").get_queue_url(QueueName="orders")


class TestPorts:
    def test_the_wanted_port_is_taken(self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        monkeypatch.setenv("PRESSO_PORT", str(port))
        assert make_local_aws().ensure().endpoint == f"http://127.0.0.1:{port}"

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

    @pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
    def test_what_is_no_port_is_refused(
        self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch, port: str
    ) -> None:
        monkeypatch.setenv("PRESSO_PORT", port)
        with pytest.raises(UsageError, match=f"PRESSO_PORT={port} is not a port number"):
            make_local_aws().ensure()

    def test_another_port_than_the_running_one_is_refused(
        self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        monkeypatch.setenv("PRESSO_PORT", "9")
        with pytest.raises(UsageError, match=running.endpoint):
            local.ensure()

    def test_it_comes_back_on_its_port_so_that_urls_stay_valid(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        url = probe.client(running, "sqs").create_queue(QueueName="orders")["QueueUrl"]
        local.stop()
        again = local.ensure()
        assert again.endpoint == running.endpoint
        assert probe.client(again, "sqs").get_queue_url(QueueName="orders")["QueueUrl"] == url

    def test_a_port_taken_meanwhile_is_replaced_by_another(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        port = probe.port_of(local.ensure())
        local.stop()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            assert probe.port_of(local.ensure()) != port

    @LINUX
    def test_it_listens_on_loopback_only_and_on_one_port(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        running = local.ensure()
        for service, operation in (
            ("iot", "list_things"),
            ("s3", "list_buckets"),
            ("lambda", "list_functions"),
        ):
            getattr(probe.client(running, service), operation)()
        expected = {("127.0.0.1", probe.port_of(running))}
        assert probe.listening_sockets(probe.pid(local, "emulator")) == expected
        assert probe.listening_sockets(probe.pid(local, "provider")) == set()


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

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", '{"folder": 1}'], ids=["empty", "cut off", "a list", "another form"]
    )
    def test_a_broken_record_is_as_none(self, make_local_aws: Make, text: str) -> None:
        local = make_local_aws()
        local.folder.mkdir()
        (local.folder / "local.json").write_text(text)
        assert local.running() is None
        local.ensure()

    def test_a_record_that_was_copied_with_its_checkout_is_not_believed(self, make_local_aws: Make) -> None:
        one, two = make_local_aws("one"), make_local_aws("two")
        one.ensure()
        two.folder.mkdir()
        (two.folder / "local.json").write_bytes((one.folder / "local.json").read_bytes())
        assert two.running() is None
        assert two.stop() is False
        assert two.ensure() != one.running()


def test_environment_names_the_endpoint_and_only_made_up_keys(make_local_aws: Make) -> None:
    running = make_local_aws().ensure()
    plain = {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": "us-east-1",
        "TF_CLI_CONFIG_FILE": str(running.cli_config),
    }
    assert running.environment() == plain
    keys = {"AWS_ACCESS_KEY_ID": "222222222222", "AWS_SECRET_ACCESS_KEY": "local"}
    assert running.environment("222222222222") == {**plain, **keys}


def test_the_control_socket_is_the_user_s_alone_and_its_path_short(
    make_local_aws: Make, tmp_path: Path
) -> None:
    running = make_local_aws("a" * 100).ensure()
    assert running.control.parent.stat().st_mode & 0o777 == 0o700
    assert len(str(running.control)) < 100

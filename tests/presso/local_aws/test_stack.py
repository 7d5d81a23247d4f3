"""The local AWS as processes: one per folder, started once, found again, stopped without a trace."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from presso.errors import PressoError, UsageError
from presso.local_aws import LocalAws, Running, record
from presso.local_aws.processes import Process, identify, start_of, wait_until

Make = Callable[..., LocalAws]
LINUX = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")


def pids(local: LocalAws) -> dict[str, int | None]:
    return {part.name: part.pid for part in local.status().parts}


def pid(local: LocalAws, part: str) -> int:
    found = pids(local)[part]
    assert found is not None
    return found


def kill(local: LocalAws, part: str) -> None:
    """End a part as the system does when memory is short."""
    victim = identify(pid(local, part))
    os.kill(victim.pid, signal.SIGKILL)
    assert wait_until(lambda: not victim.alive(), 10)


def client(running: Running, service: str) -> Any:
    import boto3

    return boto3.client(
        service,
        endpoint_url=running.endpoint,
        region_name="us-east-1",
        aws_access_key_id="111111111111",
        aws_secret_access_key="local",
    )


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_of(running: Running) -> int:
    return int(running.endpoint.rpartition(":")[2])


def make_function(running: Running, source: str) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("handler.py", source)
    client(running, "lambda").create_function(
        FunctionName="worker",
        Runtime="python3.13",
        Handler="handler.handle",
        Role="arn:aws:iam::111111111111:role/worker",
        Code={"ZipFile": archive.getvalue()},
        Timeout=60,
    )


def invoke(running: Running) -> Any:
    return json.loads(client(running, "lambda").invoke(FunctionName="worker")["Payload"].read())


@contextlib.contextmanager
def somebody_else() -> Iterator[Process]:
    """A process that has nothing to do with presso."""
    other = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        yield identify(other.pid)
    finally:
        other.kill()
        other.wait()


class TestEnsure:
    def test_starts_an_emulator_and_a_provider_that_answer(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        running = local.ensure()
        assert client(running, "sts").get_caller_identity()["Account"] == "111111111111"
        assert running.control.is_socket()
        assert running.cli_config.exists()
        assert all(part.answers for part in local.status().parts)

    def test_again_changes_nothing(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        running, before = local.ensure(), pids(local)
        assert local.ensure() == running
        assert pids(local) == before

    def test_two_folders_do_not_meet(self, make_local_aws: Make) -> None:
        one, two = make_local_aws("one"), make_local_aws("two")
        first, second = one.ensure(), two.ensure()
        assert first.endpoint != second.endpoint
        assert first.control != second.control
        client(first, "sqs").create_queue(QueueName="orders")
        assert not client(second, "sqs").list_queues().get("QueueUrls")
        one.stop()
        assert two.running() == second

    def test_many_at_once_start_one(self, make_local_aws: Make, tmp_path: Path) -> None:
        locals_ = [make_local_aws() for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda local: local.ensure(), locals_))
        assert len(set(found)) == 1
        assert len(running_below(tmp_path)) == 2

    def test_two_processes_at_once_start_one(self, make_local_aws: Make, tmp_path: Path) -> None:
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
        assert len(running_below(tmp_path)) == 2

    @pytest.mark.parametrize("part", ["emulator", "provider"])
    def test_a_part_that_was_killed_is_started_again_alone(self, make_local_aws: Make, part: str) -> None:
        local = make_local_aws()
        running, before = local.ensure(), pids(local)
        kill(local, part)
        assert local.running() is None
        assert local.ensure() == running
        after = pids(local)
        assert {name for name in after if after[name] != before[name]} == {part}

    def test_a_part_that_does_not_start_is_named_with_its_log(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        Path(local._provider).write_text("raise SystemExit('no schema')")
        with pytest.raises(PressoError, match="provider ended while it started: no schema") as caught:
            local.ensure()
        assert str(local.log("provider")) in caught.value.hint
        assert pids(local)["provider"] is None

    def test_the_log_of_the_run_before_is_kept(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        local.ensure()
        local.stop()
        local.log("emulator").write_text("before")
        local.ensure()
        assert local.log("emulator").read_text() == "ready\n"
        assert local.log("emulator").with_name("emulator.log.1").read_text() == "before"

    def test_settings_of_the_user_do_not_reach_it(
        self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ENDPOINT_URL", "HTTP_PROXY", "SERVICES", "LAMBDA_EXECUTOR", "GATEWAY_PORT", "AUTH"):
            monkeypatch.setenv(name, "http://192.0.2.1:1")
        running = make_local_aws().ensure()
        monkeypatch.undo()
        make_function(running, "import os\ndef handle(event, context): return dict(os.environ)")
        seen = invoke(running)
        assert seen["AWS_ENDPOINT_URL"] == running.endpoint
        assert "http://192.0.2.1:1" not in seen.values()


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
        with pytest.raises(UsageError, match=f"PRESSO_PORT={port} is no port number"):
            make_local_aws().ensure()

    def test_another_port_than_the_running_one_is_refused(
        self, make_local_aws: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        monkeypatch.setenv("PRESSO_PORT", "9")
        with pytest.raises(UsageError, match=running.endpoint):
            local.ensure()

    def test_it_comes_back_on_its_port_so_that_urls_stay_valid(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        running = local.ensure()
        url = client(running, "sqs").create_queue(QueueName="orders")["QueueUrl"]
        local.stop()
        again = local.ensure()
        assert again.endpoint == running.endpoint
        assert client(again, "sqs").get_queue_url(QueueName="orders")["QueueUrl"] == url

    def test_a_port_taken_meanwhile_is_replaced_by_another(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        port = port_of(local.ensure())
        local.stop()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            assert port_of(local.ensure()) != port

    @LINUX
    def test_it_listens_on_loopback_only_and_on_one_port(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        running = local.ensure()
        for service, operation in (
            ("iot", "list_things"),
            ("s3", "list_buckets"),
            ("lambda", "list_functions"),
        ):
            getattr(client(running, service), operation)()
        expected = {("127.0.0.1", port_of(running))}
        assert listening_sockets(pid(local, "emulator")) == expected
        assert listening_sockets(pid(local, "provider")) == set()


class TestRecord:
    def test_a_pid_that_somebody_else_has_now_is_neither_believed_nor_ended(
        self, make_local_aws: Make
    ) -> None:
        local = make_local_aws()
        local.ensure()
        written = record.read(local.folder)
        assert written is not None
        assert written.emulator is not None
        with somebody_else() as other:
            kill(local, "emulator")
            stale = Process(other.pid, written.emulator.process.started)
            record.write(local.folder, replace_emulator(written, stale))
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


class TestStop:
    def test_leaves_no_process_no_port_no_socket_and_no_temporary_file(
        self, make_local_aws: Make, tmp_path: Path
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        make_function(running, "def handle(event, context): return 1")
        assert invoke(running) == 1
        assert running_below(tmp_path)
        assert local.stop() is True
        assert not listens(port_of(running))
        assert not running.control.parent.exists()
        assert sorted(path.name for path in local.folder.iterdir()) == [
            "emulator.log", "lock", "port", "provider.log", "s3", "state", "terraform.rc"
        ]  # fmt: skip
        assert wait_until(lambda: not running_below(tmp_path), 5)
        assert local.stop() is False

    def test_ends_functions_that_are_at_work(self, make_local_aws: Make, tmp_path: Path) -> None:
        local = make_local_aws()
        running = local.ensure()
        begun = tmp_path / "begun"
        source = f"import time\ndef handle(event, context):\n  open({str(begun)!r}, 'w')\n  time.sleep(60)"
        make_function(running, source)
        client(running, "lambda").invoke(FunctionName="worker", InvocationType="Event")
        assert wait_until(begun.exists, 20)
        local.stop()
        assert running_below(tmp_path) == []

    def test_of_what_never_ran_makes_nothing(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        assert local.stop() is False
        assert not local.folder.exists()

    def test_keeps_what_is_in_it_from_run_to_run(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        running = local.ensure()
        make_function(running, "def handle(event, context): return 7")
        client(running, "s3").create_bucket(Bucket="menu")
        client(running, "s3").put_object(Bucket="menu", Key="drink", Body=b"espresso")
        for _ in range(2):
            local.stop()
            running = local.ensure()
            assert invoke(running) == 7
            assert client(running, "s3").get_object(Bucket="menu", Key="drink")["Body"].read() == b"espresso"
        assert not local.status().data_lost

    def test_ends_a_part_that_does_not_listen_to_reason(self, make_local_aws: Make, tmp_path: Path) -> None:
        local = make_local_aws()
        local.ensure()
        os.kill(pid(local, "emulator"), signal.SIGSTOP)
        victim = identify(pid(local, "emulator"))
        assert not next(part for part in local.status().parts if part.name == "emulator").answers
        assert victim.end(seconds=0.2) is False
        local.stop()
        assert running_below(tmp_path) == []


class TestAKilledEmulator:
    def test_is_empty_when_it_is_started_again_and_status_says_so(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        client(local.ensure(), "sqs").create_queue(QueueName="first")
        local.stop()
        client(local.ensure(), "sqs").create_queue(QueueName="second")
        kill(local, "emulator")
        assert local.status().data_lost
        running = local.ensure()
        # Not even what was there at the last clean stop: it may have been deleted since.
        assert client(running, "sqs").list_queues().get("QueueUrls", []) == []
        assert local.status().data_lost
        local.stop()
        local.ensure()
        assert not local.status().data_lost

    def test_that_could_write_its_state_has_lost_nothing(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        client(local.ensure(), "sqs").create_queue(QueueName="orders")
        victim = identify(pid(local, "emulator"))
        os.kill(victim.pid, signal.SIGTERM)
        assert wait_until(lambda: not victim.alive(), 20)
        assert not local.status().data_lost
        assert client(local.ensure(), "sqs").get_queue_url(QueueName="orders")


class TestOwner:
    def test_when_its_owner_is_killed_everything_ends(self, make_local_aws: Make, tmp_path: Path) -> None:
        local = make_local_aws()
        with somebody_else() as owner:
            local._owner = owner
            running = local.ensure()
            assert len(running_below(tmp_path)) == 2
        assert wait_until(lambda: not running_below(tmp_path), 20)
        assert not running.control.parent.exists()
        assert not listens(port_of(running))

    def test_when_its_folder_is_removed_everything_ends(self, make_local_aws: Make, tmp_path: Path) -> None:
        import shutil

        local = make_local_aws()
        running = local.ensure()
        shutil.rmtree(local.folder)
        assert wait_until(lambda: not running_below(tmp_path), 20)
        assert not local.folder.exists()
        assert not running.control.parent.exists()


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


def replace_emulator(written: record.Record, process: Process) -> record.Record:
    from dataclasses import replace

    return replace(written, emulator=record.Daemon(process, ready=True))


def running_below(folder: Path) -> list[int]:
    """Processes that were given a path below this folder."""
    asked = subprocess.run(["ps", "-Awwo", "pid=,args="], capture_output=True, text=True, check=True)
    found = [line.split(maxsplit=1) for line in asked.stdout.splitlines() if f"{folder}/" in line]
    return [int(pid) for pid, *_ in found if int(pid) != os.getpid() and start_of(int(pid))]


def listening_sockets(pid: int) -> set[tuple[str, int]]:
    """Addresses that a process listens on."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            inodes.add(str(descriptor.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and f"socket:[{rest[5]}]" in inodes:
                host, port = local.split(":")
                address = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if table == "tcp" else host
                found.add((address, int(port, 16)))
    return found

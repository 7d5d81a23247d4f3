"""The local AWS comes to its end: stopped, killed, or left alone."""

import contextlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tests.patience import PATIENCE

from presso.local_aws import LocalAws
from presso.processes import identify, this_process, wait_until

pytestmark = pytest.mark.slow

Make = Callable[..., LocalAws]
# Works for some seconds, if it gets a number of them, and leaves a file when it begins to.
SLEEPER = """
import time
def handle(event, context):
    if event.get("seconds"):
        open("/tmp/begun", "w")
        time.sleep(event["seconds"])
    return 1
"""


class TestStop:
    def test_leaves_no_process_no_port_no_socket_no_temporary_file_and_no_function_at_work(
        self, make_local_aws: Make, probe: Any, tmp_path: Path
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        probe.make_function(running, SLEEPER)
        assert probe.invoke(running) == 1
        work = {"FunctionName": "worker", "InvocationType": "Event", "Payload": '{"seconds": 60}'}
        probe.client(running, "lambda").invoke(**work)
        assert wait_until(lambda: any(local.folder.glob("tmp/ministack-lambda-*/tmp/begun")), PATIENCE)
        assert probe.running_below(tmp_path)
        assert local.stop() is True
        assert probe.running_below(tmp_path) == []
        assert not probe.listens(probe.port_of(running))
        assert not running.control.parent.exists()
        assert sorted(path.name for path in local.folder.iterdir()) == [
            "data-id", "emulator.log", "lock", "port", "provider.log", "s3", "state", "terraform.rc"
        ]  # fmt: skip
        assert local.stop() is False

    def test_what_runs_without_a_record_is_found_and_stopped(
        self, make_local_aws: Make, probe: Any, tmp_path: Path
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        pids = local.processes()
        (local.folder / "local.json").unlink()
        assert sorted(local.unrecorded()) == sorted(pids)
        assert local.stop() is True
        assert probe.running_below(tmp_path) == []
        assert not running.control.parent.exists()
        local.ensure()
        before = set(local.processes())
        (local.folder / "local.json").unlink()
        local.ensure()
        assert not before & set(local.processes())
        assert local.unrecorded() == []

    def test_of_what_never_ran_makes_nothing(self, make_local_aws: Make) -> None:
        local = make_local_aws()
        assert local.stop() is False
        assert not local.folder.exists()

    def test_keeps_what_is_in_it_from_run_to_run_but_an_execution_that_runs_has_failed(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        probe.make_function(running, "def handle(event, context): return 7")
        probe.client(running, "s3").create_bucket(Bucket="menu")
        probe.client(running, "s3").put_object(Bucket="menu", Key="drink", Body=b"espresso")
        execution = self.waiting(probe.client(running, "stepfunctions"))
        for _ in range(2):
            local.stop()
            running = local.ensure()
            assert probe.invoke(running) == 7
            found = probe.client(running, "s3").get_object(Bucket="menu", Key="drink")
            assert found["Body"].read() == b"espresso"
            states = probe.client(running, "stepfunctions")
            assert states.describe_execution(executionArn=execution)["status"] == "FAILED"
        assert not local.status().data_lost

    def waiting(self, states: Any) -> str:
        """The ARN of an execution that waits."""
        wait = {"Type": "Wait", "Seconds": 600, "End": True}
        machine = states.create_state_machine(
            name="m",
            definition=json.dumps({"StartAt": "Wait", "States": {"Wait": wait}}),
            roleArn="arn:aws:iam::111111111111:role/player",
        )
        return str(states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"])

    def test_is_not_held_up_by_an_execution_even_one_that_was_stopped(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        local = make_local_aws()
        states = probe.client(local.ensure(), "stepfunctions")
        wait = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
        replay = {"Type": "Map", "ItemProcessor": wait, "End": True}
        definition = json.dumps({"StartAt": "Replay", "States": {"Replay": replay}})
        machine = states.create_state_machine(
            name="m", definition=definition, roleArn="arn:aws:iam::111111111111:role/player"
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine, input="[1, 2]")["executionArn"]
        history = lambda: states.get_execution_history(executionArn=execution)["events"]  # noqa: E731
        assert wait_until(lambda: len(history()) > 1, PATIENCE)
        states.stop_execution(executionArn=execution)
        emulator = identify(probe.pid(local, "emulator"))
        assert emulator.end(seconds=9), "it had to be killed"
        assert not local.status().data_lost

    def test_waits_for_no_execution_and_loses_nothing(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        running = local.ensure()
        quiet = Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
        states = probe.client(running, "stepfunctions", quiet)
        wait = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
        items = {"Type": "Map", "ItemsPath": "$", "ItemProcessor": wait, "End": True}
        machine = states.create_state_machine(
            name="m",
            definition=json.dumps({"StartAt": "Map", "States": {"Map": items}}),
            roleArn="arn:aws:iam::111111111111:role/player",
        )["stateMachineArn"]

        def start(how: str) -> None:
            with contextlib.suppress(BotoCoreError, ClientError):
                getattr(states, how)(stateMachineArn=machine, input="[1, 2]")

        hows = ("start_execution", "start_sync_execution")
        threads = [threading.Thread(target=start, args=[how]) for how in hows]
        for thread in threads:
            thread.start()
        asking = probe.client(running, "stepfunctions")
        listed = lambda: asking.list_executions(stateMachineArn=machine)["executions"]  # noqa: E731
        assert wait_until(lambda: len(listed()) == len(hows), PATIENCE)
        assert identify(probe.pid(local, "emulator")).end(seconds=8) is True
        for thread in threads:
            thread.join()
        again = probe.client(local.ensure(), "stepfunctions")
        assert [each["stateMachineArn"] for each in again.list_state_machines()["stateMachines"]] == [machine]

    def test_ends_a_part_that_does_not_listen_to_reason(
        self, make_local_aws: Make, probe: Any, tmp_path: Path
    ) -> None:
        local = make_local_aws()
        local.ensure()
        os.kill(probe.pid(local, "emulator"), signal.SIGSTOP)
        victim = identify(probe.pid(local, "emulator"))
        assert not next(part for part in local.status().parts if part.name == "emulator").answers
        assert victim.end(seconds=0.2) is False
        local.stop()
        assert probe.running_below(tmp_path) == []


class TestAKilledEmulator:
    def test_has_lost_nothing_when_it_could_write_its_state_else_it_is_empty_and_status_shows_it(
        self, make_local_aws: Make, probe: Any
    ) -> None:
        local = make_local_aws()
        probe.client(local.ensure(), "sqs").create_queue(QueueName="first")
        victim = identify(probe.pid(local, "emulator"))
        os.kill(victim.pid, signal.SIGTERM)
        assert wait_until(lambda: not victim.alive(), PATIENCE)
        assert not local.status().data_lost
        sqs = probe.client(local.ensure(), "sqs")
        assert sqs.get_queue_url(QueueName="first")
        sqs.create_queue(QueueName="second")
        probe.kill(local, "emulator")
        assert local.status().data_lost
        running = local.ensure()
        # Not even what was there at the last clean stop: it may have been deleted since.
        assert probe.client(running, "sqs").list_queues().get("QueueUrls", []) == []
        assert local.status().data_lost
        local.stop()
        local.ensure()
        assert not local.status().data_lost


class TestOwner:
    def test_when_its_owner_is_killed_everything_ends(
        self, make_local_aws: Make, probe: Any, tmp_path: Path
    ) -> None:
        local = make_local_aws()
        with probe.another_process() as owner:
            local._owner = owner
            running = local.ensure()
            assert len(probe.running_below(tmp_path)) == 2
        assert wait_until(lambda: not probe.running_below(tmp_path), PATIENCE)
        assert not running.control.parent.exists()
        assert not probe.listens(probe.port_of(running))

    def test_what_an_owner_that_is_gone_has_left_is_not_used(self, make_local_aws: Make, probe: Any) -> None:
        local = make_local_aws()
        with probe.another_process() as owner:
            local._owner = owner
            local.ensure()
            before = probe.pids(local)
        local._owner = this_process()
        assert local.running() is None
        local.ensure()
        assert not set(before.values()) & set(probe.pids(local).values())

    def test_when_its_folder_is_removed_everything_ends(
        self, make_local_aws: Make, probe: Any, tmp_path: Path
    ) -> None:
        local = make_local_aws()
        running = local.ensure()
        shutil.rmtree(local.folder)
        assert wait_until(lambda: not probe.running_below(tmp_path), PATIENCE)
        assert not local.folder.exists()
        assert not running.control.parent.exists()

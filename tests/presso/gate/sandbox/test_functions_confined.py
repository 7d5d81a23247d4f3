"""What functions in the sandbox try and the kernel lets them do: a function for each kind, and no stage."""

import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from tests.patience import PATIENCE
from tests.presso.gate.conftest import TESTS, needs_boxes
from tests.presso.local_aws import test_function_forks

from presso import aws_access
from presso.gate.sandbox.sandbox_environment import Stack
from presso.processes import wait_until
from presso.workspace import Workspace

pytestmark = [needs_boxes, pytest.mark.slow]
CODE = TESTS / "hostile" / "running" / "functions"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/default"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ],
}


@dataclass
class Functions:
    """Functions in a local AWS of the gate's.

    Attributes:
        stack: The local AWS.
        client: What makes a client of the account's.
    """

    stack: Stack
    client: Callable[..., Any]

    def make(self, module: str, **variables: str) -> str:
        """Make a function of a file among the hostile ones, and return its name."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name in (module, "attempts"):
                archive.write(CODE / f"{name}.py", f"{name}.py")
        name = f"{module}-{time.monotonic_ns()}"
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=ROLE,
            Handler=f"{module}.handler",
            Code={"ZipFile": packed.getvalue()},
            Timeout=150,
            Environment={"Variables": variables},
        )
        return name

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """What a function returns; `{"errorMessage": …}` when it fails."""
        waiting = Config(read_timeout=170, retries={"total_max_attempts": 1})
        answer = self.client("lambda", config=waiting).invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())


@pytest.fixture(scope="module")
def functions(workspace: Workspace) -> Iterator[Functions]:
    with Stack(workspace) as stack:
        client = aws_access.local_access(stack.running.endpoint, ACCOUNT).client
        client("iam").create_role(RoleName="default", AssumeRolePolicyDocument=json.dumps(TRUST))
        yield Functions(stack, client)


# The emulator alone takes permissions for `own` for others by more than one trick.
OF_ITS_OWN = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in (
            ("dynamodb:PutItem", f"arn:aws:dynamodb:*:{ACCOUNT}:table/own"),
            (
                ["logs:CreateLogStream", "logs:FilterLogEvents", "logs:StartQuery"],
                f"arn:aws:logs:*:{ACCOUNT}:log-group:own*",
            ),
            (["logs:CreateLogDelivery", "cloudwatch:PutMetricData"], "*"),
            ("states:StopExecution", f"arn:aws:states:*:{ACCOUNT}:stateMachine:own"),
            ("sqs:GetQueueAttributes", f"arn:aws:sqs:*:{ACCOUNT}:own"),
            ("sns:Publish", f"arn:aws:sns:*:{ACCOUNT}:own"),
            ("s3:PutObject", "arn:aws:s3:::own/*"),
        )
    ],
}


@pytest.fixture(scope="module")
def things(functions: Functions) -> None:
    """A role with some permissions for what is called `own`, and the same called `other`."""
    client = functions.client
    client("iam").put_role_policy(RoleName="default", PolicyName="own", PolicyDocument=json.dumps(OF_ITS_OWN))
    for name in ("own", "other"):
        client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client("logs").create_log_group(logGroupName=name)
        client("sns").create_topic(Name=name)
        client("sqs").create_queue(QueueName=name)
        client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket="other", Key="secret", Body=b"secret")
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 90000, "End": True}}}
    machine = client("stepfunctions").create_state_machine(
        name="other", definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    client("stepfunctions").start_execution(stateMachineArn=machine, name="one")


@pytest.fixture
def bait(functions: Functions, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What is there to be reached, read and ended, with its addresses."""
    secret = "secret-of-this-machine"
    (tmp_path / "secret").write_text(secret)
    unix, datagram, abstract = (socket.socket(socket.AF_UNIX, kind) for kind in (1, 2, 1))
    unix.bind(str(tmp_path / "u"))
    datagram.bind(str(tmp_path / "d"))
    name = f"presso-test-{os.getpid()}"
    abstract.bind(f"\0{name}")
    for listener in (unix, abstract):
        listener.listen()
    environment = {**os.environ, "PRESSO_SECRET": secret}
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        subprocess.Popen(["sleep", "170"], env=environment, start_new_session=True) as victim,
    ):
        yield {
            "account": ACCOUNT,
            "abstract": name,
            "unix_path": str(tmp_path / "u"),
            "datagram_path": str(tmp_path / "d"),
            "tcp_port": tcp.getsockname()[1],
            "gate_port": int(functions.stack.running.endpoint.rpartition(":")[2]),
            "secret": secret,
            "secret_file": str(tmp_path / "secret"),
            "victim": victim.pid,
            "gate": os.getpid(),
            "emulator": functions.stack.local.processes()[0],
        }
        assert victim.poll() is None
        victim.kill()
    for listener in (unix, datagram, abstract):
        listener.close()
    assert (tmp_path / "secret").read_text() == secret
    assert not (tmp_path / "secret-2").exists()


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize("kind", ["accounts", "sockets", "processes", "files", "memory"])
def test_a_function_can_do_nothing_that_it_must_not(
    kind: str, functions: Functions, bait: dict[str, Any]
) -> None:
    offset = functions.stack.journal(0)[1]
    answer = functions.call(functions.make(kind), bait)
    namespace: dict[str, Any] = {}
    sys.path.insert(0, str(CODE))
    try:
        exec((CODE / f"{kind}.py").read_text(), namespace)
    finally:
        sys.path.remove(str(CODE))
    assert len(namespace["ATTEMPTS"]) >= 10
    assert answer == {"could": [], "may": list(namespace["MAY"])}
    if kind == "accounts":
        noted = [
            entry for entry in functions.stack.journal(offset)[0] if entry["kind"] in ("denied", "forged")
        ]
        least = len(namespace["ATTEMPTS"]) - len(namespace["UNNOTED"])
        assert len(noted) >= least, "every attempt is in the report"


def test_a_copy_of_another_process_has_no_more_than_one_that_starts_by_itself(functions: Functions) -> None:
    test_function_forks.compare(functions.client, Role=ROLE)


def test_variables_of_a_function_are_read_in_its_box_alone(functions: Functions) -> None:
    name = functions.make("memory", LD_DEBUG="statistics")
    functions.call(name, {"room": True})
    events = functions.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    found = [re.match(r" *([0-9]+):\t", event["message"]) for event in events]
    assert {match[1] for match in found if match} == {"1"}, "the first process in a box"


def test_functions_together_fill_no_more_memory_than_they_may(functions: Functions) -> None:
    answer = functions.call(functions.make("memory"), {"together": True})
    assert "errorMessage" in answer, answer
    exceeded = [entry for entry in functions.stack.journal(0)[0] if entry["kind"] == "exceeded"]
    assert {entry["what"] for entry in exceeded} == {"memory"}
    assert functions.call(functions.make("sockets"), {"account": ACCOUNT}) is not None


def test_what_a_function_leaves_in_its_folder_is_gone_with_it(functions: Functions) -> None:
    before = functions.call(functions.make("memory"), {"room": True})
    name = functions.make("memory")
    assert functions.call(name, {"deep": True, "room": True}) < before - 3000
    functions.client("lambda").delete_function(FunctionName=name)
    assert functions.call(functions.make("memory"), {"room": True}) > before - 100


def test_what_a_function_leaves_running_ends_with_it(functions: Functions) -> None:
    mark = f"left-behind-{os.getpid()}-{time.monotonic_ns()}"
    name = functions.make("processes")
    assert functions.call(name, {"daemon": mark}) == "left"
    assert wait_until(lambda: bool(running(mark)), PATIENCE)
    functions.client("lambda").delete_function(FunctionName=name)
    assert not running(mark)


def test_all_that_the_sandbox_runs_ends_with_it(workspace: Workspace) -> None:
    with Stack(workspace) as stack:
        client = aws_access.local_access(stack.running.endpoint, ACCOUNT).client
        client("iam").create_role(RoleName="default", AssumeRolePolicyDocument=json.dumps(TRUST))
        own = Functions(stack, client)
        mark = f"left-behind-{os.getpid()}-{time.monotonic_ns()}"
        own.call(own.make("processes"), {"daemon": mark})
        assert wait_until(lambda: bool(running(mark)), PATIENCE)
    assert not running(mark)
    assert not running(str(stack.folder))
    assert not stack.folder.exists()


def running(words: str) -> list[str]:
    """The command lines that hold these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in text:
            found.append(text)
    return found

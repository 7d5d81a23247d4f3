"""What functions reach from the user's own local AWS: an apply and events run an author's code there."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.patience import PATIENCE

from presso import confinement
from presso.linux import landlock
from presso.local_aws import LocalAws
from presso.processes import wait_until

pytestmark = pytest.mark.slow

# What it is kept from, when it starts (for SnapStart, at the apply) and when it is called.
ATTEMPTS = """
import json, os, socket, subprocess, urllib.request
import boto3

def read(event):
    open(event["secret"]).read()

def write(event):
    open(event["secret"] + "-2", "w").write("x")

def see(event):
    os.stat(event["secret"])

def signal(event):
    os.kill(event["pid"], 0)

def look(event):
    open(f"/proc/{event['pid']}/environ", "rb").read(1) or 1 / 0

def connect(event):
    socket.create_connection(("127.0.0.1", event["port"]), 2).close()

def send(event):
    socket.socket().sendto(b"x", 0x20000000, ("127.0.0.1", event["port"]))  # which connects

def listen(event):
    socket.socket().listen()

def speak(event):
    socket.socket(socket.AF_UNIX).close()

def run_a_job(event):
    command = {"Name": "pythonshell", "ScriptLocation": "x"}
    boto3.client("glue").create_job(Name="j", Role="r", Command=command)

def succeeds(attempt, event):
    try:
        attempt(event)
    except Exception as error:
        print(attempt, repr(error))
        return False
    return True

def tried(event):
    succeeds(write, event)  # into its own /tmp, where the secret is below /tmp
    attempts = [read, see, signal, look, connect, send, listen, speak, run_a_job]
    return [attempt.__name__ for attempt in attempts if succeeds(attempt, event)]

AT_ITS_START = tried(json.loads(os.environ["EVENT"]))

def handle(event, context):
    open(os.path.join(os.environ["TMPDIR"], "own"), "w").write("own")
    account = boto3.client("sts").get_caller_identity()["Account"]
    return {"start": AT_ITS_START, "call": tried(event), "account": account}
"""


@pytest.mark.skipif(bool(confinement.lacking()), reason=f"no boxes here: {confinement.lacking()}")
def test_a_function_of_a_local_aws_reaches_it_and_nothing_else(
    make_local_aws: Callable[..., LocalAws], probe: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    running = make_local_aws().ensure()
    client = probe.client(running, "lambda")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        event = {"secret": str(tmp_path / "secret"), "pid": os.getpid(), "port": listening.getsockname()[1]}
        probe.make_function(running, ATTEMPTS, variables={"EVENT": json.dumps(event)})
        answer = json.loads(client.invoke(FunctionName="worker", Payload=json.dumps(event))["Payload"].read())
    # An older Landlock knows no ports.
    reached = [] if landlock.version() >= landlock.KNOWS_PORTS else ["connect"]
    assert answer == {"start": reached, "call": reached, "account": "111111111111"}
    assert not (tmp_path / "secret-2").exists()


def test_a_version_that_is_published_is_started_confined(
    make_local_aws: Callable[..., LocalAws], probe: Any, tmp_path: Path
) -> None:
    mark = tmp_path / "run-by-an-apply"
    running = make_local_aws().ensure()
    source = f"open({str(mark)!r}, 'w').write('x')\ndef handle(event, context): pass\n"
    probe.make_function(running, source, snap_start=True)
    client = probe.client(running, "lambda")

    def started() -> bool:
        found = client.get_function_configuration(FunctionName="worker", Qualifier="1")
        return found["State"] != "Pending"

    assert wait_until(started, PATIENCE)
    assert not mark.exists()


def test_a_local_aws_has_no_services_that_run_programs(local_aws: Any, probe: Any) -> None:
    for service, call in (("glue", "get_jobs"), ("codebuild", "list_projects"), ("ecs", "list_clusters")):
        with pytest.raises(ClientError):
            getattr(probe.client(local_aws, service), call)()

"""Functions begin as copies of a process, with boto3 or without, and find what others find."""

import errno
import io
import json
import marshal
import os
import re
import signal
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE
from tests.presso.local_aws.conftest import created_function

from presso import processes
from presso.local_aws import LocalAws, fork_server
from presso.processes import wait_until

pytestmark = pytest.mark.slow
# What a function finds in its process.
FINDS = """
import importlib.util, os, resource, signal, sys
FOUND = [name in sys.modules for name in ("boto3", "botocore", "urllib3", "presso")]
FOUND += [importlib.util.find_spec(name).origin for name in ("boto3", "botocore.handlers")]
BEFORE = [os.environ.get("MARK")]
# uses boto3
import boto3
FOUND += [name for name in sys.modules if name.startswith("boto")]
SPECS = [sys.modules[name].__spec__ for name in ("boto3", "botocore", "botocore.handlers", "jmespath")]
FOUND += [[spec.name, type(spec.loader), spec.origin] for spec in SPECS]
BEFORE += [getattr(boto3, "mark", None)]
boto3.mark = "left behind"
# so far
os.environ["MARK"] = "left behind"
FOUND += [type(finder).__name__ for finder in sys.meta_path]
SHOWN = ("Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "Sig", "Shd", "NSpid")
CHANGING = ("_LAMBDA", "AWS_LAMBDA", "LAMBDA", "HOME", "TMPDIR", "_X_", "PYTHON", "AWS_ACCESS", "AWS_S")

def called():
    try:
        return sys.modules["boto3"].client("dynamodb").list_tables()["TableNames"]
    except Exception as error:
        return type(error).__name__

def handler(event, context):
    task = os.path.dirname(os.getcwd())
    main = sys.modules["__main__"]
    found = {
        "before": BEFORE,
        "modules": sorted(map(str, FOUND)),
        "paths": [sys.argv, sys.orig_argv, sys.path, os.getcwd(), main.__file__, os.environ["HOME"]],
        "variables": {name: text for name, text in os.environ.items() if not name.startswith(CHANGING)},
        "all variables": sorted(name for name in os.environ if not name.startswith("PYTHON")),
        "open": sorted(int(name) for name in os.listdir("/proc/self/fd")),
        "files": [path for path in ("/root", "/home", "/etc/shadow", "/usr", "/tmp") if os.path.exists(path)],
        "limits": [resource.getrlimit(number) for number in range(16)],
        "signals": [str(signal.getsignal(number)) for number in signal.valid_signals()],
        "streams": [str(stream.encoding) + stream.errors for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "umask": os.umask(0),
        "session": str(getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)),
        "status": [line for line in open("/proc/self/status") if line.startswith(SHOWN)],
        "oom": open("/proc/self/oom_score_adj").read(),
        "calls": called(),
        "main": sorted(name for name in vars(main) if not name.startswith("_")),
    }
    return {name: str(value).replace(task, "/function") for name, value in found.items()} | {
        "copied": "fork_server.py" in open("/proc/self/cmdline").read()
    }
"""
PLAIN = re.sub(r"(?s)# uses boto3.*# so far\n", "", FINDS)
BY_ITSELF = {"Environment": {"Variables": {"PYTHONNOUSERSITE": "1"}}}


def returned(aws: Callable[[str], Any], name: str) -> Any:
    """What a function returns."""
    answer = json.loads(aws("lambda").invoke(FunctionName=name)["Payload"].read())
    assert not isinstance(answer, dict) or "errorMessage" not in answer, answer
    return answer


@pytest.mark.parametrize(
    "code", [pytest.param(FINDS, id="with boto3"), pytest.param(PLAIN, id="without boto3")]
)
def test_a_copy_finds_what_a_process_of_its_own_finds_and_nothing_of_other_functions(
    aws: Callable[[str], Any], code: str
) -> None:
    compare(aws, code)


def compare(aws: Callable[[str], Any], code: str = FINDS, **settings: Any) -> None:
    """Compare what two copies and a process of its own find."""
    for name, more in (("first", {}), ("second", {}), ("own", BY_ITSELF)):
        created_function(aws, "python3.12", "handler.py", code, FunctionName=name, **settings, **more)
    first, second, own = (returned(aws, name) for name in ("first", "second", "own"))
    assert [each.pop("copied") for each in (first, second, own)] == [True, True, False]
    assert first == own
    assert second == own


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "import urllib3\nhandler = lambda event, context: vars(urllib3)['OWN']\n", id="brings one"
        ),
        pytest.param(
            "def handler(event, context): return 'fork_server' not in open('/proc/self/cmdline').read()\n"
            "PLACE = hash('text')\n",
            id="hashes",
        ),
    ],
)
def test_a_function_starts_by_itself_where_a_copy_would_differ(aws: Callable[[str], Any], code: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", code + "def later(): import boto3\n")
        if "urllib3" in code:
            archive.writestr("urllib3.py", "OWN = True\n")
    created_function(aws, "python3.12", "handler.py", code, Code={"ZipFile": packed.getvalue()})
    assert returned(aws, "f") is True


def test_copies_end_when_the_emulator_is_killed(
    make_local_aws: Callable[..., LocalAws], probe: Any, tmp_path: Path
) -> None:
    local = make_local_aws()
    running = local.ensure()
    probe.make_function(running, "import boto3\ndef handle(event, context): return 1\n")
    assert probe.invoke(running) == 1
    started = {processes.identify(pid) for pid in processes.descendants(probe.pid(local, "emulator"))}
    assert len(started) >= 2, "the server and a function"
    os.kill(probe.pid(local, "emulator"), signal.SIGKILL)
    assert wait_until(lambda: not any(process.alive() for process in started), PATIENCE)


def test_where_no_process_can_be_started_that_start_alone_fails_with_the_cause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_room() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", no_room)
    emulators, servers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    running = {1234: 6}
    ends = [os.pipe() for _ in range(3)]
    with emulators, servers:
        assert not fork_server._forked(servers, running, 7, [ends[0][0], ends[1][1], ends[2][1]])
        assert marshal.loads(emulators.recv(1 << 16)) == (7, 1)
    for stream, words in (
        (ends[1][0], b""),
        (ends[2][0], f"started: {os.strerror(errno.EAGAIN)}.\n".encode()),
    ):
        with os.fdopen(stream, "rb") as pipe:  # to its end: the server has closed its own
            assert pipe.read().endswith(words)
    os.close(ends[0][1])
    assert running == {1234: 6}


def test_functions_start_after_the_server_has_ended(
    make_local_aws: Callable[..., LocalAws], probe: Any
) -> None:
    local = make_local_aws()
    running = local.ensure()
    probe.make_function(running, "import boto3\ndef handle(event, context): return 1\n")
    assert probe.invoke(running) == 1
    for pid in processes.descendants(probe.pid(local, "emulator")):
        os.kill(pid, signal.SIGKILL)
    probe.client(running, "lambda").update_function_configuration(FunctionName="worker", Timeout=50)
    assert wait_until(lambda: probe.invoke(running) == 1, PATIENCE)

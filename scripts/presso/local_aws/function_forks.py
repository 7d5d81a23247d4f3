"""The emulator's end of the fork servers: functions in Python that begin as copies of a process.

A copy is what a process of its own would be, but for what reaches an interpreter before its program:
functions with variables for that start by themselves, and so do those that bring modules of the names that
are imported already. Sources: the man page of ld.so(8); Python's "Command line and environment".
"""

from __future__ import annotations

import contextlib
import itertools
import marshal
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from presso.confinement import Limits

_SERVER = Path(__file__).with_name("fork_server.py")
_USES_BOTO3 = re.compile(rb"^[ \t]*(?:import|from)[ \t]+boto(?:3|core)\b", re.MULTILINE)
# Copies compute the same for a text; on AWS each environment of a function computes another.
_HASHES = re.compile(rb"\bhash\(")
_READ_AT_START = ("LANG", "LC_", "LD_", "GLIBC_", "MALLOC_", "OPENSSL_", "PYTHON")
_MOST_FILES = 500
_LONGEST_ANSWER = 1 << 16
_KILLED = -signal.SIGKILL


class Forked:
    """A function's process, as `subprocess.Popen` has one with pipes for text.

    Attributes:
        returncode: How it ended, None while it runs.
    """

    def __init__(self, server: ForkServer, number: int, pipes: Sequence[int]) -> None:
        self._server = server
        self._number = number
        self._ended = threading.Event()
        self.stdin = open(pipes[0], "w", buffering=1)  # noqa: PTH123, SIM115
        self.stdout = open(pipes[1])  # noqa: PTH123, SIM115
        self.stderr = open(pipes[2])  # noqa: PTH123, SIM115
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended, None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It has not ended by then.
        """
        if not self._ended.wait(timeout) or self.returncode is None:
            raise subprocess.TimeoutExpired(str(_SERVER), timeout or 0)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._server.signal(self._number, signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._server.signal(self._number, signal.SIGKILL)

    def ended(self, code: int) -> None:
        """Note how it has ended."""
        self.returncode = code
        self._ended.set()


class ForkServers:
    """Two processes to copy: one has imported boto3, for functions that do, and one has not."""

    def __init__(self) -> None:
        self._servers = {uses_boto3: ForkServer(boto3=uses_boto3) for uses_boto3 in (False, True)}

    def start(
        self, program: Sequence[str], limits: Limits, variables: Mapping[str, str], folder: Path, *, box: bool
    ) -> Forked | None:
        """Start a function, confined; None when it is to start by itself."""
        if sys.platform != "linux" or len(program) != 2 or program[0] != sys.executable:
            return None
        if _read_at_start(variables):
            return None
        layers = variables.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)
        folders = [folder, *map(Path, filter(None, layers))]
        files = [path for each in folders for path in itertools.islice(each.rglob("*"), _MOST_FILES)]
        code = [path.read_bytes() for path in files if path.suffix == ".py" and path.is_file()]
        if len(files) >= _MOST_FILES or any(map(_HASHES.search, code)):
            return None
        server = self._servers[any(map(_USES_BOTO3.search, code))]
        if not server.suits({path.name.partition(".")[0] for path in files}):
            return None
        request = {
            "program": list(program),
            "limits": limits.settings(box=box),
            "environment": dict(variables),
            "folder": str(folder),
        }
        return server.start(request)


class ForkServer:
    """One of them, started when it is first needed; it ends with this process."""

    def __init__(self, *, boto3: bool) -> None:
        self._options = ["boto3"] if boto3 else []
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._imported: frozenset[str] = frozenset()
        self._numbers = itertools.count()
        self._running: dict[int, Forked] = {}

    def suits(self, names: AbstractSet[str]) -> bool:
        """Whether it runs, and has imported no module of these names."""
        return self._ensure() and not self._imported & names

    def start(self, request: dict[str, Any]) -> Forked:
        """Start a function."""
        pipes = [os.pipe() for _ in range(3)]
        theirs, ours = [pipes[0][0], pipes[1][1], pipes[2][1]], [pipes[0][1], pipes[1][0], pipes[2][0]]
        number = next(self._numbers)
        process = self._running[number] = Forked(self, number, ours)
        try:
            self._send({**request, "id": number}, theirs)
        except OSError:  # the server has ended: the next function starts another one
            process.ended(_KILLED)
        finally:
            for end in theirs:
                os.close(end)
        return process

    def signal(self, number: int, signal_number: int) -> None:
        """Send a signal to a function, if it still runs."""
        with contextlib.suppress(OSError):
            self._send({"id": number, "signal": int(signal_number)}, [])

    def _ensure(self) -> bool:
        """Start the server unless it runs; whether it does."""
        with self._lock:
            if self._channel is not None:
                return True
            channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "PATH") if name in os.environ}
            with theirs:
                subprocess.Popen(
                    [sys.executable, str(_SERVER), str(theirs.fileno()), *self._options],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env={**kept, "HOME": os.devnull},
                    pass_fds=[theirs.fileno()],
                )
            if not (names := channel.recv(_LONGEST_ANSWER)):
                channel.close()
                return False
            self._imported = frozenset(marshal.loads(names))  # noqa: S302  # presso's own
            self._channel = channel
            threading.Thread(target=self._listen, args=(channel,), daemon=True).start()
            return True

    def _send(self, request: dict[str, Any], files: list[int]) -> None:
        with self._lock:
            if self._channel is None:
                raise BrokenPipeError
            socket.send_fds(self._channel, [marshal.dumps(request)], files)

    def _listen(self, channel: socket.socket) -> None:
        """Note what ends, until the server does."""
        with contextlib.suppress(OSError):
            while text := channel.recv(_LONGEST_ANSWER):
                number, code = marshal.loads(text)  # noqa: S302  # presso's own
                self._running.pop(number).ended(code)
        with self._lock:
            self._channel = None
            channel.close()
        for number in list(self._running):
            self._running.pop(number).ended(_KILLED)


def _read_at_start(variables: Mapping[str, str]) -> bool:
    """Whether a function's variables have any that an interpreter or its libraries read when they start."""
    return any(
        name.startswith(_READ_AT_START) and os.environ.get(name) != text for name, text in variables.items()
    )

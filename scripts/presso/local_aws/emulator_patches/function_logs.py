"""What a function writes is in its log when its invocation has ended.

The emulator waits 50 ms for a line and takes what has been read by then. On a busy machine that loses the
last lines, or gives them to the next invocation. A function writes before it answers, so all that belongs to
an invocation is in the pipe when the answer comes: it is taken from there to the last byte, without waiting.
"""

import array
import contextlib
import fcntl
import os
import select
import termios
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime

from presso.local_aws.emulator_patches.internals import Patches

PATCHES = Patches()
PATCHES.uses(
    lambda_runtime.Worker,
    _drain_stderr="self",
    _drain_stderr_bounded="self first_line_wait idle_confirm hard_cap",
    _read_stderr="self",
)
PATCHES.uses(lambda_runtime, "_NODEJS_WORKER_SCRIPT")
# Node.js hands on what a pipe does not hold when it finds the time: the answer has to wait for that.
_ANSWER_AT_ONCE = "const _realStdoutWrite = process.stdout.write.bind(process.stdout);"
_ANSWER_LAST = """const _answer = process.stdout.write.bind(process.stdout);
const _realStdoutWrite = (text) => process.stderr.write("", () => _answer(text));"""
# Newer versions of Node.js warn of url.parse, in the function's log.
_URL = 'const url = require("url");'
_URL_WITHOUT_PARSE = """const url = { ...require("url") };
url.parse = (text) => url.urlToHttpOptions(new URL(text));"""
_ASK_EVERY = 5.0  # waiting ends at once when a process does
_LONGEST_LINE = 256 * 1024
# Of an invocation; what it writes beyond that is lost, instead of filling this machine's memory.
_MOST_WRITTEN = 8 * 1024 * 1024


PATCHES.rewrite(
    lambda_runtime,
    {"_NODEJS_WORKER_SCRIPT": ((_ANSWER_AT_ONCE, _ANSWER_LAST), (_URL, _URL_WITHOUT_PARSE))},
    "answers in another way",
)


@PATCHES.also
def _keep_order() -> None:
    lambda_runtime.Worker._read_stderr = _read_stderr


def _read_stderr(self: Any) -> None:
    """Put the lines that the worker's process writes into the queue, until it has ended."""
    pipe = self._proc.stderr
    reading = self._presso_reading = threading.Lock()
    self._presso_pipe = pipe
    rest = b""
    with contextlib.suppress(OSError, ValueError):  # it has been closed
        while True:
            if not select.select([pipe], [], [], _ASK_EVERY)[0]:
                continue
            # Held from taking bytes to handing on their lines, so that there is never a line on its way.
            with reading:
                chunk = os.read(pipe.fileno(), 1 << 16)
                *whole, rest = (rest + chunk).split(b"\n")
                if rest and (not chunk or len(rest) > _LONGEST_LINE):
                    whole, rest = [*whole, rest], b""
                for line in whole:
                    _keep(self, line)
            if not chunk:
                return


def _keep(self: Any, line: bytes) -> None:
    """Put a line into the queue, as long as there is not too much in it already."""
    written = getattr(self, "_presso_written", 0)
    if written <= _MOST_WRITTEN:
        self._stderr_queue.put(line.decode(errors="replace"))
    self._presso_written = written + len(line)


@PATCHES.around(lambda_runtime.Worker)
def _drain_stderr_bounded(original: Callable[..., str], self: Any, *arguments: float, **named: float) -> str:
    """Return the lines that have been written until now."""
    reading, pipe = getattr(self, "_presso_reading", None), getattr(self, "_presso_pipe", None)
    if reading is None or pipe is None:  # a worker of another kind
        return original(self, *arguments, **named)
    while True:
        with reading:
            if not _unread(pipe):
                break
        time.sleep(0.0005)
    text: str = self._drain_stderr()
    self._presso_written = 0
    return text


def _unread(pipe: Any) -> int:
    """How many bytes are in a pipe; none when it is closed."""
    count = array.array("i", [0])
    try:
        fcntl.ioctl(pipe.fileno(), termios.FIONREAD, count)
    except (OSError, ValueError):
        return 0
    return count[0]

"""Run a module as a daemon that ends when its owner does.

    python -m presso.local_aws.daemon [--owner PID:START] [--remove FOLDER] MODULE_OR_FILE [ARGUMENT…]

A test run or a demo that is killed cannot stop what it started. So what it started watches it.
"""

import argparse
import contextlib
import os
import runpy
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from presso.local_aws.processes import Process

_ASK_EVERY = 0.5
_LAST_RESORT_AFTER = 10.0


def main(arguments: Sequence[str]) -> None:
    """Watch the owner, if one is given, and become the module."""
    parser = argparse.ArgumentParser(prog="presso.local_aws.daemon")
    parser.add_argument("--owner", default="")
    parser.add_argument("--remove", type=Path)
    parser.add_argument("module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    if given.owner:
        pid, _, started = given.owner.partition(":")
        threading.Thread(target=_watch, args=(Process(int(pid), started), given.remove), daemon=True).start()
    sys.argv = [given.module, *given.arguments]
    if given.module.endswith(".py"):
        runpy.run_path(given.module, run_name="__main__")
    else:
        runpy.run_module(given.module, run_name="__main__", alter_sys=True)


def _watch(owner: Process, remove: Path | None) -> None:
    while owner.alive():
        time.sleep(_ASK_EVERY)
    if remove is not None:
        shutil.rmtree(remove, ignore_errors=True)
    with contextlib.suppress(ProcessLookupError):
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_RESORT_AFTER)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Run a module as a daemon that ends when its owner does, or when its folder is removed.

    python -m presso.local_aws.daemon --folder FOLDER [--remove FOLDER] [--owner PID:START] MODULE [ARGUMENT…]
    python -m presso.local_aws.daemon … --run PROGRAM [ARGUMENT…]

What is confined to a box cannot see its owner: then this process stays outside and runs it as a program.

A killed test run or demo cannot stop the processes that it started, and neither can a user who has removed
the folder with their record. So these processes watch both.
"""

import argparse
import gc
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from presso.processes import Process

_ASK_EVERY = 0.5
_LAST_RESORT_AFTER = 10.0


def main(arguments: Sequence[str]) -> None:
    """Watch the owner, if one is given, and become the module."""
    gc.set_threshold(20_000)  # as for a command (presso.__main__)
    parser = argparse.ArgumentParser(prog="presso.local_aws.daemon")
    parser.add_argument("--folder", type=Path, required=True, help="end when this is removed")
    parser.add_argument("--remove", type=Path, help="remove this at the end")
    parser.add_argument("--owner", default="", help="end when this process does")
    parser.add_argument("--run", action="store_true", help="run a program, not a module")
    parser.add_argument("module", help="a module, a file or a program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    pid, _, started = given.owner.partition(":")
    owner = Process(int(pid), started) if pid else None
    program = subprocess.Popen([given.module, *given.arguments], close_fds=False) if given.run else None
    watched = (given.folder, given.remove, owner, program)
    threading.Thread(target=_watch, args=watched, daemon=True).start()
    sys.argv = [given.module, *given.arguments]
    if program is not None:
        signal.signal(signal.SIGTERM, lambda *_: program.terminate())
        sys.exit(program.wait())
    elif given.module.endswith(".py"):
        runpy.run_path(given.module, run_name="__main__")
    else:
        runpy.run_module(given.module, run_name="__main__", alter_sys=True)


def _watch(
    folder: Path, remove: Path | None, owner: Process | None, program: subprocess.Popen[bytes] | None
) -> None:
    present = _identity(folder)
    removable = _identity(remove)
    for _ in _while_alive(owner):
        if _identity(folder) != present:
            break
    # In its place there may be the one of the next start already.
    if remove is not None and _identity(remove) == removable:
        import shutil

        shutil.rmtree(remove, ignore_errors=True)
    if program is not None:
        program.terminate()
        program.wait()
        os._exit(0)
    if _identity(folder) != present:
        # A clean end would write into the folder, and so bring it back.
        os._exit(0)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_RESORT_AFTER)
    os._exit(1)


def _while_alive(owner: Process | None) -> Iterator[None]:
    """Yield twice a second, until the owner has ended.

    By a descriptor of it, where the system has those (pidfd_open(2)): to ask for it by its number is most of
    what a daemon computes that has nothing to do.
    """
    descriptor = _descriptor(owner)
    if owner is None or descriptor is None:
        while owner is None or owner.alive():
            yield
            time.sleep(_ASK_EVERY)
    elif owner.alive():  # and not one that has its number now
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        while not ended.poll(_ASK_EVERY * 1000):
            yield


def _descriptor(owner: Process | None) -> int | None:
    try:
        return os.pidfd_open(owner.pid) if owner is not None and sys.platform == "linux" else None
    except OSError:  # it has ended, or the system has none
        return None


def _identity(folder: Path | None) -> tuple[int, int] | None:
    try:
        found = folder.stat() if folder else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


if __name__ == "__main__":
    main(sys.argv[1:])

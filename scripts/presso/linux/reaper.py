"""Kill what a process has left behind when it is gone: `python -I -S reaper.py MARK`.

Waits until the other end of its standard input is closed, which happens when that process ends, however it
does. Then it kills every process of this user that has MARK among its environment variables.
"""

import os
import signal
import sys
import time

_ROUNDS = 200


def marked(mark: bytes) -> list[int]:
    """Return the processes that have a variable; neither this one nor zombies."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208  # nothing else is imported
        if not name.isdecimal() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:  # noqa: PTH123
                if mark in file.read().split(b"\0"):
                    found.append(int(name))
        except OSError:  # it has ended, or is another user's
            continue
    return found


def main(mark: str) -> None:
    """Wait for the end of the other process, then kill until nothing is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1024):
        pass
    for _ in range(_ROUNDS):
        found = marked(mark.encode())
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1])

"""Limits on this process while it reads untrusted files."""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
import threading
from collections.abc import Iterator

MOST_MEMORY = 1 << 30
# For reading an extension and running the checks on it once.
STATIC_SECONDS = 20.0


class Exceeded(Exception):
    """A limit on time or memory is exceeded; the message names which."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop the code inside after so many seconds of CPU time, or when it takes a gigabyte more memory.

    CPU time counts, not the clock: on a busy machine the same extension gets the same verdict.
    Only in the main thread, where Python can stop itself.

    Raises:
        Exceeded: A limit is exceeded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise Exceeded(f"reading it takes more than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, stop)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux" and soft == resource.RLIM_INFINITY:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except (MemoryError, RecursionError) as error:
        raise Exceeded(f"reading it takes too much memory ({type(error).__name__})") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

"""Gets hold of things and gives them back, in every way that presso does, until a signal comes.

Then it prints how many it still holds.
"""

import contextlib
import gc
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from presso import child, interruption

numbers = count()
held: set[int] = set()


class Thing:
    """One of them."""

    def __enter__(self) -> None:
        self.number = next(numbers)
        held.add(self.number)

    def __exit__(self, *_: object) -> None:
        held.discard(self.number)


@contextlib.contextmanager
def thing() -> Iterator[None]:
    """Another."""
    number = next(numbers)
    held.add(number)
    try:
        yield
    finally:
        held.discard(number)


class Finalized:
    """What lands here is swallowed."""

    def __del__(self) -> None:
        sum(range(50))


def leave_to_finalizers() -> None:
    """By the count of references, by the collector, and by a weak reference's callback."""
    one, other = Finalized(), Finalized()
    other.itself = other  # type: ignore[attr-defined]
    reference = weakref.ref(one, lambda _: sum(range(50)))
    del one, other, reference


def work(number: int, folder: str) -> None:
    """Do one round."""
    with Thing(), thing(), contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(Thing())
            stack.enter_context(thing())
            leave_to_finalizers()
        if number % 50 == 0:
            gc.collect()
        if number % 20 == 0:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                Path(own, "file").touch()
        if number % 100 == 0:
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(abs, range(10)))
        if number % 60 == 0:
            with child.running(["/bin/sleep", "600"]):
                time.sleep(0.001)


with interruption.handled():
    try:
        print("ready", flush=True)
        for round_number in count():
            work(round_number, sys.argv[1])
    finally:
        with interruption.deferred():
            print(len(held), "held,", len(list(Path(sys.argv[1]).iterdir())), "files", flush=True)

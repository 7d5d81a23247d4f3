"""Processes are found with what they have started."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from presso import processes

pytestmark = pytest.mark.slow


@pytest.fixture
def started() -> Iterator[tuple[int, int]]:
    """A process that a thread of this one has started, and what that process has started."""
    made: list[subprocess.Popen[str]] = []
    ready, over = Event(), Event()

    def start() -> None:
        made.append(
            subprocess.Popen(
                ["sh", "-c", "sleep 600 & echo $!; wait"],
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        ready.set()
        over.wait()  # what a thread that ends has started becomes another thread's

    thread = Thread(target=start)
    thread.start()
    ready.wait()
    assert made[0].stdout is not None
    yield made[0].pid, int(made[0].stdout.readline())
    over.set()
    thread.join()
    os.killpg(made[0].pid, signal.SIGKILL)
    made[0].communicate()


@pytest.mark.parametrize("listed", [True, False])
def test_what_a_process_has_started_is_found_with_what_that_has_started(
    started: tuple[int, int], listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not listed:
        monkeypatch.setattr(processes, "_LISTED", Path("/nowhere"))
    assert set(started) <= set(processes.descendants(os.getpid()))
    assert list(processes.descendants(started[0])) == [started[1]]


def test_what_has_ended_has_started_nothing() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert list(processes.descendants(ended.pid)) == []

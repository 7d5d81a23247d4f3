"""The process of a worker: Dask in a thread, units in the main thread, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from presso import interruption, linux, terminal
from presso.deployment import attempt, cluster_order, dask_comm
from presso.deployment.cluster_station import Environment, Station
from presso.errors import PressoError
from presso.workspace import Workspace

_REAPER = Path(linux.__file__).with_name("reaper.py")
_MARK = "PRESSO_WORKER"
_PAUSE = 0.1
_ENDING = 5.0  # seconds


class MainThread(Executor):
    """Runs what other threads submit in the main thread, in which the gate and signals work."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have a function called by `work`; called in any thread."""
        future: Future[Any] = Future()

        def job() -> None:
            try:
                result = function(*arguments, **named)
            except Exception as error:
                future.set_exception(error)
            else:
                if not interruption.requested():  # else this worker leaves, and another one runs the unit
                    future.set_result(result)

        self._jobs.put(job)
        return future

    def work(self, over: Callable[[], bool]) -> None:
        """Call what was submitted, until that is over."""
        while not over():
            with contextlib.suppress(queue.Empty):
                self._jobs.get(timeout=_PAUSE)()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing to do: `work` ends by itself."""


class _Connection:
    """Dask's side of a worker, in a thread with an event loop of its own.

    Attributes:
        closed: Set once there is no connection any more.
        error: Why there is none, if that was not asked for.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.closed = threading.Event()
        self.error: BaseException | None = None
        self.worker: Any = None
        self._make = make
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="dask", daemon=True)

    def open(self) -> None:
        """Connect.

        Raises:
            BaseException: What prevents it.
        """
        self._thread.start()
        while not self._ready.wait(_PAUSE):
            if interruption.requested():
                return
        if self.error:
            raise self.error

    def close(self) -> None:
        """Leave the cluster; what has not ended goes to another worker."""
        if self._loop and self.worker and not self.closed.is_set():
            closing = self.worker.close(executor_wait=False, nanny=False, reason="presso worker ends")
            with contextlib.suppress(Exception):
                asyncio.run_coroutine_threadsafe(closing, self._loop).result(timeout=_ENDING)

    def _run(self) -> None:
        try:
            asyncio.run(self._connected())
        except BaseException as error:
            self.error = error
        finally:
            self.closed.set()
            self._ready.set()

    async def _connected(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.worker = self._make()
        await self.worker
        self._ready.set()
        await self.worker.finished()


@contextlib.contextmanager
def _reaped() -> Iterator[None]:
    """Context in which nothing outlives this process that it has started: see `presso.linux.reaper`."""
    mark = uuid.uuid4().hex
    environment = {name: value for name, value in os.environ.items() if name != _MARK}
    command = [sys.executable, "-I", "-S", str(_REAPER), f"{_MARK}={mark}"]
    reaper = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True)
    os.environ[_MARK] = mark
    try:
        yield
    finally:
        del os.environ[_MARK]
        assert reaper.stdin
        reaper.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it ends by itself, too
            reaper.wait(_ENDING)


def serve(workspace: Workspace, address: str, environment: Environment, name: str = "") -> None:
    """Run units for a scheduler until a stop is requested, or the scheduler is gone.

    Args:
        workspace: The checkout and home of this worker.
        address: The scheduler's.
        environment: As of `Command`.
        name: The worker's name in messages; by default the host's with the process's number.

    Raises:
        UsageError: It is not an address.
        PressoError: The scheduler cannot be reached, it is gone, or this is not Linux.
        Stopped: After a signal.
    """
    dask_comm.check_address(address)
    if sys.platform != "linux":
        raise PressoError("A worker needs Linux: elsewhere, Terraform may outlive a worker that is killed.")
    distributed = dask_comm.distributed()
    jobs, station = MainThread(), Station(workspace, environment, lambda *_: None, name)
    connection = _Connection(lambda: _worker(distributed, workspace, address, station.name, jobs))
    with interruption.deferred(), _reaped(), station:
        try:
            connection.open()
        except Exception as error:
            raise dask_comm.unreachable(address, error) from error
        if connection.worker:
            station.send_by(connection.worker.log_event)
            terminal.say(f"{station.name}: waits for units from {address}")
        _work(jobs, connection, station)
        if connection.closed.is_set() and not interruption.requested():
            raise PressoError(f"The Dask scheduler at {address} is gone.", hint="Start it, then the worker.")
        connection.close()


def _worker(distributed: Any, workspace: Workspace, address: str, name: str, jobs: MainThread) -> Any:
    """Return Dask's part of a worker, which runs one unit at a time in the main thread."""
    return distributed.Worker(
        address,
        nthreads=1,
        name=f"{name}-{os.getpid()}-{uuid.uuid4().hex[:4]}",
        executor=jobs,
        resources={cluster_order.RESOURCE: 1},
        local_directory=str(workspace.home / "worker"),
        memory_limit=0,
        dashboard=False,
        death_timeout=dask_comm.PATIENCE,
    )


def _work(jobs: MainThread, connection: _Connection, station: Station) -> None:
    """Run units while there is a connection; without one, stop Terraform within `attempt.PATIENCE`."""

    def watch() -> None:
        connection.closed.wait()
        if not over.is_set():
            station.lose()
            if not over.wait(attempt.PATIENCE):
                os._exit(1)  # the reaper kills Terraform

    over = threading.Event()
    threading.Thread(target=watch, daemon=True).start()
    try:
        jobs.work(lambda: interruption.requested() or connection.closed.is_set())
    finally:
        over.set()

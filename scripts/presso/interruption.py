"""Ctrl-C, decided once: the first asks what runs to stop, the second kills it."""

import contextlib
import os
import signal
import subprocess
import threading
from types import FrameType, TracebackType
from typing import Any


class Interruption:
    """While entered, turns SIGINT, SIGTERM and SIGHUP into a clean stop of the processes noted here.

    The processes have a process group of their own, so a terminal's Ctrl-C reaches them only through this:
    Terraform takes a second SIGINT as leave to give up the state.

    Attributes:
        requested: How often a stop was asked for; nothing new may be started when it is not 0.
        signal: Which signal asked for it.
    """

    def __init__(self) -> None:
        self.requested = 0
        self.signal = signal.SIGINT
        self._running: set[subprocess.Popen[bytes]] = set()
        # The handler runs in the main thread, which may hold the lock.
        self._lock = threading.RLock()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def started(self, process: subprocess.Popen[bytes]) -> None:
        """Note a process; when a stop was asked for meanwhile, it gets it at once."""
        with self._lock:
            self._running.add(process)
            if self.requested:
                self._tell(process)

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a process that was waited for."""
        with self._lock:
            self._running.discard(process)

    def stop(self) -> None:
        """Ask what runs to stop; asked again, kill it."""
        with self._lock:
            self.requested += 1
            for process in self._running:
                self._tell(process)

    def raise_if_requested(self) -> None:
        """Raise the end of the program that the signal asked for.

        Raises:
            KeyboardInterrupt: After SIGINT.
            SystemExit: With 143 after SIGTERM, 129 after SIGHUP (the terminal was closed).
        """
        if self.requested and self.signal != signal.SIGINT:
            raise SystemExit(128 + self.signal)
        if self.requested:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        self.stop()

    def _tell(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.requested == 1:
                process.send_signal(signal.SIGINT)
            else:
                os.killpg(process.pid, signal.SIGKILL)

"""Ctrl-C, `kill` and a closed terminal: handled here, for every command and every thread.

A signal sets a flag, which all threads can read or wait for, and raises `Stopped` in the main thread, once.
Where an operator watches the units that run, the first Ctrl-C only lets them finish (`Interruption.working`).
The flag alone decides the exit code, regardless of the exception. An exception that is swallowed
(Python does so in finalizers) is raised again; while one propagates, no second one interrupts the cleanup.
It is not raised where it would do harm (`_HARMED`), nor inside `deferred()`.

The reasons: docs/decisions/0020-one-way-of-stopping.md.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A closing terminal, and programs such as timeout(1), send their signal twice at once.
SAME_REQUEST = 0.2
_TRY_AGAIN = 0.01
# The request at which the process ends even when its cleanup hangs; at the third, Terraform is killed.
_AT_ONCE = 4
# Functions in which nothing is raised, nor in what they call: their cleanup would be left undone, and in a
# finalizer Python would swallow the exception. The others would lose what they have just acquired: there,
# only a second request raises.
_HARMED = frozenset({"__exit__", "__del__"})
_HARMED_AT_FIRST = frozenset({"__enter__", "enter_context"})
# The same in Python's library, by module. A module whose import was interrupted may not be imported a second
# time; `importlib` gives its own another name once it is imported itself.
_HARMED_IN = {
    "_frozen_importlib": None,
    "concurrent.futures.thread": frozenset({"submit"}),
    "importlib._bootstrap": None,
    "subprocess": frozenset({"__init__"}),
    "tempfile": None,
    "threading": frozenset({"start"}),
    "weakref": None,
}


class Stopped(BaseException):
    """The command must stop.

    Not a KeyboardInterrupt: libraries turn that into something else (click into its Abort, with exit code 1).
    """


class _Process:
    """The requests to stop this process, and how `Stopped` passes through its main thread."""

    def __init__(self) -> None:
        self.number = 0
        self.requests = 0
        self.finishes = False  # the next Ctrl-C lets the running units finish: `Interruption.working`
        self.finishing = False
        self.over = False
        self._last = 0.0
        self._depth = 0
        self._on_its_way: Callable[[], Stopped | None] = lambda: None
        # Locked until a stop is requested, and until the next request. Unlike an Event they can be set by a
        # signal handler that interrupts the very thread which looks at it.
        self._gate = threading.Lock()
        self._gate.acquire()
        self._step = threading.Lock()
        self._step.acquire()

    def install(self) -> None:
        """Handle the signals from now on, except those that the parent process has set to be ignored."""
        signal.signal(signal.SIGALRM, self._try_again)
        before, sys.unraisablehook = sys.unraisablehook, self._unraisable
        self._report_unraisable = before
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._request)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # see `handed_over`

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.over:
            if not self.number:
                os._exit(128 + number)  # everything is done and written; only Python's own exit is left
            return
        now = time.monotonic()
        if self.number and now - self._last < SAME_REQUEST:
            return
        self._last = now
        self.number = self.number or number
        if self.finishes and not self.requests and not self.finishing and number == signal.SIGINT:
            self.finishing = True
            self.show_step()
            return
        self._stop()
        self.show_step()
        self._deliver(frame)

    def _stop(self) -> None:
        self.requests += 1
        if self.requests >= _AT_ONCE:
            os._exit(128 + self.number)
        if self._gate.locked():
            with contextlib.suppress(RuntimeError):
                self._gate.release()

    def finished(self) -> None:
        """No unit runs any more: what was to finish has, and everything else stops."""
        self.finishes = False
        if self.finishing and not self.requests:
            self._stop()

    def show_step(self) -> None:
        """Let `await_step` return."""
        with contextlib.suppress(RuntimeError):  # it is free already
            self._step.release()

    def await_step(self) -> None:
        """Wait for the next request."""
        self._step.acquire()

    def _try_again(self, number: int, frame: FrameType | None) -> None:
        self._deliver(frame)

    def _deliver(self, frame: FrameType | None) -> None:
        """Raise `Stopped` here, or arrange that it is raised later."""
        if not self.requests or self.over or self._depth or self._on_its_way() is not None:
            return
        if _harms(frame, at_first=self.requests == 1):
            signal.setitimer(signal.ITIMER_REAL, _TRY_AGAIN)
            return
        raise self.stopped()

    def stopped(self) -> Stopped:
        """The exception to raise in this thread."""
        error = Stopped()
        if _in_main_thread():
            self._on_its_way = weakref.ref(error, self._lost)
        return error

    def _lost(self, reference: weakref.ref[Stopped]) -> None:
        """The exception was swallowed: it is gone, and the command has not ended."""
        if reference is self._on_its_way and not self.over:
            signal.setitimer(signal.ITIMER_REAL, _TRY_AGAIN)

    def _unraisable(self, unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, Stopped):
            self._report_unraisable(unraisable)

    def enter(self) -> None:
        """Raise nothing from now on."""
        if _in_main_thread():
            self._depth += 1

    def leave(self, kind: type[BaseException] | None) -> None:
        """Raise what was deferred, unless another exception already propagates."""
        if not _in_main_thread():
            return
        self._depth -= 1
        if self.requests and not self._depth and kind is None:
            self._deliver(sys._getframe(2))
        elif self.requests and not self._depth:
            signal.setitimer(signal.ITIMER_REAL, _TRY_AGAIN)

    def end(self) -> None:
        """Raise nothing any more; leave no timer, since Python removes handlers before it ends."""
        self.over = True
        signal.setitimer(signal.ITIMER_REAL, 0)

    def check(self) -> None:
        """Raise `Stopped` when a stop is requested, unless this thread already does."""
        if self.requests and not (_in_main_thread() and (self._depth or self._on_its_way() is not None)):
            raise self.stopped()

    def wait(self, seconds: float) -> bool:
        """Wait for a request; return whether there is one."""
        if not self.requests and self._gate.acquire(timeout=seconds):
            self._gate.release()
        return bool(self.requests)


_process = _Process()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _harms(frame: FrameType | None, *, at_first: bool) -> bool:
    """Whether an exception raised in this frame would do harm in one of the frames that it passes."""
    harmed = _HARMED | _HARMED_AT_FIRST if at_first else _HARMED
    while frame is not None:
        name = frame.f_code.co_name
        module = frame.f_globals.get("__name__")
        if name in harmed:
            return True
        if module in _HARMED_IN:
            names = _HARMED_IN[module]
            if names is None or name in names:
                return True
        frame = frame.f_back
    return False


def handled() -> _Handling:
    """Context of the whole program: signals stop it and decide its exit code.

    Raises:
        SystemExit: With 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP (the terminal was closed),
            regardless of the program's own result. Unless it has printed an error,
            standard error has "Stopped.".
    """
    return _Handling()


class _Handling:
    def __enter__(self) -> None:
        if _in_main_thread():
            _process.install()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Exit with the code of the signal, if there was one."""
        _process.end()
        if not _process.number:
            return
        if not (isinstance(error, SystemExit) and error.code):
            from presso import terminal

            try:
                terminal.say("Stopped.")
            except (OSError, ValueError, AttributeError):
                sys.stderr = None  # it is gone: Python would flush it once more, and exit with 120
        raise SystemExit(128 + _process.number) from None


class Interruption:
    """The requests to stop a piece of work: the process's, and any for this work alone.

    While it is entered in the main thread nothing is raised there: the work checks `requests` instead, so
    that it can report what it has done. The exception is raised when the context ends.

    Attributes:
        finishes: Whether the first Ctrl-C lets the units that run finish. Only where an operator can press it
            again: all else that stops a process kills it soon afterwards.
    """

    def __init__(self) -> None:
        self.finishes = False
        self._own = 0

    @property
    def requests(self) -> int:
        """How often a stop was requested: from the second request on, running processes should end sooner."""
        return max(self._own, _process.requests)

    @property
    def requested(self) -> bool:
        """Whether a stop was requested; then nothing new may start."""
        return self.requests > 0

    @property
    def ending(self) -> bool:
        """Whether no further unit may start: a stop was requested, or that the running ones finish."""
        return self.requested or _process.finishing

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Context in which units run."""
        _process.finishes = self.finishes
        try:
            yield
        finally:
            _process.finished()

    def stop(self) -> None:
        """Request that this work stop, or that it stop sooner."""
        self._own += 1

    def __enter__(self) -> Interruption:
        _process.enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        """Raise what was deferred.

        Raises:
            Stopped: A signal arrived, and no other exception propagates.
        """
        _process.leave(kind)


@contextlib.contextmanager
def steps_shown(show: Callable[[int], None]) -> Iterator[None]:
    """Context in which each request to stop is passed on, from another thread.

    Args:
        show: Gets 0 when the units that run are to finish, then 1, 2, … as of `Interruption.requests`.
    """
    over = threading.Event()

    def follow() -> None:
        shown = -1
        while not over.is_set():
            _process.await_step()
            step = _process.requests
            if step > shown and (step or _process.finishing) and not over.is_set():
                show(step)
                shown = step

    thread = threading.Thread(target=follow, name="steps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        _process.show_step()
        thread.join()


def deferred() -> Interruption:
    """Context in which nothing is raised: for steps that belong together, and cleanup not in `__exit__`."""
    return Interruption()


@contextlib.contextmanager
def handed_over() -> Iterator[None]:
    """Context in which this process execs another program: signals wait until that unblocks `SIGNALS`.

    Raises:
        Stopped: A stop is already requested: the other program would not see it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        check()
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def requested() -> bool:
    """Return whether a signal has requested that this process stop."""
    return _process.requests > 0


def hurried() -> bool:
    """Return whether a stop was requested more than once: running processes are then killed, not awaited."""
    return _process.requests > 1


def check() -> None:
    """Raise `Stopped` if a stop is requested, except in cleanup and `deferred()`: for loops that wait."""
    _process.check()


def wait(seconds: float) -> bool:
    """Wait until a stop is requested, at most so many seconds; return whether one is."""
    return _process.wait(seconds)


def stopped() -> Stopped:
    """Return the exception to raise for work that a stop has cut short."""
    return _process.stopped()


def caused(error: BaseException | None) -> bool:
    """Return whether an error was caused by `Stopped`, in code that was not prepared for it."""
    while error is not None and not isinstance(error, Stopped):
        error = error.__cause__ or error.__context__
    return error is not None

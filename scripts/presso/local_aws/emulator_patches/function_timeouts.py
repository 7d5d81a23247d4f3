"""Untrusted functions on a busy machine: none fails because others compute.

A function's timeout is counted by a clock that stops while others compute in the emulator's place
(`presso.patience`), and messages that it works on stay invisible as long. No more functions start
at once than there are processors: on AWS each has one of its own; here thirty cold starts at once would
take a minute each.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from presso.local_aws.emulator_patches.internals import Json, Patches
from presso.patience import Patience

PATCHES = Patches()
PATCHES.uses(lambda_runtime, "threading")
PATCHES.uses(
    lambda_svc,
    "_invoke_depth",
    _execute_function_dispatch="func config event request_id started",
    _run_sqs_batch="esm func_rec event batch queue_url queue_name",
)
_FEWEST_TURNS = 2
# Who waits for a turn may be what those who have one wait for.
_LONGEST_WAIT_SECONDS = 4.0
_ASKED_EVERY = 0.25
_LONGER_THAN_ANY_FUNCTION = 86400.0


class _Clock:
    """A clock that stops while others compute; for all threads."""

    def __init__(self) -> None:
        self._patience = Patience([os.getpid()])
        self._lock = threading.Lock()

    def time(self) -> float:
        """Seconds since the emulator's start."""
        with self._lock:
            return self._patience.seconds()


class _Threading:
    """The module threading, whose threads are joined by that clock."""

    def __init__(self, clock: _Clock) -> None:
        class Thread(threading.Thread):
            def join(self, timeout: float | None = None) -> None:
                """Wait for the thread's end."""
                until = None if timeout is None else clock.time() + timeout
                while until is not None and self.is_alive() and clock.time() < until:
                    super().join(min(_ASKED_EVERY, max(0.0, until - clock.time())))
                if until is None:
                    super().join()

        self.Thread = Thread

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


def apply() -> None:
    """Apply these patches."""
    clock = _Clock()
    lambda_svc._run_sqs_batch = _unseen_meanwhile(lambda_svc._run_sqs_batch)
    lambda_runtime.threading = _Threading(clock)
    lambda_svc._execute_function_dispatch = _in_turn(lambda_svc._execute_function_dispatch, clock)


def _in_turn(original: Callable[..., Json], clock: _Clock) -> Callable[..., Json]:
    turns = threading.Semaphore(max(_FEWEST_TURNS, os.cpu_count() or 1))

    def dispatch(func: Json, config: Json, event: Json, request_id: str, started: float) -> Json:
        if lambda_svc._invoke_depth.get():  # its caller has a turn
            return original(func, config, event, request_id, started)
        until = clock.time() + _LONGEST_WAIT_SECONDS
        while not (mine := turns.acquire(timeout=_ASKED_EVERY)) and clock.time() < until:
            pass
        try:
            return original(func, config, event, request_id, started)
        finally:
            if mine:
                turns.release()

    return dispatch


def _unseen_meanwhile(original: Callable[..., None]) -> Callable[..., None]:
    def run_sqs_batch(esm: Json, func_rec: Json, event: Json, batch: list[Json], *queue: str) -> None:
        visible = [message["visible_at"] for message in batch]
        for message in batch:
            message["visible_at"] += _LONGER_THAN_ANY_FUNCTION
        try:
            original(esm, func_rec, event, batch, *queue)
        finally:
            for message, at in zip(batch, visible, strict=True):  # those that are left
                message["visible_at"] = at

    return run_sqs_batch

"""Functions run a few at a time; a call that waits for its turn takes none of the function's time.

On AWS each environment of a function has a processor of its own, and a burst of events starts as many. Here
all share this machine's: a hundred at once would take minutes each, and exceed their timeouts. So calls take
turns, in the order in which they came, those first whose caller waits for the answer. A function that calls
another one waits for it with its own turn, and the other needs none. It may also wait for one without either
knowing, through a workflow or an API, or do nothing for long: when no call has ended for a moment, the next
one begins.

Source: Lambda developer guide, "Invoking a Lambda function asynchronously": such a call waits in a queue
before it runs, and its function's timeout begins when it does.
"""

import os
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from presso.local_aws.emulator_patches import asynchronous_calls, computing_clock
from presso.local_aws.emulator_patches.internals import Json, Patches
from presso.local_aws.turns import Turns

PATCHES = Patches()
PATCHES.uses(lambda_runtime, "INVOKE_DEPTH_HEADER")
# While one function computes, the emulator answers another.
_TURNS = 2 * (os.cpu_count() or 1)
_LOOKED_EVERY = 0.25


def _watched(look: Callable[[], bool]) -> None:
    def watch() -> None:
        while look():
            time.sleep(_LOOKED_EVERY)

    threading.Thread(target=watch, daemon=True).start()


_turns = Turns(_TURNS, computing_clock.seconds, _watched)
_mine = threading.local()
_of_function: ContextVar[bool] = ContextVar("presso_of_function", default=False)


@PATCHES.around(lambda_svc)
def _inbound_invoke_depth(original: Callable[[Json], int], headers: Json) -> int:
    """How many functions have led to this call; note whether it is one that makes it."""
    _of_function.set(lambda_runtime.INVOKE_DEPTH_HEADER.lower() in headers)
    return original(headers)


@PATCHES.around(lambda_svc)
def _acquire_execution_slot(
    original: Callable[[Json, Json], tuple[str | None, str | None]], func: Json, config: Json
) -> tuple[str | None, str | None]:
    """Wait for a turn, then reserve a unit of concurrency, if there is one."""
    answered = not asynchronous_calls.is_asynchronous()
    _mine.has_turn = not (answered and _of_function.get())
    if _mine.has_turn:
        _turns.ask(answered=answered).wait()
    slot = None
    try:
        slot, limit = original(func, config)
    finally:
        if slot is None and _mine.has_turn:
            _turns.give_back()
    return slot, limit


@PATCHES.around(lambda_svc)
def _release_execution_slot(original: Callable[[str], None], key: str) -> None:
    """Free the unit of concurrency and the turn."""
    original(key)
    if _mine.has_turn:
        _turns.give_back()


@PATCHES.around(lambda_svc)
def _execute_function_dispatch(
    original: Callable[..., Json], func: Json, config: Json, event: Json, request_id: str, started: float
) -> Json:
    """Run a function; its duration begins now."""
    return original(func, config, event, request_id, time.time())

"""Functions on a busy machine: a timeout counts the time that a function could have used.

It is counted by a clock that stops while others compute in the emulator's place, and messages that a function
works on, or that wait for it, stay invisible as long.
"""

import threading
from collections.abc import Callable
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from presso.local_aws.emulator_patches import computing_clock
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(lambda_runtime, "threading")
_LONGER_THAN_ANY_FUNCTION = 86400.0


class _Threading:
    """The module threading, with threads that are joined by that clock."""

    Thread = computing_clock.Thread

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


@PATCHES.also
def _join_by_that_clock() -> None:
    lambda_runtime.threading = _Threading()


@PATCHES.around(lambda_svc)
def _run_sqs_batch(
    original: Callable[..., None],
    esm: Json,
    func_rec: Json,
    event: Json,
    batch: list[Json],
    queue_url: str,
    queue_name: str,
) -> None:
    """Run a function with messages, which stay invisible meanwhile."""
    visible = [message["visible_at"] for message in batch]
    for message in batch:
        message["visible_at"] += _LONGER_THAN_ANY_FUNCTION
    try:
        original(esm, func_rec, event, batch, queue_url, queue_name)
    finally:
        for message, at in zip(batch, visible, strict=True):  # those that are left
            message["visible_at"] = at

"""AWS is eventually consistent: calls that fail for a while after something else was made are tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from offline_aws.aws import Aws


def eventually(
    aws: Aws,
    call: Callable[[], Any],
    *refusals: tuple[str, str],
    seconds: float = 300.0,
    local: float = 0.0,
) -> Any:
    """What ``call`` returns, tried again while AWS refuses with one of ``refusals``.

    Args:
        aws: For the operation's end (``stopping``).
        call: The AWS call, with its arguments bound.
        refusals: Pairs of error code and part of the message ("" for any) that pass with time.
        seconds: How long at most; then the last error is raised, as every other error is at once.
        local: The same for an emulator, which is consistent at once, but may be asked too early for what the
            same apply makes.
    """
    from botocore.exceptions import ClientError

    deadline = time.monotonic() + (local if aws.local else seconds)
    pause = 0.2
    while True:
        try:
            return call()
        except ClientError as error:
            found = error.response.get("Error", {})
            code, message = found.get("Code", ""), found.get("Message", "")
            passing = any(code == wanted and part in message for wanted, part in refusals)
            if not passing or time.monotonic() >= deadline or aws.stopping.wait(pause):
                raise
            pause = min(pause * 2, 5.0)

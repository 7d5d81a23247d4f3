"""A batch of messages, each an event, where one that fails does not hold up the others."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bar_event
from bar_event import BarEvent


def each(batch: dict[str, Any], do: Callable[[BarEvent], str]) -> dict[str, Any]:
    """Do something with the event in each message, and log what `do` returns.

    Returns the messages that failed, in the form that makes SQS hand out only them again.
    """
    failed = [message["messageId"] for message in batch["Records"] if not _done(message, do)]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _done(message: dict[str, Any], do: Callable[[BarEvent], str]) -> bool:
    try:
        event = bar_event.read_text(message["body"])
        _say(message, what=do(event), event=event.name, order=event.order)
    # Any error: the other messages of the batch must be done.
    except Exception as error:
        _say(message, what="failed", why=f"{type(error).__name__}: {error}", where=_place(error))
        return False
    return True


def _place(error: Exception) -> str:
    """The file and the line where it was raised or passed last, of those beside this one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == Path(__file__).parent]
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"


def _say(message: dict[str, Any], **more: str) -> None:
    print(json.dumps({"messageId": message["messageId"], **more}))

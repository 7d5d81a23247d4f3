"""Schedules: the context attributes in a target's input, and how soon after its time a start is.

Source: EventBridge Scheduler user guide, "Adding context attributes": `<aws.scheduler.scheduled-time>` and
three more in the input are replaced by this start's values.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, scheduler

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(scheduler, "_SCHEDULE_TICK_INTERVAL")


@PATCHES.also
def _tick_often() -> None:
    scheduler._SCHEDULE_TICK_INTERVAL = 1  # seconds; ten would delay a due function too long


@PATCHES.around(eventbridge)
def _invoke_target(
    original: Callable[..., None], target: Json, event: Json, rule: Json, view: Any = None
) -> None:
    if event.get("Source") == "aws.scheduler" and target.get("Input"):
        text = str(target["Input"])
        for name, value in _attributes(event).items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        target = {**target, "Input": text}
    original(target, event, rule, view)


def _attributes(event: Json) -> dict[str, str]:
    return {
        "attempt-number": "1",
        "execution-id": str(uuid.uuid4()),
        "schedule-arn": event["Resources"][0],
        "scheduled-time": datetime.fromtimestamp(int(event["Time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }

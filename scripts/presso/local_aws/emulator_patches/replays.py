"""EventBridge: a replay of an archive reaches the rules that its destination names (`FilterArns`), no others.

Source: API reference of ReplayDestination.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(eventbridge, "_replays")


@PATCHES.around(eventbridge)
def _invoke_target(
    original: Callable[..., None], target: Json, event: Json, rule: Json, view: Any = None
) -> None:
    replay = eventbridge._replays.get(event.get("ReplayName")) or {}
    rules = (replay.get("Destination") or {}).get("FilterArns")
    if not rules or rule.get("Arn") in rules:
        original(target, event, rule, view)

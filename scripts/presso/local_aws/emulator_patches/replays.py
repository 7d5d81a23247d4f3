"""EventBridge: a replay of an archive reaches the rules that its destination names (`FilterArns`), no others.

Source: API reference of ReplayDestination.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge

from presso.local_aws.emulator_patches.internals import Json, Needed

NEEDED: Needed = {
    eventbridge: {"_invoke_target": ("target", "event", "rule", "view"), "_replays": None},
}


def apply() -> None:
    """Apply this patch."""
    eventbridge._invoke_target = _invoke_target(eventbridge._invoke_target)


def _invoke_target(original: Callable[..., None]) -> Callable[..., None]:
    def invoke_target(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        replay = eventbridge._replays.get(event.get("ReplayName")) or {}
        rules = (replay.get("Destination") or {}).get("FilterArns")
        if not rules or rule.get("Arn") in rules:
            original(target, event, rule, view)

    return invoke_target

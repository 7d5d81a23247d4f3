"""DynamoDB: a write of an item, with its condition, is one thing.

Source: Amazon DynamoDB developer guide, "Condition expressions" and "Transactions": of two writes at once one
comes first, and the other one's condition is checked on what that one wrote. Step Functions calls these
functions from a thread for each execution, so that two executions would otherwise both find their condition
true, or one would undo what the other one wrote.

The emulator alone checks the grammar of a condition each time: a twentieth of its work for the coffee bar.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

from presso.local_aws.emulator_patches.internals import Patches

_WRITES = ("_batch_write_item", "_delete_item", "_put_item", "_transact_write_items", "_update_item")
PATCHES = Patches()
PATCHES.uses(dynamodb, _condition_syntax_error="expr slot", **dict.fromkeys(_WRITES, "data"))

_MOST_CHECKED = 1000

# Not the emulator's own, which some of these take while they work.
_one_at_a_time = threading.RLock()


@PATCHES.also
def _write_alone() -> None:
    for name in _WRITES:
        setattr(dynamodb, name, _alone(getattr(dynamodb, name)))


@PATCHES.also
def _check_once() -> None:
    checked = functools.lru_cache(_MOST_CHECKED)(dynamodb._condition_syntax_error)
    dynamodb._condition_syntax_error = checked


def _alone(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(write)
    def alone(data: Any) -> Any:
        with _one_at_a_time:
            return write(data)

    return alone

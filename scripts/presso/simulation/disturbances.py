"""Deliveries as EventBridge may make them: an event comes at least once, at some time, in no certain order.

What happened stays the same. A copy has the detail of its original to the last byte, times included, so
counting orders by their ids gives the same number with and without copies.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from presso.simulation.scenarios import Event

# Shares of all events.
TWICE, LATE = 0.12, 0.15
LONGEST_DELAY = 60


def disturbed(events: Sequence[Event], end: int, seed: int) -> tuple[Event, ...]:
    """The events as they are delivered: some twice, some late, and therefore out of order.

    Args:
        events: What happens, in order.
        end: The second by which everything has been delivered.
        seed: Another seed disturbs other events.
    """
    dice = random.Random(seed)  # noqa: S311  a simulation, not a secret
    delivered = []
    for event in events:
        first = _delay(dice) if dice.random() < LATE else 0
        delivered.append(_after(event, first, end))
        if dice.random() < TWICE:
            delivered.append(_after(event, first + _delay(dice), end))
    # Within a second too, the order is not guaranteed.
    return tuple(sorted(delivered, key=lambda event: (event.at, dice.random())))


def _after(event: Event, delay: int, end: int) -> Event:
    delay = min(delay, end - event.at)
    return replace(event, at=event.at + delay, late=event.late + delay)


def _delay(dice: random.Random) -> int:
    """Mostly a second or a few, now and then a minute."""
    # Only random() promises the same numbers in every version of Python.
    return 1 + int(dice.random() ** 3 * LONGEST_DELAY)

"""Kinds of days that the simulator knows: what becomes of orders, when the shop closes, who gives up."""

from __future__ import annotations

from dataclasses import dataclass, field

from presso.errors import UsageError
from presso.simulation.scenarios import USUAL
from presso.suggestions import did_you_mean

# What becomes of orders, as shares of all; the rest are served. A tenth and a bit is cancelled.
OUTCOMES = {
    "cancelled": 0.09,
    "robot cancelled": 0.02,
    "robot": 0.14,
    "put back": 0.06,
    "left": 0.04,
    "forgotten": 0.02,
}


@dataclass(frozen=True)
class Profile:
    """A kind of day.

    Args:
        about: What it is like, for a list.
        outcomes: What becomes of orders, as shares of all; the rest are served.
        open_for: The share of the day that the shop is open.
        late: How many customers come when it is closed, as a share of the orders.
        tries: How often a customer scans the code before giving up; None is until there is room.
        disturbed: Whether events come twice, late and out of order.
    """

    about: str
    outcomes: dict[str, float] = field(default_factory=lambda: OUTCOMES)
    open_for: float = 0.8
    late: float = 0.05
    tries: int | None = None
    disturbed: bool = False


PROFILES = {
    USUAL: Profile("an order is served, or something goes wrong with it"),
    "rush": Profile("more customers than the bar can take: most are refused, try again and give up", tries=4),
    "closing": Profile(
        "the shop closes early: what was ordered is made, newcomers are refused",
        open_for=0.4,
        late=0.5,
        tries=3,
    ),
    "timeouts": Profile(
        "customers who never choose, orders that are never made",
        outcomes={"left": 0.4, "forgotten": 0.4},
        open_for=0.3,
        tries=6,
    ),
    "chaos": Profile(
        "events come twice, late and out of order, as EventBridge may deliver them", disturbed=True
    ),
}


def profile(kind: str) -> Profile:
    """The kind of day with this name.

    Raises:
        UsageError: There is no such kind; the error names the known ones.
    """
    if kind not in PROFILES:
        hint = did_you_mean(kind, sorted(PROFILES), "kinds of days")
        raise UsageError(f"There is no kind of day {kind!r}.", hint=hint)
    return PROFILES[kind]

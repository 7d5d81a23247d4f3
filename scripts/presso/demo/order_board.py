"""The orders of a bar as a display shows them: by number, with their states and how long they waited."""

from __future__ import annotations

from dataclasses import dataclass, field

from presso.simulation.event_log import LiveEvent

_STATES = {
    "Validator.NewOrder": "scanned",
    "OrderProcessor.WorkflowStarted": "chooses",
    "OrderManager.WaitingCompletion": "waits",
    "OrderManager.OrderCompleted": "ready",
    "OrderManager.OrderCancelled": "cancelled",
    "OrderProcessor.OrderTimeOut": "timed out",
    "OrderProcessor.ShopUnavailable": "refused",
}
OVER = ("ready", "cancelled", "timed out", "refused")
# Events may come in any order: a later state is never left for an earlier one.
_RANKS = {"": -1, "scanned": 0, "chooses": 1, "waits": 2, "is made": 2, **dict.fromkeys(OVER, 3)}


@dataclass
class ShownOrder:
    """An order.

    Attributes:
        number: Its number; "" until it has one.
        drink: What was chosen; "" until then.
        state: What became of it so far.
        placed, claimed: When, in epoch seconds; None while it was not.
    """

    number: str = ""
    drink: str = ""
    state: str = ""
    placed: float | None = None
    claimed: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in OVER

    def waited(self, now: float) -> str:
        """How long it waits, or waited, for a barista; "" before."""
        if self.placed is None or (self.over and self.claimed is None):
            return ""
        return f"{max(0.0, (now if self.claimed is None else self.claimed) - self.placed):.0f} s"


@dataclass
class OrderBoard:
    """The orders of one bar, in the order in which they began."""

    orders: dict[str, ShownOrder] = field(default_factory=dict)

    def take(self, event: LiveEvent) -> ShownOrder | None:
        """Take an event; the order, if its state is another one now."""
        detail, kind = event.detail, event.detail_type
        state = _STATES.get(kind, "")
        if kind == "OrderManager.MakeOrder":
            state = "is made" if detail.get("baristaUserId") else "waits"
        order_id = str(detail.get("orderId", ""))
        if not state or not order_id:
            return None
        order = self.orders.setdefault(order_id, ShownOrder())
        self._note(order, kind, event)
        if state == order.state or _RANKS[state] < _RANKS[order.state]:
            return None
        order.state = state
        return order

    def _note(self, order: ShownOrder, kind: str, event: LiveEvent) -> None:
        at = event.at.timestamp() if event.at else 0.0
        if kind == "OrderManager.WaitingCompletion":
            order.number = str(event.detail.get("orderNumber", ""))
            drink = event.detail.get("drinkOrder") or {}
            order.drink = ", ".join([str(drink.get("drink", "")), *map(str, drink.get("modifiers") or [])])
            # When it was placed in milliseconds, where the event has it.
            order.placed = event.detail.get("TS", at * 1000) / 1000
        elif kind == "OrderManager.MakeOrder":
            order.claimed = at if event.detail.get("baristaUserId") else None

    def rows(self, now: float) -> list[list[str]]:
        """The orders by number: number, drink, state, and how long each waits or waited."""
        found = sorted(self.orders.values(), key=lambda order: (not order.number, int(order.number or 0)))
        return [[order.number, order.drink, order.state, order.waited(now)] for order in found]

    def open(self) -> int:
        """How many orders are not over."""
        return sum(not order.over for order in self.orders.values())

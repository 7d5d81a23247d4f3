"""A coffee bar simulated second by second: where scenarios come from.

Customers scan a code, order a drink and wait; a few baristas, and a robot, make the drinks; some orders
are cancelled, put back, forgotten or never placed; at last the shop closes. What goes wrong how often is the
kind of day (`days`). Event names, fields, timings
and limits are those of Serverlesspresso's own services and of its event player's recording. Its wait-times
event is left out: the extension of that name emits it. The same arguments give the same scenario, on every
version of Python.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from presso.aws_limits import EXECUTION_HISTORY
from presso.errors import UsageError
from presso.simulation import disturbances
from presso.simulation.profiles import Profile, profile
from presso.simulation.scenarios import DEFAULT_NAME, MAX_MINUTES, USUAL, Event, Scenario, history_entries

MAX_ORDERS = 1000
CUSTOMER_TIMEOUT = 300
BARISTA_TIMEOUT = 900
CODE_SECONDS = 300
MAX_RUNNING = 20
MAX_QUEUE = 10

MENU: dict[str, tuple[str, ...]] = {
    "Americano": (),
    "Flat White": (),
    "Cappuccino": (),
    "Caffe Latte": ("Regular", "Oat"),
    "Espresso": (),
}

_Item = TypeVar("_Item")


@dataclass
class _Order:
    """One customer's visit, from the scan of the code."""

    number: int
    outcome: str
    tries: int = 1
    drink: str = ""
    modifiers: tuple[str, ...] = ()
    order_number: str = ""

    @property
    def robot(self) -> bool:
        return self.outcome.startswith("robot")

    @property
    def who(self) -> dict[str, str]:
        return {"orderId": _id(1, self.number), "userId": _id(2, self.number), "eventId": "{tenant}"}


def simulate(
    minutes: int, orders: int, seed: int, *, name: str = DEFAULT_NAME, title: str = "", kind: str = USUAL
) -> Scenario:
    """What happens in a coffee bar within some minutes.

    Args:
        minutes: How long, from 2 to 1,440. The shop closes after four fifths of it, on some days earlier.
        orders: How many orders customers come for, from 1 to 1,000; who comes when it is closed is on top.
        seed: Any whole number; another seed is another day.
        name: The scenario's name, as its file's.
        title: Shown in lists; by default minutes and orders.
        kind: The kind of day, as in `profiles.PROFILES`.

    Raises:
        UsageError: A number out of range, an unknown kind, more orders than the bar can take in so few
            minutes (if no customer gives up), or more events than a player takes.
    """
    if not 2 <= minutes <= MAX_MINUTES:
        raise UsageError(f"A scenario takes from 2 to {MAX_MINUTES} minutes, not {minutes}.")
    if not 1 <= orders <= MAX_ORDERS:
        raise UsageError(f"A scenario has from 1 to {MAX_ORDERS} orders, not {orders}.")
    its = profile(kind)
    bar = _Bar(minutes, orders, random.Random(seed), its)  # noqa: S311  a simulation, not a secret
    events = bar.run()
    if its.disturbed:
        events = disturbances.disturbed(events, minutes * 60, seed)
    if history_entries(events) > EXECUTION_HISTORY:
        fit = orders * EXECUTION_HISTORY // history_entries(events)
        raise UsageError(
            f"{orders} orders make {len(events)} events within {minutes} minutes, which exceed a player's "
            "limit.",
            hint=f"About {fit} orders fit.",
        )
    return Scenario(name, title or f"{minutes} minutes, {orders} orders", minutes, seed, orders, events, kind)


@dataclass
class _Bar:
    """The bar at one moment: a queue of the next events, and who waits for which step."""

    minutes: int
    orders: int
    dice: random.Random
    day: Profile
    now: int = 0
    planned: int = 0
    running: int = 0
    scans: int = 0
    numbers: int = 0
    open: bool = False
    events: list[Event] = field(default_factory=list)
    agenda: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    queue: deque[_Order] = field(default_factory=deque)
    free: deque[str] = field(default_factory=deque)
    tokens: dict[int, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.end = self.minutes * 60
        self.closing = round(self.end * self.day.open_for)
        baristas = max(2, math.ceil(self.orders / self.minutes))
        self.free.extend(_id(3, number + 1) for number in range(baristas))
        per_code = self.orders * (self.day.tries or 1) * CODE_SECONDS / self.closing
        self.drinks_per_code = max(10, 10 * math.ceil(per_code * 1.3 / 10))

    def run(self) -> tuple[Event, ...]:
        """Simulate the day to its end and return what happened, in order."""
        self._at(0, self._turn, True)
        self._at(self.closing, self._turn, False)
        for when, outcome in zip(self._arrivals(2, self.closing, self.orders), self._outcomes(), strict=True):
            self._at(when, self._scan, outcome)
        for when in self._arrivals(self.closing + 5, self.end, int(self.orders * self.day.late)):
            self._at(when, self._scan, "late")
        while self.agenda and self.agenda[0][0] <= self.end:
            self.now, _, happen, arguments = heapq.heappop(self.agenda)
            happen(*arguments)
        return tuple(self.events)

    # The day's plan.

    def _at(self, when: int, happen: Callable[..., None], *arguments: Any) -> None:
        self.planned += 1
        heapq.heappush(self.agenda, (when, self.planned, happen, arguments))

    def _between(self, low: int, high: int) -> int:
        # Only random() promises the same numbers in every version of Python.
        return low + int(self.dice.random() * (high - low + 1))

    def _pick(self, items: Sequence[_Item]) -> _Item:
        return items[self._between(0, len(items) - 1)]

    def _arrivals(self, start: int, end: int, count: int) -> list[int]:
        """Spread over the time, each somewhere in its own share of it."""
        return [start + int((number + self.dice.random()) * (end - start) / count) for number in range(count)]

    def _outcomes(self) -> list[str]:
        """One outcome an order, shuffled. A time-out that the day has no room for becomes an order served."""
        deck = [
            outcome for outcome, share in self.day.outcomes.items() for _ in range(round(self.orders * share))
        ]
        deck += ["served"] * (self.orders - len(deck))
        for last in range(len(deck) - 1, 0, -1):
            other = self._between(0, last)
            deck[last], deck[other] = deck[other], deck[last]
        return deck

    # What happens.

    def _turn(self, is_open: bool) -> None:
        """Open or close the shop."""
        self.open = is_open
        row = {
            "eventId": "{tenant}",
            "storeOpen": is_open,
            "drinksPerBarcode": self.drinks_per_code,
            "maxOrdersPerUser": 1,
            "maxOrdersInQueue": MAX_QUEUE,
            "menu": [_menu_entry(drink) for drink in MENU],
        }
        self._emit(
            "ConfigService.ConfigChanged", f"The shop {'opens' if is_open else 'closes'}.", NewImage=row
        )

    def _scan(self, outcome: str, tries: int = 1) -> None:
        """A customer scans the code; the order's workflow starts when the shop is open and not full."""
        bucket = self.now // CODE_SECONDS
        code, left = self.tokens.get(bucket) or (self._code(), self.drinks_per_code)
        if not left:
            self._at((bucket + 1) * CODE_SECONDS + self._between(0, 20), self._scan, outcome, tries)
            return
        self.tokens[bucket] = (code, left - 1)
        self.scans += 1
        order = _Order(self.scans, outcome, tries)
        ticket = {"eventId": "{tenant}", "bucket": bucket + 1, "code": code, "availableTokens": left - 1}
        self._emit(
            "Validator.NewOrder",
            "A customer scanned a valid code.",
            orderId=order.who["orderId"],
            userId=order.who["userId"],
            bucket=ticket,
        )
        if not self.open or self.running >= MAX_RUNNING or len(self.queue) >= MAX_QUEUE:
            self._refuse(order)
        else:
            self._start(order)

    def _refuse(self, order: _Order) -> None:
        why = "The shop has as many orders as it can take." if self.open else "The shop is closed."
        guest = {key: order.who[key] for key in ("userId", "eventId")}
        self._emit("OrderProcessor.ShopUnavailable", why, **guest)
        patient = self.day.tries is None or order.tries < self.day.tries
        if self.open and patient:
            self._at(self.now + self._between(20, 60), self._scan, order.outcome, order.tries + 1)
        elif self.day.tries is None and order.outcome != "late":
            about = max(1, self.closing * MAX_RUNNING // 150)
            raise UsageError(
                f"{self.orders} orders are more than the bar can serve in {self.minutes} minutes.",
                hint=f"About {about} fit: use fewer --orders or more --minutes.",
            )

    def _start(self, order: _Order) -> None:
        self.running += 1
        self._emit(
            "OrderProcessor.WorkflowStarted",
            "The order's workflow waits for the customer to choose a drink.",
            TaskToken=self._token(),
            **order.who,
        )
        if order.outcome == "left" and self.end - self.now > CUSTOMER_TIMEOUT:
            self._at(self.now + CUSTOMER_TIMEOUT, self._time_out, order, "Customer timedout")
        else:
            self._at(self.now + self._between(10, 30 if order.robot else 60), self._place, order)

    def _place(self, order: _Order) -> None:
        """The customer, or the robot, orders a drink; the order gets its number and joins the queue."""
        order.drink = self._pick(list(MENU))
        order.modifiers = (self._pick(MENU[order.drink]),) if MENU[order.drink] else ()
        self.numbers += 1
        order.order_number = str(self.numbers)
        drink = _drink_order(order)
        if order.robot:
            self._robot(order, "ProducerRobot", "", body=drink)
        numbered = {**order.who, "orderNumber": order.order_number}
        self._emit(
            "OrderProcessor.WaitingCompletion",
            f"Order {order.order_number} waits for a barista.",
            TaskToken=self._token(),
            **numbered,
        )
        self._emit(
            "OrderManager.WaitingCompletion",
            f"Order {order.order_number} is placed: {order.drink}.",
            **numbered,
            state="{tenant}-CREATED",
            drinkOrder=drink,
            robot=order.robot,
            TS="{at}",
        )
        if order.outcome == "forgotten" and self.end - self.now > BARISTA_TIMEOUT:
            self._at(self.now + BARISTA_TIMEOUT, self._time_out, order, "Barista timedout")
        elif order.robot:
            self._at(self.now + self._between(2, 10), self._claim, order, _id(3, 0))
        else:
            self.queue.append(order)
            self._serve()

    def _serve(self) -> None:
        """Send every free barista to the next order in the queue."""
        while self.queue and self.free:
            self._at(self.now + self._between(5, 15), self._claim, self.queue.popleft(), self.free.popleft())

    def _claim(self, order: _Order, barista: str) -> None:
        if order.robot:
            self._robot(order, "OrderRobot", "make", barista=barista)
        self._emit(
            "OrderManager.MakeOrder",
            f"A barista makes order {order.order_number}.",
            baristaUserId=barista,
            **order.who,
        )
        if order.outcome == "put back":
            order.outcome = "served"
            self._at(self.now + self._between(5, 20), self._put_back, order, barista)
        elif order.robot:
            self._at(self.now + self._between(10, 30), self._finish, order, barista)
        else:
            self._at(self.now + self._between(25, 65), self._finish, order, barista)

    def _put_back(self, order: _Order, barista: str) -> None:
        why = f"The barista puts order {order.order_number} back."
        self._emit("OrderManager.MakeOrder", why, baristaUserId="", **order.who)
        self.queue.appendleft(order)
        self._release(barista)

    def _finish(self, order: _Order, barista: str) -> None:
        """The drink is handed over, or the order is cancelled; either way its workflow ends."""
        cancelled = order.outcome.endswith("cancelled")
        if order.robot:
            self._robot(order, "OrderRobot", "cancel" if cancelled else "complete", barista=barista)
        end = "Cancelled" if cancelled else "Completed"
        why = f"Order {order.order_number} is {end.lower()}."
        self._emit(f"OrderManager.Order{end}", why, **order.who, ORDERSTATE=f"{{tenant}}-{end.upper()}")
        why = f"The workflow of order {order.order_number} is over."
        self._emit("OrderProcessor.orderFinished", why, **order.who)
        self.running -= 1
        if not order.robot:
            self._release(barista)

    def _release(self, barista: str) -> None:
        self.free.append(barista)
        self._serve()

    def _time_out(self, order: _Order, cause: str) -> None:
        why = (
            "Nobody chose a drink in time."
            if cause.startswith("Customer")
            else "Nobody made the order in time."
        )
        self._emit("OrderProcessor.OrderTimeOut", why, **order.who, cause=cause)
        self.running -= 1

    # Telling it.

    def _robot(self, order: _Order, robot: str, action: str, *, barista: str = "", **more: Any) -> None:
        ids = {key: order.who[key] for key in ("orderId", "eventId")}
        why = (
            "The robot orders a drink."
            if robot == "ProducerRobot"
            else f"The robot chose to {action} the order."
        )
        self._emit(f"{robot}.FulfillOrder", why, **ids, baristaUserId=barista, action=action, **more)

    def _emit(self, detail_type: str, message: str, **detail: Any) -> None:
        self.events.append(Event(self.now, detail_type, {"Message": message, **detail}))

    def _token(self) -> str:
        return "{run}" + "".join(self._pick("0123456789abcdef") for _ in range(40))

    def _code(self) -> str:
        return "".join(self._pick("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))


def _id(kind: int, number: int) -> str:
    """A UUID of the replay's own: 1 an order, 2 a customer, 3 a barista (number 0: the robot)."""
    return f"{{run}}{kind}{number:011d}"


def _drink_order(order: _Order) -> dict[str, Any]:
    icon = order.drink.lower().replace(" ", "-")
    return {
        "userId": order.who["userId"],
        "drink": order.drink,
        "modifiers": list(order.modifiers),
        "icon": icon,
    }


def _menu_entry(drink: str) -> dict[str, Any]:
    modifiers = [{"name": "Milk", "options": list(MENU[drink])}] if MENU[drink] else []
    return {"drink": drink, "available": True, "modifiers": modifiers}

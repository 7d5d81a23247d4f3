"""The states of an order, and what may change them: plain functions, without AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Before a drink is chosen; before the order has its number; in the queue; being made; over.
STARTED, ORDERED, CREATED, MAKING = "STARTED", "ORDERED", "CREATED", "MAKING"
COMPLETED, CANCELLED, TIMED_OUT = "COMPLETED", "CANCELLED", "TIMEDOUT"
OPEN = (STARTED, ORDERED, CREATED, MAKING)
STATES = (*OPEN, COMPLETED, CANCELLED, TIMED_OUT)
_FROM = {"": (STARTED,), "make": (CREATED,), "unmake": (MAKING,), "complete": (MAKING,)}
_TO = {"": ORDERED, "make": MAKING, "unmake": CREATED, "complete": COMPLETED, "cancel": CANCELLED}
_DONE = {
    "": "ordered",
    "make": "claimed",
    "unmake": "put back",
    "complete": "completed",
    "cancel": "cancelled",
}


class Refused(Exception):
    """A change that is not allowed; the message states why.

    Attributes:
        status: As of HTTP: 403 not this person's to change, 409 not in this state, 422 not on the menu.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Person:
    """Who acts.

    Attributes:
        id: The user's id.
        barista: Whether that is a barista or an admin.
        robot: Whether that is the order robot: a barista for robots' orders.
    """

    id: str
    barista: bool = False
    robot: bool = False


def moved(
    order: Mapping[str, Any], action: str, person: Person, drink: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the attributes that an action changes; {} when it was done before.

    Args:
        order: The order: `state`, `userId`, and `baristaUserId` while it is made.
        action: "" places it, with `drink`; or make, unmake, complete, cancel.
        person: Who acts.
        drink: The checked choice.

    Raises:
        Refused: Why not.
    """
    _refuse_others(order, action, person)
    state, to = order["state"], _TO[action]
    if _is_repeated(order, action, person, drink):
        return {}
    if state not in _allowed(order, action, person):
        raise Refused(409, f"The order is {state}: it cannot be {_DONE[action]}.")
    if action in ("unmake", "complete") and order.get("baristaUserId") != person.id:
        raise Refused(409, "Another barista makes the order.")
    changes: dict[str, Any] = {"state": to}
    if action == "":
        changes |= {"drinkOrder": {**(drink or {}), "userId": order["userId"]}, "robot": person.robot}
    if action in ("make", "unmake"):
        changes["baristaUserId"] = person.id if action == "make" else ""
        changes["putBackBy"] = "" if action == "make" else person.id
    return changes


def _allowed(order: Mapping[str, Any], action: str, person: Person) -> tuple[str, ...]:
    """The states in which a person may do something with an order."""
    if action != "cancel":
        return _FROM[action]
    own = (STARTED, CREATED) if order["userId"] == person.id else ()
    return (*own, CREATED, MAKING) if person.barista or person.robot else own


def _refuse_others(order: Mapping[str, Any], action: str, person: Person) -> None:
    if person.robot:
        if action and not order.get("robot"):
            raise Refused(403, "The robot makes robots' orders only.")
    elif action in ("make", "unmake", "complete"):
        if not person.barista:
            raise Refused(403, "Only a barista may do that.")
    elif order["userId"] != person.id and not (action == "cancel" and person.barista):
        raise Refused(403, "This is another customer's order.")


def _is_repeated(
    order: Mapping[str, Any], action: str, person: Person, drink: Mapping[str, Any] | None
) -> bool:
    """Whether the request came twice: the same person did this before, with the same drink."""
    state = order["state"]
    if action == "":
        chosen = {**order.get("drinkOrder", {})}
        chosen.pop("userId", None)
        return state in (ORDERED, CREATED) and chosen == {**(drink or {})}
    if action in ("make", "complete"):
        return bool(state == _TO[action] and order.get("baristaUserId") == person.id)
    if action == "unmake":
        return bool(state == CREATED and order.get("putBackBy") == person.id)
    return bool(state == _TO[action] and action == "cancel")


def chosen(menu: list[Mapping[str, Any]], choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return a customer's choice, checked against the menu, with the menu's own icon.

    Args:
        menu: The drinks.
        choice: As the API describes it (`Choice`).

    Raises:
        Refused: 422, with what is wrong.
    """
    found = next((each for each in menu if each["drink"] == choice["drink"]), None)
    if found is None or not found["available"]:
        raise Refused(422, "drink: not on the menu now.")
    modifiers = choice.get("modifiers", [])
    _check_options(found.get("modifiers", []), modifiers)
    icon = found.get("icon") or found["drink"].lower().replace(" ", "-")
    return {"drink": found["drink"], "modifiers": modifiers, "icon": icon}


def _check_options(offered: list[Mapping[str, Any]], options: list[str]) -> None:
    """Refuse an option that no modifier offers, and more options than modifiers that offer them.

    Two modifiers may offer the same option, such as a regular milk and a regular size.
    """
    if not all(any(option in modifier["options"] for modifier in offered) for option in options):
        raise Refused(422, "modifiers: not offered for this drink.")
    places: dict[int, int] = {}
    for number in range(len(options)):
        if not _placed(number, options, offered, places, set()):
            raise Refused(422, "modifiers: one option of each at most.")


def _placed(
    number: int, options: list[str], offered: list[Mapping[str, Any]], places: dict[int, int], seen: set[int]
) -> bool:
    """Give an option a modifier that offers it, where others can move to another one (Kuhn's algorithm).

    Args:
        number: The option's.
        options: All that are chosen.
        offered: The modifiers.
        places: The option of each modifier that has one, both by number.
        seen: Modifiers that were tried.
    """
    for place, modifier in enumerate(offered):
        if place in seen or options[number] not in modifier["options"]:
            continue
        seen.add(place)
        if place not in places or _placed(places[place], options, offered, places, seen):
            places[place] = number
            return True
    return False


def event_of(
    old: Mapping[str, Any], new: Mapping[str, Any], tenant: str
) -> tuple[str, dict[str, Any]] | None:
    """Return the event for a change of an order: its detail-type and detail; None when no event is due."""
    before, state = old.get("state"), new.get("state")
    if before == state or state is None:
        return None
    ids = {"orderId": new["pk"], "userId": new["userId"], "eventId": tenant}
    name = f"order {new['number']}" if "number" in new else "the order"
    if before == ORDERED and state == CREATED:
        return "OrderManager.WaitingCompletion", {
            **ids,
            "Message": f"Order {new['number']} is placed: {new['drinkOrder']['drink']}.",
            "orderNumber": new["number"],
            "state": f"{tenant}-CREATED",
            "drinkOrder": new["drinkOrder"],
            "robot": bool(new.get("robot")),
            "TS": int(new["TS"]),
        }
    if state in (MAKING, CREATED):
        message = f"A barista makes {name}." if state == MAKING else f"The barista puts {name} back."
        return "OrderManager.MakeOrder", {**ids, "Message": message, "baristaUserId": new["baristaUserId"]}
    if state in (COMPLETED, CANCELLED):
        how = state.capitalize()
        message = f"{name[0].upper()}{name[1:]} is {how.lower()}."
        return f"OrderManager.Order{how}", {**ids, "Message": message, "ORDERSTATE": f"{tenant}-{state}"}
    return None


def resumes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    """Return the token of the workflow that a change resumes, and what it is given; None when it waits on."""
    before, state = old.get("state"), new.get("state")
    if before == state or state not in (ORDERED, COMPLETED, CANCELLED) or not old.get("token"):
        return None
    return old["token"], {"state": state}

"""Config: whether the shop is open, its hours, menu, languages and limits.

A change is `ConfigService.ConfigChanged`. Opening hours open and close the shop when they begin and end;
an admin may do so in between, and the next beginning or end counts again.
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from typing import Any

import bar
from bar import Problem, Request

KEY = "config"
# What an admin changes by PUT /config, besides the menu: the least and the most.
LIMITS = {
    "drinksPerBarcode": (1, 1000),
    "maxOrdersPerUser": (1, 1000),
    "maxOrdersInQueue": (1, 1000),
    "maxOrdersRunning": (1, 1000),
    "customerSeconds": (1, 86400),
    "baristaSeconds": (1, 86400),
}
# What a customer's page needs.
PUBLIC = ("eventId", "storeOpen", "hours", "timeZone", "languages", "menu", "maxOrdersPerUser", "version")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


def current() -> dict[str, Any]:
    """Return the settings: those that were set last, else the first ones, with a closed shop."""
    found = bar.table().get_item(Key={"pk": KEY}, ConsistentRead=True).get("Item")
    first = {"eventId": bar.tenant(), "storeOpen": False, "version": 0, "hours": [], "languages": ["en"]}
    row = {**first, **(found["row"] if found else json.loads(os.environ["FIRST"]))}
    return {**row, "timeZone": os.environ["TIME_ZONE"]}


def change(**new: Any) -> dict[str, Any]:
    """Set some settings and return all of them; two changes at once are made one after the other."""
    while True:
        before = current()
        row = {**before, **new, "version": int(before["version"]) + 1}
        if all(before.get(name) == value for name, value in new.items()) and before["version"]:
            return before
        if bar.conditional(
            bar.table().put_item,
            Item={"pk": KEY, "row": row},
            ConditionExpression="attribute_not_exists(pk) OR #row.#version = :seen",
            ExpressionAttributeNames={"#row": "row", "#version": "version"},
            ExpressionAttributeValues={":seen": before["version"]},
        ):
            return row


def checked_menu(menu: Any) -> list[dict[str, Any]]:
    """Return a menu unchanged.

    Raises:
        Problem: It is not a menu; the detail names the place.
    """
    if not isinstance(menu, list) or not 1 <= len(menu) <= 100:
        raise Problem(422, "invalid-menu", "menu: a list of 1 to 100 drinks.")
    for number, drink in enumerate(menu):
        _check_drink(f"menu.{number}", drink)
    names = [drink["drink"] for drink in menu]
    if len({*names}) < len(names):
        raise Problem(422, "invalid-menu", "menu: a drink is listed twice.")
    return menu


def _check_drink(where: str, drink: Any) -> None:
    if not isinstance(drink, dict) or not {"drink", "available"} <= drink.keys():
        raise Problem(422, "invalid-menu", f"{where}: a drink has drink and available.")
    if unknown := drink.keys() - {"drink", "available", "icon", "modifiers"}:
        raise Problem(422, "invalid-menu", f"{where}: unknown: {', '.join(sorted(unknown))}.")
    _check_text(f"{where}.drink", drink["drink"])
    _check_text(f"{where}.icon", drink.get("icon", "icon"))
    modifiers = drink.get("modifiers", [])
    if not isinstance(drink["available"], bool) or not isinstance(modifiers, list) or len(modifiers) > 10:
        raise Problem(
            422, "invalid-menu", f"{where}: available is true or false, modifiers a list of at most 10."
        )
    for number, modifier in enumerate(modifiers):
        place = f"{where}.modifiers.{number}"
        if not isinstance(modifier, dict) or modifier.keys() != {"name", "options"}:
            raise Problem(422, "invalid-menu", f"{place}: a modifier has name and options.")
        _check_text(f"{place}.name", modifier["name"])
        if not isinstance(modifier["options"], list) or not 1 <= len(modifier["options"]) <= 20:
            raise Problem(422, "invalid-menu", f"{place}.options: a list of 1 to 20 texts.")
        for option in modifier["options"]:
            _check_text(f"{place}.options", option)


def _check_text(where: str, text: Any) -> None:
    if not isinstance(text, str) or not 1 <= len(text) <= 50 or not text.isprintable():
        raise Problem(422, "invalid-menu", f"{where}: a text of 1 to 50 characters.")


def checked_hours(hours: Any) -> list[dict[str, Any]]:
    """Return opening hours unchanged; none leave opening to the admins.

    Raises:
        Problem: They are none; the detail names the place.
    """
    if not isinstance(hours, list) or len(hours) > 21:
        raise Problem(422, "invalid-hours", "hours: a list of at most 21.")
    for number, span in enumerate(hours):
        where = f"hours.{number}"
        if not isinstance(span, dict) or span.keys() != {"days", "opens", "closes"}:
            raise Problem(422, "invalid-hours", f"{where}: days, opens and closes.")
        days, times = span["days"], (span["opens"], span["closes"])
        if not isinstance(days, list) or not days or any(day not in DAYS for day in days):
            raise Problem(422, "invalid-hours", f"{where}.days: a list of {', '.join(DAYS)}.")
        if not all(isinstance(time, str) and _TIME.fullmatch(time) for time in times) or times[0] >= times[1]:
            raise Problem(422, "invalid-hours", f"{where}: from 00:00 to 24:00, and opens before closes.")
    return hours


def checked_languages(languages: Any) -> list[str]:
    """Return languages unchanged; the first is the one for guests whose own is not among them.

    Raises:
        Problem: They are none.
    """
    good = isinstance(languages, list) and 1 <= len(languages) <= 20
    if not good or not all(isinstance(each, str) and _LANGUAGE.fullmatch(each) for each in languages):
        raise Problem(422, "invalid-languages", "languages: a list of 1 to 20 such as en or zh-Hant-TW.")
    if len({*languages}) < len(languages):
        raise Problem(422, "invalid-languages", "languages: one is listed twice.")
    return languages


def is_open(hours: list[dict[str, Any]], now: datetime) -> bool:
    """Return whether a moment, as clocks show it at the bar, is within the opening hours."""
    day, time = DAYS[now.weekday()], f"{now:%H:%M}"
    return any(day in span["days"] and span["opens"] <= time < span["closes"] for span in hours)


def follow_hours() -> None:
    """Open or close the shop if its hours began or ended since the last time; the schedule calls."""
    row = current()
    if row["hours"] and row.get("scheduled") != (due := is_open(row["hours"], bar.here())):
        change(storeOpen=due, scheduled=due)


def show(request: Request) -> dict[str, Any]:
    """GET /config."""
    row = current()
    return {name: row[name] for name in PUBLIC}


def show_all(request: Request) -> dict[str, Any]:
    """GET /admin-config."""
    request.need("admin")
    return current()


def turn(request: Request) -> dict[str, Any]:
    """PUT /store?state=open|closed."""
    request.need("admin")
    state = request.parameters.get("state")
    if state not in ("open", "closed"):
        raise Problem(422, "invalid-request", "state: open or closed.")
    return change(storeOpen=state == "open")


def put(request: Request) -> dict[str, Any]:
    """PUT /config: hours, languages, the menu, and limits. New hours count at once."""
    request.need("admin")
    new = request.body
    if not isinstance(new, dict) or not new:
        raise Problem(422, "invalid-request", "The body is an object of settings.")
    if unknown := new.keys() - {*LIMITS, *_CHECKED}:
        raise Problem(422, "invalid-request", f"Unknown: {', '.join(sorted(unknown))}.")
    for name, value in new.items():
        if name in _CHECKED:
            _CHECKED[name](value)
            continue
        least, most = LIMITS[name]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Problem(422, "invalid-request", f"{name}: a whole number from {least} to {most}.")
    if new.get("hours"):
        due = is_open(new["hours"], bar.here())
        new = {**new, "storeOpen": due, "scheduled": due}
    return change(**new)


_CHECKED = {"hours": checked_hours, "languages": checked_languages, "menu": checked_menu}
ROUTES = {
    "GET /config": show,
    "GET /admin-config": show_all,
    "PUT /config": put,
    "PUT /store": turn,
}


def announced(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Return the detail of the event for a change of the row; None when it is gone."""
    if not new:
        return None
    before, row = old.get("row", {}), new["row"]
    message = "The settings changed."
    if before.get("storeOpen", False) != row["storeOpen"]:
        message = f"The shop {'opens' if row['storeOpen'] else 'closes'}."
    return {"Message": message, "NewImage": json.loads(json.dumps(row, default=int))}


def changes(event: dict[str, Any]) -> None:
    """Emit an event for each change of the row; the table's stream calls."""
    for old, new in bar.images(event):
        if detail := announced(old, new):
            bar.emit("ConfigService.ConfigChanged", detail)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point; the schedule calls with what is due."""
    if event == {"due": "hours"}:
        return follow_hours()
    return bar.handle(event, routes=ROUTES, changes=changes)

"""Config: whether the shop is open, its menu and its limits. A change is `ConfigService.ConfigChanged`."""

from __future__ import annotations

import json
import os
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
PUBLIC = ("eventId", "storeOpen", "menu", "maxOrdersPerUser", "version")


def current() -> dict[str, Any]:
    """Return the settings: those that were set last, else the first ones, with a closed shop."""
    found = bar.table().get_item(Key={"pk": KEY}, ConsistentRead=True).get("Item")
    if found:
        row: dict[str, Any] = found["row"]
        return row
    return {"eventId": bar.tenant(), "storeOpen": False, "version": 0, **json.loads(os.environ["FIRST"])}


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
    """PUT /config: the menu, and limits."""
    request.need("admin")
    new = request.body
    if not isinstance(new, dict) or not new:
        raise Problem(422, "invalid-request", "The body is an object of settings.")
    if unknown := new.keys() - {*LIMITS, "menu"}:
        raise Problem(422, "invalid-request", f"Unknown: {', '.join(sorted(unknown))}.")
    for name, value in new.items():
        if name == "menu":
            checked_menu(value)
            continue
        least, most = LIMITS[name]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Problem(422, "invalid-request", f"{name}: a whole number from {least} to {most}.")
    return change(**new)


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
    """Lambda's entry point."""
    return bar.handle(event, routes=ROUTES, changes=changes)

"""Config: whether the shop is open, its hours, menu, languages and limits.

A change is `ConfigService.ConfigChanged`. Opening hours open and close the shop when they begin and end;
an admin may do so in between, and the next beginning or end counts again.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any

import bar
import contract
from bar import Problem, Request

KEY = "config"
# What a customer's page needs.
PUBLIC = ("eventId", "storeOpen", "hours", "timeZone", "languages", "menu", "maxOrdersPerUser", "version")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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


def check_menu(menu: list[dict[str, Any]]) -> None:
    """Refuse a menu with a drink twice.

    Raises:
        Problem: 422.
    """
    names = [drink["drink"] for drink in menu]
    if len({*names}) < len(names):
        raise Problem(422, "invalid-menu", "menu: a drink is listed twice.")


def check_hours(hours: list[dict[str, Any]]) -> None:
    """Refuse opening hours that end before they begin.

    Raises:
        Problem: 422; the detail names the place.
    """
    for number, span in enumerate(hours):
        if span["opens"] >= span["closes"]:
            raise Problem(422, "invalid-hours", f"hours.{number}: opens before closes; a night is two spans.")


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
    return current()


def turn(request: Request) -> dict[str, Any]:
    """PUT /store?state=open|closed."""
    return change(storeOpen=request.parameters["state"] == "open")


def put(request: Request) -> dict[str, Any]:
    """PUT /config: hours, languages, the menu, and limits. New hours count at once."""
    new = request.body()
    check_menu(new.get("menu", []))
    check_hours(new.get("hours", []))
    if new.get("hours"):
        due = is_open(new["hours"], bar.here())
        new = {**new, "storeOpen": due, "scheduled": due}
    return change(**new)


def show_document(request: Request) -> dict[str, Any]:
    """GET /openapi.json."""
    return contract.document()


ROUTES = {
    "GET /config": show,
    "GET /admin-config": show_all,
    "GET /openapi.json": show_document,
    "PUT /config": put,
    "PUT /store": turn,
}


def announced(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Return the detail of the event for a change of the row; None when it is gone, or another item."""
    if "row" not in new:
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

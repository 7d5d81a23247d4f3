"""Staff: the members of the bar's staff, as its admins see, add and remove them.

Admins are made and removed by the bar's owner alone (`presso bar staff`): a stolen token of an admin's makes
no second admin. Guests sign up under any name that is free, and are never made staff.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

import bar
from bar import Problem, Request

OWNERS = "admin"
GROUPS = (OWNERS, "barista", "display")


def members() -> dict[str, list[str]]:
    """Return the groups of each member, by name; both in alphabetical order."""
    found: dict[str, list[str]] = {}
    listing = bar.client("cognito-idp").get_paginator("list_users_in_group")
    for group in GROUPS:
        for page in listing.paginate(UserPoolId=os.environ["POOL"], GroupName=group):
            for user in page["Users"]:
                found.setdefault(user["Username"], []).append(group)
    return dict(sorted(found.items()))


def show(request: Request) -> list[dict[str, Any]]:
    """GET /staff"""
    return [{"name": name, "groups": groups} for name, groups in members().items()]


def _groups(name: str) -> list[str]:
    """The groups of a member, as far as an admin may change them; none for a user outside of the staff.

    Raises:
        Problem: It is an admin.
    """
    groups = members().get(name, [])
    if OWNERS in groups:
        raise Problem(409, "owners-only", "Admins are changed by the owner: presso bar staff.")
    return groups


def add(request: Request) -> dict[str, Any]:
    """PUT /staff/{name}?group=: the answer has the password of a new member; no other has it."""
    name, group, users = request.parameters["name"], request.parameters["group"], bar.client("cognito-idp")
    user, groups = {"UserPoolId": os.environ["POOL"], "Username": name}, _groups(name)
    password = "" if groups else secrets.token_urlsafe(24)
    if password:
        try:
            users.admin_create_user(**user, TemporaryPassword=password, MessageAction="SUPPRESS")
        except users.exceptions.UsernameExistsException:
            raise Problem(409, "name-taken", f"A guest is named {name}.") from None
    try:
        if password:
            users.admin_set_user_password(**user, Password=password, Permanent=True)
        users.admin_add_user_to_group(**user, GroupName=group)
    except Exception:
        # A user in no group would be a guest, who keeps the name.
        if password:
            users.admin_delete_user(**user)
        raise
    answer = {"name": name, "groups": sorted({*groups, group})}
    return {**answer, "password": password} if password else answer


def remove(request: Request) -> dict[str, Any]:
    """DELETE /staff/{name}: a token of a removed member is good until it expires, an hour at most."""
    name, users = request.parameters["name"], bar.client("cognito-idp")
    if not (groups := _groups(name)):
        raise Problem(404, "unknown-member", f"The staff has no member {name}.")
    try:
        users.admin_delete_user(UserPoolId=os.environ["POOL"], Username=name)
    except users.exceptions.UserNotFoundException:
        raise Problem(404, "unknown-member", f"The staff has no member {name}.") from None
    return {"name": name, "groups": groups}


ROUTES = {"GET /staff": show, "PUT /staff/{name}": add, "DELETE /staff/{name}": remove}


def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda's entry point."""
    return bar.handle(event, routes=ROUTES)

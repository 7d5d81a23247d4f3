"""The staff of a bar: users of its pool that its owner has made, each in one group or more.

Guests sign up by themselves, under any name that is free, and know their passwords. A guest is never made
staff.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from presso.aws_access import listed_items
from presso.bar.owned_bar import OwnedBar
from presso.errors import PressoError, UsageError

GROUPS = ("admin", "barista", "display")


@dataclass(frozen=True)
class Member:
    """A member of the staff: the name, and the groups in alphabetical order."""

    name: str
    groups: tuple[str, ...]


class Staff:
    """The staff of a bar.

    Raises:
        PressoError: The core is not deployed.
    """

    def __init__(self, bar: OwnedBar) -> None:
        self._bar = bar
        self._users: Any = bar.access.client("cognito-idp")
        self._pool = bar.links.pool_id

    def members(self) -> list[Member]:
        """Return the members, by name."""
        groups: dict[str, set[str]] = {}
        for group in GROUPS:
            for name in self._names(group):
                groups.setdefault(name, set()).add(group)
        return [Member(name, tuple(sorted(found))) for name, found in sorted(groups.items())]

    def _names(self, group: str) -> Iterator[str]:
        users = listed_items(
            self._users, "list_users_in_group", "Users", UserPoolId=self._pool, GroupName=group
        )
        return (user["Username"] for user in users)

    def add(self, name: str, group: str) -> str:
        """Add a member, or a group to one, and return a new member's password; "" for one that was there.

        Raises:
            UsageError: A guest has the name, or it is none.
        """
        password = ""
        if name not in [member.name for member in self.members()]:
            password = secrets.token_urlsafe(24)
            self._create(name, password)
        self._users.admin_add_user_to_group(UserPoolId=self._pool, Username=name, GroupName=group)
        return password

    def _create(self, name: str, password: str) -> None:
        users, user = self._users, {"UserPoolId": self._pool, "Username": name}
        try:
            users.admin_create_user(**user, TemporaryPassword=password, MessageAction="SUPPRESS")
        except users.exceptions.UsernameExistsException:
            raise UsageError(
                f"A guest of {self._bar.tenant} is named {name}.", hint="Choose another name for the member."
            ) from None
        except users.exceptions.InvalidParameterException as error:
            raise UsageError(f"{name} is not a name: {error.response['Error']['Message']}") from None
        users.admin_set_user_password(**user, Password=password, Permanent=True)

    def remove(self, name: str) -> None:
        """Remove a member. Tokens of theirs are good until they expire, after an hour at most.

        Raises:
            UsageError: There is none of this name.
        """
        known = [member.name for member in self.members()]
        if name not in known:
            raise UsageError(
                f"The staff of {self._bar.tenant} has no member {name}.",
                hint=f"Members: {', '.join(known) or 'none'}.",
            )
        self._users.admin_delete_user(UserPoolId=self._pool, Username=name)

    def token(self, name: str, password: str) -> str:
        """Return a token for requests of a member.

        Raises:
            PressoError: The name or the password is wrong.
        """
        try:
            answer = self._users.initiate_auth(
                ClientId=self._bar.links.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": password},
            )
        except (self._users.exceptions.NotAuthorizedException, self._users.exceptions.UserNotFoundException):
            raise PressoError(
                f"{name} cannot sign in: the name or the password is wrong.",
                hint="For a new password, remove the member (presso bar staff remove) and add it again.",
            ) from None
        return str(answer["AuthenticationResult"]["IdToken"])

"""IAM: `UpdateUser` and `UpdateGroup`, which the emulator lacks: another name, another path.

Source: IAM API reference, both calls: names differ by more than case; IAM user guide, "Rename an IAM user":
policies, groups, keys, tags and the unique id stay, the ARN changes.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import iam

from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
PATCHES.uses(
    iam,
    "_IAM_HANDLERS",
    "_access_keys",
    "_group_inline_policies",
    "_groups",
    "_login_profiles",
    "_mfa_devices",
    "_user_inline_policies",
    "_users",
    _p="params key default",
    _error="status code message ns",
    _xml="status root_tag inner ns",
)


@PATCHES.also
def _add() -> None:
    iam._IAM_HANDLERS.update(UpdateUser=_update_user, UpdateGroup=_update_group)


def _update_user(params: Json) -> Response:
    return _updated(params, "User", iam._users, _rename_user)


def _update_group(params: Json) -> Response:
    return _updated(params, "Group", iam._groups, _rename_group)


def _updated(params: Json, title: str, every: Any, rename: Callable[[str, str], None]) -> Response:
    """The answer to a change of a user or group; `every` has them by name."""
    kind, key = title.lower(), f"{title}Name"
    name, new = iam._p(params, key), iam._p(params, f"New{key}") or iam._p(params, key)
    refused: Response | None = None
    if name not in every:
        refused = iam._error(404, "NoSuchEntity", f"The {kind} with name {name} cannot be found.")
    elif any(other.lower() == new.lower() for other in every if other != name):
        refused = iam._error(409, "EntityAlreadyExists", f"{title} with name {new} already exists.")
    if refused is not None:
        return refused
    found = every[name]
    path = iam._p(params, "NewPath") or found["Path"]
    found |= {key: new, "Path": path, "Arn": f"arn:aws:iam::{get_account_id()}:{kind}{path}{new}"}
    if new != name:
        every[new] = every.pop(name)
        rename(name, new)
    return iam._xml(200, f"Update{title}Response", "")  # type: ignore[no-any-return]


def _rename_user(name: str, new: str) -> None:
    for by_name in (iam._user_inline_policies, iam._login_profiles):
        _move(by_name, name, new)
    owners = ((iam._access_keys, "UserName"), (iam._login_profiles, "UserName"), (iam._mfa_devices, "User"))
    for owned, key in owners:
        for each in owned.values():
            if each.get(key) == name:
                each[key] = new
    for group in iam._groups.values():
        group["Users"] = [new if user == name else user for user in group["Users"]]


def _rename_group(name: str, new: str) -> None:
    _move(iam._group_inline_policies, name, new)


def _move(by_name: Any, name: str, new: str) -> None:
    if name in by_name:
        by_name[new] = by_name.pop(name)

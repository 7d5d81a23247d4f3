"""Cognito: `UpdateGroup`, which the emulator lacks, and a text of a pool that `UpdateUserPool` leaves out.

Source: Cognito API reference, `UpdateGroup`: what the request leaves out stays as it is; `UpdateUserPool`:
"If you don't provide a value for an attribute, Amazon Cognito sets it to its default value".
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import json_response

from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal


def patches(cognito: Any) -> Patches:
    """Return the patches of the emulator's Cognito, which is imported late."""
    found = Patches()
    found.uses(cognito, _resolve_pool="pool_id", _group_out="group")

    @found.around(cognito)
    async def _dispatch_idp(
        original: Callable[[str, Json], Awaitable[Response]], action: str, data: Json
    ) -> Response:
        if action == "UpdateUserPool":
            data = {"SmsAuthenticationMessage": "", **data}
        return _updated(cognito, data) if action == "UpdateGroup" else await original(action, data)

    return found


def _updated(cognito: Any, data: Json) -> Response:
    pool, fault = cognito._resolve_pool(data.get("UserPoolId"))
    if fault:
        return fault  # type: ignore[no-any-return]
    group = pool["_groups"].get(data.get("GroupName"))
    if group is None:
        return refusal("ResourceNotFoundException", "Group not found.")
    group |= {key: data[key] for key in ("Description", "Precedence", "RoleArn") if key in data}
    return json_response({"Group": cognito._group_out(group)})  # type: ignore[no-any-return]

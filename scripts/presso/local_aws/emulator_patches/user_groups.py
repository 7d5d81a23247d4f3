"""Cognito: `UpdateGroup`, which the emulator lacks.

Source: Cognito API reference, `UpdateGroup`: what the request leaves out stays as it is.
"""

from collections.abc import Awaitable, Callable

from ministack.core.responses import json_response
from ministack.services import cognito

from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
PATCHES.uses(cognito, _resolve_pool="pool_id", _group_out="group")


@PATCHES.around(cognito)
async def _dispatch_idp(
    original: Callable[[str, Json], Awaitable[Response]], action: str, data: Json
) -> Response:
    return update(data) if action == "UpdateGroup" else await original(action, data)


def update(data: Json) -> Response:
    """The answer to `UpdateGroup`."""
    pool, fault = cognito._resolve_pool(data.get("UserPoolId"))
    if fault:
        return fault  # type: ignore[no-any-return]
    group = pool["_groups"].get(data.get("GroupName"))
    if group is None:
        return refusal("ResourceNotFoundException", "Group not found.")
    group |= {key: data[key] for key in ("Description", "Precedence", "RoleArn") if key in data}
    return json_response({"Group": cognito._group_out(group)})  # type: ignore[no-any-return]

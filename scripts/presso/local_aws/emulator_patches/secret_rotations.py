"""Secrets Manager: a rotation can be cancelled, and begins at once only when it is to.

Source: API reference of Secrets Manager, `CancelRotateSecret` and `RotateSecret` (`RotateImmediately`).
"""

import json
from collections.abc import Awaitable, Callable

from ministack.core.responses import json_response
from ministack.services import secretsmanager

from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
PATCHES.uses(secretsmanager, "_describe_secret", "_resolve")


@PATCHES.around(secretsmanager)
async def handle_request(
    original: Callable[..., Awaitable[Response]],
    method: str,
    path: str,
    headers: Json,
    body: bytes,
    query_params: Json,
) -> Response:
    """Cancel a rotation; answer all else as before."""
    if headers.get("x-amz-target", "") != "secretsmanager.CancelRotateSecret":
        return await original(method, path, headers, body, query_params)
    data = json.loads(body)
    found: Response = secretsmanager._describe_secret(data)
    if found[0] == 200:
        _, secret = secretsmanager._resolve(data["SecretId"])
        secret["RotationEnabled"] = False
        found = json_response({"ARN": secret["ARN"], "Name": secret["Name"]})
    return found


@PATCHES.around(secretsmanager)
def _rotate_secret(original: Callable[[Json], Response], data: Json) -> Response:
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret is None or data.get("RotateImmediately") is not False:
        return original(data)
    versions = {
        name: {**version, "Stages": list(version["Stages"])} for name, version in secret["Versions"].items()
    }
    response = original(data)
    if response[0] == 200:
        secret["Versions"] = versions
        response = json_response({"ARN": secret["ARN"], "Name": secret["Name"]})
    return response

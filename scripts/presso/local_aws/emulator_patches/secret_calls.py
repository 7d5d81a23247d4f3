"""Secrets Manager: rotations that are cancelled or begin later, replicas made with a secret or removed,
and secrets without a value.

Source: API reference of Secrets Manager, `CancelRotateSecret`, `RotateSecret` (`RotateImmediately`),
`CreateSecret` (`AddReplicaRegions`, `SecretString`) and `RemoveRegionsFromReplication`.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, json_response
from ministack.services import secretsmanager

from presso.local_aws.emulator_patches.internals import Json, Patches, Request, Response

PATCHES = Patches()
PATCHES.uses(secretsmanager, "_describe_secret", "_replicate_secret_to_regions", "_resolve", "_secrets")


@PATCHES.before(secretsmanager)
def _answered(request: Request) -> Response | None:
    """Answer the two calls that the emulator does not know."""
    calls = {"CancelRotateSecret": _cancel, "RemoveRegionsFromReplication": _remove_replicas}
    call = calls.get(request.headers.get("x-amz-target", "").removeprefix("secretsmanager."))
    if call is None:
        return None
    data = json.loads(request.body)
    found: Response = secretsmanager._describe_secret(data)
    return call(secretsmanager._resolve(data["SecretId"])[1], data) if found[0] == 200 else found


def _named(secret: Any, **more: Any) -> Response:
    answer: Response = json_response({"ARN": secret["ARN"], "Name": secret["Name"], **more})
    return answer


def _cancel(secret: Any, data: Json) -> Response:
    secret["RotationEnabled"] = False
    return _named(secret)


def _remove_replicas(secret: Any, data: Json) -> Response:
    gone = set(data["RemoveReplicaRegions"])
    for region in gone:
        secretsmanager._secrets.pop_scoped(get_account_id(), region, secret["Name"], None)
    kept = [each for each in secret.get("ReplicationStatus", ()) if each["Region"] not in gone]
    secret["ReplicationStatus"] = kept
    answer: Response = json_response({"ARN": secret["ARN"], "ReplicationStatus": kept})
    return answer


@PATCHES.around(secretsmanager)
def _rotate_secret(original: Callable[[Json], Response], data: Json) -> Response:
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret is None or data.get("RotateImmediately") is not False:
        return original(data)
    kept = {
        name: {**version, "Stages": list(version["Stages"])} for name, version in secret["Versions"].items()
    }
    response = original(data)
    if response[0] != 200:
        return response
    secret["Versions"] = kept
    return _named(secret)


@PATCHES.around(secretsmanager)
def _create_secret(original: Callable[[Json], Response], data: Json) -> Response:
    response = original(data)
    if response[0] == 200 and not data.keys() & {"SecretString", "SecretBinary"}:
        secret = secretsmanager._secrets[data["Name"]]
        secret["Versions"].clear()  # of no value there is none
        response = _named(secret)
    if response[0] != 200 or not data.get("AddReplicaRegions"):
        return response
    arn = json.loads(response[2])["ARN"]
    replicated: Response = secretsmanager._replicate_secret_to_regions({**data, "SecretId": arn})
    if replicated[0] != 200:
        del secretsmanager._secrets[data["Name"]]
        return replicated
    return response

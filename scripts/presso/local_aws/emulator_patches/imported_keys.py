"""KMS: a replica of a key with imported material awaits material of its own.

The emulator copies the primary key's. Source: KMS developer guide, "Creating a replica key with imported key
material".
"""

import json
from collections.abc import Callable

from ministack.core.responses import get_account_id, json_response
from ministack.services import kms

from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
PATCHES.uses(kms, "_keys")
_MATERIAL = ("_symmetric_key", "_hmac_key", "_private_key", "_public_key_der")


@PATCHES.around(kms)
def _replicate_key(original: Callable[[Json], Response], data: Json) -> Response:
    response = original(data)
    if response[0] != 200:
        return response
    answer = json.loads(response[2])
    metadata = answer["ReplicaKeyMetadata"]
    if metadata["Origin"] != "EXTERNAL":
        return response
    waiting = {"KeyState": "PendingImport", "Enabled": False}
    replica = kms._keys.get_scoped(get_account_id(), data["ReplicaRegion"], metadata["KeyId"])
    replica.update(waiting)
    for name in _MATERIAL:
        replica.pop(name, None)
    return json_response({**answer, "ReplicaKeyMetadata": {**metadata, **waiting}})  # type: ignore[no-any-return]

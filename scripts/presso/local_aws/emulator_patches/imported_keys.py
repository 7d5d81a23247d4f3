"""KMS: a replica of a key with imported material awaits material of its own.

The emulator copies the primary key's. Source: KMS developer guide, "Creating a replica key with imported key
material".
"""

import json
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, json_response

from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
_MATERIAL = ("_symmetric_key", "_hmac_key", "_private_key", "_public_key_der")


def _of_kms(kms: Any) -> Patches:
    patches = Patches()
    # The latter is what `call_permissions` uses: a request that needs it has imported the module.
    patches.uses(kms, "_keys", _resolve_key="key_id_or_arn")

    @patches.around(kms)
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

    return patches


# Its first request imports it, and cryptography: a tenth of the emulator's start.
PATCHES.later(app, "kms", _of_kms)

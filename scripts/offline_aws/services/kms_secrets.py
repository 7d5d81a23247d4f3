"""KMS: texts that are decrypted for one run.

Source: internal/service/kms/secrets_ephemeral.go.
"""

from __future__ import annotations

import base64

from offline_aws.aws import Aws
from offline_aws.enums import enum
from offline_aws.handler_values import Values, given
from offline_aws.resource import DataSourceHandler
from offline_aws.validators import base64_text


def _opened(aws: Aws, values: Values) -> Values:
    found = {
        secret["name"]: aws.client("kms").decrypt(
            CiphertextBlob=base64.b64decode(secret["payload"]),
            **given(
                EncryptionAlgorithm=secret["encryption_algorithm"],
                EncryptionContext=secret["context"],
                GrantTokens=secret["grant_tokens"],
                KeyId=secret["key_id"],
            ),
        )
        for secret in values["secret"]
    }
    return {"plaintext": {name: answer["Plaintext"].decode() for name, answer in found.items()}}


SECRETS = DataSourceHandler(
    read=_opened,
    validators={
        "secret.encryption_algorithm": enum("kms", "EncryptionAlgorithmSpec"),
        "secret.payload": base64_text,
    },
    tags=False,
)

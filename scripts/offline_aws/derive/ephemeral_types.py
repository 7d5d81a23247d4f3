"""Ephemeral resources, which none of the packages has: names, types and needs from the published source.

internal/service/secretsmanager/{random_password,secret_version}_ephemeral.go,
ssm/parameter_ephemeral.go, kms/secrets_ephemeral.go, lambda/invocation_ephemeral.go.
"""

from __future__ import annotations

from typing import Any

_Attribute = dict[str, Any]


def _attributes(needs: dict[str, Any], kind: Any, *names: str) -> dict[str, _Attribute]:
    return {name: {"type": kind, **needs} for name in names}


_REQUIRED, _OPTIONAL, _COMPUTED = ({need: True} for need in ("required", "optional", "computed"))
_EITHER, _SECRET = {**_OPTIONAL, **_COMPUTED}, {**_COMPUTED, "sensitive": True}
_LIST, _MAP = ["list", "string"], ["map", "string"]

_SECRET_OF_KMS = {
    **_attributes(_OPTIONAL, _MAP, "context"),
    **_attributes(_OPTIONAL, _LIST, "grant_tokens"),
    **_attributes(_OPTIONAL, "string", "encryption_algorithm", "key_id"),
    **_attributes(_REQUIRED, "string", "name", "payload"),
}
_BLOCKS: dict[str, dict[str, Any]] = {
    "aws_kms_secrets": {
        "attributes": _attributes(_SECRET, _MAP, "plaintext"),
        "block_types": {
            "secret": {"nesting_mode": "set", "block": {"attributes": _SECRET_OF_KMS}, "min_items": 1}
        },
    },
    "aws_lambda_invocation": {
        "attributes": {
            **_attributes(_REQUIRED, "string", "function_name", "payload"),
            **_attributes(_OPTIONAL, "string", "client_context", "log_type", "qualifier"),
            **_attributes(_COMPUTED, "string", "executed_version", "function_error", "log_result", "result"),
            **_attributes(_COMPUTED, "number", "status_code"),
        }
    },
    "aws_secretsmanager_random_password": {
        "attributes": {
            **_attributes(_OPTIONAL, "string", "exclude_characters"),
            **_attributes(_OPTIONAL, "bool", "exclude_lowercase", "exclude_numbers", "exclude_punctuation"),
            **_attributes(_OPTIONAL, "bool", "exclude_uppercase", "include_space"),
            **_attributes(_OPTIONAL, "bool", "require_each_included_type"),
            **_attributes(_OPTIONAL, "number", "password_length"),
            **_attributes(_SECRET, "string", "random_password"),
        }
    },
    "aws_secretsmanager_secret_version": {
        "attributes": {
            **_attributes(_REQUIRED, "string", "secret_id"),
            **_attributes(_EITHER, "string", "version_id", "version_stage"),
            **_attributes(_COMPUTED, "string", "arn", "created_date"),
            **_attributes(_COMPUTED, _LIST, "version_stages"),
            **_attributes(_SECRET, "string", "secret_binary", "secret_string"),
        }
    },
    "aws_ssm_parameter": {
        "attributes": {
            **_attributes(_REQUIRED, "string", "arn"),
            **_attributes(_EITHER, "bool", "with_decryption"),
            **_attributes(_COMPUTED, "string", "name", "type"),
            **_attributes(_COMPUTED, "number", "version"),
            **_attributes(_SECRET, "string", "value"),
        }
    },
}


def schemas() -> dict[str, Any]:
    """Their schemas as Terraform prints them; each has a region, as every type."""
    return {
        name: {
            "version": 0,
            "block": {
                **block,
                "attributes": dict(
                    sorted({**block["attributes"], **_attributes(_EITHER, "string", "region")}.items())
                ),
            },
        }
        for name, block in sorted(_BLOCKS.items())
    }

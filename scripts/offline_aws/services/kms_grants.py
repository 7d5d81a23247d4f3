"""KMS: grants.

Source: internal/service/kms/grant.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offline_aws.aws import Aws
from offline_aws.enums import enum
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, given
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.validators import arn, each, length, matches

_CONTEXTS = {
    "encryption_context_equals": "EncryptionContextEquals",
    "encryption_context_subset": "EncryptionContextSubset",
}
_PASSING = (("DependencyTimeoutException", ""), ("KMSInternalException", ""), ("InvalidArnException", ""))


def _create(aws: Aws, values: Values) -> None:
    contexts = {key: block[name] for block in values["constraints"] for name, key in _CONTEXTS.items()}
    arguments = given(
        KeyId=values["key_id"],
        GranteePrincipal=values["grantee_principal"],
        Operations=values["operations"],
        Constraints=given(**contexts),
        GrantTokens=values["grant_creation_tokens"],
        Name=values["name"],
        RetiringPrincipal=values["retiring_principal"],
    )
    kms = aws.client("kms")
    made = eventually(aws, lambda: kms.create_grant(**arguments), *_PASSING)
    values["id"] = f"{values['key_id']}:{made['GrantId']}"
    values["grant_token"] = made["GrantToken"]


def _read(aws: Aws, values: Values) -> Values | None:
    key, _, identifier = values["id"].rpartition(":")
    pages = aws.client("kms").get_paginator("list_grants").paginate(KeyId=key)
    grant = next((item for page in pages for item in page["Grants"] if item["GrantId"] == identifier), None)
    if grant is None:
        return None
    context = {name: (grant.get("Constraints") or {}).get(member) for name, member in _CONTEXTS.items()}
    shown = given(
        grantee_principal=grant.get("GranteePrincipal"),
        name=grant.get("Name"),
        retiring_principal=grant.get("RetiringPrincipal"),
    )
    return {
        **shown,
        "id": values["id"],
        "constraints": [context] if any(context.values()) else [],
        "grant_id": identifier,
        "key_id": key,
        "operations": grant["Operations"],
    }


def _delete(aws: Aws, values: Values) -> None:
    key, _, identifier = values["id"].rpartition(":")
    kms = aws.client("kms")
    end = kms.retire_grant if values["retire_on_delete"] else kms.revoke_grant
    end(KeyId=key, GrantId=identifier)


def _import(aws: Aws, identifier: str) -> Values:
    key, _, grant = identifier.rpartition(":")
    if not key or not grant or "/" in grant or (":" in key and not key.startswith("arn:")):
        raise ResourceError(f"unexpected format of ID ({identifier})", detail="Expected KeyID:GrantID")
    return {"id": identifier, "key_id": key, "grant_id": grant}


def _one_context(config: Values) -> Iterable[tuple[str, str]]:
    blocks = config["constraints"]
    if blocks is UNKNOWN:
        return
    if sum(bool(_set(block[name])) for block in blocks for name in _CONTEXTS) > 1:
        wrong = (
            "A grant constraint can't have both encryption_context_equals and encryption_context_subset set"
        )
        yield "constraints", wrong


def _set(value: Any) -> bool:
    return value is UNKNOWN or bool(value)


def _principal(value: Any) -> str | None:
    service = matches(r"^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$", "")
    if arn(value) is None or service(value) is None:
        return None
    return f"({value}) is an invalid principal: expected an ARN or a service such as lambda.amazonaws.com"


RESOURCES = {
    "aws_kms_grant": ResourceHandler(
        create=_create,
        read=_read,
        delete=_delete,
        imports=_import,
        checks=(_one_context,),
        defaults={"retire_on_delete": False},
        validators={
            "grantee_principal": _principal,
            "name": (length(1, 256), matches(r"^[0-9A-Za-z:/_-]+$", "must match [0-9A-Za-z:/_-]")),
            "operations": each(enum("kms", "GrantOperation")),
            "retiring_principal": _principal,
        },
        name=None,
        differs="Each plan replaces a grant with an empty `constraints` block (published: unknown).",
    ),
}

"""The attributes of a user pool's users: standard ones, which every pool has, and those of its own.

Source: internal/service/cognitoidp/user_pool.go; standard attributes: "Working with user attributes" in the
Amazon Cognito developer guide.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offline_aws.handler_values import ResourceError, Values
from offline_aws.services.cognito_shapes import ATTRIBUTE
from offline_aws.shapes import from_api, to_api
from offline_aws.values import known

_FLAGS = ("developer_only_attribute", "mutable", "required")
_NOBODYS_OWN = {"identities"}  # added by Cognito with the first identity provider
_IMMUTABLE = {"sub"}
_STANDARD = {
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "sub",
    "updated_at",
    "website",
    "zoneinfo",
}


def to_schema(blocks: list[Values]) -> list[dict[str, Any]]:
    """The API's attributes; what is not configured is false, as the published provider sends it."""
    flagged = [{**block, **{flag: bool(block[flag]) for flag in _FLAGS}} for block in blocks]
    return [to_api(block, ATTRIBUTE) for block in flagged]


def from_schema(found: list[dict[str, Any]], stored: list[Values]) -> list[Values]:
    """The blocks of a pool: its own attributes, and the standard ones that are configured or not as usual."""
    configured = {block["name"]: block for block in stored}
    blocks = []
    for attribute in found:
        name = str(attribute["Name"])
        short = name.removeprefix("dev:").removeprefix("custom:")
        own = configured.get(short)
        if own is None and name == short and _usual(attribute):
            continue
        blocks.append(_block({**attribute, "Name": short}, own))
    return blocks


def _usual(attribute: dict[str, Any]) -> bool:
    name = attribute["Name"]
    fixed = name in _IMMUTABLE
    return name in _NOBODYS_OWN or (
        bool(attribute.get("Required")) == fixed and bool(attribute.get("Mutable", True)) != fixed
    )


def _block(attribute: dict[str, Any], own: Values | None) -> Values:
    block = from_api(attribute, ATTRIBUTE)
    if own is None:
        return block
    for flag in _FLAGS:
        block[flag] = own[flag] if not block[flag] and not own[flag] else block[flag]
    for limits in ("number_attribute_constraints", "string_attribute_constraints"):
        if not own[limits]:
            block[limits] = []  # AWS returns the values in force when none are configured
        elif not block[limits]:
            block[limits] = own[limits]  # an empty block
    return block


def refuse_changed_attributes(prior: Any, planned: Any) -> None:
    """Raise ResourceError when an attribute that a pool has is to change or go: Cognito only adds."""
    if not isinstance(prior, list) or not isinstance(planned, list):
        return
    if not known(planned):
        return
    wanted = [_plain(block) for block in planned]
    for block in prior:
        if _plain(block) not in wanted:
            raise ResourceError(
                f"cannot modify or remove schema items: {block['name']}",
                detail="Cognito only adds attributes. Keep this one as it was, or make another pool.",
                path="schema",
            )


def required_of_its_own(schema: Any) -> Iterable[tuple[str, str]]:
    """Yield (path, message) for attributes that no standard knows and that are required: Cognito has none."""
    for block in schema if isinstance(schema, list) else ():
        if block["required"] is True and isinstance(block["name"], str) and block["name"] not in _STANDARD:
            yield "schema", f"required custom attributes are not supported: {block['name']}"


def _plain(block: Values) -> Values:
    return {name: value or None for name, value in block.items()}

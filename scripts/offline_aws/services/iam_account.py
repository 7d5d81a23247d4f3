"""IAM: settings of the account, identity providers, and instance profiles.

Source: internal/service/iam/{account_alias,account_password_policy,saml_provider,instance_profile}.go.
"""

from __future__ import annotations

from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import Values, changed, given, tag_list, tag_map
from offline_aws.resource import ResourceHandler
from offline_aws.services.iam_roles import NAME, PATH, name_checks
from offline_aws.shapes import from_api, in_utc, to_api
from offline_aws.validators import length, matches

# The account's alias and password policy


def _create_alias(aws: Aws, values: Values) -> None:
    aws.client("iam").create_account_alias(AccountAlias=values["account_alias"])
    values["id"] = values["account_alias"]


def _read_alias(aws: Aws, values: Values) -> Values | None:
    aliases = aws.client("iam").list_account_aliases()["AccountAliases"]
    return {"id": aliases[0], "account_alias": aliases[0]} if aliases else None


_RULES = Derived("aws_iam_account_password_policy", "iam", "UpdateAccountPasswordPolicyRequest")
_SHOWN_RULES = Derived("aws_iam_account_password_policy", "iam", "PasswordPolicy")


def _put_rules(aws: Aws, values: Values, prior: Values | None = None) -> None:
    known = {name: values[name] for name in _RULES if values[name] is False or _given(values[name])}
    aws.client("iam").update_account_password_policy(**to_api(known, _RULES))
    values["id"] = "iam-account-password-policy"


def _given(value: Any) -> bool:
    return isinstance(value, bool | int) and value != 0


def _read_rules(aws: Aws, values: Values) -> Values:
    found = aws.client("iam").get_account_password_policy()["PasswordPolicy"]
    shown = from_api(found, _SHOWN_RULES)
    return {"id": values["id"], **{name: value or 0 for name, value in shown.items()}}


def _delete_rules(aws: Aws, values: Values) -> None:
    aws.client("iam").delete_account_password_policy()


# Identity providers that speak SAML


def _create_saml(aws: Aws, values: Values) -> None:
    made = aws.client("iam").create_saml_provider(
        Name=values["name"],
        SAMLMetadataDocument=values["saml_metadata_document"],
        **given(Tags=tag_list(values["tags_all"])),
    )
    values["id"] = made["SAMLProviderArn"]


def _read_saml(aws: Aws, values: Values) -> Values:
    found = aws.client("iam").get_saml_provider(SAMLProviderArn=values["id"])
    return {
        "id": values["id"],
        "arn": values["id"],
        "name": values["id"].rpartition("/")[2],
        "saml_metadata_document": found["SAMLMetadataDocument"],
        "saml_provider_uuid": found.get("SAMLProviderUUID", ""),
        "tags_all": tag_map(found.get("Tags")),
        "valid_until": in_utc(found.get("ValidUntil")),
    }


def _update_saml(aws: Aws, values: Values, prior: Values) -> None:
    aws.client("iam").update_saml_provider(
        SAMLProviderArn=values["id"], SAMLMetadataDocument=values["saml_metadata_document"]
    )


# Instance profiles

_PROFILE = Derived(
    "aws_iam_instance_profile",
    "iam",
    "InstanceProfile",
    keys={"name": "InstanceProfileName", "unique_id": "InstanceProfileId"},
    without={"role"},
)


def _create_profile(aws: Aws, values: Values) -> None:
    iam, name = aws.client("iam"), values["name"]
    tags = given(Tags=tag_list(values["tags_all"]))
    iam.create_instance_profile(InstanceProfileName=name, Path=values["path"], **tags)
    values["id"] = name
    if values["role"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=values["role"])


def _read_profile(aws: Aws, values: Values) -> Values:
    found = aws.client("iam").get_instance_profile(InstanceProfileName=values["id"])["InstanceProfile"]
    roles = found.get("Roles") or [{"RoleName": ""}]
    return {
        **from_api(found, _PROFILE),
        "id": values["id"],
        "role": roles[0]["RoleName"],
        "tags_all": tag_map(found.get("Tags")),
    }


def _update_profile(aws: Aws, values: Values, prior: Values) -> None:
    if not changed(values, prior, "role"):
        return
    iam, name = aws.client("iam"), values["id"]
    if prior["role"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=prior["role"])
    if values["role"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=values["role"])


def _delete_profile(aws: Aws, values: Values) -> None:
    iam, name = aws.client("iam"), values["id"]
    if values["role"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=values["role"])
    iam.delete_instance_profile(InstanceProfileName=name)


RESOURCES = {
    "aws_iam_account_alias": ResourceHandler(
        create=_create_alias,
        read=_read_alias,
        delete=call("iam", "delete_account_alias", AccountAlias="id"),
        validators={
            "account_alias": (
                length(3, 63),
                matches(r"^(?!.*--)[0-9a-z]([0-9a-z-]*[0-9a-z])?$", "must be lowercase alphanumeric"),
            )
        },
        name=None,
    ),
    "aws_iam_account_password_policy": ResourceHandler(
        create=_put_rules,
        read=_read_rules,
        update=_put_rules,
        delete=_delete_rules,
        defaults={"allow_users_to_change_password": True, "minimum_password_length": 6},
        recomputed={"expire_passwords": ["max_password_age"]},
        name=None,
    ),
    "aws_iam_instance_profile": ResourceHandler(
        create=_create_profile,
        read=_read_profile,
        update=_update_profile,
        delete=_delete_profile,
        tag=tagging("iam", "InstanceProfileName", "id", noun="instance_profile", form=tag_list),
        defaults={"path": "/"},
        validators={**name_checks(128), "path": PATH},
    ),
    "aws_iam_saml_provider": ResourceHandler(
        create=_create_saml,
        read=_read_saml,
        update=_update_saml,
        delete=call("iam", "delete_saml_provider", SAMLProviderArn="id"),
        tag=tagging("iam", "SAMLProviderArn", "id", noun="saml_provider", form=tag_list),
        validators={"name": (length(1, 128), NAME), "saml_metadata_document": length(1000, 10000000)},
        name=None,
    ),
}

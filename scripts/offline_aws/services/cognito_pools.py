"""``aws_cognito_user_pool`` and its data source.

Source: internal/service/cognitoidp/{user_pool,user_pool_data_source,validate}.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.enums import enum
from offline_aws.handler_values import Check, Values, changed, first, given
from offline_aws.propagation import eventually
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.services.cognito_schema import (
    from_schema,
    refuse_changed_attributes,
    required_of_its_own,
    to_schema,
)
from offline_aws.services.cognito_shapes import (
    AT_CREATION,
    DATA,
    LAMBDA_VERSIONS,
    MFA,
    POLICIES,
    POOL,
    TRIGGERS,
)
from offline_aws.shapes import Nested, from_api, in_utc, to_api
from offline_aws.validators import arn, between, length, matches

# A role for text messages that is new, or whose policies are.
_PASSING = (
    ("InvalidSmsRoleTrustRelationshipException", ""),
    ("InvalidSmsRoleAccessPolicyException", ""),
)
_MFA_NAMES = ("mfa_configuration", "sms_authentication_message", "sms_configuration")
_MESSAGES = {
    "email_verification_message": "email_message",
    "email_verification_subject": "email_subject",
    "sms_verification_message": "sms_message",
}


def _arguments(values: Values) -> dict[str, Any]:
    policies = to_api(values, POLICIES)
    return {**to_api(values, POOL), **given(Policies=policies)}


def _create(aws: Aws, values: Values) -> None:
    arguments = {**_arguments(values), **to_api(values, AT_CREATION)}
    client = aws.client("cognito-idp")
    made = eventually(
        aws,
        lambda: client.create_user_pool(
            PoolName=values["name"],
            **arguments,
            **given(UserPoolTags=values["tags_all"], Schema=to_schema(values["schema"])),
        ),
        *_PASSING,
        seconds=120,
    )
    values["id"] = made["UserPool"]["Id"]
    if values["mfa_configuration"] != "OFF" or values["web_authn_configuration"]:
        _set_mfa(aws, values)


def _set_mfa(aws: Aws, values: Values, prior: Values | None = None) -> None:
    client, on = aws.client("cognito-idp"), values["mfa_configuration"] != "OFF"
    arguments = to_api(values, MFA)
    for name, member in MFA.items():
        # AWS takes what is left out as switched off, the emulator as it was.
        if aws.local and isinstance(member, Nested) and prior and prior[name] and not values[name]:
            arguments[member.key] = {}
    sms = to_api(values, {"sms_configuration": POOL["sms_configuration"]})
    if sms and on:
        message = given(SmsAuthenticationMessage=values["sms_authentication_message"])
        arguments["SmsMfaConfiguration"] = {**sms, **message}
    eventually(
        aws,
        lambda: client.set_user_pool_mfa_config(
            UserPoolId=values["id"], MfaConfiguration=values["mfa_configuration"], **arguments
        ),
        *_PASSING,
        seconds=120,
    )


_NO_ADD_ONS = {"AdvancedSecurityMode": "OFF"}


def _read(aws: Aws, values: Values) -> Values:
    client, pool = aws.client("cognito-idp"), values["id"]
    found = client.describe_user_pool(UserPoolId=pool)["UserPool"]
    shown = {**from_api(found, POOL), **from_api(found.get("Policies") or {}, POLICIES)}
    updates = first(shown["user_attribute_update_settings"])
    if updates and not updates["attributes_require_verification_before_update"]:
        shown["user_attribute_update_settings"] = []
    if aws.local and values.get("user_pool_add_ons") == [] and found.get("UserPoolAddOns") == _NO_ADD_ONS:
        shown["user_pool_add_ons"] = []  # what is sent in place of leaving them out
    return {
        **shown,
        **from_api(found, AT_CREATION),
        **_read_mfa(aws, values),
        **_facts(found),
        "id": pool,
        "endpoint": f"cognito-idp.{aws.region}.{aws.dns_suffix}/{pool}",
        # The emulator does not rename a pool.
        "name": (aws.local and values.get("name")) or found["Name"],
        "schema": from_schema(found.get("SchemaAttributes", []), values.get("schema") or []),
        "tags_all": found.get("UserPoolTags", {}),
    }


def _facts(found: dict[str, Any]) -> Values:
    return {
        "arn": found["Arn"],
        "creation_date": in_utc(found["CreationDate"]),
        "custom_domain": found.get("CustomDomain") or "",
        "domain": found.get("Domain") or "",
        "estimated_number_of_users": found.get("EstimatedNumberOfUsers", 0),
        "last_modified_date": in_utc(found["LastModifiedDate"]),
    }


def _read_mfa(aws: Aws, values: Values) -> Values:
    found = aws.client("cognito-idp").get_user_pool_mfa_config(UserPoolId=values["id"])
    shown = from_api(found, MFA)
    token = first(shown["software_token_mfa_configuration"])
    stored = values.get("software_token_mfa_configuration")
    off = found["MfaConfiguration"] == "OFF" or not (token and token["enabled"])
    if aws.local and off and not stored:
        shown["software_token_mfa_configuration"] = []  # the emulator keeps what was switched off
    return {**shown, "mfa_configuration": found["MfaConfiguration"]}


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client = aws.client("cognito-idp")
    if changed(values, prior, *MFA, *_MFA_NAMES):
        _set_mfa(aws, values, prior)
    if changed(values, prior, *POOL, *POLICIES, "name"):
        arguments = _arguments(_mirrored(values, prior))
        arguments |= {"MfaConfiguration": values["mfa_configuration"], "PoolName": values["name"]}
        for name, member in POOL.items():
            # AWS takes what is left out as reset, the emulator as it was.
            if aws.local and changed(values, prior, name) and isinstance(member, Nested):
                arguments.setdefault(member.key, _NO_ADD_ONS if name == "user_pool_add_ons" else {})
        if aws.local:
            arguments.setdefault("AutoVerifiedAttributes", [])
        if prior["user_attribute_update_settings"] and not values["user_attribute_update_settings"]:
            arguments["UserAttributeUpdateSettings"] = {"AttributesRequireVerificationBeforeUpdate": []}
        eventually(
            aws,
            lambda: client.update_user_pool(UserPoolId=values["id"], **arguments),
            *_PASSING,
            seconds=120,
        )
    if changed(values, prior, "schema"):
        known = {block["name"] for block in prior["schema"]}
        added = [block for block in values["schema"] if block["name"] not in known]
        client.add_custom_attributes(UserPoolId=values["id"], CustomAttributes=to_schema(added))


def _mirrored(values: Values, prior: Values) -> Values:
    """AWS has these messages and this function in two places each, which must not contradict each other."""
    template = [{**block} for block in values["verification_message_template"] or ()]
    for name, inner in _MESSAGES.items():
        if template and changed(values, prior, name):
            template[0][inner] = values[name]
    triggers = [{**block} for block in values["lambda_config"] or ()]
    before = first(prior["lambda_config"]) or {}
    for block in triggers:
        config = [{**item} for item in block["pre_token_generation_config"] or ()]
        old = first(before.get("pre_token_generation_config")) or {}
        function = block["pre_token_generation"]
        if function and function != before.get("pre_token_generation"):
            config = [{"lambda_version": "V1_0", **(first(config) or {}), "lambda_arn": function}]
        elif config and config[0]["lambda_arn"] != old.get("lambda_arn"):
            block["pre_token_generation"] = config[0]["lambda_arn"]
        block["pre_token_generation_config"] = config
    return {**values, "lambda_config": triggers, "verification_message_template": template}


def _plan(plan: Plan) -> None:
    if plan.prior and not plan.replaced:
        refuse_changed_attributes(plan.prior["schema"], plan.values["schema"])


def _checks(config: Values) -> Iterable[tuple[str, str]]:
    template = config["verification_message_template"]
    inner = template[0] if isinstance(template, list) and template else {}
    for name, other in _MESSAGES.items():
        if config[name] is not None and inner.get(other) is not None:
            yield name, f"conflicts with verification_message_template.0.{other}"
    factors = ("email_mfa_configuration", "sms_configuration", "software_token_mfa_configuration")
    if config["mfa_configuration"] in ("ON", "OPTIONAL") and all(config[name] == [] for name in factors):
        yield "mfa_configuration", f"one of {list(factors)} must be specified with it"
    yield from required_of_its_own(config["schema"])
    triggers = config["lambda_config"]
    block = triggers[0] if isinstance(triggers, list) and triggers else {}
    for name in ("custom_email_sender", "custom_sms_sender"):
        if block.get(name) not in (None, []) and block.get("kms_key_id") is None:
            yield f"lambda_config.0.{name}", "all of `lambda_config.0.kms_key_id` must be specified with it"


def _find(aws: Aws, values: Values) -> Values:
    pool = values["user_pool_id"]
    found = aws.client("cognito-idp").describe_user_pool(UserPoolId=pool)["UserPool"]
    tags = found.get("UserPoolTags", {})
    return {
        **from_api(found, DATA),
        **_facts(found),
        "id": pool,
        "tags": tags,
        "user_pool_tags": aws.configuration.kept_tags(tags),
    }


def _message(least: int, most: int, marker: str) -> tuple[Check, Check]:
    return length(least, most), matches(marker, f"does not contain {marker}".replace("\\", ""))


_CODE, _USER = r"\{####\}", r"\{username\}"

POOL_TYPE = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=call("cognito-idp", "delete_user_pool", UserPoolId="id"),
    tag=tagging("cognito-idp", "ResourceArn"),
    plan=_plan,
    checks=(_checks,),
    defaults={
        "deletion_protection": "INACTIVE",
        "email_configuration.email_sending_account": "COGNITO_DEFAULT",
        "mfa_configuration": "OFF",
        "verification_message_template.default_email_option": "CONFIRM_WITH_CODE",
    },
    computed={
        "account_recovery_setting",
        "email_configuration",
        "lambda_config.pre_token_generation_config",
    },
    recomputed={"last_modified_date": ("*",)},
    conflicts=(("alias_attributes", "username_attributes"),),
    shapes=(AT_CREATION, MFA, POLICIES, POOL),
    validators={
        "admin_create_user_config.invite_message_template.email_message": _message(6, 20000, _USER),
        "admin_create_user_config.invite_message_template.email_subject": length(1, 140),
        "admin_create_user_config.invite_message_template.sms_message": _message(6, 140, _USER),
        "email_configuration.reply_to_email_address": matches(r"^$|\S@\S", "must be an address"),
        "email_configuration.source_arn": arn,
        "email_mfa_configuration.message": _message(6, 20000, _CODE),
        "email_mfa_configuration.subject": length(1, 140),
        "email_verification_message": _message(6, 20000, _CODE),
        "email_verification_subject": length(1, 140),
        **{f"lambda_config.{name}": arn for name in (*TRIGGERS, "kms_key_id")},
        **{f"lambda_config.{name}.lambda_arn": arn for name in LAMBDA_VERSIONS},
        "mfa_configuration": enum("cognito-idp", "UserPoolMfaType"),
        "name": length(1, 128),
        "password_policy.minimum_length": between(6, 99),
        "password_policy.password_history_size": between(0, 24),
        "password_policy.temporary_password_validity_days": between(0, 365),
        "schema.attribute_data_type": enum("cognito-idp", "AttributeDataType"),
        "schema.name": (length(1, 20), matches(r"\S", "must hold a letter or another visible character")),
        "sms_authentication_message": _message(6, 140, _CODE),
        "sms_configuration.sns_caller_arn": arn,
        "sms_verification_message": _message(6, 140, _CODE),
        "verification_message_template.email_message": _message(6, 20000, _CODE),
        "verification_message_template.email_message_by_link": (
            length(6, 20000),
            matches(r"(?m)^(?>.*?\{##).*##\}", "must hold the link's text between {## and ##}"),
        ),
        "verification_message_template.email_subject": length(1, 140),
        "verification_message_template.email_subject_by_link": length(1, 140),
        "verification_message_template.sms_message": _message(6, 140, _CODE),
    },
    name=None,
    differs=(
        "A changed or removed `schema`, a required attribute of one's own, and MFA without a factor are "
        "refused at plan; the published provider and AWS refuse them at apply. The local AWS does not "
        "rename a pool: the new name stays in the state only."
    ),
)
POOL_DATA = DataSourceHandler(read=_find)

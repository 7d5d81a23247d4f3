"""Cognito's user pools as Terraform and as the API have them.

Source: internal/service/cognitoidp/user_pool.go (expand… and flatten…).
"""

from __future__ import annotations

from offline_aws.shapes import Shape, many, one

TRIGGERS = {
    "create_auth_challenge": "CreateAuthChallenge",
    "custom_message": "CustomMessage",
    "define_auth_challenge": "DefineAuthChallenge",
    "post_authentication": "PostAuthentication",
    "post_confirmation": "PostConfirmation",
    "pre_authentication": "PreAuthentication",
    "pre_sign_up": "PreSignUp",
    "pre_token_generation": "PreTokenGeneration",
    "user_migration": "UserMigration",
    "verify_auth_challenge_response": "VerifyAuthChallengeResponse",
}
LAMBDA_VERSIONS = {
    "custom_email_sender": ("CustomEmailSender", "CustomEmailSenderLambdaVersionType"),
    "custom_sms_sender": ("CustomSMSSender", "CustomSMSSenderLambdaVersionType"),
    "pre_token_generation_config": ("PreTokenGenerationConfig", "PreTokenGenerationLambdaVersionType"),
}
_LAMBDA_CONFIG: Shape = {
    **TRIGGERS,
    **{
        name: one(key, {"lambda_arn": "LambdaArn", "lambda_version": "LambdaVersion"})
        for name, (key, _) in LAMBDA_VERSIONS.items()
    },
    "kms_key_id": "KMSKeyID",
}
_MECHANISMS: Shape = {
    "recovery_mechanism": many("RecoveryMechanisms", {"name": "Name", "priority": "Priority"})
}
_CREATE_USER: Shape = {
    "allow_admin_create_user_only": "AllowAdminCreateUserOnly",
    "invite_message_template": one(
        "InviteMessageTemplate",
        {"email_message": "EmailMessage", "email_subject": "EmailSubject", "sms_message": "SMSMessage"},
    ),
}
_DEVICES: Shape = {
    "challenge_required_on_new_device": "ChallengeRequiredOnNewDevice",
    "device_only_remembered_on_user_prompt": "DeviceOnlyRememberedOnUserPrompt",
}
_EMAIL: Shape = {
    "configuration_set": "ConfigurationSet",
    "email_sending_account": "EmailSendingAccount",
    "reply_to_email_address": "ReplyToEmailAddress",
    "source_arn": "SourceArn",
}
_ADD_ONS: Shape = {
    "advanced_security_additional_flows": one(
        "AdvancedSecurityAdditionalFlows", {"custom_auth_mode": "CustomAuthMode"}
    ),
    "advanced_security_mode": "AdvancedSecurityMode",
}
_COMMON: Shape = {
    "account_recovery_setting": one("AccountRecoverySetting", _MECHANISMS),
    "auto_verified_attributes": "AutoVerifiedAttributes",
    "deletion_protection": "DeletionProtection",
    "device_configuration": one("DeviceConfiguration", _DEVICES),
    "lambda_config": one("LambdaConfig", _LAMBDA_CONFIG),
    "sms_authentication_message": "SmsAuthenticationMessage",
    "sms_verification_message": "SmsVerificationMessage",
    "user_pool_add_ons": one("UserPoolAddOns", _ADD_ONS),
}

POOL: Shape = {
    **_COMMON,
    "admin_create_user_config": one("AdminCreateUserConfig", _CREATE_USER),
    "email_configuration": one("EmailConfiguration", {**_EMAIL, "from_email_address": "From"}),
    "email_verification_message": "EmailVerificationMessage",
    "email_verification_subject": "EmailVerificationSubject",
    "sms_configuration": one(
        "SmsConfiguration",
        {"external_id": "ExternalId", "sns_caller_arn": "SnsCallerArn", "sns_region": "SnsRegion"},
    ),
    "user_attribute_update_settings": one(
        "UserAttributeUpdateSettings",
        {"attributes_require_verification_before_update": "AttributesRequireVerificationBeforeUpdate"},
    ),
    "user_pool_tier": "UserPoolTier",
    "verification_message_template": one(
        "VerificationMessageTemplate",
        {
            "default_email_option": "DefaultEmailOption",
            "email_message": "EmailMessage",
            "email_message_by_link": "EmailMessageByLink",
            "email_subject": "EmailSubject",
            "email_subject_by_link": "EmailSubjectByLink",
            "sms_message": "SmsMessage",
        },
    ),
}
"""What can be set at creation and changed."""
POLICIES: Shape = {
    "password_policy": one(
        "PasswordPolicy",
        {
            "minimum_length": "MinimumLength",
            "password_history_size": "PasswordHistorySize",
            "require_lowercase": "RequireLowercase",
            "require_numbers": "RequireNumbers",
            "require_symbols": "RequireSymbols",
            "require_uppercase": "RequireUppercase",
            "temporary_password_validity_days": "TemporaryPasswordValidityDays",
        },
    ),
    "sign_in_policy": one("SignInPolicy", {"allowed_first_auth_factors": "AllowedFirstAuthFactors"}),
}
AT_CREATION: Shape = {
    "alias_attributes": "AliasAttributes",
    "username_attributes": "UsernameAttributes",
    "username_configuration": one("UsernameConfiguration", {"case_sensitive": "CaseSensitive"}),
}
MFA: Shape = {
    "email_mfa_configuration": one("EmailMfaConfiguration", {"message": "Message", "subject": "Subject"}),
    "software_token_mfa_configuration": one("SoftwareTokenMfaConfiguration", {"enabled": "Enabled"}),
    "web_authn_configuration": one(
        "WebAuthnConfiguration",
        {"relying_party_id": "RelyingPartyId", "user_verification": "UserVerification"},
    ),
}
ATTRIBUTE: Shape = {
    "attribute_data_type": "AttributeDataType",
    "developer_only_attribute": "DeveloperOnlyAttribute",
    "mutable": "Mutable",
    "name": "Name",
    "number_attribute_constraints": one(
        "NumberAttributeConstraints", {"max_value": "MaxValue", "min_value": "MinValue"}
    ),
    "required": "Required",
    "string_attribute_constraints": one(
        "StringAttributeConstraints", {"max_length": "MaxLength", "min_length": "MinLength"}
    ),
}
DATA: Shape = {
    **_COMMON,
    "admin_create_user_config": one(
        "AdminCreateUserConfig",
        {**_CREATE_USER, "unused_account_validity_days": "UnusedAccountValidityDays"},
    ),
    "email_configuration": one("EmailConfiguration", {**_EMAIL, "from": "From"}),
    "mfa_configuration": "MfaConfiguration",
    "name": "Name",
    "schema_attributes": many("SchemaAttributes", ATTRIBUTE),
    "sms_configuration_failure": "SmsConfigurationFailure",
    "username_attributes": "UsernameAttributes",
}
"""What the data source shows."""

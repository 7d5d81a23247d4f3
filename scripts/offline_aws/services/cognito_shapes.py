"""Cognito's user pools as Terraform and as the API have them.

Source: internal/service/cognitoidp/user_pool.go (expand… and flatten…).
"""

from __future__ import annotations

from functools import partial

from offline_aws import schema
from offline_aws.derived_shapes import Derived

LAMBDA_VERSIONS = ("custom_email_sender", "custom_sms_sender", "pre_token_generation_config")
_BLOCK = schema.load("aws").resources["aws_cognito_user_pool"]["block"]
TRIGGERS = sorted(_BLOCK["block_types"]["lambda_config"]["block"]["attributes"].keys() - {"kms_key_id"})

_pool = partial(Derived, "aws_cognito_user_pool", "cognito-idp")
POOL = _pool(
    "UpdateUserPoolRequest",
    without={"mfa_configuration"},
    keys={"email_configuration.from_email_address": "From"},
)
"""What can be set at creation and changed."""
POLICIES = _pool("UserPoolPolicyType")
AT_CREATION = _pool(
    "CreateUserPoolRequest", only={"alias_attributes", "username_attributes", "username_configuration"}
)
MFA = _pool("SetUserPoolMfaConfigRequest", without={"mfa_configuration"})
ATTRIBUTE = Derived("aws_cognito_user_pool.schema", "cognito-idp", "SchemaAttributeType")
DATA = Derived("data.aws_cognito_user_pool", "cognito-idp", "UserPoolType", without={"user_pool_tags"})
"""What the data source shows."""

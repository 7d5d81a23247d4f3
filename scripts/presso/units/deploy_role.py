"""The deploy role for applying an extension's unit, and how a session of it is limited to that extension.

Two limits, both written by presso and neither by the extension:

- The session tag `extension`. The role's own policy (modules/tenant) names every resource with it, exactly;
  without the tag it allows nothing.
- The session policy: it denies everything that lacks the extension's prefix, even if the role may do it. STS
  takes 2,048 characters, and packs them into a space of undocumented size. An exact list for every type has
  some 2,900 with the longest names, so patterns of one service share a line here, and account and region are
  left to the role's policy.

IAM user guide: "Session policies", "Pass session tags in AWS STS", "IAM JSON policy elements: Resource".
"""

import json
from typing import Any

from presso.tenants import Tenant
from presso.units.unit import Unit

SESSION_TAG = "extension"

# A name must follow a colon or a slash directly: `nyc--x--` is also part of `big-nyc--x--`.
_OWN = (
    "dynamodb:*:*:table/{prefix}*",
    "events:*:*:*/{prefix}*",
    "iam::*:policy/{prefix}*",
    "iam::*:role/{prefix}*",
    "lambda:*:*:*:{prefix}*",
    "logs:*:*:log-group:/aws/*/{prefix}*",
    "logs:*:*:log-group:{prefix}*",
    "pipes:*:*:pipe/{prefix}*",
    "s3:::{prefix}*",
    "scheduler:*:*:*/{prefix}*",
    "secretsmanager:*:*:secret:events!connection/{prefix}*",
    "secretsmanager:*:*:secret:{prefix}*",
    "sns:*:*:{prefix}*",
    "sqs:*:*:{prefix}*",
    "ssm:*:*:parameter/{prefix}*",
    "states:*:*:stateMachine:{prefix}*",
)
# Left to the role's policy: types identified by tags or a mapping's function, not by name; or no more room.
_LEFT_OUT = (
    "cloudwatch:*",
    "kms:*",
    "lambda:*EventSourceMapping",
    "lambda:*Tag*",
    "logs:Describe*",
    "sns:*Subscri*",
    "ssm:DescribeParameters",
    "states:ValidateStateMachineDefinition",
)


def role_arn(tenant: Tenant, account: str) -> str:
    """Return the ARN of a tenant's deploy role, by the naming convention of `modules/tenant`."""
    return f"arn:{tenant.partition}:iam::{account}:role/{tenant.name}--deploy"


def assumed(unit: Unit, tenant: Tenant, account: str) -> dict[str, Any]:
    """Return the block `assume_role` of the provider that creates an extension's resources.

    Args:
        unit: An extension in a tenant.
        account: Its account, or a Terraform expression for it.
    """
    return {
        "role_arn": role_arn(tenant, account),
        "session_name": f"{unit.tenant}--{unit.extension}",  # CloudTrail shows it
        "policy": session_policy(unit, tenant.partition),
        "tags": {SESSION_TAG: unit.extension},
    }


def session_policy(unit: Unit, partition: str) -> str:
    """Return the session policy of an extension's deployments, as JSON.

    A role of the extension may get permissions only with the extension's own boundary: with another's
    boundary it could act as that one. Only the platform writes the boundary itself.
    """
    prefix = unit.prefix
    arn = f"arn:{partition}:"
    boundary = f"{arn}iam::*:policy/{prefix}boundary"
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "NotAction": _LEFT_OUT,
            "NotResource": [arn + own.format(prefix=prefix) for own in _OWN],
        },
        {
            "Effect": "Deny",
            "Action": ["iam:AttachRolePolicy", "iam:CreateRole", "iam:*Boundary", "iam:PutRolePolicy"],
            "Resource": "*",
            "Condition": {"StringNotLike": {"iam:PermissionsBoundary": boundary}},
        },
        {"Effect": "Deny", "NotAction": ["iam:Get*", "iam:List*"], "Resource": boundary},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))

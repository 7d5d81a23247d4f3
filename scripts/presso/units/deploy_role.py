"""The deploy role that an extension's unit is applied through, and what narrows it to that extension.

Two locks, each written by presso and neither by the extension:

- The session's tag `extension`. The role's own policy (modules/tenant) names every resource with it, exactly;
  without the tag nothing is allowed.
- The session policy: whatever does not bear the extension's prefix is denied, whatever the role may do. STS
  takes 2,048 characters, and packs them into a space that is not documented. An exact list for every type
  has some 2,900 with the longest names, so patterns of one service share a line here, and account and region
  are left to the role's policy.

IAM user guide: "Session policies", "Pass session tags in AWS STS", "IAM JSON policy elements: Resource".
"""

import json
from typing import Any

from presso.tenants import Tenant
from presso.units.unit import Unit

SESSION_TAG = "extension"

# A name follows right after a colon or a slash: `nyc--x--` is in `big-nyc--x--` too.
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
# Left to the role's policy: there is no name to look at, but tags or a mapping's function; or no more room.
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
    """Return the block `assume_role` of the provider that an extension's resources are made with.

    Args:
        unit: An extension in a tenant.
        tenant: The tenant.
        account: Its account, or an expression of Terraform for it.
    """
    return {
        "role_arn": role_arn(tenant, account),
        "session_name": f"{unit.tenant}--{unit.extension}",  # CloudTrail shows it
        "policy": session_policy(unit, tenant.partition),
        "tags": {SESSION_TAG: unit.extension},
    }


def session_policy(unit: Unit, partition: str) -> str:
    """Return the session policy of an extension's deployments, as JSON.

    A role of the extension may be given permissions only with the extension's own boundary: with another's it
    could act as the other. The boundary itself only the platform writes.
    """
    prefix = f"{unit.tenant}--{unit.extension}--"
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

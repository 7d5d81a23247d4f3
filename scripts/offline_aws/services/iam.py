"""IAM: roles, policies and what attaches them; data sources.

Source: internal/service/iam/*_data_source.go, and the files named in iam_roles and iam_policies.
"""

from __future__ import annotations

from offline_aws import policy_document
from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values, given
from offline_aws.resource import DataSourceHandler
from offline_aws.services.iam_account import RESOURCES as ACCOUNT
from offline_aws.services.iam_policies import RESOURCES as POLICIES
from offline_aws.services.iam_policies import read_policy
from offline_aws.services.iam_roles import ROLE, read_role
from offline_aws.services.iam_users import RESOURCES as USERS
from offline_aws.shapes import in_utc, with_texts
from offline_aws.validators import arn, each, json_text, length, one_of


def _data_role(aws: Aws, values: Values) -> Values:
    found = read_role(aws, {"id": values["name"]})
    used = aws.client("iam").get_role(RoleName=values["name"])["Role"].get("RoleLastUsed", {})
    last = {
        "last_used_date": in_utc(used.get("LastUsedDate")),
        "region": used.get("Region", ""),
    }
    shown = with_texts({name: value for name, value in found.items() if name not in _ROLE_ONLY})
    return {**shown, "role_last_used": [last] if used else [], "tags": found["tags_all"]}


_ROLE_ONLY = {"force_detach_policies", "inline_policy", "managed_policy_arns", "tags_all"}


def _data_policy(aws: Aws, values: Values) -> Values:
    arn_ = values["arn"] or _policy_arn(aws, values["name"], values["path_prefix"])
    found = read_policy(aws, {"id": arn_})
    shown = with_texts({key: value for key, value in found.items() if key != "tags_all"})
    return {**shown, "tags": found["tags_all"]}


def _policy_arn(aws: Aws, name: str | None, prefix: str | None) -> str:
    pages = aws.client("iam").get_paginator("list_policies").paginate(**given(PathPrefix=prefix))
    found = [
        policy["Arn"] for page in pages for policy in page["Policies"] if name in (None, policy["PolicyName"])
    ]
    if len(found) != 1:
        raise ResourceError(f"reading IAM Policy: {len(found)} policies match, expected one", path="name")
    return str(found[0])


RESOURCES = {**POLICIES, **USERS, **ACCOUNT, "aws_iam_role": ROLE}

DATA_SOURCES = {
    "aws_iam_policy": DataSourceHandler(read=_data_policy, validators={"arn": arn}),
    "aws_iam_policy_document": DataSourceHandler(
        read=lambda aws, values: policy_document.read(values),
        defaults={"statement.effect": "Allow", "version": "2012-10-17"},
        validators={
            "override_json": length(0, 0),
            "override_policy_documents": each(json_text),
            "source_json": length(0, 0),
            "source_policy_documents": each(json_text),
            "statement.effect": one_of("Allow", "Deny"),
            "version": one_of("2008-10-17", "2012-10-17"),
        },
        tags=False,
    ),
    "aws_iam_role": DataSourceHandler(read=_data_role),
}

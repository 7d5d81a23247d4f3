"""Who and where: caller identity, organization, region, partition, default tags.

Source: internal/service/sts/caller_identity_data_source.go, internal/service/meta/*_data_source.go,
internal/service/s3/canonical_user_id_data_source.go,
internal/service/organizations/organization_data_source.go,
internal/service/cloudfront/log_delivery_canonical_user_id_data_source.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.clients import session
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import DataSourceHandler
from offline_aws.shapes import in_utc


def _identity(aws: Aws, values: Values) -> Values:
    found = aws.client("sts").get_caller_identity()
    return {
        "id": found["Account"],
        "account_id": found["Account"],
        "arn": found["Arn"],
        "user_id": found["UserId"],
    }


def _partition(aws: Aws, values: Values) -> Values:
    reverse = ".".join(reversed(aws.dns_suffix.split(".")))
    return {
        "id": aws.partition,
        "dns_suffix": aws.dns_suffix,
        "partition": aws.partition,
        "reverse_dns_prefix": reverse,
    }


def _region(aws: Aws, values: Values) -> Values:
    name = values.get("name") or aws.region
    if values.get("endpoint"):
        host = str(values["endpoint"]).removeprefix("https://").removesuffix(f".{aws.dns_suffix}")
        name = host.removeprefix("ec2.")
    data = session().get_data("endpoints")["partitions"]
    regions = {key: spec["description"] for partition in data for key, spec in partition["regions"].items()}
    if name not in regions:
        raise ResourceError(f"region not found for name: {name}", path="region")
    return {
        "id": name,
        "description": regions[name],
        "endpoint": f"ec2.{name}.{aws.dns_suffix}",
        "name": name,
        "region": name,
    }


def _default_tags(aws: Aws, values: Values) -> Values:
    return {"id": aws.partition, "tags": dict(aws.configuration.default_tags)}


def _arn(aws: Aws, values: Values) -> Values:
    parts = values["arn"].split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise ResourceError(f"({values['arn']}) is an invalid ARN", path="arn")
    _, partition, service, region, account, resource = parts
    return {
        "id": values["arn"],
        "account": account,
        "partition": partition,
        "region": region,
        "resource": resource,
        "service": service,
    }


def _service_principal(aws: Aws, values: Values) -> Values:
    region = values["region"] or aws.region
    name = f"{values['service_name']}.{aws.dns_suffix}"
    # Newer services use one suffix everywhere; the old exceptions exist outside the aws partition only.
    return {
        "id": f"{values['service_name']}.{region}.{aws.dns_suffix}",
        "name": name,
        "region": region,
        "service_name": values["service_name"],
        "suffix": aws.dns_suffix,
    }


def _canonical_user(aws: Aws, values: Values) -> Values:
    owner = aws.client("s3").list_buckets()["Owner"]
    return {"id": owner["ID"], "display_name": owner.get("DisplayName", "")}


def _log_delivery_user(aws: Aws, values: Values) -> Values:
    return {"id": _CHINA if (values["region"] or aws.region).startswith("cn-") else _ELSEWHERE}


_ELSEWHERE = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
_CHINA = "a52cb28745c0c06e84ec548334e44bfa7fc2a85c54af20cd59e4969344b7af56"
"""The account of CloudFront that writes logs: CloudFront developer guide, "Standard logging"."""


def _account(account: Values) -> Values:
    return {
        "arn": account["Arn"],
        "email": account["Email"],
        "id": account["Id"],
        "joined_method": account.get("JoinedMethod", ""),
        "joined_timestamp": in_utc(account.get("JoinedTimestamp")),
        "name": account["Name"],
        "state": account.get("State", ""),
        "status": account.get("Status", ""),
    }


def _organization(aws: Aws, values: Values) -> Values:
    client = aws.client("organizations")
    found = client.describe_organization()["Organization"]
    accounts = [
        _account(account)
        for page in client.get_paginator("list_accounts").paginate()
        for account in page["Accounts"]
    ]
    master = found["MasterAccountId"]
    roots = client.list_roots()["Roots"]
    policies = roots[0].get("PolicyTypes", ()) if roots else ()
    return {
        "id": found["Id"],
        "accounts": accounts,
        "arn": found["Arn"],
        "aws_service_access_principals": [],
        "enabled_policy_types": [item["Type"] for item in policies if item["Status"] == "ENABLED"],
        "feature_set": found["FeatureSet"],
        "master_account_arn": found["MasterAccountArn"],
        "master_account_email": found["MasterAccountEmail"],
        "master_account_id": master,
        "master_account_name": next((each["name"] for each in accounts if each["id"] == master), ""),
        "non_master_accounts": [each for each in accounts if each["id"] != master],
        "roots": [
            {
                "arn": root["Arn"],
                "id": root["Id"],
                "name": root["Name"],
                "policy_types": [
                    {"status": item["Status"], "type": item["Type"]} for item in root.get("PolicyTypes", ())
                ],
            }
            for root in roots
        ],
    }


DATA_SOURCES = {
    "aws_arn": DataSourceHandler(read=_arn, tags=False),
    "aws_caller_identity": DataSourceHandler(read=_identity, tags=False),
    "aws_canonical_user_id": DataSourceHandler(read=_canonical_user, tags=False),
    "aws_cloudfront_log_delivery_canonical_user_id": DataSourceHandler(
        read=_log_delivery_user, tags=False, any_region=True
    ),
    "aws_default_tags": DataSourceHandler(read=_default_tags, tags=False),
    "aws_organizations_organization": DataSourceHandler(
        read=_organization,
        tags=False,
        differs="`aws_service_access_principals` is empty.",
    ),
    "aws_partition": DataSourceHandler(read=_partition, tags=False),
    "aws_region": DataSourceHandler(read=_region, tags=False, any_region=True),
    "aws_service_principal": DataSourceHandler(read=_service_principal, tags=False, any_region=True),
}

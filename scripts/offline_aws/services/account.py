"""Who and where: caller identity, region, partition, default tags. Nothing here belongs to one service.

Source: internal/service/sts/caller_identity_data_source.go, internal/service/meta/*_data_source.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.clients import session
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import DataSourceHandler


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
    data = session().get_component("endpoint_resolver")._endpoint_data["partitions"]
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


DATA_SOURCES = {
    "aws_arn": DataSourceHandler(read=_arn, tags=False),
    "aws_caller_identity": DataSourceHandler(read=_identity, tags=False),
    "aws_default_tags": DataSourceHandler(read=_default_tags, tags=False),
    "aws_partition": DataSourceHandler(read=_partition, tags=False),
    "aws_region": DataSourceHandler(read=_region, tags=False),
    "aws_service_principal": DataSourceHandler(read=_service_principal, tags=False),
}

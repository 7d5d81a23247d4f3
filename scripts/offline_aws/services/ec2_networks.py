"""EC2: networks that are looked up: VPCs, subnets, security groups, prefix lists, services of endpoints.

Source: internal/service/ec2/{vpc,vpc_subnets,vpc_security_group,vpc_managed_prefix_list,
vpc_endpoint_service}_data_source.go.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from offline_aws.aws import Aws
from offline_aws.enums import enum
from offline_aws.handler_values import ResourceError, Values, given, tag_map, text_of
from offline_aws.resource import DataSourceHandler
from offline_aws.services.ec2_lookups import filters


def _wanted(values: Values, **named: str) -> list[dict[str, Any]]:
    """Filters of a configuration: its attributes, each with the filter's name, its tags, its own filters."""
    found = [
        {"Name": name, "Values": [text_of(values[attribute])]}
        for attribute, name in named.items()
        if values[attribute] not in (None, "", False)
    ]
    tags = [{"Name": f"tag:{key}", "Values": [text]} for key, text in sorted((values["tags"] or {}).items())]
    return [*found, *tags, *filters(values)]


def _all(aws: Aws, operation: str, key: str, **sent: Any) -> list[dict[str, Any]]:
    client = aws.client("ec2")
    if client.can_paginate(operation):
        found: list[dict[str, Any]] = (
            client.get_paginator(operation).paginate(**given(**sent)).build_full_result()[key]
        )
        return found
    return list(getattr(client, operation)(**given(**sent))[key])


def _only(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if not found:
        raise ResourceError(f"no matching {what} found")
    if len(found) > 1:
        raise ResourceError(
            f"multiple {what}s matched; use additional constraints to reduce matches to a single {what}"
        )
    return found[0]


def _vpc(aws: Aws, values: Values) -> Values:
    named = {"cidr_block": "cidr", "default": "isDefault", "dhcp_options_id": "dhcp-options-id"}
    wanted = _wanted(values, **named, state="state")
    ids = [values["id"]] if values["id"] else []
    vpc = _only(_all(aws, "describe_vpcs", "Vpcs", Filters=wanted, VpcIds=ids), "EC2 VPC")
    newer = [_association(each) for each in vpc.get("Ipv6CidrBlockAssociationSet", ())]
    first = newer[0] if newer else {}
    return {
        **_attributes(aws, vpc["VpcId"]),
        "id": vpc["VpcId"],
        "arn": aws.arn("ec2", f"vpc/{vpc['VpcId']}", account=vpc["OwnerId"]),
        "cidr_block": vpc["CidrBlock"],
        "cidr_block_associations": [
            {
                "association_id": each["AssociationId"],
                "cidr_block": each["CidrBlock"],
                "state": each["CidrBlockState"]["State"],
            }
            for each in vpc.get("CidrBlockAssociationSet", ())
        ],
        "default": vpc["IsDefault"],
        "dhcp_options_id": vpc["DhcpOptionsId"],
        "instance_tenancy": vpc["InstanceTenancy"],
        "ipv6_association_id": first.get("association_id"),
        "ipv6_cidr_block": first.get("ipv6_cidr_block"),
        "ipv6_cidr_block_associations": newer,
        "main_route_table_id": _main_table(aws, vpc["VpcId"]),
        "owner_id": vpc["OwnerId"],
        "state": vpc["State"],
        "tags": tag_map(vpc.get("Tags")),
    }


def _main_table(aws: Aws, vpc: str) -> str | None:
    wanted = [{"Name": "association.main", "Values": ["true"]}, {"Name": "vpc-id", "Values": [vpc]}]
    found = _all(aws, "describe_route_tables", "RouteTables", Filters=wanted)
    return str(found[0]["RouteTableId"]) if len(found) == 1 else None


def _attributes(aws: Aws, vpc: str) -> Values:
    names = {
        "enable_dns_hostnames": "enableDnsHostnames",
        "enable_dns_support": "enableDnsSupport",
        "enable_network_address_usage_metrics": "enableNetworkAddressUsageMetrics",
    }
    found = {}
    for attribute, name in names.items():
        answer = aws.client("ec2").describe_vpc_attribute(VpcId=vpc, Attribute=name)
        found[attribute] = answer.get(name[0].upper() + name[1:], {}).get("Value", False)
    return found


def _association(found: Mapping[str, Any]) -> Values:
    return {
        "association_id": found["AssociationId"],
        "ip_source": found.get("IpSource", ""),
        "ipv6_address_attribute": found.get("Ipv6AddressAttribute", ""),
        "ipv6_cidr_block": found["Ipv6CidrBlock"],
        "ipv6_pool": found.get("Ipv6Pool", ""),
        "network_border_group": found.get("NetworkBorderGroup", ""),
        "state": found["Ipv6CidrBlockState"]["State"],
    }


def _subnets(aws: Aws, values: Values) -> Values:
    found = _all(aws, "describe_subnets", "Subnets", Filters=_wanted(values))
    return {"id": aws.region, "ids": [subnet["SubnetId"] for subnet in found]}


def _group(aws: Aws, values: Values) -> Values:
    wanted = _wanted(values, name="group-name", vpc_id="vpc-id")
    ids = [values["id"]] if values["id"] else []
    found = _all(aws, "describe_security_groups", "SecurityGroups", Filters=wanted, GroupIds=ids)
    group = _only(found, "EC2 Security Group")
    return {
        "id": group["GroupId"],
        "arn": aws.arn("ec2", f"security-group/{group['GroupId']}", account=group["OwnerId"]),
        "description": group["Description"],
        "name": group["GroupName"],
        "tags": tag_map(group.get("Tags")),
        "vpc_id": group.get("VpcId", ""),
    }


def _prefix_list(aws: Aws, values: Values) -> Values:
    wanted = _wanted({**values, "tags": None}, name="prefix-list-name")
    ids = [values["id"]] if values["id"] else []
    found = _all(aws, "describe_managed_prefix_lists", "PrefixLists", Filters=wanted, PrefixListIds=ids)
    listed = _only(found, "EC2 Managed Prefix List")
    entries = _all(aws, "get_managed_prefix_list_entries", "Entries", PrefixListId=listed["PrefixListId"])
    return {
        "id": listed["PrefixListId"],
        "address_family": listed["AddressFamily"],
        "arn": listed["PrefixListArn"],
        "entries": [{"cidr": each["Cidr"], "description": each.get("Description", "")} for each in entries],
        "max_entries": listed.get("MaxEntries", 0),
        "name": listed["PrefixListName"],
        "owner_id": listed["OwnerId"],
        "tags": tag_map(listed.get("Tags")),
        "version": listed.get("Version", 0),
    }


def _endpoint_service(aws: Aws, values: Values) -> Values:
    name = values["service_name"]
    if not name and values["service"]:
        name = f"com.amazonaws.{aws.region}.{values['service']}"
    sent = given(
        Filters=_wanted(values, service_type="service-type"),
        ServiceNames=[name] if name else [],
        ServiceRegions=values["service_regions"],
    )
    found = aws.client("ec2").describe_vpc_endpoint_services(**sent)["ServiceDetails"]
    service = _only(found, "EC2 VPC Endpoint Service")
    return {
        "id": str(zlib.crc32(service["ServiceName"].encode())),
        "acceptance_required": service.get("AcceptanceRequired"),
        "arn": aws.arn("ec2", f"vpc-endpoint-service/{service.get('ServiceId', '')}"),
        "availability_zones": service.get("AvailabilityZones", []),
        "base_endpoint_dns_names": service.get("BaseEndpointDnsNames", []),
        "manages_vpc_endpoints": service.get("ManagesVpcEndpoints"),
        "owner": service.get("Owner", ""),
        "private_dns_name": service.get("PrivateDnsName", ""),
        "private_dns_names": [each["PrivateDnsName"] for each in service.get("PrivateDnsNames", ())],
        "region": service.get("ServiceRegion") or aws.region,
        "service_id": service.get("ServiceId", ""),
        "service_name": service["ServiceName"],
        "service_region": service.get("ServiceRegion") or aws.region,
        "service_type": service["ServiceType"][0]["ServiceType"] if service.get("ServiceType") else "",
        "supported_ip_address_types": service.get("SupportedIpAddressTypes", []),
        "tags": tag_map(service.get("Tags")),
        "vpc_endpoint_policy_supported": service.get("VpcEndpointPolicySupported"),
    }


NETWORKS = {
    "aws_ec2_managed_prefix_list": DataSourceHandler(read=_prefix_list),
    "aws_security_group": DataSourceHandler(read=_group),
    "aws_subnets": DataSourceHandler(read=_subnets, tags=False),
    "aws_vpc": DataSourceHandler(read=_vpc),
    "aws_vpc_endpoint_service": DataSourceHandler(
        read=_endpoint_service,
        validators={"service_type": enum("ec2", "ServiceType")},
        conflicts=(("service", "service_name"),),
    ),
}

"""EC2: what each region has: zones and machine images.

Source: internal/service/ec2/{ec2_ami,ec2_availability_zones}_data_source.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from offline_aws.aws import Aws
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, given, tag_map, text_of
from offline_aws.resource import DataSourceHandler
from offline_aws.shapes import from_api, with_texts


def filters(values: Values) -> list[dict[str, Any]]:
    """The filters of a data source's configuration, as EC2 wants them."""
    return [{"Name": each["name"], "Values": sorted(each["values"])} for each in values["filter"]]


def no_result() -> ResourceError:
    """The published provider's error about a query that finds nothing."""
    text = "Your query returned no results. Please change your search criteria and try again."
    return ResourceError(text)


def _zones(aws: Aws, values: Values) -> Values:
    wanted = filters(values)
    if values["state"]:
        wanted.insert(0, {"Name": "state", "Values": [values["state"]]})
    sent = given(AllAvailabilityZones=values["all_availability_zones"], Filters=wanted)
    found = aws.client("ec2").describe_availability_zones(**sent)["AvailabilityZones"]
    kept = [
        zone
        for zone in sorted(found, key=lambda zone: str(zone["ZoneName"]))
        if zone["ZoneName"] not in (values["exclude_names"] or ())
        and zone["ZoneId"] not in (values["exclude_zone_ids"] or ())
    ]
    return {
        "id": aws.region,
        "group_names": sorted({zone["GroupName"] for zone in kept}),
        "names": [zone["ZoneName"] for zone in kept],
        "zone_ids": [zone["ZoneId"] for zone in kept],
    }


_IMAGE = Derived(
    "data.aws_ami",
    "ec2",
    "Image",
    without={"block_device_mappings", "filter", "product_codes", "state_reason"},
)
_DISK = ("DeleteOnTermination", "Encrypted", "Iops", "SnapshotId", "Throughput", "VolumeSize", "VolumeType")
_NO_REASON = {"Code": "UNSET", "Message": "UNSET"}


def _image(aws: Aws, values: Values) -> Values:
    sent = given(ExecutableUsers=values["executable_users"], Filters=filters(values), Owners=values["owners"])
    pages = aws.client("ec2").get_paginator("describe_images")
    images = pages.paginate(IncludeDeprecated=values["include_deprecated"], **sent).build_full_result()
    pattern = re.compile(values["name_regex"] or "")
    found = [image for image in images["Images"] if pattern.search(image.get("Name", ""))]
    if not found:
        raise no_result()
    if len(found) > 1 and not values["most_recent"]:
        raise ResourceError(
            "Your query returned more than one result. Please try a more specific search criteria, or set "
            "`most_recent` attribute to true."
        )
    image = max(found, key=lambda image: str(image.get("CreationDate", "")))
    reason = image.get("StateReason") or _NO_REASON
    return {
        **with_texts(from_api(image, _IMAGE)),
        "id": image["ImageId"],
        "arn": aws.arn("ec2", f"image/{image['ImageId']}", account=""),
        "block_device_mappings": [_device(each) for each in image.get("BlockDeviceMappings", ())],
        "ena_support": image.get("EnaSupport"),
        "product_codes": [
            {"product_code_id": each["ProductCodeId"], "product_code_type": each["ProductCodeType"]}
            for each in image.get("ProductCodes", ())
        ],
        "public": image.get("Public"),
        "root_snapshot_id": _root_snapshot(image),
        "state_reason": {"code": reason.get("Code", ""), "message": reason.get("Message", "")},
        "tags": tag_map(image.get("Tags")),
        "uefi_data": values["uefi_data"],
    }


def _device(device: Mapping[str, Any]) -> Values:
    disk = device.get("Ebs", {})
    names = {key: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower() for key in _DISK}
    return {
        "device_name": device.get("DeviceName", ""),
        "ebs": {name: text_of(disk.get(key, _MISSING.get(key, ""))) for key, name in names.items()},
        "no_device": "",
        "virtual_name": device.get("VirtualName", ""),
    }


_MISSING = {"DeleteOnTermination": False, "Encrypted": False, "Iops": 0, "Throughput": 0, "VolumeSize": 0}


def _root_snapshot(image: Mapping[str, Any]) -> str:
    devices = image.get("BlockDeviceMappings", ())
    roots = (each for each in devices if each.get("DeviceName") == image.get("RootDeviceName"))
    return next((str(each["Ebs"]["SnapshotId"]) for each in roots if "SnapshotId" in each.get("Ebs", {})), "")


def _owned(config: Values) -> Iterable[tuple[str, str]]:
    if config["most_recent"] is not True or config["owners"] is not None:
        return
    blocks = config["filter"]
    if blocks is UNKNOWN or any(block["name"] in (UNKNOWN, "image-id", "owner-id") for block in blocks):
        return
    if config["allow_unsafe_filter"] in (None, False):
        yield (
            "most_recent",
            "results are not filtered by owner or image ID: a third party may introduce a new image, which "
            "will be returned by this data source",
        )


DATA_SOURCES = {
    "aws_ami": DataSourceHandler(
        read=_image,
        defaults={"include_deprecated": False, "most_recent": False},
        checks=(_owned,),
        differs=(
            "The local AWS has a few images of Amazon. There is no warning where "
            "`allow_unsafe_filter` is true, as there is there."
        ),
    ),
    "aws_availability_zones": DataSourceHandler(
        read=_zones, validators={"state": enum("ec2", "AvailabilityZoneState")}, tags=False
    ),
}

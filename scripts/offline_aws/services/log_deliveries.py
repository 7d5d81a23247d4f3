"""CloudWatch Logs: what goes elsewhere: vended logs and subscription filters.

Source: internal/service/logs/{delivery,delivery_source,delivery_destination,subscription_filter}.go.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, import_by, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import Values, given
from offline_aws.modelled import Calls, modelled
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, each, length, matches, one_of

_NAME = (length(1, 60), matches(r"^[\w-]*$", "must match [0-9A-Za-z_-]"))


def _tags(aws: Aws, values: Values, found: Any) -> dict[str, str]:
    if aws.local:
        return dict(found.get("tags", {}))
    answer = aws.client("logs").list_tags_for_resource(resourceArn=values["arn"])
    return dict(answer.get("tags", {}))


_tag = tagging("logs", "resourceArn")
_calls = partial(Calls, service="logs", tags=("tags", dict), shown_tags=_tags)

_SOURCE = _calls(
    create="put_delivery_source",
    read="get_delivery_source",
    delete="delete_delivery_source",
    by={"name": "name"},
    sent=Derived("aws_cloudwatch_log_delivery_source", "logs", "PutDeliverySourceRequest"),
    shown=Derived("aws_cloudwatch_log_delivery_source", "logs", "DeliverySource"),
    answer="deliverySource",
    more=lambda aws, values, found: {"resource_arn": found["resourceArns"][0]},
    parts=lambda identifier: {"name": identifier},
)
_DESTINATION = _calls(
    create="put_delivery_destination",
    read="get_delivery_destination",
    delete="delete_delivery_destination",
    update="put_delivery_destination",
    by={"name": "name"},
    sent=Derived("aws_cloudwatch_log_delivery_destination", "logs", "PutDeliveryDestinationRequest"),
    shown=Derived("aws_cloudwatch_log_delivery_destination", "logs", "DeliveryDestination"),
    answer="deliveryDestination",
    parts=lambda identifier: {"name": identifier},
)


def _read_destination(aws: Aws, values: Values) -> Values:
    shown = _DESTINATION.read_it(aws, values)
    if aws.local and values.get("arn") and values.get("output_format") is None:
        del shown["output_format"]  # the emulator has one without being asked
    return shown


# Deliveries

_WITHOUT = {"s3_delivery_configuration"}
_DELIVERY = Derived("aws_cloudwatch_log_delivery", "logs", "CreateDeliveryRequest", without=_WITHOUT)
_SHOWN = Derived("aws_cloudwatch_log_delivery", "logs", "Delivery", without=_WITHOUT)


def _paths(values: Values) -> Values:
    block = (values["s3_delivery_configuration"] or [None])[0]
    if block is None:
        return {}
    paths = given(
        suffixPath=block["suffix_path"], enableHiveCompatiblePath=block["enable_hive_compatible_path"]
    )
    return {"s3DeliveryConfiguration": paths}


def _known(values: Values) -> Values:
    """The values without those that AWS decides."""
    return {name: value if isinstance(value, str | list | int) else None for name, value in values.items()}


def _create_delivery(aws: Aws, values: Values) -> None:
    arguments = {**to_api(_known(values), _DELIVERY), **_paths(_known(values))}
    made = aws.client("logs").create_delivery(**arguments, **given(tags=values["tags_all"]))
    values["id"] = made["delivery"]["id"]


def _read_delivery(aws: Aws, values: Values) -> Values:
    found = aws.client("logs").get_delivery(id=values["id"])["delivery"]
    paths = found.get("s3DeliveryConfiguration") or {}
    block = {
        "enable_hive_compatible_path": paths.get("enableHiveCompatiblePath", False),
        "suffix_path": paths.get("suffixPath", ""),
    }
    shown = from_api(found, _SHOWN)
    return {
        **shown,
        "id": values["id"],
        "s3_delivery_configuration": [block] if paths else [],
        "record_fields": shown["record_fields"] or [],
        "tags_all": _tags(aws, {**values, **shown}, found),
    }


def _update_delivery(aws: Aws, values: Values, prior: Values) -> None:
    found = _known(values)
    sent = given(fieldDelimiter=found["field_delimiter"], recordFields=found["record_fields"])
    aws.client("logs").update_delivery_configuration(id=values["id"], **sent, **_paths(found))


# Subscription filters

_FILTER = Derived(
    "aws_cloudwatch_log_subscription_filter",
    "logs",
    "PutSubscriptionFilterRequest",
    keys={"name": "filterName"},
    without={"apply_on_transformed_logs"},
)
_SHOWN_FILTER = Derived(
    "aws_cloudwatch_log_subscription_filter", "logs", "SubscriptionFilter", keys={"name": "filterName"}
)


def _put_filter(aws: Aws, values: Values, prior: Values | None = None) -> None:
    sent = {"filterPattern": values["filter_pattern"], **to_api(_known(values), _FILTER)}
    if values["apply_on_transformed_logs"] is True:
        sent["applyOnTransformedLogs"] = True
    logs = aws.client("logs")
    passing = ("InvalidParameterException", "Could not deliver test message to specified")
    eventually(aws, lambda: logs.put_subscription_filter(**sent), passing)
    values["id"] = f"cwlsf-{_hash(values['log_group_name'])}"


def _hash(name: str) -> int:
    """The published provider's number of a group: CRC-32 of its name and a hyphen (SDK: helper/id)."""
    import zlib

    return zlib.crc32(f"{name}-".encode())


def _read_filter(aws: Aws, values: Values) -> Values | None:
    pages = aws.client("logs").get_paginator("describe_subscription_filters")
    group, name = values["log_group_name"], values["name"]
    for page in pages.paginate(logGroupName=group, filterNamePrefix=name):
        for found in page["subscriptionFilters"]:
            if found["filterName"] == name:
                shown = from_api(found, _SHOWN_FILTER)
                return {
                    **shown,
                    "id": values.get("id") or f"cwlsf-{_hash(group)}",
                    "apply_on_transformed_logs": shown["apply_on_transformed_logs"] or False,
                    "emit_system_fields": shown["emit_system_fields"]
                    or values.get("emit_system_fields")
                    or [],
                    "role_arn": shown["role_arn"] or "",
                }
    return None


def _import_filter(aws: Aws, identifier: str) -> Values:
    found = import_by("log_group_name|name", "|", "log_group_name", "name")(aws, identifier)
    return {**found, "id": f"cwlsf-{_hash(found['log_group_name'])}"}


RESOURCES = {
    "aws_cloudwatch_log_delivery": ResourceHandler(
        create=_create_delivery,
        read=_read_delivery,
        update=_update_delivery,
        delete=call("logs", "delete_delivery", id="id"),
        tag=_tag,
        validators={
            "delivery_destination_arn": arn,
            "delivery_source_name": _NAME,
            "field_delimiter": length(0, 5),
        },
        name=None,
    ),
    "aws_cloudwatch_log_delivery_destination": modelled(
        _DESTINATION,
        read=_read_destination,
        tag=_tag,
        validators={
            "name": _NAME,
            "delivery_destination_configuration.destination_resource_arn": arn,
            "delivery_destination_type": enum("logs", "DeliveryDestinationType"),
            "output_format": enum("logs", "OutputFormat"),
        },
        name=None,
    ),
    "aws_cloudwatch_log_delivery_source": modelled(
        _SOURCE,
        tag=_tag,
        validators={"name": _NAME, "log_type": length(1, 255), "resource_arn": arn},
        name=None,
    ),
    "aws_cloudwatch_log_subscription_filter": ResourceHandler(
        create=_put_filter,
        read=_read_filter,
        update=_put_filter,
        delete=call("logs", "delete_subscription_filter", logGroupName="log_group_name", filterName="name"),
        imports=_import_filter,
        identifier="{log_group_name}|{name}",
        defaults={"distribution": "ByLogStream"},
        validators={
            "destination_arn": arn,
            "distribution": enum("logs", "Distribution"),
            "emit_system_fields": each(one_of("@aws.account", "@aws.region")),
            "filter_pattern": length(0, 1024),
            "name": length(1, 512),
            "role_arn": arn,
        },
        name=None,
        differs="The local AWS keeps neither `emit_system_fields` nor `apply_on_transformed_logs`.",
    ),
}

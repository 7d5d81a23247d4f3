"""CloudWatch: metric streams.

Source: internal/service/cloudwatch/metric_stream.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import Values, given, tag_list, tag_map
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, in_utc, to_api
from offline_aws.validators import arn, each, length, matches

_STREAM = Derived("aws_cloudwatch_metric_stream", "cloudwatch", "PutMetricStreamInput")
_NAME = (length(1, 255), matches(r"^[0-9A-Za-z_-]*$", "must match [0-9A-Za-z_-]"))
_NUMBER = r"(\d+(\.\d{0,10})?|(\d+(\.\d{0,10})?[Ee][+-]?\d+))"
_PERCENT = r"((\d{1,2})(\.\d{0,10})?|100(\.0{0,10})?)%"
_STATISTIC = matches(
    r"^(?!p0(\.0{0,10})?$|p100(\.\d{0,10})?$)"
    r"(IQM|(p|tc|tm|ts|wm)(100|\d{1,2})(\.\d{0,10})?|[ou]\d+(\.\d*)?"
    rf"|(TM|TC|TS|WM)\(({_PERCENT})?:{_PERCENT}\)|(TM|TC|TS|WM)\({_PERCENT}:({_PERCENT})?\)"
    rf"|(TM|TC|TS|WM|PR)\({_NUMBER}:{_NUMBER}?\)|(TM|TC|TS|WM|PR)\({_NUMBER}?:{_NUMBER}\))$",
    "not a statistic: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html",
)


def _put(aws: Aws, values: Values, *prior: Values) -> None:
    arguments = to_api(values, _STREAM)
    arguments.setdefault("IncludeLinkedAccountsMetrics", False)
    if not prior:
        arguments |= given(Tags=tag_list(values["tags_all"]))
    aws.client("cloudwatch").put_metric_stream(**arguments)
    values["id"] = values["name"]
    _wait_until_running(aws, values["name"])


def _wait_until_running(aws: Aws, name: str) -> None:
    client = aws.client("cloudwatch")
    aws.wait(
        lambda: bool(client.get_metric_stream(Name=name).get("State") == "running"), f"metric stream ({name})"
    )


def _read(aws: Aws, values: Values) -> Values:
    client = aws.client("cloudwatch")
    found = client.get_metric_stream(Name=values["id"])
    tags = client.list_tags_for_resource(ResourceARN=found["Arn"]).get("Tags")
    created = in_utc(found["CreationDate"])
    return {
        **from_api(found, _STREAM),
        "id": found["Name"],
        "arn": found["Arn"],
        "creation_date": created,
        "last_update_date": created,  # as there, which shows it so
        "state": found["State"],
        "tags_all": tag_map(tags),
    }


_METRIC = length(1, 255)
_FILTERS = ("exclude_filter", "include_filter")
METRIC_STREAM = ResourceHandler(
    create=_put,
    read=_read,
    update=_put,
    delete=call("cloudwatch", "delete_metric_stream", Name="id"),
    tag=tagging("cloudwatch", "ResourceARN", form=tag_list),
    shapes=(_STREAM,),
    validators={
        "firehose_arn": arn,
        "name": _NAME,
        "name_prefix": _NAME,
        "role_arn": arn,
        "statistics_configuration.additional_statistics": each(_STATISTIC),
        "statistics_configuration.include_metric.metric_name": _METRIC,
        "statistics_configuration.include_metric.namespace": _METRIC,
        **{f"{name}.metric_names": each(_METRIC) for name in _FILTERS},
        **{f"{name}.namespace": _METRIC for name in _FILTERS},
    },
    conflicts=(_FILTERS,),
    timeouts={"create": 60, "update": 60, "delete": 120},
)

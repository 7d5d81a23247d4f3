"""CloudWatch: alarms and dashboards.

Source: internal/service/cloudwatch/{metric_alarm,composite_alarm,dashboard}.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.calls import tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_json
from offline_aws.handler_values import UNKNOWN, Values, tag_list, tag_map
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.services.metric_streams import METRIC_STREAM
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import (
    arn,
    at_least,
    each,
    json_object,
    length,
    matches,
    one_of,
    seconds_of_metrics,
)

_ALARM = Derived(
    "aws_cloudwatch_metric_alarm",
    "cloudwatch",
    "PutMetricAlarmInput",
    keys={
        "metric_query": "Metrics",
        "metric_query.metric": "MetricStat",
        "metric_query.metric.dimensions": "Metric.Dimensions",
        "metric_query.metric.metric_name": "Metric.MetricName",
        "metric_query.metric.namespace": "Metric.Namespace",
    },
)


def _put(aws: Aws, values: Values, prior: Values | None = None) -> None:
    queries = [{**block, "return_data": bool(block["return_data"])} for block in values["metric_query"]]
    unset = dict.fromkeys(("period", "statistic")) if queries else {}
    arguments = to_api({**values, **unset, "metric_query": queries}, _ALARM)
    if prior is None and values["tags_all"]:
        arguments["Tags"] = tag_list(values["tags_all"])
    aws.client("cloudwatch").put_metric_alarm(**arguments)
    values["id"] = values["alarm_name"]


def _read(aws: Aws, values: Values) -> Values | None:
    client = aws.client("cloudwatch")
    alarms = client.describe_alarms(AlarmNames=[values["id"]], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    if not alarms:
        return None
    alarm = alarms[0]
    shown = {
        **from_api(alarm, _ALARM),
        "id": alarm["AlarmName"],
        "arn": alarm["AlarmArn"],
        "tags_all": tag_map(client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"]).get("Tags")),
        "treat_missing_data": alarm.get("TreatMissingData") or "missing",
    }
    # The emulator keeps no queries, and then has a period and a statistic of its own.
    queries = {"metric_query", "period", "statistic"} if values.get("metric_query") else set()
    # It keeps no band of expected values either, and then has a threshold of 0.
    band = {"threshold", "threshold_metric_id"} if values.get("threshold_metric_id") else set()
    # With a percentile it has a statistic too, and forgets what few samples mean.
    percentile = {"statistic", "evaluate_low_sample_count_percentiles"} if shown["extended_statistic"] else ()
    # Nor does it know alarms on Prometheus's queries, and has a period, a statistic and a number of periods.
    criteria = {"evaluation_periods", "period", "statistic"} if values.get("evaluation_criteria") else set()
    lost = {"evaluation_criteria", "evaluation_interval", *queries, *band, *percentile, *criteria}
    forgotten = lost if aws.local else set()
    return {name: value for name, value in shown.items() if name not in forgotten}


def _delete(aws: Aws, values: Values) -> None:
    aws.client("cloudwatch").delete_alarms(AlarmNames=[values["id"]])


def _whole(values: Values) -> Iterable[tuple[str, str]]:
    """What one kind of alarm needs of the attributes that are optional for the other."""
    if values["metric_query"] is UNKNOWN or values["metric_query"]:
        return
    if values["metric_name"] is None and values["evaluation_criteria"] == []:
        yield "metric_name", "a metric, metric_query or evaluation_criteria must be set"
    elif values["metric_name"] is not None:
        if values["statistic"] is None and values["extended_statistic"] is None:
            yield "statistic", "one of statistic and extended_statistic must be set for an alarm on a metric"
        for name in ("comparison_operator", "evaluation_periods"):
            if values[name] is None:
                yield name, f"{name} must be set for an alarm on a metric"


# Alarms of alarms

_COMPOSITE = Derived("aws_cloudwatch_composite_alarm", "cloudwatch", "PutCompositeAlarmInput")
_SUPPRESSOR = {
    "alarm": "ActionsSuppressor",
    "extension_period": "ActionsSuppressorExtensionPeriod",
    "wait_period": "ActionsSuppressorWaitPeriod",
}


def _put_composite(aws: Aws, values: Values, prior: Values | None = None) -> None:
    block = (values["actions_suppressor"] or [{}])[0]
    arguments = {**to_api(values, _COMPOSITE), **to_api(block, _SUPPRESSOR)}
    if prior is None and values["tags_all"]:
        arguments["Tags"] = tag_list(values["tags_all"])
    aws.client("cloudwatch").put_composite_alarm(**arguments)
    values["id"] = values["alarm_name"]


def _read_composite(aws: Aws, values: Values) -> Values | None:
    client = aws.client("cloudwatch")
    named = {"AlarmNames": [values["id"]], "AlarmTypes": ["CompositeAlarm"]}
    alarms = client.describe_alarms(**named)["CompositeAlarms"]
    if not alarms:
        return None
    alarm = alarms[0]
    suppressor = from_api(alarm, _SUPPRESSOR)
    shown = {
        **from_api(alarm, _COMPOSITE),
        "id": alarm["AlarmName"],
        "actions_suppressor": [suppressor] if suppressor["alarm"] else [],
        "arn": alarm["AlarmArn"],
        "tags_all": tag_map(client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"]).get("Tags")),
    }
    if aws.local and values.get("actions_suppressor"):
        del shown["actions_suppressor"]  # the emulator does not keep it
    return shown


# Dashboards


def _put_dashboard(aws: Aws, values: Values, prior: Values | None = None) -> None:
    client = aws.client("cloudwatch")
    client.put_dashboard(DashboardName=values["dashboard_name"], DashboardBody=values["dashboard_body"])
    values["id"] = values["dashboard_name"]


def _read_dashboard(aws: Aws, values: Values) -> Values:
    found = aws.client("cloudwatch").get_dashboard(DashboardName=values["id"])
    return {
        "id": values["id"],
        "dashboard_arn": found["DashboardArn"],
        "dashboard_body": found["DashboardBody"],
        "dashboard_name": values["id"],
    }


def _delete_dashboard(aws: Aws, values: Values) -> None:
    aws.client("cloudwatch").delete_dashboards(DashboardNames=[values["id"]])


def _action(value: str) -> str | None:
    """An ARN, or one of the actions of EC2, whose ARN has no account."""
    of_ec2 = value.startswith("arn:") and ":automate:" in value and ":ec2:" in value
    return None if of_ec2 else arn(value)


_ACTIONS = (length(0, 5), each(_action))

_BOUND = r"(\d+(\.\d+)?%?)?"  # of a trimmed statistic: 6.x, 2025, internal/service/cloudwatch/metric_alarm.go
RESOURCES = {
    "aws_cloudwatch_composite_alarm": ResourceHandler(
        create=_put_composite,
        read=_read_composite,
        update=_put_composite,
        delete=_delete,
        tag=tagging("cloudwatch", "ResourceARN", form=tag_list),
        defaults={"actions_enabled": True},
        validators={
            "alarm_actions": _ACTIONS,
            "alarm_description": length(0, 1024),
            "alarm_name": length(0, 255),
            "alarm_rule": length(1, 10240),
            "insufficient_data_actions": _ACTIONS,
            "ok_actions": _ACTIONS,
        },
        name=None,
        differs="The local AWS does not keep `actions_suppressor`.",
    ),
    "aws_cloudwatch_dashboard": ResourceHandler(
        create=_put_dashboard,
        read=_read_dashboard,
        update=_put_dashboard,
        delete=_delete_dashboard,
        equivalent={"dashboard_body": same_json},
        normalise={"dashboard_body": gojson.normalised_json},
        validators={
            "dashboard_body": json_object,
            "dashboard_name": (length(1, 255), matches(r"^[0-9A-Za-z_-]+$", "must match [0-9A-Za-z_-]")),
        },
        gone={"DashboardNotFoundError", "ResourceNotFound"},
        name=None,
    ),
    "aws_cloudwatch_metric_alarm": ResourceHandler(
        create=_put,
        read=_read,
        update=_put,
        delete=_delete,
        tag=tagging("cloudwatch", "ResourceARN", form=tag_list),
        checks=(_whole,),
        defaults={"actions_enabled": True, "treat_missing_data": "missing"},
        shapes=(_ALARM,),
        validators={
            "alarm_actions": each(_action),
            "alarm_description": length(0, 1024),
            "alarm_name": length(1, 255),
            "datapoints_to_alarm": at_least(1),
            "evaluate_low_sample_count_percentiles": one_of("evaluate", "ignore"),
            "evaluation_periods": at_least(1),
            "extended_statistic": matches(
                rf"^((p|tm|wm|tc|ts)(\d{{1,2}}(\.\d{{1,2}})?|100)|IQM|(TM|WM|PR|TC|TS)\({_BOUND}:{_BOUND}\))$",
                "must be a percentile such as p95 or a trimmed statistic",
            ),
            "insufficient_data_actions": _ACTIONS,
            "metric_name": length(1, 255),
            "metric_query.account_id": length(1, 255),
            "metric_query.expression": length(1, 1024),
            "metric_query.id": length(1, 255),
            "metric_query.metric.metric_name": length(1, 255),
            "metric_query.metric.namespace": length(1, 255),
            "metric_query.metric.period": seconds_of_metrics,
            "metric_query.period": seconds_of_metrics,
            "namespace": (length(1, 255), matches("^[^:].*$", "must not begin with :")),
            "ok_actions": _ACTIONS,
            "period": seconds_of_metrics,
            "threshold_metric_id": length(1, 255),
            "treat_missing_data": one_of("breaching", "notBreaching", "ignore", "missing"),
        },
        conflicts=(
            ("statistic", "extended_statistic"),
            ("metric_query", "metric_name"),
            ("metric_query", "namespace"),
            ("metric_query", "period"),
            ("metric_query", "statistic"),
            ("metric_query", "dimensions"),
            ("metric_query", "extended_statistic"),
            ("threshold", "threshold_metric_id"),
        ),
        name=None,
        differs=(
            "AWS refuses an alarm on one metric without a `period`, and one without `evaluation_periods`; "
            "the local AWS takes 60 seconds, and keeps the periods that it had. It does not keep "
            "`metric_query`, `evaluation_criteria`, `evaluation_interval`, `threshold_metric_id` and "
            "`evaluate_low_sample_count_percentiles`: they stay as configured; an import does not find them."
        ),
    ),
    "aws_cloudwatch_metric_stream": METRIC_STREAM,
}

DATA_SOURCES: dict[str, DataSourceHandler] = {}

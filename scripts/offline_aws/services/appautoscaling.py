"""Application Auto Scaling: what is scaled, and by which policies.

Source: internal/service/appautoscaling/{target,policy}.go, the policy's of 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, given
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import between, length

_SERVICE = "application-autoscaling"
_NAMED = {"ServiceNamespace": "service_namespace", "ScalableDimension": "scalable_dimension"}
_TARGET = Derived("aws_appautoscaling_target", _SERVICE, "RegisterScalableTargetRequest")


def _register(aws: Aws, values: Values, *prior: Values) -> None:
    arguments = to_api(values, _TARGET)
    if not prior:
        arguments |= given(Tags=values["tags_all"])
    client = aws.client(_SERVICE)
    passing = ("Unable to assume IAM role", "ECS service doesn't exist")
    refusals = [("ValidationException", text) for text in passing]
    eventually(aws, lambda: client.register_scalable_target(**arguments), *refusals)
    values["id"] = values["resource_id"]


def _read_target(aws: Aws, values: Values) -> Values | None:
    client = aws.client(_SERVICE)
    named = {key: values[attribute] for key, attribute in _NAMED.items()}
    found = client.describe_scalable_targets(ResourceIds=[values["id"]], **named)["ScalableTargets"]
    if not found:
        return None
    arn = found[0].get("ScalableTargetARN", "")
    tags = client.list_tags_for_resource(ResourceARN=arn).get("Tags", {}) if arn else {}
    return {**from_api(found[0], _TARGET), "id": found[0]["ResourceId"], "arn": arn, "tags_all": tags}


# Policies

_POLICY = Derived(
    "aws_appautoscaling_policy", _SERVICE, "PutScalingPolicyRequest", keys={"name": "PolicyName"}
)
_BOUNDS = ("metric_interval_lower_bound", "metric_interval_upper_bound")


def _put_policy(aws: Aws, values: Values, *_: Values) -> None:
    arguments = to_api(_converted(values, lambda text: float(text) if text else None), _POLICY)
    client = aws.client(_SERVICE)
    passing = (("FailedResourceAccessException", ""), ("ObjectNotFoundException", ""))
    eventually(aws, lambda: client.put_scaling_policy(**arguments), *passing)
    values["id"] = values["name"]


def _converted(values: Values, convert: Callable[[Any], Any]) -> Values:
    """The values with the numbers converted that are texts here and numbers in the API."""
    return {
        **values,
        "predictive_scaling_policy_configuration": [
            {
                **block,
                "metric_specification": [
                    {**each, "target_value": convert(each["target_value"])}
                    for each in block["metric_specification"]
                ],
            }
            for block in values["predictive_scaling_policy_configuration"]
        ],
        "step_scaling_policy_configuration": [
            {
                **block,
                "step_adjustment": [
                    {**each, **{name: convert(each[name]) for name in _BOUNDS}}
                    for each in block["step_adjustment"]
                ],
            }
            for block in values["step_scaling_policy_configuration"]
        ],
    }


def _read_policy(aws: Aws, values: Values) -> Values | None:
    named = {key: values[attribute] for key, attribute in _NAMED.items()}
    found = aws.client(_SERVICE).describe_scaling_policies(
        PolicyNames=[values["id"]], ResourceId=values["resource_id"], **named
    )["ScalingPolicies"]
    if not found:
        return None
    shown = _converted(from_api(found[0], _POLICY), lambda one: "" if one is None else f"{one:.15g}")
    alarms = [alarm["AlarmARN"] for alarm in found[0].get("Alarms", ())]
    return {**shown, "id": found[0]["PolicyName"], "alarm_arns": alarms, "arn": found[0]["PolicyARN"]}


def _imports(*last: str) -> Callable[[Aws, str], Values]:
    """Return `imports` for <service-namespace>/<resource-id>/ and these attributes."""

    def imports(aws: Aws, identifier: str) -> Values:
        parts = identifier.split("/")
        ends = len(parts) - len(last)
        if ends < 2 or not all(parts):
            form = "/".join(
                f"<{name.replace('_', '-')}>" for name in ("service_namespace", "resource_id", *last)
            )
            raise ResourceError(f"unexpected format ({identifier})", detail=f"Expected {form}")
        named = {"service_namespace": parts[0], "resource_id": "/".join(parts[1:ends])}
        found = {**named, **dict(zip(last, parts[ends:], strict=True))}
        return {**found, "id": found.get("name", found["resource_id"])}

    return imports


def _one_metric(config: Values) -> Iterable[tuple[str, str]]:
    blocks = config[_TRACKING]
    if blocks is UNKNOWN or not blocks:
        return
    customized = blocks[0]["customized_metric_specification"]
    path = f"{_TRACKING}.0.customized_metric_specification"
    if customized is UNKNOWN or not customized:
        return
    if blocks[0]["predefined_metric_specification"] not in _NOT_SET:
        detail = "only one of customized_metric_specification and predefined_metric_specification can be set"
        yield path, detail
    if customized[0]["metrics"] not in _NOT_SET:
        present = [name for name in _OF_ONE_METRIC if customized[0][name] not in _NOT_SET]
        if present:
            yield f"{path}.0.metrics", f"conflicts with {present}"


def _number(value: Any) -> str | None:
    try:
        float(value or 0)
    except ValueError:
        return f"cannot parse {value!r} as a number"
    return None


_TRACKING = "target_tracking_scaling_policy_configuration"
_NOT_SET: tuple[Any, ...] = (None, [], UNKNOWN)  # what is unknown may turn out to be none
_OF_ONE_METRIC = ("dimensions", "metric_name", "namespace", "statistic", "unit")
_METRICS = f"{_TRACKING}.customized_metric_specification.metrics"
_PREDICTIVE = "predictive_scaling_policy_configuration"
_FORECAST = f"{_PREDICTIVE}.metric_specification"
_PREDEFINED = ("load_metric", "metric_pair", "scaling_metric")
_CUSTOMIZED = ("capacity_metric", "load_metric", "scaling_metric")


RESOURCES = {
    "aws_appautoscaling_policy": ResourceHandler(
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=call(_SERVICE, "delete_scaling_policy", PolicyName="name", ResourceId="resource_id", **_NAMED),
        imports=_imports("scalable_dimension", "name"),
        identifier="{service_namespace}/{resource_id}/{scalable_dimension}/{name}",
        checks=(_one_metric,),
        defaults={
            "policy_type": "StepScaling",
            f"{_METRICS}.return_data": True,
            f"{_TRACKING}.disable_scale_in": False,
        },
        shapes=(_POLICY,),
        validators={
            "name": length(0, 255),
            **{
                f"{_FORECAST}.customized_{kind}_specification.metric_data_query.expression": length(1, 2048)
                for kind in _CUSTOMIZED
            },
            **{
                f"{_FORECAST}.predefined_{kind}_specification.{name}": length(1, most)
                for kind in _PREDEFINED
                for name, most in (("predefined_metric_type", 128), ("resource_label", 1023))
            },
            f"{_FORECAST}.target_value": _number,
            f"{_PREDICTIVE}.max_capacity_buffer": between(0, 100),
            f"{_PREDICTIVE}.scheduling_buffer_time": between(0, 3600),
            **{f"step_scaling_policy_configuration.step_adjustment.{name}": _number for name in _BOUNDS},
            f"{_METRICS}.expression": length(1, 2047),
            f"{_METRICS}.id": length(1, 255),
            f"{_METRICS}.label": length(1, 2047),
            f"{_METRICS}.metric_stat.stat": length(1, 100),
            f"{_TRACKING}.predefined_metric_specification.resource_label": length(0, 1023),
        },
        gone={"ObjectNotFoundException"},
        differs=(
            "The name of a policy that is imported has no slash. Namespaces, dimensions and the types of "
            "predefined metrics are checked at plan; the published provider leaves them to AWS."
        ),
    ),
    "aws_appautoscaling_target": ResourceHandler(
        create=_register,
        read=_read_target,
        update=_register,
        delete=call(_SERVICE, "deregister_scalable_target", ResourceId="id", **_NAMED),
        tag=tagging(_SERVICE, "ResourceARN"),
        imports=_imports("scalable_dimension"),
        identifier="{service_namespace}/{resource_id}/{scalable_dimension}",
        shapes=(_TARGET,),
        name=None,
        gone={"ObjectNotFoundException"},
    ),
}

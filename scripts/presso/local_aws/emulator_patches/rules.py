"""Buses, rules and their targets: what AWS refuses, resets and keeps, and which events a pattern matches."""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import json_response
from ministack.services import eventbridge

from event_patterns.fields import nested
from presso.aws_limits import BUS_POLICY, TARGETS_PER_RULE
from presso.local_aws.emulator_patches.entries import is_object
from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
PATCHES.uses(
    eventbridge, "_event_bus_policies", "_event_buses", "_rules", "_targets", _rule_key="rule_name bus_name"
)
PATCHES.uses(eventbridge, "_EventView")


@PATCHES.around(eventbridge)
def _put_permission(original: Callable[[Json], Response], data: Json) -> Response:
    bus = data.get("EventBusName", "default")
    if bus not in eventbridge._event_buses:
        return refusal("ResourceNotFoundException", f"Event bus {bus} does not exist.")
    if not data.get("Policy"):
        stored = eventbridge._event_bus_policies.get(bus)
        if stored and isinstance(stored["Statement"], dict):
            stored["Statement"] = [stored["Statement"]]
        condition = data.get("Condition") or {}
        written = {condition["Type"]: {condition["Key"]: condition["Value"]}} if condition else None
        return original({**data, "Condition": written})
    if len(data["Policy"]) > BUS_POLICY:
        return refusal("PolicyLengthExceededException", "The policy is longer than 10240 characters.")
    if not is_object(data["Policy"]) or not json.loads(data["Policy"]).get("Statement"):
        return refusal(
            "ValidationException", "Parameter Policy is not valid. Reason: it is not a policy document."
        )
    eventbridge._event_bus_policies[bus] = json.loads(data["Policy"])
    response: Response = json_response({})
    return response


@PATCHES.around(eventbridge)
def _delete_event_bus(original: Callable[[Json], Response], data: Json) -> Response:
    bus = data.get("Name")
    if bus != "default" and any(rule.get("EventBusName") == bus for rule in eventbridge._rules.values()):
        return refusal("ValidationException", f"Event bus {bus} can't be deleted since it has rules.")
    response = original(data)
    if bus not in eventbridge._event_buses:
        eventbridge._event_bus_policies.pop(bus, None)
    return response


@PATCHES.around(eventbridge)
def _put_rule(original: Callable[[Json], Response], data: Json) -> Response:
    if not data.get("EventPattern") and not data.get("ScheduleExpression"):
        message = "Parameter(s) EventPattern or ScheduleExpression must be specified."
        return refusal("ValidationException", message)
    if data.get("ScheduleExpression") and data.get("EventBusName", "default") != "default":
        return refusal(
            "ValidationException", "ScheduleExpression is supported only on the default event bus."
        )
    # What is left out is reset, not kept (API reference of PutRule).
    return original({"State": "ENABLED", "Description": "", "RoleArn": "", **data})


@PATCHES.around(eventbridge)
def _put_targets(original: Callable[[Json], Response], data: Json) -> Response:
    key = eventbridge._rule_key(data.get("Rule"), data.get("EventBusName", "default"))
    present = {target["Id"] for target in eventbridge._targets.get(key, [])}
    if len(present | {target.get("Id") for target in data.get("Targets", [])}) > TARGETS_PER_RULE:
        message = "The requested resource exceeds the maximum number allowed."
        return refusal("LimitExceededException", message)
    return original(data)


@PATCHES.around(eventbridge)
def _delete_rule(original: Callable[[Json], Response], data: Json) -> Response:
    key = eventbridge._rule_key(data.get("Name"), data.get("EventBusName", "default"))
    if eventbridge._targets.get(key):
        return refusal("ValidationException", "Rule can't be deleted since it has targets.")
    return original(data)


@PATCHES.around(eventbridge)
def _matches_pattern_view(
    original: Callable[..., bool], pattern_str: str, view: Any, owner: str = "rule"
) -> bool:
    """Match fields with dots in their names as the paths that they are for Event Ruler."""
    whole = view.event_with_detail() if "." in str(view._raw_detail) else {}
    fields = nested(whole)
    if fields is not whole:
        detail = fields.pop("detail")
        view = eventbridge._EventView(fields, json.dumps(detail))
    return original(pattern_str, view, owner)

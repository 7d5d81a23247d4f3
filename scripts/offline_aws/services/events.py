"""EventBridge: buses, their policies, rules, archives; more in ``event_targets`` and ``event_connections``.

Source: internal/service/events/{bus,bus_policy,permission,rule,archive,validate}.go.
"""

from __future__ import annotations

import json
import re
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import call, tagging
from offline_aws.derived_shapes import Derived
from offline_aws.equivalence import same_policy
from offline_aws.event_pattern_validation import event_pattern, normalised_pattern
from offline_aws.gojson import normalised_json as normalised_json
from offline_aws.handler_values import ResourceError, Values, first, given, tag_list, tag_map
from offline_aws.policies import iam_policy
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.schedules import rule_schedule
from offline_aws.services.event_connections import API_DESTINATION, CONNECTION, CONNECTION_DATA
from offline_aws.services.event_targets import BUS, TARGET
from offline_aws.shapes import from_api, to_api
from offline_aws.validators import arn, at_least, json_text, length, matches, one_of

_DEFAULT_BUS = "default"
_BUS_NAME = (
    length(1, 256),
    matches(r"^[/.\-_A-Za-z0-9]+$", "a bus name has letters, digits, '.', '-', '_' and '/' only"),
)
_CUSTOM_BUS_NAME = (*_BUS_NAME, lambda name: 'cannot be "default"' if name == _DEFAULT_BUS else None)
_RULE_NAME = matches(r"^[.\-_A-Za-z0-9]{1,64}$", "a rule name has 1 to 64 letters, digits, '.', '-' and '_'")
# The published provider takes 64 here too, and fails at apply: 26 characters are added.
_RULE_PREFIX = matches(r"^[.\-_A-Za-z0-9]{1,38}$", "a prefix has 1 to 38 letters, digits, '.', '-' and '_'")


def _described(aws: Aws, name: str) -> Values:
    return dict(aws.client("events").describe_event_bus(Name=name))


def _tags(aws: Aws, resource: str) -> dict[str, str]:
    return tag_map(aws.client("events").list_tags_for_resource(ResourceARN=resource).get("Tags"))


_BUS = Derived("aws_cloudwatch_event_bus", "events", "CreateEventBusRequest", without={"event_source_name"})


def _create_bus(aws: Aws, values: Values) -> None:
    arguments = given(EventSourceName=values["event_source_name"], Tags=tag_list(values["tags_all"]))
    aws.client("events").create_event_bus(**to_api(values, _BUS), **arguments)
    values["id"] = values["name"]


def _read_bus(aws: Aws, values: Values) -> Values:
    found = _described(aws, values["id"])
    return {**from_api(found, _BUS), "arn": found["Arn"], "tags_all": _tags(aws, found["Arn"])}


def _update_bus(aws: Aws, values: Values, prior: Values) -> None:
    arguments = {**to_api(values, _BUS), "Description": values["description"] or ""}
    aws.client("events").update_event_bus(**arguments)


def _find_bus(aws: Aws, values: Values) -> Values:
    found = _read_bus(aws, {"id": values["name"]})
    return {"id": values["name"], **{key: text for key, text in found.items() if key != "tags_all"}}


def _put_policy(aws: Aws, values: Values, *_: Values) -> None:
    aws.client("events").put_permission(EventBusName=values["event_bus_name"], Policy=values["policy"])
    values["id"] = values["event_bus_name"]


def _read_policy(aws: Aws, values: Values) -> Values | None:
    policy = _described(aws, values["id"]).get("Policy")
    return {"event_bus_name": values["id"], "policy": policy} if policy else None


def _delete_policy(aws: Aws, values: Values) -> None:
    aws.client("events").remove_permission(EventBusName=values["id"], RemoveAllPermissions=True)


def _put_permission(aws: Aws, values: Values, *_: Values) -> None:
    condition = first(values["condition"])
    bus, statement = values["event_bus_name"], values["statement_id"]
    arguments = given(
        Action=values["action"],
        Condition=condition
        and {"Key": condition["key"], "Type": condition["type"], "Value": condition["value"]},
        EventBusName=bus,
        Principal=values["principal"],
        StatementId=statement,
    )
    aws.client("events").put_permission(**arguments)
    values["id"] = statement if bus == _DEFAULT_BUS else f"{bus}/{statement}"


def _read_permission(aws: Aws, values: Values) -> Values | None:
    bus, statement = _two_parts(values["id"], "STATEMENTID")
    policy = json.loads(_described(aws, bus).get("Policy") or "{}")
    found = next((item for item in policy.get("Statement", ()) if item.get("Sid") == statement), None)
    if found is None:
        return None
    principal = found.get("Principal")
    principal = _one_text(principal.get("AWS", "*") if isinstance(principal, dict) else principal)
    parts = (principal or "").split(":")
    return {
        "action": _one_text(found.get("Action")),
        "condition": _conditions(found.get("Condition") or {}),
        "event_bus_name": bus,
        "principal": parts[4] if len(parts) > 4 else principal,
        "statement_id": statement,
    }


def _conditions(content: Values) -> list[Values]:
    return [
        {"type": kind, "key": key, "value": _one_text(text)}
        for kind, tests in content.items()
        if isinstance(tests, dict)
        for key, text in tests.items()
    ]


def _one_text(value: Any) -> str | None:
    """What a permission has; null, and so a difference, where a statement made elsewhere has several."""
    return value if isinstance(value, str) else None


def _delete_permission(aws: Aws, values: Values) -> None:
    bus, statement = _two_parts(values["id"], "STATEMENTID")
    aws.client("events").remove_permission(EventBusName=bus, StatementId=statement)


def _two_parts(identifier: str, what: str) -> tuple[str, str]:
    """``bus/name`` or ``name`` (on the default bus); a bus may be an ARN or a partner's, with slashes."""
    bus, _, name = identifier.rpartition("/")
    if not name or ("/" in bus and not re.search(r":event-bus/|^aws\.partner/", bus)):
        expected = f"expected EVENTBUSNAME/{what} or {what}"
        raise ResourceError(f"unexpected format for ID ({identifier}), {expected}")
    return bus or _DEFAULT_BUS, name


def _put_rule(aws: Aws, values: Values, *prior: Values) -> None:
    bus, name = values["event_bus_name"], values["name"]
    enabled = "DISABLED" if aws.config.get("is_enabled") is False else "ENABLED"
    found = aws.client("events").put_rule(
        Name=name,
        EventBusName=bus,
        State=aws.config.get("state") or enabled,
        **given(
            EventPattern=values["event_pattern"],
            RoleArn=values["role_arn"],
            ScheduleExpression=values["schedule_expression"],
            Tags=[] if prior else tag_list(values["tags_all"]),
        ),
        # AWS treats an omitted description as none, so an empty one may be sent.
        Description=values["description"] or "",
    )
    values["id"] = name if bus == _DEFAULT_BUS else f"{bus}/{name}"
    values["arn"] = found["RuleArn"]


def _read_rule(aws: Aws, values: Values) -> Values:
    bus, name = _two_parts(values["id"], "RULENAME")
    found = aws.client("events").describe_rule(Name=name, EventBusName=bus)
    return {
        "arn": found["Arn"],
        "description": found.get("Description"),
        "event_bus_name": bus,
        "event_pattern": normalised_pattern(found.get("EventPattern")),
        "is_enabled": found["State"] != "DISABLED",
        "name": found["Name"],
        "role_arn": found.get("RoleArn"),
        "schedule_expression": found.get("ScheduleExpression"),
        "state": found["State"],
        "tags_all": _tags(aws, found["Arn"]),
    }


def _delete_rule(aws: Aws, values: Values) -> None:
    bus, name = _two_parts(values["id"], "RULENAME")
    aws.client("events").delete_rule(Name=name, EventBusName=bus, Force=bool(values["force_destroy"]))


def _schedule_on_a_custom_bus(config: Values) -> list[tuple[str, str]]:
    bus = config["event_bus_name"]
    if config["schedule_expression"] is not None and isinstance(bus, str) and bus != _DEFAULT_BUS:
        return [("schedule_expression", "is supported only on the default event bus")]
    return []


_ARCHIVE = Derived(
    "aws_cloudwatch_event_archive", "events", "UpdateArchiveRequest", keys={"name": "ArchiveName"}
)


def _archive_arguments(values: Values) -> dict[str, Any]:
    return {**to_api(values, _ARCHIVE), "RetentionDays": values["retention_days"] or 0}


def _create_archive(aws: Aws, values: Values) -> None:
    aws.client("events").create_archive(
        **_archive_arguments(values), EventSourceArn=values["event_source_arn"]
    )
    values["id"] = values["name"]


def _read_archive(aws: Aws, values: Values) -> Values:
    found = aws.client("events").describe_archive(ArchiveName=values["id"])
    return {
        **from_api(found, _ARCHIVE),
        "arn": found["ArchiveArn"],
        "event_pattern": normalised_json(found.get("EventPattern")),
        "event_source_arn": found["EventSourceArn"],
    }


def _update_archive(aws: Aws, values: Values, prior: Values) -> None:
    aws.client("events").update_archive(**_archive_arguments(values))


_tag = tagging("events", "ResourceARN", form=tag_list)
RESOURCES = {
    "aws_cloudwatch_event_api_destination": API_DESTINATION,
    "aws_cloudwatch_event_archive": ResourceHandler(
        create=_create_archive,
        read=_read_archive,
        update=_update_archive,
        delete=call("events", "delete_archive", ArchiveName="id"),
        normalise={"event_pattern": normalised_json},
        validators={
            "description": length(0, 512),
            "event_pattern": event_pattern,
            "event_source_arn": arn,
            "name": matches(r"^[.\-_A-Za-z0-9]{1,48}$", "1 to 48 letters, digits, '.', '-' and '_'"),
            "retention_days": at_least(0),
        },
        differs=(
            "`description`, `event_pattern` and `kms_key_identifier` stay when they are taken away: neither "
            "provider sends them then, and the local AWS keeps what is not sent (AWS: unknown). Patterns are "
            "checked in full at plan; the published provider checks that they are JSON."
        ),
    ),
    "aws_cloudwatch_event_bus": ResourceHandler(
        create=_create_bus,
        read=_read_bus,
        update=_update_bus,
        delete=call("events", "delete_event_bus", Name="id"),
        tag=_tag,
        validators={
            "name": _CUSTOM_BUS_NAME,
            "dead_letter_config.arn": (length(1, 1600), arn),
            "description": length(0, 512),
            "event_source_name": matches(
                r"^aws\.partner(/[.\-_A-Za-z0-9]+){2,}$", "a partner event source is aws.partner/…/…"
            ),
            "kms_key_identifier": length(1, 2048),
            "log_config.include_detail": one_of("NONE", "FULL"),
            "log_config.level": one_of("OFF", "ERROR", "INFO", "TRACE"),
        },
        differs=(
            "`dead_letter_config`, `kms_key_identifier` and `log_config` stay when they are taken away: "
            "neither provider sends them then, and the local AWS keeps what is not sent (AWS: unknown)."
        ),
    ),
    "aws_cloudwatch_event_bus_policy": ResourceHandler(
        create=_put_policy,
        read=_read_policy,
        update=_put_policy,
        delete=_delete_policy,
        defaults={"event_bus_name": _DEFAULT_BUS},
        differs="The policy's grammar is checked at plan; the published provider leaves it to AWS.",
        equivalent={"policy": same_policy},
        normalise={"policy": normalised_json},
        validators={"event_bus_name": _BUS_NAME, "policy": (json_text, iam_policy("resource"))},
    ),
    "aws_cloudwatch_event_connection": CONNECTION,
    "aws_cloudwatch_event_permission": ResourceHandler(
        create=_put_permission,
        read=_read_permission,
        update=_put_permission,
        delete=_delete_permission,
        defaults={"action": "events:PutEvents", "event_bus_name": _DEFAULT_BUS},
        validators={
            "action": matches(r"^events:[A-Za-z]{1,57}$", "must be events: followed by letters"),
            "condition.key": one_of("aws:PrincipalOrgID"),
            "condition.type": one_of("StringEquals"),
            "event_bus_name": _BUS_NAME,
            "principal": matches(r"^(\d{12}|\*)$", "must be * or a 12 digit AWS account ID"),
            "statement_id": matches(
                r"^[0-9A-Za-z_-]{1,64}$", "1 to 64 letters, digits, hyphens, underscores"
            ),
        },
    ),
    "aws_cloudwatch_event_rule": ResourceHandler(
        create=_put_rule,
        read=_read_rule,
        update=_put_rule,
        delete=_delete_rule,
        tag=_tag,
        checks=(_schedule_on_a_custom_bus,),
        defaults={"event_bus_name": _DEFAULT_BUS, "force_destroy": False},
        computed={"is_enabled", "state"},
        normalise={"event_pattern": normalised_pattern},
        stored_only={"force_destroy"},
        validators={
            "description": length(0, 512),
            "event_bus_name": BUS,
            "event_pattern": event_pattern,
            "name": _RULE_NAME,
            "name_prefix": _RULE_PREFIX,
            "role_arn": arn,
            "schedule_expression": (length(0, 256), rule_schedule),
            "state": one_of("DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
        },
        conflicts=(("is_enabled", "state"),),
        at_least_one_of=(("schedule_expression", "event_pattern"),),
        differs=(
            "Schedules, patterns and the length of a prefix are checked in full at plan, a schedule on a "
            "custom bus too; the published provider leaves most of it to AWS."
        ),
    ),
    "aws_cloudwatch_event_target": TARGET,
}

DATA_SOURCES = {
    "aws_cloudwatch_event_bus": DataSourceHandler(read=_find_bus, tags=False),
    "aws_cloudwatch_event_connection": CONNECTION_DATA,
}

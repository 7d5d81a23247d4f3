"""The parts of a request's body that concern permissions: resources, condition keys, passed roles."""

import json
from collections.abc import Iterable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, iam, lambda_svc

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(eventbridge, "_rules", _rule_key="rule_name bus_name")
PATCHES.uses(iam, "_roles", "_users")
PATCHES.uses(lambda_svc, "_esms")

_MAPPING = ":event-source-mapping:"

_RULE = {
    **dict.fromkeys(("DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "PutRule"), "Name"),
    **dict.fromkeys(("ListTargetsByRule", "PutTargets", "RemoveTargets"), "Rule"),
}
_BUS = {
    **dict.fromkeys(("CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"), "Name"),
    **dict.fromkeys(("PutPermission", "RemovePermission"), "EventBusName"),
}
_ARCHIVE = dict.fromkeys(
    ("CreateArchive", "DeleteArchive", "DescribeArchive", "UpdateArchive"), "ArchiveName"
)
_TAGS = ("ListTagsForResource", "TagResource", "UntagResource")

_NEW_BOUNDARY = {
    f"iam:{verb}"
    for verb in ("CreateRole", "CreateUser", "PutRolePermissionsBoundary", "PutUserPermissionsBoundary")
}
_BOUNDARY = {
    f"iam:{verb.format(kind)}"
    for kind in ("Role", "User")
    for verb in (
        "Attach{}Policy", "Delete{}PermissionsBoundary", "Delete{}Policy", "Detach{}Policy", "Put{}Policy"
    )
}  # fmt: skip

_PASS = {
    "events:PutRule": ("RoleArn", "events.amazonaws.com"),
    "events:PutTargets": ("Targets.RoleArn", "events.amazonaws.com"),
    "lambda:CreateFunction": ("Role", "lambda.amazonaws.com"),
    "lambda:UpdateFunctionConfiguration": ("Role", "lambda.amazonaws.com"),
    "pipes:CreatePipe": ("RoleArn", "pipes.amazonaws.com"),
    "pipes:UpdatePipe": ("RoleArn", "pipes.amazonaws.com"),
    "scheduler:CreateSchedule": ("Target.RoleArn", "scheduler.amazonaws.com"),
    "scheduler:UpdateSchedule": ("Target.RoleArn", "scheduler.amazonaws.com"),
    "states:CreateStateMachine": ("roleArn", "states.amazonaws.com"),
    "states:UpdateStateMachine": ("roleArn", "states.amazonaws.com"),
}


def event_resource(operation: str, body: bytes) -> str:
    """The resource of an EventBridge request, without the ARN's first five parts unless it is given whole.

    Empty for an operation whose resource the emulator knows. Rules of the default bus are `rule/<name>`, all
    others `rule/<bus>/<name>`.
    """
    data = parsed(body)
    if operation in _TAGS:
        return _text(data.get("ResourceARN"))
    if operation in _BUS:
        name = _text(data.get(_BUS[operation])) or "default"
        return name if name.startswith("arn:") else f"event-bus/{name}"
    if operation in _ARCHIVE:
        return f"archive/{_text(data.get(_ARCHIVE[operation]))}"
    if operation in _RULE:
        bus = _bus(data)
        name = _text(data.get(_RULE[operation]))
        return f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}"
    return ""


def of_request(action: str, body: bytes, params: Json) -> Json:
    """The condition keys of a request that the emulator lacks, with their values."""
    service, _, operation = action.partition(":")
    if service == "iam":
        return _of_iam(action, params)
    if action == "cloudwatch:PutMetricData":
        return {"cloudwatch:namespace": _first(params, "Namespace") or parsed(body).get("Namespace")}
    if action == "lambda:CreateEventSourceMapping":
        name = _text(parsed(body).get("FunctionName"))
        here = f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:"
        return {"lambda:FunctionArn": name if name.startswith("arn:") else f"{here}{name}"}
    if service != "events" or operation not in _RULE:
        return {}
    data = parsed(body)
    keys: Json = {}
    if eventbridge._rule_key(data.get(_RULE[operation]), _bus(data)) in eventbridge._rules:
        keys["events:creatorAccount"] = get_account_id()
    if operation == "PutTargets":
        targets = data.get("Targets") or []
        keys["events:TargetArn"] = _values(each.get("Arn") for each in targets if isinstance(each, dict))
    if operation == "PutRule":
        pattern = parsed(data.get("EventPattern") or "{}")
        keys["events:source"] = _values(pattern.get("source") or [])
        keys["events:detail-type"] = _values(pattern.get("detail-type") or [])
    return keys


def of_entries(action: str, body: bytes) -> list[tuple[str, Json]]:
    """The bus and the condition keys of each entry of PutEvents: every one of them has to be allowed."""
    if action != "events:PutEvents":
        return []
    found = []
    for entry in parsed(body).get("Entries") or []:
        if isinstance(entry, dict):
            bus = _text(entry.get("EventBusName")) or "default"
            here = f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{bus}"
            keys = {
                "events:source": entry.get("Source") or None,
                "events:detail-type": entry.get("DetailType") or None,
                "events:eventBusInvocation": "false",
            }
            found.append((bus if bus.startswith("arn:") else here, keys))
    return found


def of_resource(resource: str) -> Json:
    """The condition keys that follow from the resource: a mapping's owner follows from its function."""
    if _MAPPING not in resource:
        return {}
    mapping = lambda_svc._esms.get(resource.rpartition(":")[2]) or {}
    return {"lambda:FunctionArn": mapping.get("FunctionArn")}


def passed_roles(action: str, body: bytes) -> list[tuple[str, str]]:
    """The roles that a request passes, each with the service that it is passed to."""
    if action not in _PASS:
        return []
    path, service = _PASS[action]
    found: list[Any] = [parsed(body)]
    for name in path.split("."):
        found = [each.get(name) for each in found if isinstance(each, dict)]
        found = [each for value in found for each in (value if isinstance(value, list) else [value])]
    return [(role, service) for role in dict.fromkeys(found) if isinstance(role, str) and role]


def _of_iam(action: str, params: Json) -> Json:
    keys: Json = {}
    if _first(params, "PolicyArn"):
        keys["iam:PolicyARN"] = _first(params, "PolicyArn")
    if action in _NEW_BOUNDARY:
        keys["iam:PermissionsBoundary"] = _first(params, "PermissionsBoundary") or None
    if action in _BOUNDARY:
        stores = {"RoleName": iam._roles, "UserName": iam._users}
        for name, store in stores.items():
            if _first(params, name):
                entity = store.get(_first(params, name)) or {}
                keys["iam:PermissionsBoundary"] = entity.get("PermissionsBoundary") or None
    return keys


def _bus(data: Json) -> str:
    return (_text(data.get("EventBusName")) or "default").rpartition("/")[2]


def _values(found: Iterable[Any]) -> Any:
    """A key's value: none, one, or several. What is not a text (a pattern's `prefix`) is written out."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in found]
    return (texts[0] if len(texts) == 1 else texts) if texts else None


def parsed(body: bytes | str) -> Json:
    """A body's JSON object; empty when it has none."""
    try:
        found = json.loads(body or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _first(params: Json, name: str) -> str:
    value = params.get(name) or ""
    return str(value[0]) if isinstance(value, list) else str(value)

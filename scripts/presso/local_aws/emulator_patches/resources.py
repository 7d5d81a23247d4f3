"""The ARN of a request's resource, by the service's own parameters, where the emulator does not return it.

Source: the service authorization reference, "Resource types defined by" each service.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from presso.local_aws.emulator_patches import condition_keys
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(lambda_svc, "_esms")

_MAPPING = ":event-source-mapping:"
# Where a request about tags, or about a policy, names the thing, as JSON or as a form; in other requests
# AWS ignores such a parameter.
_ABOUT_ANY = re.compile("Tag|ResourcePolic")
_TAGGED = ("ResourceArn", "ResourceARN", "resourceArn")
# By service: the parameter with the resource's name, and its ARN after the account.
_NAMED = {
    "events": {
        "ApiDestination": ("Name", "api-destination/{}"),
        "Connection": ("Name", "connection/{}"),
    },
    "monitoring": {
        "DeleteAlarms": ("AlarmNames", "alarm:{}"),
        "DeleteDashboards": ("DashboardNames", "dashboard/{}"),
        "GetDashboard": ("DashboardName", "dashboard/{}"),
        "PutDashboard": ("DashboardName", "dashboard/{}"),
    },
    "kms": {"Alias": ("AliasName", "{}")},
    "iam": {"CreatePolicy": ("PolicyName", "policy/{}")},
}
_NAMESPACE = {"monitoring": "cloudwatch"}


def of(service: str, operation: str, path: str, body: bytes, params: Json) -> str:
    """The ARN of what a request is about; empty where the emulator's own answer holds."""
    given = {**params, **condition_keys.parsed(body)}
    if service in _BY_PATH:
        return _BY_PATH[service](path, given)
    if service in ("dynamodb", "logs", "monitoring", "sns", "states") and _ABOUT_ANY.search(operation):
        for name in _TAGGED:
            if _text(given.get(name)).startswith("arn:"):
                return _text(given.get(name))
    for ending, (name, pattern) in _NAMED.get(service, {}).items():
        if operation.endswith(ending) and _text(given.get(name)):
            found = pattern.format(_text(given.get(name)))
            everywhere = service == "iam" or found.startswith("dashboard")
            return _arn(_NAMESPACE.get(service, service), found, region="" if everywhere else None)
    return ""


def keys(resource: str) -> Json:
    """The condition keys that follow from the resource: a mapping's owner follows from its function."""
    if _MAPPING not in resource:
        return {}
    mapping = lambda_svc._esms.get(resource.rpartition(":")[2]) or {}
    return {"lambda:FunctionArn": mapping.get("FunctionArn")}


def _function_or_layer(path: str, given: Json) -> str:
    """A function that is being made has its name in the body; a layer may be named by its ARN."""
    parts = path.strip("/").split("/")
    if parts[1:] == ["functions"]:
        return _arn("lambda", f"function:{_text(given.get('FunctionName'))}")
    if parts[1:2] == ["layers"] and len(parts) > 2:
        name = unquote(parts[2])
        layer = name if name.startswith("arn:") else _arn("lambda", f"layer:{name}")
        return ":".join([layer, *parts[4:5]])
    return ""


def _schedule(path: str, given: Json) -> str:
    kind, _, name = path.strip("/").partition("/")
    if kind == "schedules" and name:
        group = _text(given.get("GroupName")) or _text(given.get("groupName")) or "default"
        return _arn("scheduler", f"schedule/{group}/{name}")
    return _tagged(path, given)


def _tagged(path: str, given: Json) -> str:
    kind, _, arn = path.strip("/").partition("/")
    return unquote(arn) if kind == "tags" else ""


_BY_PATH: dict[str, Callable[[str, Json], str]] = {
    "lambda": _function_or_layer,
    "pipes": _tagged,
    "scheduler": _schedule,
}


def _arn(service: str, rest: str, *, region: str | None = None) -> str:
    here = get_region() if region is None else region
    return f"arn:aws:{service}:{here}:{get_account_id()}:{rest}"


def _text(value: Any) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) else ""

"""Where IAM is enforced: what a request asks for, its condition keys, and the roles that it passes.

Sources: service authorization reference of EventBridge and IAM; EventBridge user guide, "Using IAM policy
conditions" (by its tables of patterns, one of several values does not match alone); IAM user guide,
"Granting a user permissions to pass a role to an AWS service".
"""

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from presso.local_aws.emulator_patches import call_permissions, condition_keys
from presso.local_aws.emulator_patches.call_permissions import Needed
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(
    iam_actions,
    "_BOTOCORE_SERVICE_MAP",
    _match_rest_action="service method path query_params",
    access_denied_response=(
        "service action principal_arn request_id error_code message headers resource_arn explicit_deny "
        "resource_policy_arn"
    ),
    identity_denial_message="action principal_arn resource explicit_deny",
)

# What else has to be allowed travels in the context of the request, which the emulator hands from the one
# function to the other without looking at it.
_ENTRIES = "presso:entries"
_NEEDED = "presso:needed"
_PASSED = "presso:passed"

# What the service authorization reference calls otherwise than the operation.
_LAMBDA = {
    "GetLayerVersionByArn": "GetLayerVersion",
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}

_CBOR = re.compile(r"/service/GraniteServiceVersion20100801/operation/([A-Za-z]+)")

# What a request lacked: the action, and the resource's ARN.
_lacked: ContextVar[tuple[str, str]] = ContextVar("presso_lacked", default=("", ""))


@PATCHES.also
def _know_lambda() -> None:
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]


@PATCHES.around(iam_actions, "request_tag_context")
def _request_context(
    original: Callable[..., Json], service: str, iam_action: str, body: bytes, params: Json
) -> Json:
    found = original(service, iam_action, body, params)
    found.update(condition_keys.of_request(iam_action, body, params))
    found[_ENTRIES] = condition_keys.of_entries(iam_action, body)
    found[_NEEDED] = call_permissions.of(iam_action, {**params, **condition_keys.parsed(body)})
    found[_PASSED] = condition_keys.passed_roles(iam_action, body)
    return found


@PATCHES.around(iam_evaluator, "_resolve_condition_key")
def _condition_key(original: Callable[..., Any], key: str, ctx: Any) -> Any:
    # On AWS requests use TLS, and policies that deny all others are common.
    return "true" if key.lower() == "aws:securetransport" else original(key, ctx)


@PATCHES.around(iam_actions, "extract_iam_action")
def _action(
    original: Callable[..., str | None],
    service: str,
    method: str,
    path: str,
    headers: Json,
    body: bytes,
    query_params: Json,
) -> str | None:
    # A request in JSON names its operation in a header, and no `Action` beside it counts.
    named = {} if headers.get("x-amz-target") else query_params
    found = original(service, method, path, headers, b"" if headers.get("x-amz-target") else body, named)
    if found is None and service == "monitoring" and (operation := _CBOR.fullmatch(path)):
        return f"cloudwatch:{operation[1]}"
    if service != "lambda" or found == "lambda:InvokeFunctionUrl":
        return found
    # By the service's own model: the emulator knows few operations, and calls some by another's name.
    operation = iam_actions._match_rest_action(service, method, path, query_params)
    return f"lambda:{_LAMBDA.get(operation, operation)}" if operation else found


@PATCHES.around(iam_actions, "extract_resource_arn")
def _resource(
    original: Callable[..., str],
    service: str,
    method: str,
    path: str,
    headers: Json,
    body: bytes,
    query_params: Json,
    region: str,
    account_id: str,
) -> str:
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    found = condition_keys.event_resource(operation, body) if service == "events" else ""
    if found:
        return found if found.startswith("arn:") else f"arn:aws:events:{region}:{account_id}:{found}"
    action = iam_actions.extract_iam_action(service, method, path, headers, body, query_params) or ""
    found = call_permissions.resource(service, action.rpartition(":")[2], path, body, query_params)
    if found:
        return found
    return original(service, method, path, headers, body, query_params, region, account_id)


@PATCHES.around(iam_actions, "eventbridge_resource_arns")
def _first_bus(original: Callable[..., list[str]], body: bytes, region: str, account_id: str) -> list[str]:
    # The emulator checks each further bus without the entry's keys. All entries have been checked.
    return original(body, region, account_id)[:1]


@PATCHES.around(iam_evaluator, "enforce")
def _enforce(
    original: Callable[..., Any],
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: Json | None = None,
) -> Any:
    context = {**(service_context or {}), **condition_keys.of_resource(resource_arn)}
    entries: Iterable[tuple[str, Json]] = context.pop(_ENTRIES, None) or [(resource_arn, {})]
    needed: Iterable[Needed] = context.pop(_NEEDED, None) or [Needed(iam_action)]
    passed: Iterable[tuple[str, str]] = context.pop(_PASSED, ())
    asked = [
        (each.action, each.resources or (arn,), service, {**context, **keys})
        for each in needed
        for arn, keys in entries
    ]
    asked += [("iam:PassRole", (role,), "iam", {"iam:PassedToService": to}) for role, to in passed]
    _lacked.set(("", ""))
    for action, arns, of_service, keys in asked:
        for arn in arns:
            denied = original(access_key_id, action, of_service, region, arn, keys)
            if not denied:
                break
        else:
            _lacked.set((action, arns[-1]))
            return denied
    return None


def lacked() -> tuple[str, str]:
    """Return what a denied request lacked: the action, and the resource's ARN; empty for others."""
    return _lacked.get()


@PATCHES.around(iam_actions, "access_denied_response")
def _denial(
    original: Callable[..., Any], service: str, action: str, principal_arn: str, request_id: str, **more: Any
) -> Any:
    lacking, resource = _lacked.get()
    if lacking and lacking != action and not more.get("error_code"):
        explicit = bool(more.get("explicit_deny"))
        more["message"] = iam_actions.identity_denial_message(lacking, principal_arn, resource, explicit)
    if lacking:
        more["resource_arn"] = resource
    return original(service, action, principal_arn, request_id, **more)

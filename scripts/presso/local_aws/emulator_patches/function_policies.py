"""Lambda: a function, each of its versions and each alias have a policy of their own.

The emulator keeps all statements in one, takes each id once, and shows and removes them all by the function.

Source: Lambda developer guide, "Resource-based policies"; API reference of AddPermission (`Qualifier`).
"""

import json
import uuid
from collections.abc import Callable

from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc

from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
PATCHES.uses(
    lambda_svc,
    "_functions",
    _policy_resource_arn="func_name qualifier",
    _qualifier_from_path_or_query="path_qualifier query_params",
)


def _arn(name: str, query: Json | None, qualifier: str | None) -> str:
    asked = lambda_svc._qualifier_from_path_or_query(qualifier, query)
    return str(lambda_svc._policy_resource_arn(name, asked))


@PATCHES.around(lambda_svc)
def _add_permission(
    original: Callable[..., Response],
    func_name: str,
    data: Json,
    query_params: Json | None = None,
    path_qualifier: str | None = None,
) -> Response:
    function, given = lambda_svc._functions.get(func_name), data.get("StatementId")
    statements = function["policy"]["Statement"] if function else []
    same = [each["Resource"] for each in statements if each.get("Sid") == given]
    if not same or _arn(func_name, query_params, path_qualifier) in same:
        return original(func_name, data, query_params, path_qualifier)
    response = original(func_name, {**data, "StatementId": str(uuid.uuid4())}, query_params, path_qualifier)
    if response[0] != 201:
        return response
    statements[-1]["Sid"] = given
    return json_response({"Statement": json.dumps(statements[-1])}, 201)  # type: ignore[no-any-return]


@PATCHES.around(lambda_svc)
def _remove_permission(
    original: Callable[..., Response],
    func_name: str,
    sid: str,
    query_params: Json,
    path_qualifier: str | None = None,
) -> Response:
    function = lambda_svc._functions.get(func_name)
    if function is None or lambda_svc._qualifier_from_path_or_query(path_qualifier, query_params):
        return original(func_name, sid, query_params, path_qualifier)
    policy, arn = function["policy"], _arn(func_name, None, None)
    kept = [each for each in policy["Statement"] if each.get("Sid") != sid or each["Resource"] != arn]
    if len(kept) == len(policy["Statement"]):
        message = "No policy is associated with the given resource."
        return error_response_json("ResourceNotFoundException", message, 404)  # type: ignore[no-any-return]
    policy["Statement"] = kept
    return 204, {}, b""


@PATCHES.around(lambda_svc)
def _get_policy(
    original: Callable[..., Response],
    func_name: str,
    query_params: Json | None = None,
    path_qualifier: str | None = None,
) -> Response:
    response = original(func_name, query_params, path_qualifier)
    if response[0] != 200:
        return response
    answer = json.loads(response[2])
    policy, arn = json.loads(answer["Policy"]), _arn(func_name, query_params, path_qualifier)
    policy["Statement"] = [each for each in policy["Statement"] if each["Resource"] == arn]
    return json_response({**answer, "Policy": json.dumps(policy)})  # type: ignore[no-any-return]

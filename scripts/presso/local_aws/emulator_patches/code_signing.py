"""Lambda: code signing configurations, kept as they were put. No function's code is checked by them.

Source: API reference of Lambda, `CreateCodeSigningConfig` and the like.
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from urllib.parse import unquote

from ministack import app
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from presso.local_aws.emulator_patches import documents
from presso.local_aws.emulator_patches.documents import Operation, RequestRefused
from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
PATCHES.uses(app, "SERVICE_HANDLERS")
PATCHES.uses(lambda_svc, "_functions")
_KIND = "code signing config"
_CONFIGS = re.compile(r"/2020-04-22/code-signing-configs(?:/(?P<arn>[^/]+))?/?")
_TAGS = re.compile(r"/2017-03-31/tags/(?P<arn>arn:[^/]+:code-signing-config:[^/]+)/?")
_UNTOLD = {"UntrustedArtifactOnDeployment": "Warn"}


def _create(given: Json) -> Json:
    own = f"csc-{uuid.uuid4().hex[:17]}"
    arn = f"arn:aws:lambda:{get_region()}:{get_account_id()}:code-signing-config:{own}"
    kept = {"CodeSigningConfigArn": arn, "CodeSigningConfigId": own, "Description": ""}
    tags = documents.as_map(given.get("Tags"))
    documents.keep(_KIND, arn, {**kept, "tags": tags, "CodeSigningPolicies": _UNTOLD})
    return _change(arn, given)


def _change(arn: str, given: Json) -> Json:
    config = documents.found(_KIND, arn)
    changeable = ("AllowedPublishers", "CodeSigningPolicies", "Description")
    config |= {key: given[key] for key in changeable if given.get(key) is not None}
    config["LastModified"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return _shown(config)


def _shown(config: Json) -> Json:
    return {"CodeSigningConfig": documents.without_tags(config)}


def _all() -> Json:
    return {"CodeSigningConfigs": [_shown(each)["CodeSigningConfig"] for each in documents.of_kind(_KIND)]}


def _delete(arn: str) -> Json:
    documents.found(_KIND, arn)
    if any(each.get("code_signing_config_arn") == arn for each in lambda_svc._functions.values()):
        raise RequestRefused("ResourceConflictException", "A function uses this code signing configuration.")
    documents.drop(_KIND, arn)
    return {}


def _of_config(method: str, arn: str, given: Json) -> Json:
    if not arn:
        return _all() if method == "GET" else _create(given)
    if method == "PUT":
        return _change(arn, given)
    return _delete(arn) if method == "DELETE" else _shown(documents.found(_KIND, arn))


def _of_tags(method: str, arn: str, keys: list[str], given: Json) -> Json:
    tags: dict[str, str] = documents.found(_KIND, arn)["tags"]
    tags.update(given.get("Tags", {}) if method == "POST" else {})
    for key in keys if method == "DELETE" else ():
        tags.pop(key, None)
    return {"Tags": tags}


def _operation(method: str, path: str, query: Json) -> Operation | None:
    if about := _CONFIGS.fullmatch(path):
        return partial(_of_config, method, about["arn"] or "")
    if about := _TAGS.fullmatch(path):
        keys = query.get("tagKeys", [])
        return partial(_of_tags, method, about["arn"], keys if isinstance(keys, list) else [keys])
    return None


@PATCHES.also
def _serve() -> None:
    original = app.SERVICE_HANDLERS["lambda"]

    async def handle(method: str, path: str, headers: Json, body: bytes, query_params: Json) -> Response:
        operation = _operation(method, unquote(path), query_params)
        found = documents.answer(operation, body) if operation else None
        return found or await original(method, path, headers, body, query_params)

    app.SERVICE_HANDLERS["lambda"] = handle


@PATCHES.around(lambda_svc)
def _create_function(original: Callable[[Json], Response], data: Json) -> Response:
    arn = data.get("CodeSigningConfigArn")
    if arn and documents.find(_KIND, arn) is None:
        return refusal("CodeSigningConfigNotFoundException", f"There is no {arn}.")
    response = original(data)
    if arn and response[0] == 201:
        lambda_svc._functions[data["FunctionName"]]["code_signing_config_arn"] = arn
    return response

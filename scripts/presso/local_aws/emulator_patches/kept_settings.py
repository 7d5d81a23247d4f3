"""Settings that requests make, which the emulator takes and then does not have, or does not let go.

Sources: the API references of API Gateway (`UpdateDeployment`), DynamoDB (`WarmThroughput`), EventBridge
(`KmsKeyIdentifier` of a connection), Lambda (`UpdateFunctionCode` without `SourceKMSKeyArn`), S3
(`x-amz-server-side-encryption-bucket-key-enabled`, and `PutObjectRetention` without a mode, which ends a lock
that may be bypassed), Scheduler (`UntagResource` takes several keys), SNS (`PutDataProtectionPolicy`: ""
removes it; `Subscribe`: `ReplayPolicy`, by which nothing is replayed, and `ReturnSubscriptionArn`) and the
developer guide of SNS, "Removing a subscription filter policy" (`{}` removes it).
"""

import json
import re
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any
from urllib.parse import parse_qs

from ministack.services import apigateway, dynamodb, eventbridge, lambda_svc, s3, scheduler, sns

from presso.local_aws.emulator_patches.internals import Json, Patches, Request, Response

PATCHES = Patches()
PATCHES.uses(apigateway, "_deployments", _apigw_response="data status")
PATCHES.uses(dynamodb, "_tables")
PATCHES.uses(eventbridge, "_connections")
PATCHES.uses(lambda_svc)
PATCHES.uses(
    s3,
    "_buckets",
    "_object_retention",
    _error="code message status resource extra headers",
    _object_lock_target="bucket_name key bucket query_params",
)
PATCHES.uses(
    sns,
    "_sub_arn_to_topic",
    "_topics",
    _error="code message status",
    _find_subscription="topic_arn sub_arn",
    _p="params key default",
    _xml="status root_tag inner",
    _xml_escape="text",
)
_BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
_REPLAY = "ReplayPolicy"
_PROTECTION = "DataProtectionPolicy"
_DEPLOYMENT = re.compile(r"/v2/apis/([^/]+)/deployments/([^/]+)")


@PATCHES.around(dynamodb, "_create_table")
@PATCHES.around(dynamodb, "_update_table")
def _warmed(original: Callable[[Json], Response], data: Json) -> Response:
    response = original(data)
    table = dynamodb._tables.get(data.get("TableName"))
    if response[0] == 200 and table is not None and data.get("WarmThroughput"):
        kept = table.get("WarmThroughput", {})
        table["WarmThroughput"] = {**kept, **data["WarmThroughput"], "Status": "ACTIVE"}
    return response


@PATCHES.around(eventbridge, "_create_connection")
@PATCHES.around(eventbridge, "_update_connection")
def _encrypted(original: Callable[[Json], Response], data: Json) -> Response:
    response = original(data)
    if response[0] == 200 and "KmsKeyIdentifier" in data:
        connection = eventbridge._connections[data["Name"]]
        connection["KmsKeyIdentifier"] = data["KmsKeyIdentifier"]
    return response


@PATCHES.around(lambda_svc)
def _update_code(original: Callable[[str, Json], Response], name: str, data: Json) -> Response:
    """A package that comes without a key has none."""
    return original(name, {"SourceKMSKeyArn": None, **data})


@PATCHES.around(s3)
def _resolve_sse_write_headers(
    original: Callable[[Json, str], tuple[Json | None, Response | None]], headers: Json, bucket_name: str
) -> tuple[Json | None, Response | None]:
    kept, refused = original(headers, bucket_name)
    if kept and kept.get("x-amz-server-side-encryption") == "aws:kms" and headers.get(_BUCKET_KEY):
        kept = {**kept, _BUCKET_KEY: headers[_BUCKET_KEY]}
    return kept, refused


@PATCHES.around(s3)
def _put_object_retention(
    original: Callable[..., Response],
    bucket_name: str,
    key: str,
    body: bytes,
    headers: Json,
    query_params: Json | None = None,
) -> Response:
    found = s3._buckets.get(bucket_name)
    if found is None or b"<Mode>" in body or b"<RetainUntilDate>" in body:
        return original(bucket_name, key, body, headers, query_params)
    place, missing = s3._object_lock_target(bucket_name, key, found, query_params)
    if missing:
        return missing  # type: ignore[no-any-return]
    lock = s3._object_retention.get(place, {})
    bypassed = headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
    if lock and (lock["Mode"] == "COMPLIANCE" or not bypassed):
        message = "Access Denied because object protected by object lock."
        return s3._error("AccessDenied", message, 403)  # type: ignore[no-any-return]
    s3._object_retention.pop(place, None)
    return 200, {}, b""


@PATCHES.around(scheduler)
async def handle_request(
    original: Callable[..., Awaitable[Response]],
    method: str,
    path: str,
    headers: Json,
    body_bytes: bytes,
    query_params: Json,
) -> Response:
    """Remove each of several tags: the emulator sees the first."""
    keys = query_params.get("TagKeys")
    if method != "DELETE" or not isinstance(keys, list) or len(keys) < 2:
        return await original(method, path, headers, body_bytes, query_params)
    answers = [
        await original(method, path, headers, body_bytes, {**query_params, "TagKeys": [key]}) for key in keys
    ]
    return answers[-1]


@PATCHES.around(sns)
def _subscribe(original: Callable[[Any], Response], params: Any) -> Response:
    """Keep a replay policy, and answer with the ARN of a pending subscription too when that is asked."""
    response = original(params)
    topic = sns._topics.get(sns._p(params, "TopicArn"))
    if response[0] != 200 or topic is None:
        return response
    one = topic["subscriptions"][-1]
    for number in count(1):
        name = sns._p(params, f"Attributes.entry.{number}.key")
        if not name:
            break
        if name == _REPLAY:
            one["attributes"][name] = sns._p(params, f"Attributes.entry.{number}.value")
    if sns._p(params, "ReturnSubscriptionArn").lower() != "true":
        return response
    shown = response[2].replace(b"pending confirmation", one["arn"].encode())
    return (*response[:2], shown)


@PATCHES.around(sns)
def _set_subscription_attributes(original: Callable[[Any], Response], params: Any) -> Response:
    name, value = (sns._p(params, key) for key in ("AttributeName", "AttributeValue"))
    if name == _REPLAY:
        identifier = sns._p(params, "SubscriptionArn")
        topic = sns._sub_arn_to_topic.get(identifier)
        if topic:
            sns._find_subscription(topic, identifier)["attributes"][name] = value
            return sns._xml(200, "SetSubscriptionAttributesResponse", "")  # type: ignore[no-any-return]
    response = original(params)
    if response[0] == 200 and name == "FilterPolicy" and value.strip() == "{}":
        identifier = sns._p(params, "SubscriptionArn")
        found = sns._find_subscription(sns._sub_arn_to_topic[identifier], identifier)
        found["attributes"].pop(name)
    return response


@PATCHES.before(sns)
def _protected(request: Request) -> Response | None:
    """Keep a topic's data protection policy; it is not applied."""
    form = parse_qs(request.body.decode(errors="replace"), keep_blank_values=True)
    action = sns._p(form, "Action")
    if action not in (f"Get{_PROTECTION}", f"Put{_PROTECTION}"):
        return None
    topic = sns._topics.get(sns._p(form, "ResourceArn"))
    if topic is None:
        return sns._error("NotFound", "Topic does not exist", 404)  # type: ignore[no-any-return]
    if action.startswith("Put"):
        topic[_PROTECTION] = sns._p(form, _PROTECTION)
        return sns._xml(200, f"{action}Response", "")  # type: ignore[no-any-return]
    shown = sns._xml_escape(topic.get(_PROTECTION, ""))
    result = f"<{action}Result><{_PROTECTION}>{shown}</{_PROTECTION}></{action}Result>"
    return sns._xml(200, f"{action}Response", result)  # type: ignore[no-any-return]


@PATCHES.before(apigateway)
def _described(request: Request) -> Response | None:
    """Change a deployment's description."""
    about = _DEPLOYMENT.fullmatch(request.path) if request.method == "PATCH" else None
    deployment = apigateway._deployments.get(about[1], {}).get(about[2]) if about else None
    if deployment is None:
        return None
    deployment["description"] = json.loads(request.body).get("description", deployment.get("description", ""))
    return apigateway._apigw_response(deployment)  # type: ignore[no-any-return]

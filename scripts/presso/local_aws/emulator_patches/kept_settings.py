"""Settings that requests make, which the emulator takes and then does not have, or does not let go.

Sources: the API references of API Gateway (`UpdateDeployment`), DynamoDB (`WarmThroughput`), EventBridge
(`KmsKeyIdentifier` of a connection), Scheduler (`UntagResource` takes several keys), SNS
(`PutDataProtectionPolicy`: "" removes it) and the developer guide of SNS, "Removing a subscription filter
policy" (`{}` removes it).
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from ministack.services import apigateway, dynamodb, eventbridge, scheduler, sns

from presso.local_aws.emulator_patches.internals import Json, Patches, Request, Response

PATCHES = Patches()
PATCHES.uses(apigateway, "_deployments", _apigw_response="data status")
PATCHES.uses(dynamodb, "_tables")
PATCHES.uses(eventbridge, "_connections")
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
def _set_subscription_attributes(original: Callable[[Any], Response], params: Any) -> Response:
    response = original(params)
    name, value = (sns._p(params, key) for key in ("AttributeName", "AttributeValue"))
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

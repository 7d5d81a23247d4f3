"""S3: what an account's buckets may make public. The emulator does not know it: kept, it blocks nothing.

Source: API reference of S3 Control, `PutPublicAccessBlock`; `s3:PutAccountPublicAccessBlock` in the service
authorization reference, which deleting needs too.
"""

from collections.abc import Awaitable, Callable

from ministack import app
from ministack.core.responses import AccountScopedDict
from ministack.services import s3

from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
PATCHES.uses(
    app,
    "AUTH",
    _enforce_data_plane=(
        "service iam_action headers query_params request_id resource_arn service_context "
        "auth_error_response named_resource"
    ),
)
PATCHES.uses(
    s3,
    "_PERSISTED_BUCKET_DICTS",
    s3control_account_error="headers",
    s3control_error="code message status extra",
)
_PATH = "/v20180820/configuration/publicAccessBlock"
_KEPT = AccountScopedDict()


@PATCHES.also
def _persist() -> None:
    s3._PERSISTED_BUCKET_DICTS["account_access"] = _KEPT


@PATCHES.around(app)
async def _handle_s3_control_request(
    original: Callable[..., Awaitable[Response | None]],
    path: str,
    method: str,
    body: bytes,
    query_params: Json,
    request_id: str,
    headers: Json | None = None,
) -> Response | None:
    if path != _PATH:
        return await original(path, method, body, query_params, request_id, headers)
    verb = "Get" if method == "GET" else "Put"
    action = f"s3:{verb}AccountPublicAccessBlock"
    denied: Response | None = app._enforce_data_plane("s3", action, headers or {}, query_params, request_id)
    if denied is None and app.AUTH:
        denied = s3.s3control_account_error(headers or {})
    return denied or _answer(method, body)


def _answer(method: str, body: bytes) -> Response:
    if method == "PUT":
        _KEPT["block"] = body.decode()
        return 200, {}, b""
    if "block" not in _KEPT:
        said = "The public access block configuration was not found"
        refused: Response = s3.s3control_error("NoSuchPublicAccessBlockConfiguration", said, 404)
        return refused
    if method == "DELETE":
        del _KEPT["block"]
        return 204, {}, b""
    return 200, {"Content-Type": "application/xml"}, _KEPT["block"].encode()

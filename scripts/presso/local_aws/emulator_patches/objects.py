"""Step Functions reading from S3: a task that gets an object, or a range of its bytes.

Source: developer guide, "Learning to use AWS service SDK integrations"; API reference of GetObject. The
body is text in the answer; workflows read it with `States.StringToJson($.Body)`.
"""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from ministack import app
from ministack.services import stepfunctions

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(
    app, "SERVICE_HANDLERS", call_service_handler_sync="handler method path headers body query_params timeout"
)
PATCHES.uses(stepfunctions, "REGION", _ExecutionError="error cause")

_ANSWER = {
    "content-length": "ContentLength",
    "content-range": "ContentRange",
    "content-type": "ContentType",
    "etag": "ETag",
}


@PATCHES.around(stepfunctions, "_dispatch_aws_sdk_rest_xml")
def _dispatch(
    original: Callable[..., Json], service_info: Json, service_name: str, action: str, input_data: Any
) -> Json:
    if (service_name, action) == ("s3", "getObject"):
        return _get_object(input_data or {})
    return original(service_info, service_name, action, input_data)


def _get_object(request: Json) -> Json:
    signed = f"Credential=test/20260101/{stepfunctions.REGION}/s3/aws4_request"
    headers = {"authorization": f"AWS4-HMAC-SHA256 {signed}"}
    if "Range" in request:
        headers["range"] = str(request["Range"])
    path = f"/{request.get('Bucket', '')}/{request.get('Key', '')}"
    status, found, body = app.call_service_handler_sync(
        app.SERVICE_HANDLERS["s3"], "GET", path, headers, b"", {}
    )
    if status >= 400:
        raise _refused(body)
    lowered = {name.lower(): value for name, value in found.items()}
    answer: Json = {_ANSWER[name]: lowered[name] for name in _ANSWER if name in lowered}
    answer["ContentLength"] = len(body)
    return {**answer, "Body": body.decode("utf-8", errors="replace")}


def _refused(body: bytes) -> Exception:
    """The task's error: only `NoSuchKey` and `NoSuchBucket` have classes of their own in the SDK."""
    root = ElementTree.fromstring(body)  # noqa: S314  the emulator's own answer
    code, message = root.findtext("Code", ""), root.findtext("Message", "")
    known = code in ("NoSuchBucket", "NoSuchKey")
    error: Exception = stepfunctions._ExecutionError(
        f"S3.{code}Exception" if known else "S3.S3Exception", message
    )
    return error

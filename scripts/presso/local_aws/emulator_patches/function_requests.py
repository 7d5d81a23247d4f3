"""What an untrusted function may ask of the emulator: calls of its role, as the AWS SDKs make them.

The emulator alone takes a key of twelve digits for the account's root without a signature, looks for keys,
operations and resources in several places of a request, of which its permissions and its handlers may read
different ones, and has services that run programs, pages of its own and calls that need no permission.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ministack import app
from ministack.core import iam_actions
from ministack.services import sts

from presso.local_aws.emulator_patches import journal, own_parameters
from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal
from presso.local_aws.emulator_patches.own_parameters import Unclear

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PATCHES = Patches()
PATCHES.uses(
    app,
    _decompress_request_body="body headers",
    _handle_special_data_plane_request=(
        "method path headers body query_params request_id raw_path raw_query_string client_ip"
    ),
    _routing_params="method path headers body query_params",
    detect_service="method path headers query_params",
)
PATCHES.uses(iam_actions, extract_iam_action="service method path headers body query_params")
PATCHES.uses(sts, "_sessions")

# What extensions may have (`presso.gate.resource_types`): a service's name in signatures, and the emulator's.
# None of them runs programs, but for functions.
SERVICES = {
    **{name: {name} for name in ("events", "iam", "kms", "lambda", "logs", "monitoring", "pipes", "s3")},
    **{name: {name} for name in ("scheduler", "secretsmanager", "sns", "sqs", "ssm", "states", "sts")},
    "dynamodb": {"dynamodb", "dynamodbstreams"},
}
_FORMS = {"iam", "monitoring", "sns", "sqs", "sts"}
_REST = {"lambda", "monitoring", "pipes", "s3", "scheduler"}
_METHODS = {"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"}
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>ASIA[0-9A-Z]+)/[0-9]{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)"
    r"/aws4_request, ?SignedHeaders=[a-z0-9;-]+, ?Signature=[0-9a-f]{64}"
)
_TARGET = re.compile(r"[A-Za-z0-9_]+\.[A-Za-z0-9]+")
_FORM = "application/x-www-form-urlencoded"
_SECOND_KEYS = ("awsaccesskeyid", "signature")
# Not here, and allowed by the boundary.
_TRACING = {"xray"}
_UNKNOWN_KEY = "Functions sign with their role's key, in one header."
_SIGNED_FOR: ContextVar[str] = ContextVar("presso_signed_for", default="")


def guarded(served: "ASGIApp", port: int) -> "ASGIApp":
    """The application, which takes from functions, on their port, only calls of AWS's APIs by their roles."""

    async def application(scope: "Scope", receive: "Receive", send: "Send") -> None:
        server = scope.get("server") if scope["type"] != "lifespan" else None
        if server is None or server[1] != port:
            await served(scope, receive, send)
        elif scope["type"] == "http":
            fault, service = _signature(scope, port)
            if fault:
                _note_refused(scope, fault, service)
                headers = [(b"content-type", b"application/x-amz-json-1.0")]
                await send({"type": "http.response.start", "status": 403, "headers": headers})
                body = refusal("UnrecognizedClientException", fault)[2]
                await send({"type": "http.response.body", "body": body, "more_body": False})
                return
            token = _SIGNED_FOR.set(service)
            try:
                await served(scope, receive, send)
            finally:
                _SIGNED_FOR.reset(token)

    return application


def _signature(scope: "Scope", port: int) -> tuple[str, str]:
    """What is wrong with a request's signature ("" for nothing), and the service that it names.

    Whether it is right, the emulator looks at later.
    """
    names = [name.lower() for name, _ in scope["headers"]]
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    found = _SIGNED.fullmatch(headers.get(b"authorization", ""))
    if found is None or found["key"] not in sts._sessions or len(set(names)) != len(names):
        return _UNKNOWN_KEY, ""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if any(name.lower() in _SECOND_KEYS or name.lower().startswith("x-amz-") for name in query):
        return _UNKNOWN_KEY, ""
    if headers.get(b"host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return "The host of functions' requests is the one of AWS_ENDPOINT_URL.", ""
    if scope["method"] not in _METHODS or scope["path"].startswith("/_"):
        return "Functions have no pages of the local AWS.", ""
    if found["service"] not in SERVICES:
        return f"In this local AWS functions have no {found['service']}.", found["service"]
    return "", found["service"]


def _note_refused(scope: "Scope", fault: str, service: str) -> None:
    """Note a request that goes no further: of a service that is not here, or one that no role signed."""
    request = f"{scope['method']} {scope['path'][:200]}"
    if not service:
        journal.note_forged(request, fault)
    elif service not in _TRACING:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        found = _SIGNED.fullmatch(headers[b"authorization"])
        _note_denied(found["key"] if found else "", f"{service}:{request}")


# What is not a call of an AWS API is not for functions: hosts, pages and paths of the emulator's own.
@PATCHES.around(app)
def _handle_pre_body_request(
    original: Callable[..., Any], method: str, path: str, headers: Json, query_params: Json, request_id: str
) -> Any:
    return _nothing() if _SIGNED_FOR.get() else original(method, path, headers, query_params, request_id)


@PATCHES.around(app)
def _handle_post_body_shortcuts(
    original: Callable[..., Any],
    method: str,
    path: str,
    headers: Json,
    body: bytes,
    query_params: Json,
    request_id: str,
) -> Any:
    if _SIGNED_FOR.get():
        return _nothing()
    return original(method, path, headers, body, query_params, request_id)


@PATCHES.around(app, "_handle_special_data_plane_request")
def _handle_special(original: Callable[..., Any], *request: Any, **more: Any) -> Any:
    return _nothing() if _SIGNED_FOR.get() else original(*request, **more)


async def _nothing() -> None:
    """Answer nothing: the request goes on to its service."""


@PATCHES.around(app)
def _dispatch_service_request(
    original: Callable[..., Any],
    method: str,
    path: str,
    headers: Json,
    body: bytes,
    query_params: Json,
    request_id: str,
) -> Any:
    """Dispatch a request; a function's only when it names one operation, once, which needs a permission."""
    signed_for = _SIGNED_FOR.get()
    if not signed_for:
        return original(method, path, headers, body, query_params, request_id)
    if signed_for != "s3":
        body = app._decompress_request_body(body, headers)
        headers = {name: text for name, text in headers.items() if name != "content-encoding"}
    params = app._routing_params(method, path, headers, body, query_params)
    service = app.detect_service(method, path, headers, params)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, params)
    try:
        if service not in SERVICES[signed_for] or not action:
            raise Unclear
        body, query_params = _own(service, method, path, headers, body, query_params)
    except Unclear:
        journal.note_forged(action or f"{signed_for}: {method} {path[:200]}", "It is none of an AWS SDK.")
        return _answer(refusal("AccessDeniedException", "Functions call AWS as its SDKs do."))
    return original(method, path, headers, body, query_params, request_id)


def _own(service: str, method: str, path: str, headers: Json, body: bytes, query: Json) -> tuple[bytes, Json]:
    """Return the body and the query of a request with the parameters of its operation alone.

    Raises:
        Unclear: It has its operation or a parameter in two places.
    """
    form = str(headers.get("content-type", "")).lower().startswith(_FORM)
    target = headers.get("x-amz-target")
    if target is not None:
        if not _TARGET.fullmatch(target) or form or query or path != "/":
            raise Unclear
        return own_parameters.of_json(service, target.partition(".")[2], body), query
    if form or "Action" in query:
        given = parse_qs(body.decode("latin-1"), keep_blank_values=True) if form else query
        once = all(len(values) == 1 for values in given.values())
        if service not in _FORMS or not once or (form and query) or not _one_queue(path, given):
            raise Unclear
        given = own_parameters.of_form(service, given.get("Action", [""])[0], given)
        return (urlencode(given, doseq=True, encoding="latin-1").encode(), query) if form else (body, given)
    repeated = [name for name, values in query.items() if len(values) > 1 and name.lower() != "tagkeys"]
    if service not in _REST or repeated:
        raise Unclear
    if service in ("monitoring", "s3"):  # CBOR, which permissions read nothing of; what has no body
        return body, query
    return own_parameters.of_rest(service, method, path, body, query)


def _one_queue(path: str, given: Json) -> bool:
    """Whether a form names one queue: by its path, as older SDKs do, and by its URL the same."""
    return path == "/" or all(urlsplit(url).path == path for url in given.get("QueueUrl", ()))


def _note_denied(key: str, action: str) -> None:
    session = sts._sessions.get(key) or {}
    journal.note_denied(str(session.get("Arn", key)), action, "*")


async def _answer(response: Response) -> Response:
    return response

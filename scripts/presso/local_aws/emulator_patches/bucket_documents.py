"""S3: documents of a bucket that the emulator lacks, kept as they were put.

Inventories, analytics, metrics and tiers are several of a bucket, each with an id; who pays for requests the
emulator keeps and looks for under another name. It takes a request for a document that it does not know for
one for the bucket itself, and deletes that. Source: API reference of S3, `PutBucketInventoryConfiguration`
and the like.
"""

from collections.abc import Callable

from ministack.services import s3

from presso.local_aws.emulator_patches.internals import Json, Patches, Response

PATCHES = Patches()
PATCHES.uses(
    s3,
    "_buckets",
    _error="code message status resource extra headers",
    _get_bucket_request_payment="name",
    _no_such_bucket="name",
    _qp="params key default",
)
_KINDS = ("analytics", "intelligent-tiering", "inventory", "metrics")


@PATCHES.around(s3)
def _dispatch(
    original: Callable[..., Response],
    method: str,
    bucket: str,
    key: str,
    headers: Json,
    body: bytes,
    query_params: Json,
) -> Response:
    if bucket and not key:
        kind = next((kind for kind in _KINDS if kind in query_params), None)
        if kind:
            return _document(method, bucket, f"{kind}/{s3._qp(query_params, 'id', '')}", body)
        if method == "GET" and "requestPayment" in query_params:
            payer: Response = s3._get_bucket_request_payment(bucket)
            return payer
    return original(method, bucket, key, headers, body, query_params)


def _document(method: str, bucket: str, name: str, body: bytes) -> Response:
    found = s3._buckets.get(bucket)
    refused: Response
    if found is None:
        refused = s3._no_such_bucket(bucket)
        return refused
    documents = found.setdefault("_documents", {})
    if name.endswith("/"):
        refused = s3._error("NotImplemented", "The local AWS does not list these configurations.", 501, "")
        return refused
    if method == "PUT":
        documents[name] = body.decode()
        return 200, {}, b""
    if name not in documents:
        refused = s3._error("NoSuchConfiguration", "The specified configuration does not exist.", 404, "")
        return refused
    if method == "DELETE":
        del documents[name]
        return 204, {}, b""
    return 200, {"Content-Type": "application/xml"}, documents[name].encode()

"""hashicorp/http: what a URL returns.

Source: internal/provider/data_source_http.go of hashicorp/terraform-provider-http.
"""

from __future__ import annotations

import base64
import ssl
import urllib.request
from http.client import HTTPMessage, HTTPResponse
from typing import Any
from urllib.error import URLError

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import DataSourceHandler
from offline_aws.validators import at_least, matches, one_of

_MOST_BYTES = 64 * 1024 * 1024
_SECONDS = 60.0


class _Any(urllib.request.HTTPErrorProcessor):
    """Every status is an answer."""

    def http_response(self, request: Any, response: Any) -> Any:
        if response.status in (301, 302, 303, 307, 308):
            return super().http_response(request, response)
        return response

    https_response = http_response


def _read(aws: Aws, values: Values) -> Values:
    given = values["request_body"]
    request = urllib.request.Request(  # noqa: S310 - a validator checks the scheme
        values["url"],
        data=given.encode() if given is not None else None,
        headers=values["request_headers"] or {},
        method=values["method"] or "GET",
    )
    retry = values["retry"] or {}
    attempts = 1 + int(retry.get("attempts") or 0)
    for attempt in range(attempts):
        try:
            status, headers, body = _answer(request, values)
        except (OSError, URLError) as error:
            if attempt + 1 == attempts:
                raise ResourceError(f"{values['url']} does not answer: {error}", path="url") from error
        else:
            if status < 500 or attempt + 1 == attempts:
                return _result(values["url"], status, headers, body)
        if aws.stopping.wait(int(retry.get("min_delay_ms") or 1000) / 1000):
            raise ResourceError("interrupted while waiting to ask again")
    raise AssertionError("unreachable")


def _answer(request: urllib.request.Request, values: Values) -> tuple[int, HTTPMessage, bytes]:
    context = ssl.create_default_context(cadata=values["ca_cert_pem"] or None)
    if values["insecure"]:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _Any)
    timeout = (values["request_timeout_ms"] or 0) / 1000 or _SECONDS
    with opener.open(request, timeout=timeout) as response:
        assert isinstance(response, HTTPResponse)
        return response.status, response.headers, response.read(_MOST_BYTES)


def _result(url: str, status: int, headers: HTTPMessage, body: bytes) -> Values:
    text = body.decode(errors="replace")
    names = dict.fromkeys(name.title() for name in headers)
    return {
        "id": url,
        "body": text,
        "response_body": text,
        "response_body_base64": base64.b64encode(body).decode(),
        "response_headers": {name: ", ".join(headers.get_all(name) or ()) for name in names},
        "status_code": status,
    }


DATA_SOURCES = {
    "http": DataSourceHandler(
        read=_read,
        validators={
            "method": one_of("GET", "HEAD", "POST"),
            "request_timeout_ms": at_least(1),
            "url": matches(r"^https?://", 'expected a URL with the scheme "http" or "https"'),
        },
        tags=False,
        differs="Certificates of clients are not sent.",
    )
}
